# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Delete a channel and its signatures, and keep the release."""

from __future__ import annotations

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._channel.helpers import CHANNEL, FILE, NEW, put_channel, stored
from tests.http._downloads.helpers import contents, put, writes


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
@pytest.mark.parametrize("version", [None, "1.4.2"])
def test_channel_is_deleted_and_its_release_is_kept(
    emulator: Emulator, run: ModuleRunner, check: bool, version: str | None
) -> None:
    put(emulator, NEW)
    put_channel(emulator, "1.4.2", NEW, previous="1.4.1")
    result = run.ok(CHANNEL, name="stable", state="absent", version=version, check=check, diff=True)
    assert (result["status"], result["previous"], result["channel"], result["changed"]) == ("deleted", "1.4.2", None, True)
    assert (result["diff"], result["msg"]) == ({"before": "1.4.2\n", "after": ""}, "channel deleted")
    assert contents(emulator).keys() == {*NEW, *([FILE] if check else [])}
    assert writes(emulator) == ([] if check else ["DELETE"])


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
def test_missing_channel_changes_nothing(emulator: Emulator, run: ModuleRunner, check: bool) -> None:
    put(emulator, NEW)
    result = run.ok(CHANNEL, name="stable", state="absent", check=check)
    assert (result["status"], result["previous"], result["changed"], result["msg"]) == ("absent", None, False, "channel absent")
    assert writes(emulator) == []


def test_channel_of_another_version_is_kept(emulator: Emulator, run: ModuleRunner) -> None:
    put_channel(emulator, "1.4.2", NEW)
    message = run.failure(CHANNEL, name="stable", state="absent", version="1.4.1")
    assert message == "The channel 'stable' names version 1.4.2 instead of 1.4.1. Check whether the channel was moved"
    assert stored(emulator) is not None


def test_signatures_are_deleted_after_the_channel(emulator: Emulator, run: ModuleRunner) -> None:
    put_channel(emulator, "1.4.2", NEW)
    put(emulator, {FILE + ".asc": b"x", FILE + ".sig": b"x", "beta.channel.json.sig": b"x"})
    run.ok(CHANNEL, name="stable", state="absent")
    deleted = [entry.path.rsplit("/", 1)[1] for entry in emulator.journal.select("api", "DELETE")]
    assert deleted == [FILE, FILE + ".asc", FILE + ".sig"]
    assert contents(emulator).keys() == {"beta.channel.json.sig"}


def test_signature_without_a_channel_is_deleted(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {FILE + ".asc": b"x"})
    result = run.ok(CHANNEL, name="stable", state="absent")
    assert (result["status"], result["changed"], contents(emulator)) == ("absent", True, {})


def test_deletion_that_the_service_ignores_is_an_error(emulator: Emulator, run: ModuleRunner) -> None:
    put_channel(emulator, "1.4.2", NEW)
    emulator.switches.delete_effect = "none"
    message = run.failure(CHANNEL, name="stable", state="absent")
    assert f"'{FILE}' still exists" in message

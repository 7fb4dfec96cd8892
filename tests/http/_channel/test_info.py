# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List the release that a channel names, with bitbucket_download_info."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.helpers.release_keys import MANIFEST, ReleaseKey
from tests.http._channel.helpers import FILE, NEW, OLD, document, put_channel
from tests.http._downloads.helpers import INFO, fetches, put, sha256


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
@pytest.mark.parametrize("version", [None, "1.4.2"])
def test_artifacts_of_the_channel_are_listed_newest_first(
    emulator: Emulator, run: ModuleRunner, check: bool, version: str | None
) -> None:
    put(emulator, {**OLD, **NEW, "other": b"other"})
    put_channel(emulator, "1.4.2", NEW, previous="1.4.1", commit="abc")
    result = run.ok(INFO, channel="stable", version=version, check=check)
    assert result["channel"] == document("1.4.2", NEW, previous="1.4.1", commit="abc")
    found = [(each["name"], each["sha256"], each["verified_by"], each["version"]) for each in result["artifacts"]]
    assert found == [(name, sha256(NEW[name]), None, "1.4.2") for name in ("notes-1.4.2.txt", "app-1.4.2.tgz")]
    assert (result["changed"], result["msg"], fetches(emulator)) == (False, "2 artifacts", [(FILE, 200)])


def test_channel_must_be_signed_by_a_trusted_key(emulator: Emulator, run: ModuleRunner, key: ReleaseKey) -> None:
    put(emulator, NEW)
    data = put_channel(emulator, "1.4.2", NEW)
    options: dict[str, Any] = {"channel": "stable", "signed_by": [key.public]}
    assert f"The channel '{FILE}' is not signed" in run.failure(INFO, **options)
    put(emulator, {FILE + key.signature[len(MANIFEST) :]: key.sign(data)})
    result = run.ok(INFO, **options)
    assert result["signature"]["status"] == "verified"
    assert {each["verified_by"] for each in result["artifacts"]} == {key.fingerprint}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"version": "1.4.1"}, "The channel 'stable' names version 1.4.2 instead of 1.4.1. Check whether the channel was moved"),
        ({}, "The release is incomplete. Version 1.4.2 in the channel 'stable' names 'app-1.4.2.tgz', which does not exist"),
        ({"channel": "beta"}, "The channel 'beta' does not exist: 'beta.channel.json' is not in the Downloads of widgets"),
    ],
    ids=["moved", "broken", "missing"],
)
def test_channel_with_an_incomplete_release_is_an_error(
    emulator: Emulator, run: ModuleRunner, options: dict[str, Any], words: str
) -> None:
    put(emulator, {"notes-1.4.2.txt": NEW["notes-1.4.2.txt"]})
    put_channel(emulator, "1.4.2", NEW)
    assert run.failure(INFO, **{"channel": "stable", **options}) == words


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"patterns": ["app"]}, "mutually exclusive: channel|patterns"),
        ({"excludes": ["app"]}, "mutually exclusive: channel|excludes"),
        ({"newest": 1}, "mutually exclusive: channel|newest"),
        ({"manifest": MANIFEST}, "mutually exclusive: channel|manifest"),
        ({"channel": None, "version": "1"}, "missing parameter(s) required by 'version': channel"),
        ({"channel": None, "signed_by": ["x"]}, "signed_by needs manifest or channel"),
        ({"channel": "../stable"}, "channel '../stable' is refused"),
        ({"version": ".."}, "version '..' is refused"),
    ],
    ids=str,
)
def test_contradictory_options_are_refused_before_any_request(
    emulator: Emulator, run: ModuleRunner, options: dict[str, Any], words: str
) -> None:
    assert words in run.failure(INFO, **{"channel": "stable", **options})
    assert len(emulator.journal) == 0

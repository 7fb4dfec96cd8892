# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep channels out of manifests, because a line of a channel would become false when the channel moves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.fetching import FetchRunner
from tests.helpers.modules import ModuleRunner
from tests.http._channel.helpers import FILE, NEW, move
from tests.http._downloads.helpers import INFO, MANIFEST, MODULE, contents, lines, put, write
from tests.http._verify.helpers import VERIFY, found


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
@pytest.mark.parametrize("name", [FILE, f"{FILE}.asc", f"{FILE}.sig"])
def test_channel_is_not_published_with_a_manifest(
    emulator: Emulator, run: ModuleRunner, dist: Path, name: str, check: bool
) -> None:
    paths = write(dist, {"app": b"app", name: b"{}"})
    assert run.failure(MODULE, src=paths, manifest=MANIFEST, check=check) == (
        f"'{name}' is a channel or its signature, which cannot have a line in a manifest. Remove it from src and name, or"
        " publish it without manifest"
    )
    assert len(emulator.journal) == 0
    assert run.ok(MODULE, src=paths, check=check)["msg"] == "2 created"


def test_tasks_with_a_manifest_skip_channels(emulator: Emulator, run: ModuleRunner, fetch: FetchRunner) -> None:
    put(emulator, {**NEW, MANIFEST: lines(NEW)})
    move(run, "1.4.2", NEW, manifest=MANIFEST)
    assert found(run.ok(VERIFY, patterns=["*"], manifest=MANIFEST)) == dict.fromkeys(NEW, "verified")
    assert run.ok(INFO, manifest=MANIFEST)["unlisted"] == []
    fetch(patterns=["*"], manifest=MANIFEST)
    assert fetch.files == NEW
    fetch(patterns=["*"])
    assert fetch.files == contents(emulator)

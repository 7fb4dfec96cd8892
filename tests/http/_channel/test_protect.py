# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prune a repository with channels: channels and the artifacts that they name are kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._channel.helpers import FILE, document, put_channel
from tests.http._downloads.helpers import MANIFEST, PRUNE, put, statuses, widgets, writes

RELEASES = {f"app-{number}.tgz": b"release %d" % number for number in range(1, 6)}
SUMS = "app-2.SHA256SUMS"


def release(*numbers: int) -> dict[str, bytes]:
    return {f"app-{number}.tgz": RELEASES[f"app-{number}.tgz"] for number in numbers}


@pytest.fixture(autouse=True)
def _releases(emulator: Emulator) -> None:
    for days, (name, data) in zip(range(50, 0, -10), RELEASES.items(), strict=True):
        widgets(emulator).put(name, data, created_on=datetime.now(UTC) - timedelta(days=days))


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_named_artifacts_are_kept_and_not_counted(emulator: Emulator, run: ModuleRunner, check: bool) -> None:
    put_channel(emulator, "2", release(2))
    result = run.ok(PRUNE, patterns=["*"], keep=2, max_deletions=2, check=check)
    assert statuses(result) == [
        ("app-5.tgz", "kept", "one of the newest"),
        ("app-4.tgz", "kept", "one of the newest"),
        ("app-3.tgz", "deleted", "retention"),
        ("app-2.tgz", "kept", "in the channel stable"),
        ("app-1.tgz", "deleted", "retention"),
    ]
    assert len(writes(emulator)) == (0 if check else 2)


def test_manifest_and_group_of_a_named_artifact_are_kept(emulator: Emulator, run: ModuleRunner) -> None:
    sums = {SUMS: b"", f"{SUMS}.asc": b"", f"{SUMS}.sig": b"", "app-2.txt": b"", "app-1.txt": b""}
    for name, data in sums.items():
        widgets(emulator).put(name, data, created_on=datetime.now(UTC) - timedelta(days=60))
    put_channel(emulator, "2", release(2), manifest=SUMS)
    result = run.ok(PRUNE, patterns=["*"], keep=0, check=True)
    kept = {name for name, status, _reason in statuses(result) if status == "kept"}
    assert kept == {"app-2.tgz", SUMS, f"{SUMS}.asc", f"{SUMS}.sig"}
    result = run.ok(PRUNE, patterns=["*"], keep=1, group_by=r"^app-(\d+)")
    assert {name for name, status, _reason in statuses(result) if status == "deleted"} == {"app-1.txt", *release(1, 3, 4)}


@pytest.mark.parametrize(
    ("protect", "kept"),
    [(None, [5, 2, 1]), (["*"], [5, 2, 1]), (["st*"], [5, 2]), (["beta", "stable"], [5, 2, 1]), (["other"], [5]), ([], [5])],
)
def test_patterns_choose_the_channels_that_protect(
    emulator: Emulator, run: ModuleRunner, protect: list[str] | None, kept: list[int]
) -> None:
    put_channel(emulator, "2", release(2))
    put(emulator, {"beta.channel.json": json.dumps({**document("1", release(1)), "channel": "beta"}).encode()})
    result = run.ok(PRUNE, patterns=["app-*"], keep=1, protect_channels=protect)
    assert [name for name, status, _reason in statuses(result) if status == "kept"] == [f"app-{number}.tgz" for number in kept]


@pytest.mark.parametrize("data", [b"", b"notes", b'{"channel": "stable"}'], ids=["empty", "text", "object"])
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_channel_that_cannot_be_read_deletes_nothing(emulator: Emulator, run: ModuleRunner, data: bytes, check: bool) -> None:
    put(emulator, {FILE: data})
    message = run.failure(PRUNE, patterns=["*"], keep=1, check=check)
    assert message.startswith(f"The artifact '{FILE}' is not a channel, so no task changes it: ")
    assert "Nothing was deleted, because a channel that cannot be read might name any artifact" in message
    assert writes(emulator) == []
    assert len(run.ok(PRUNE, patterns=["*"], keep=1, protect_channels=[], check=check)["artifacts"]) == 5


def test_channel_that_the_storage_host_does_not_send_deletes_nothing(emulator: Emulator, run: ModuleRunner) -> None:
    put_channel(emulator, "2", release(2))
    emulator.faults.add("status", code=500, host="storage", times=None)
    assert "Nothing was deleted" in run.failure(PRUNE, patterns=["*"], keep=1)
    assert writes(emulator) == []


@pytest.mark.parametrize("options", [{"patterns": ["*"]}, {"patterns": [FILE, "beta*"]}, {"patterns": [".*"], "use_regex": True}])
def test_channels_and_their_signatures_are_never_deleted(emulator: Emulator, run: ModuleRunner, options: dict[str, Any]) -> None:
    files = [FILE, f"{FILE}.asc", f"{FILE}.sig", "beta.channel.json"]
    put(emulator, dict.fromkeys(files, b"x"))
    result = run.ok(PRUNE, **options, keep=0, protect_channels=[])
    assert not {name for name, _status, _reason in statuses(result)} & set(files)
    assert set(files) <= set(widgets(emulator).names())


def test_channel_that_moves_after_the_listing_is_read_again(emulator: Emulator, run: ModuleRunner) -> None:
    put_channel(emulator, "2", release(2))
    emulator.faults.add("call", action=lambda: put_channel(emulator, "three", release(3)), path=r"/downloads$")
    result = run.ok(PRUNE, patterns=["*"], keep=1)
    assert [name for name, status, _reason in statuses(result) if status == "kept"] == ["app-5.tgz", "app-3.tgz"]


def test_channel_that_is_deleted_after_the_listing_protects_nothing(emulator: Emulator, run: ModuleRunner) -> None:
    put_channel(emulator, "2", release(2))
    emulator.faults.add("call", action=lambda: widgets(emulator).remove(FILE), path=r"/downloads$")
    result = run.ok(PRUNE, patterns=["*"], keep=1, manifest=MANIFEST)
    assert [name for name, status, _reason in statuses(result) if status == "kept"] == ["app-5.tgz"]

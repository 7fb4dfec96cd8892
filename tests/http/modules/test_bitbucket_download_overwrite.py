# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, what it does about a name that is there already: overwrite."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import (
    MANIFEST,
    MODULE,
    contents,
    failed,
    fetches,
    posts,
    sha256,
    statuses,
    widgets,
    write,
    writes,
)

THERE = {"equal": b"equal", "bytes": b"theirs", "sizes": b"short"}
OURS = {"bytes": b"ours!!", "equal": b"equal", "fresh": b"fresh", "sizes": b"much longer"}


@pytest.fixture
def sources(emulator: Emulator, dist: Path) -> list[str]:
    """Files of which one is there with equal content, one with other bytes, one with another size, and one is not there."""
    for name, data in THERE.items():
        widgets(emulator).put(name, data)
    return write(dist, OURS)


def test_overwrite_different_replaces_what_differs(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    expected = [
        ("bytes", "replaced", "content differs"),
        ("equal", "unchanged", "same content"),
        ("fresh", "created", "not there"),
        ("sizes", "replaced", "size differs"),
    ]
    for options in ({}, {"overwrite": "different"}):
        for name, data in THERE.items():
            widgets(emulator).put(name, data)
        widgets(emulator).remove("fresh")
        emulator.journal.clear()
        assert statuses(run.ok(MODULE, src=sources, **options)) == expected
        assert [entry.uploads for entry in posts(emulator)] == [["bytes", "fresh", "sizes"]]
        assert contents(emulator) == OURS


def test_overwrite_always_sends_everything_without_looking(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    result = run.ok(MODULE, src=sources, overwrite="always")
    assert statuses(result) == [
        ("bytes", "replaced", "forced"),
        ("equal", "replaced", "forced"),
        ("fresh", "created", "not there"),
        ("sizes", "replaced", "forced"),
    ]
    assert contents(emulator) == OURS
    assert fetches(emulator) == []
    assert result["bytes_sent"] == sum(map(len, OURS.values()))


def test_overwrite_never_leaves_what_is_there_without_looking(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    result = run.ok(MODULE, src=sources, overwrite="never")
    assert statuses(result) == [
        ("bytes", "kept", "there already"),
        ("equal", "kept", "there already"),
        ("fresh", "created", "not there"),
        ("sizes", "kept", "there already"),
    ]
    assert contents(emulator) == {**THERE, "fresh": b"fresh"}
    assert fetches(emulator) == []
    assert result["artifacts"][3]["size"] == len(THERE["sizes"])
    assert [artifact["sha256"] for artifact in result["artifacts"]] == [None, None, sha256(b"fresh"), None]


def test_overwrite_never_with_nothing_new_changes_nothing(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    assert run.ok(MODULE, src=[path for path in sources if not path.endswith("/fresh")], overwrite="never")["changed"] is False
    assert writes(emulator) == []


def test_overwrite_refuse_decides_for_all_before_the_first_byte(
    emulator: Emulator, run: ModuleRunner, sources: list[str]
) -> None:
    message = failed(run, src=sources, overwrite="refuse", manifest=MANIFEST)["msg"]
    assert "'bytes' (content differs)" in message
    assert "'sizes' (size differs)" in message
    assert "equal" not in message
    assert writes(emulator) == []
    assert contents(emulator) == THERE


def test_overwrite_refuse_adds_what_is_new_beside_what_is_equal(
    emulator: Emulator, run: ModuleRunner, sources: list[str]
) -> None:
    wanted = [path for path in sources if path.endswith(("equal", "fresh"))]
    result = run.ok(MODULE, src=wanted, overwrite="refuse")
    assert statuses(result) == [("equal", "unchanged", "same content"), ("fresh", "created", "not there")]
    assert contents(emulator) == {**THERE, "fresh": b"fresh"}

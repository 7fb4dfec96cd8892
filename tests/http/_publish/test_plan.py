# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Publish over existing artifacts: what each value of overwrite replaces, keeps, refuses and reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import MANIFEST, MODULE, contents, fetches, put, sha256, statuses, uploads, write, writes

THEIRS = {"equal": b"equal", "bytes": b"theirs", "sizes": b"short"}
OURS = {"bytes": b"ours!!", "equal": b"equal", "fresh": b"fresh", "sizes": b"much longer"}


@pytest.fixture
def sources(emulator: Emulator, dist: Path) -> list[str]:
    """Store artifacts, and return files with equal content, different bytes and a different size, and one new file."""
    put(emulator, THEIRS)
    return write(dist, OURS)


@pytest.mark.parametrize("overwrite", [None, "different"])
def test_different_replaces_changed_files(
    emulator: Emulator, run: ModuleRunner, sources: list[str], overwrite: str | None
) -> None:
    assert statuses(run.ok(MODULE, src=sources, overwrite=overwrite)) == [
        ("bytes", "replaced", "content differs"),
        ("equal", "unchanged", "same content"),
        ("fresh", "created", "not there"),
        ("sizes", "replaced", "size differs"),
    ]
    assert uploads(emulator) == [["bytes", "fresh", "sizes"]]
    assert {name for name, _unused in fetches(emulator)} == {"bytes", "equal"}
    assert contents(emulator) == OURS


def test_always_replaces_all_files_and_reads_no_contents(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    result = run.ok(MODULE, src=sources, overwrite="always")
    assert [(status, reason) for _unused, status, reason in statuses(result)] == [
        ("replaced", "forced"),
        ("replaced", "forced"),
        ("created", "not there"),
        ("replaced", "forced"),
    ]
    assert (contents(emulator), fetches(emulator)) == (OURS, [])
    assert result["bytes_sent"] == sum(map(len, OURS.values()))


def test_never_keeps_all_artifacts_and_reads_no_contents(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    result = run.ok(MODULE, src=sources, overwrite="never")
    kept = ("kept", "there already")
    assert [(status, reason) for _unused, status, reason in statuses(result)] == [kept, kept, ("created", "not there"), kept]
    assert (contents(emulator), fetches(emulator)) == ({**THEIRS, "fresh": b"fresh"}, [])
    assert result["artifacts"][3]["size"] == len(THEIRS["sizes"])
    assert [artifact["sha256"] for artifact in result["artifacts"]] == [None, None, sha256(b"fresh"), None]
    emulator.journal.clear()
    assert run.ok(MODULE, src=sources, overwrite="never")["changed"] is False
    assert writes(emulator) == []


def test_refuse_uploads_nothing_when_content_differs(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    message = run.failure(MODULE, src=sources, overwrite="refuse", manifest=MANIFEST)
    assert "'bytes' (content differs), 'sizes' (size differs). Nothing was sent" in message
    assert "equal" not in message
    assert (writes(emulator), contents(emulator)) == ([], THEIRS)


def test_refuse_uploads_new_files_beside_equal_ones(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    result = run.ok(MODULE, src=[sources[1], sources[2]], overwrite="refuse")
    assert statuses(result) == [("equal", "unchanged", "same content"), ("fresh", "created", "not there")]
    assert contents(emulator) == {**THEIRS, "fresh": b"fresh"}

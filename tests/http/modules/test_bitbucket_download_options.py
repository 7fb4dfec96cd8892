# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, how it decides and checks: compare, manifest, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import (
    MANIFEST,
    MODULE,
    contents,
    fetches,
    lines,
    listings,
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


def publish_with_a_lie(emulator: Emulator, dist: Path) -> list[str]:
    """An equal artifact whose line in a young manifest has the digest of something else."""
    widgets(emulator).put("app", b"application")
    widgets(emulator).put(MANIFEST, lines({"app": b"something else"}))
    return write(dist, {"app": b"application"})


def test_compare_checksum_takes_the_manifests_word(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    paths = publish_with_a_lie(emulator, dist)
    wishes: tuple[dict[str, Any], ...] = ({}, {"compare": "checksum"})
    for options in wishes:
        result = run(MODULE, check=True, src=paths, manifest=MANIFEST, **options)
        assert statuses(result) == [("app", "replaced", "content differs")]
        assert {name for name, _unused in fetches(emulator)} == {MANIFEST}


def test_compare_content_looks_whatever_the_manifest_says(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    paths = publish_with_a_lie(emulator, dist)
    result = run.ok(MODULE, src=paths, manifest=MANIFEST, compare="content")
    assert statuses(result) == [("app", "unchanged", "same content")]
    assert ("app", 304) in fetches(emulator)
    assert result["manifest"]["status"] == "replaced"
    assert contents(emulator)[MANIFEST] == lines({"app": b"application"})


def test_compare_size_takes_the_size_alone(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    result = run.ok(MODULE, src=sources, compare="size")
    assert statuses(result) == [
        ("bytes", "unchanged", "same size"),
        ("equal", "unchanged", "same size"),
        ("fresh", "created", "not there"),
        ("sizes", "replaced", "size differs"),
    ]
    assert contents(emulator)["bytes"] == b"theirs"
    assert fetches(emulator) == []
    assert result["artifacts"][0]["sha256"] is None


def test_manifest_is_only_kept_where_it_is_asked_for(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    assert "manifest" not in run.ok(MODULE, src=sources)
    assert contents(emulator) == OURS
    result = run.ok(MODULE, src=sources, manifest="checksums.txt")
    assert result["manifest"] == {"name": "checksums.txt", "status": "created", "size": len(lines(OURS))}
    assert result["changed"] is True
    assert contents(emulator)["checksums.txt"] == lines(OURS)


@pytest.mark.parametrize(("options", "expected"), [({}, 2), ({"verify": True}, 2), ({"verify": False}, 1)])
def test_verify_reads_the_listing_again(
    emulator: Emulator, run: ModuleRunner, sources: list[str], options: dict[str, Any], expected: int
) -> None:
    result = run.ok(MODULE, src=sources, **options)
    assert len(listings(emulator)) == expected
    known = [artifact["created_on"] is not None for artifact in result["artifacts"]]
    assert known == ([True] * 4 if expected == 2 else [False, True, False, False])


def test_verify_false_takes_the_services_word(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    emulator.faults.add("status", code=201, body="", method="POST")
    assert run.ok(MODULE, src=sources, verify=False)["changed"] is True
    assert contents(emulator) == THERE


def test_verify_holds_for_the_manifest_too(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    run.ok(MODULE, src=sources, verify=False, manifest=MANIFEST)
    assert len(listings(emulator)) == 1
    assert contents(emulator)[MANIFEST] == lines(OURS)


def test_verify_false_holds_for_the_manifest_after_a_deletion(emulator: Emulator, run: ModuleRunner, sources: list[str]) -> None:
    run.ok(MODULE, src=sources, manifest=MANIFEST)
    emulator.journal.clear()
    run.ok(MODULE, state="absent", name=["equal"], manifest=MANIFEST, verify=False)
    assert writes(emulator) == ["DELETE", "POST"]
    assert len(listings(emulator)) == 1

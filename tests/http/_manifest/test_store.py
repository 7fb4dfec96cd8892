# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and write the manifest: in order, with concurrent changes by others, and never over another artifact."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import (
    MANIFEST,
    MODULE,
    PRUNE,
    contents,
    lines,
    listings,
    numbered,
    posts,
    put,
    widgets,
    write,
    writes,
)

OLD, OURS, THEIRS = {"old": b"old"}, {"ours": b"ours"}, {"theirs": b"theirs"}
NEW = {"old": b"new"}
LISTED, AGAIN = {**OLD, MANIFEST: lines(OLD)}, {**NEW, MANIFEST: lines(NEW)}
TASKS: list[tuple[str, dict[str, Any]]] = [
    (MODULE, {"content": "x", "name": ["ours"]}),
    (MODULE, {"state": "absent", "name": ["old"]}),
    (PRUNE, {"patterns": "*", "keep": 0}),
]
Act = Callable[[Emulator], object]


def test_manifest_is_sent_last_and_alone(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.switches.latency = 0.02
    run.ok(MODULE, src=write(dist, numbered(45)), manifest=MANIFEST)
    *payload, last = posts(emulator)
    assert last.uploads == [MANIFEST]
    assert not any(MANIFEST in entry.uploads for entry in payload)
    assert all(entry.ended is not None and entry.ended <= last.started for entry in payload)
    dates = {name: artifact.created_on for name, artifact in widgets(emulator).artifacts.items()}
    assert max(dates, key=lambda name: dates[name]) == MANIFEST


def test_empty_artifact_is_a_manifest_without_lines(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    put(emulator, {MANIFEST: b""})
    assert run.ok(MODULE, src=write(dist, OURS), manifest=MANIFEST)["manifest"]["status"] == "replaced"
    assert contents(emulator) == {**OURS, MANIFEST: lines(OURS)}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "is not a checksum manifest: it is not UTF-8 text"),
        (
            b"5d41402abc4b2a76b9719d911017c592  a\n",
            "is not a checksum manifest: it has no line with a SHA-256 or SHA-512 digest and a name",
        ),
        (b"0" * 128 + b"  a\n", "has SHA-512 digests, which the module can read but not write"),
        (b"0" * 64 + b"  a\n" + b"0" * 128 + b"  b\n", "has SHA-512 digests, which the module can read but not write"),
        (b"\n" * ((16 << 20) + 1), "is not a checksum manifest: it has 16777217 bytes"),
    ],
    ids=["binary", "MD5", "SHA-512", "SHA-512 of one name", "large"],
)
def test_artifact_that_cannot_be_the_manifest_is_an_error(emulator: Emulator, run: ModuleRunner, data: bytes, words: str) -> None:
    put(emulator, {**OLD, MANIFEST: data})
    for module, options in TASKS:
        message = run.failure(module, manifest=MANIFEST, **options)
        assert f"'{MANIFEST}' {words}. Set manifest to another name" in message
    assert (writes(emulator), widgets(emulator).names()) == ([], [MANIFEST, "old"])


def test_manifest_that_cannot_be_read_stops_the_task(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    put(emulator, LISTED)
    emulator.faults.add("status", host="storage", code=404, body="<Error><Code>NoSuchKey</Code></Error>", times=None)
    assert "NoSuchKey" in run.failure(MODULE, src=write(dist, OURS), manifest=MANIFEST, retries=1)
    assert writes(emulator) == []


def publish_of_others(emulator: Emulator) -> None:
    put(emulator, {**THEIRS, MANIFEST: lines({**OLD, **THEIRS})})


@pytest.mark.parametrize(
    ("before", "act", "after", "status"),
    [
        pytest.param(LISTED, publish_of_others, {**OLD, **OURS, **THEIRS}, "replaced", id="replaced"),
        pytest.param(OLD, publish_of_others, {**OLD, **OURS, **THEIRS}, "replaced", id="created"),
        pytest.param(LISTED, lambda emulator: widgets(emulator).remove(MANIFEST), OURS, "created", id="deleted"),
        pytest.param(LISTED, lambda emulator: put(emulator, NEW), OURS, "replaced", id="became stale"),
        pytest.param(LISTED, lambda emulator: put(emulator, AGAIN), {**NEW, **OURS}, "replaced", id="replaced by the same size"),
    ],
)
def test_changes_of_others_during_an_upload_are_kept(
    emulator: Emulator, run: ModuleRunner, dist: Path, before: dict[str, bytes], act: Act, after: dict[str, bytes], status: str
) -> None:
    put(emulator, before)
    emulator.faults.add("call", action=lambda: act(emulator), method="POST")
    result = run.ok(MODULE, src=write(dist, OURS), manifest=MANIFEST)
    assert result["manifest"]["status"] == status
    assert contents(emulator)[MANIFEST] == lines(after)


def test_lines_of_others_during_a_deletion_are_kept(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {**OLD, **OURS, MANIFEST: lines({**OLD, **OURS})})
    emulator.faults.add("call", action=lambda: publish_of_others(emulator), method="DELETE")
    run.ok(MODULE, state="absent", name=["ours"], manifest=MANIFEST)
    assert contents(emulator)[MANIFEST] == lines({**OLD, **THEIRS})


def test_listing_is_read_once_without_verify(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    run.ok(MODULE, src=write(dist, {**OLD, **OURS}), manifest=MANIFEST, verify=False)
    assert (len(listings(emulator)), contents(emulator)[MANIFEST]) == (1, lines({**OLD, **OURS}))
    emulator.journal.clear()
    run.ok(MODULE, state="absent", name=["ours"], manifest=MANIFEST, verify=False)
    assert (len(listings(emulator)), writes(emulator)) == (1, ["DELETE", "POST"])
    assert contents(emulator)[MANIFEST] == lines(OLD)


def test_accepted_manifest_that_is_not_listed_is_an_error(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.faults.add("status", code=201, body="", method="POST", after=1)
    assert f"'{MANIFEST}' is not in the listing" in run.failure(MODULE, src=write(dist, OURS), manifest=MANIFEST)


@pytest.mark.parametrize("name", ["", "..", "a/b", "SHA256 SUMS", "sums(1)"])
def test_name_that_the_service_might_change_is_refused(emulator: Emulator, run: ModuleRunner, name: str) -> None:
    """The manifest would not be found, and would be sent on every run."""
    for module, options in TASKS:
        assert run.failure(module, **options, manifest=name).startswith(f"manifest '{name}' is refused")
    assert len(emulator.journal) == 0


def test_manifest_among_the_artifacts_is_refused(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    tasks: list[dict[str, Any]] = [
        {"src": write(dist, {"app": b"x", MANIFEST: b"x"})},
        {"content": "x", "name": [MANIFEST]},
        {"state": "absent", "name": ["app", MANIFEST]},
    ]
    for options in tasks:
        assert f"'{MANIFEST}' is the manifest" in run.failure(MODULE, **options, manifest=MANIFEST)
    assert len(emulator.journal) == 0


def test_manifest_of_another_stored_name_is_an_error(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.switches.rename = "lower"
    message = run.failure(MODULE, content="x", name=["App"], manifest=MANIFEST)
    assert "under the name 'sha256sums', so later tasks cannot find it" in message
    assert run.ok(MODULE, content="x", name=["App"], manifest="sha256sums")["manifest"]["status"] in ("unchanged", "replaced")

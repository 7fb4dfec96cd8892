# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, what it costs: requests, batches, lengths."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import (
    MANIFEST,
    MODULE,
    contents,
    listings,
    numbered,
    posts,
    statuses,
    widgets,
    write,
)

MIB = 1024 * 1024


def sparse(folder: Path, sizes: dict[str, int]) -> list[str]:
    """Files of zeros that take no room."""
    for name, size in sizes.items():
        with (folder / name).open("wb") as stream:
            stream.truncate(size)
    return [str(folder / name) for name in sizes]


def test_sixty_small_files_cost_at_most_six_posts(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    result = run.ok(MODULE, src=write(dist, numbered(60)), manifest=MANIFEST)
    assert len(posts(emulator)) <= 6
    assert result["requests"] == len(listings(emulator)) + len(posts(emulator)) <= 10
    assert len(contents(emulator)) == 61


def test_at_most_twenty_files_share_a_post_in_the_order_asked(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    names = list(numbered(41))
    run.ok(MODULE, src=write(dist, numbered(41)), parallel=1)
    assert [entry.uploads for entry in posts(emulator)] == [names[:20], names[20:40], names[40:]]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([8 * MIB, 8 * MIB], [2]),
        ([8 * MIB, 8 * MIB + 1], [1, 1]),
        ([17 * MIB, 1, 1], [1, 2]),
        ([1, 17 * MIB, 1], [1, 1, 1]),
    ],
)
def test_at_most_16_mib_share_a_post(
    emulator: Emulator, run: ModuleRunner, dist: Path, sizes: list[int], expected: list[int]
) -> None:
    paths = sparse(dist, {f"file-{number}": size for number, size in enumerate(sizes)})
    result = run.ok(MODULE, src=paths, parallel=1)
    assert [len(entry.uploads) for entry in posts(emulator)] == expected
    assert result["bytes_sent"] == sum(sizes)
    assert [widgets(emulator).artifacts[f"file-{number}"].size for number in range(len(sizes))] == sizes


def test_uploads_have_a_known_length_and_are_never_chunked(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    paths = [*write(dist, numbered(25)), *sparse(dist, {"big": 20 * MIB, "empty": 0})]
    run.ok(MODULE, src=paths, manifest=MANIFEST)
    assert len(posts(emulator)) == 5
    for entry in posts(emulator):
        assert "Transfer-Encoding" not in entry.headers
        assert int(entry.headers["Content-Length"]) == entry.body_bytes
        assert entry.headers["Content-Type"].startswith("multipart/form-data; boundary=")


def test_a_listing_of_250_artifacts_costs_three_requests(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    for name, data in numbered(250).items():
        widgets(emulator).put(name, data)
    unchanged = run.ok(MODULE, src=write(dist, {"file-249.txt": b"content 249"}))
    assert statuses(unchanged) == [("file-249.txt", "unchanged", "same content")]
    assert [entry.query.get("pagelen") for entry in listings(emulator)] == ["100"] * 3
    emulator.journal.clear()
    result = run.ok(MODULE, src=write(dist, {"new": b"new"}))
    assert len(listings(emulator)) == 6
    assert result["requests"] == 7
    emulator.journal.clear()
    assert run.ok(MODULE, state="absent", name=["new"])["requests"] == 4


def test_the_first_page_may_be_the_shortest_and_links_are_followed(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.switches.page_cap, emulator.switches.list_size, emulator.switches.list_page = 3, False, False
    for name, data in numbered(10).items():
        widgets(emulator).put(name, data)
    assert run.ok(MODULE, content="content 000", name=["file-000.txt"])["changed"] is False
    assert len(listings(emulator)) == 4


def test_pages_that_shift_while_they_are_read_do_no_harm(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.switches.page_cap = 3
    for name, data in numbered(5).items():
        widgets(emulator).put(name, data)
    emulator.faults.add("duplicate_page", times=2)
    assert run.ok(MODULE, content="content 004", name=["file-004.txt"])["changed"] is False


def test_a_hundred_unchanged_artifacts_cost_two_small_requests_each(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    for name, data in numbered(100).items():
        widgets(emulator).put(name, data)
    result = run.ok(MODULE, src=write(dist, numbered(100)), parallel=8)
    assert result["changed"] is False
    assert len(emulator.journal) <= 201
    assert {entry.status for entry in emulator.journal.select(host="storage")} == {304}


@pytest.mark.parametrize(("count", "requests"), [(99, 3), (100, 4)])
def test_with_a_manifest_unchanged_artifacts_cost_nothing(
    emulator: Emulator, run: ModuleRunner, dist: Path, count: int, requests: int
) -> None:
    paths = write(dist, numbered(count))
    run.ok(MODULE, src=paths, manifest=MANIFEST)
    emulator.journal.clear()
    result = run.ok(MODULE, src=paths, manifest=MANIFEST, parallel=8)
    assert result["changed"] is False
    assert len(emulator.journal) == requests


def test_connections_are_used_again(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    for name, data in numbered(30).items():
        widgets(emulator).put(name, data)
    run.ok(MODULE, src=write(dist, numbered(30)), parallel=2)
    for host in ("api", "storage"):
        assert len({entry.connection for entry in emulator.journal.select(host=host)}) <= 3


def test_connections_are_used_again_for_deletions(emulator: Emulator, run: ModuleRunner) -> None:
    for name, data in numbered(20).items():
        widgets(emulator).put(name, data)
    run.ok(MODULE, state="absent", name=list(numbered(20)), parallel=2)
    assert len({entry.connection for entry in emulator.journal}) <= 3

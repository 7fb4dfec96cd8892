# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Upload files: batches, lengths, requests and connections, and permanent errors, which are not retried."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.upload import Uploader
from ansible_collections.releng.bitbucket.plugins.module_utils._files.payload import Payload
from tests.emulator import Emulator
from tests.helpers.metering import Recorder
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import (
    MANIFEST,
    MODULE,
    connect,
    contents,
    listings,
    most_at_once,
    numbered,
    posts,
    put,
    require_together,
    uploads,
    widgets,
    write,
)

MIB = 1 << 20


def write_sparse(folder: Path, sizes: dict[str, int]) -> list[str]:
    """Write sparse files; return their paths."""
    for name, size in sizes.items():
        with (folder / name).open("wb") as stream:
            stream.truncate(size)
    return [str(folder / name) for name in sizes]


def test_sixty_small_files_need_few_requests(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    result = run.ok(MODULE, src=write(dist, numbered(60)), manifest=MANIFEST)
    assert len(posts(emulator)) <= 6
    assert result["requests"] == len(listings(emulator)) + 1 + len(posts(emulator)) <= 10
    assert {name: data for name, data in contents(emulator).items() if name != MANIFEST} == numbered(60)


def test_progress_counts_each_attempt_by_file(emulator: Emulator) -> None:
    emulator.faults.add("status", code=503, method="POST")
    downloads = connect(emulator)
    downloads.meter = meter = Recorder()
    Uploader(downloads).send_together([Payload("a", 5, data=b"12345"), Payload("b", 3, data=b"123")], {})
    assert meter.counts == [("a", 5, 5), ("b", 3, 3)] * 2


def test_twenty_files_share_a_request_in_the_requested_order(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    names = list(numbered(41))
    run.ok(MODULE, src=write(dist, numbered(41)), parallel=1)
    assert uploads(emulator) == [names[:20], names[20:40], names[40:]]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [([8 * MIB, 8 * MIB], [2]), ([8 * MIB, 8 * MIB + 1], [1, 1]), ([17 * MIB, 1, 1], [1, 2]), ([1, 17 * MIB, 1], [1, 1, 1])],
)
def test_16_mib_share_a_request(emulator: Emulator, run: ModuleRunner, dist: Path, sizes: list[int], expected: list[int]) -> None:
    paths = write_sparse(dist, {f"file-{number}": size for number, size in enumerate(sizes)})
    result = run.ok(MODULE, src=paths, parallel=1)
    assert [len(names) for names in uploads(emulator)] == expected
    assert result["bytes_sent"] == sum(sizes)
    assert [widgets(emulator).artifacts[f"file-{number}"].size for number in range(len(sizes))] == sizes


def test_uploads_have_a_known_length_and_are_not_chunked(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    paths = [*write(dist, numbered(25)), *write_sparse(dist, {"big": 20 * MIB, "empty": 0})]
    run.ok(MODULE, src=paths, manifest=MANIFEST)
    assert len(posts(emulator)) == 5
    for entry in posts(emulator):
        assert "Transfer-Encoding" not in entry.headers
        assert int(entry.headers["Content-Length"]) == entry.body_bytes
        assert entry.headers["Content-Type"].startswith("multipart/form-data; boundary=")


def test_unchanged_artifacts_cost_two_small_requests_each(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    put(emulator, numbered(30))
    assert run.ok(MODULE, src=write(dist, numbered(30)), parallel=2)["changed"] is False
    assert len(emulator.journal) <= 61
    assert {entry.status for entry in emulator.journal.select(host="storage")} == {304}
    for host in ("api", "storage"):
        assert len({entry.connection for entry in emulator.journal.select(host=host)}) <= 3


@pytest.mark.parametrize(("count", "requests"), [(99, 3), (100, 4)])
def test_unchanged_artifacts_with_a_manifest_cost_no_request(
    emulator: Emulator, run: ModuleRunner, dist: Path, count: int, requests: int
) -> None:
    put(emulator, {**numbered(count), MANIFEST: b""})
    paths = write(dist, numbered(count))
    run.ok(MODULE, src=paths, manifest=MANIFEST, parallel=8)
    emulator.journal.clear()
    assert run.ok(MODULE, src=paths, manifest=MANIFEST, parallel=8)["changed"] is False
    assert len(emulator.journal) == requests


@pytest.mark.parametrize(("parallel", "sent", "read"), [(1, 1, 1), (3, 3, 3), (None, 3, 4), (16, 3, 16)])
def test_parallel_limits_concurrent_transfers(
    emulator: Emulator, run: ModuleRunner, dist: Path, parallel: int | None, sent: int, read: int
) -> None:
    paths = write(dist, numbered(60))
    require_together(emulator, sent, method="POST")
    run.ok(MODULE, src=paths, parallel=parallel, verify=False, retries=0)
    assert most_at_once(posts(emulator)) == sent
    emulator.journal.clear()
    require_together(emulator, read, host="storage")
    run.ok(MODULE, src=paths[:32], parallel=parallel, retries=0)
    assert most_at_once(emulator.journal.select(host="storage")) == read


@pytest.mark.parametrize("code", [400, 402, 404, 413, 501, 507])
def test_refused_upload_is_not_retried(emulator: Emulator, run: ModuleRunner, code: int) -> None:
    body = {"type": "error", "error": {"message": "Words of the service"}}
    emulator.faults.add("status", code=code, body=body, method="POST")
    result = run.failed(MODULE, content="x", name=["app"])
    assert len(posts(emulator)) == 1
    assert f"POST {emulator.api_url}/repositories/acme/widgets/downloads returned HTTP {code}" in result["msg"]
    assert "Words of the service" in result["msg"]
    assert (result["artifacts"], result["changed"]) == ([], False)
    assert (result["requests"], result["bytes_sent"]) == (len(emulator.journal), 1)

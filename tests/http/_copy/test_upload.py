# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send artifacts of the source: order, temporary files, transfers at the same time, and failures."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads import upload
from tests.emulator import Emulator
from tests.helpers.fetching import noise
from tests.http._downloads.helpers import (
    INFO,
    MANIFEST,
    contents,
    most_at_once,
    numbered,
    posts,
    require_together,
    statuses,
    uploads,
    widgets,
    writes,
)

from .helpers import COPY, STAGING, Copy, fetched, stage, staging

MIB = 1024 * 1024


@pytest.fixture
def single(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send each artifact in its own request, as if it were large."""
    monkeypatch.setattr(upload, "MAX_BATCH_BYTES", 1)


def test_oldest_artifact_is_sent_first_whatever_the_order_of_names(emulator: Emulator, copy: Copy) -> None:
    ages = {"b": 3, "c": 2, "a": 1}
    for name, days in ages.items():
        staging(emulator).put(name, name.encode(), created_on=datetime.now(UTC) - timedelta(days=days))
    result = copy.ok("a", "b", "c")
    assert [artifact["name"] for artifact in result["artifacts"]] == ["a", "b", "c"]
    assert uploads(emulator) == [["b", "c", "a"]]
    assert [artifact["name"] for artifact in copy.ok(patterns=["*"])["artifacts"]] == ["b", "c", "a"]


@pytest.mark.usefixtures("single")
def test_newest_artifacts_of_both_repositories_are_the_same(emulator: Emulator, copy: Copy) -> None:
    ours = numbered(12)
    stage(emulator, ours)
    emulator.faults.add("drip", host="storage", rate=100)
    emulator.faults.add("stall", method="POST", seconds=0.05, times=None)
    copy.ok(patterns=["*"], parallel=4)
    begun = [entry.started for entry in posts(emulator)]
    assert all(later - earlier >= 0.05 for earlier, later in pairwise(begun))
    found = [[item["name"] for item in copy.run.ok(INFO, repository=each)["artifacts"]] for each in ("widgets", STAGING)]
    assert found[0] == found[1] == list(ours)[::-1]


def test_small_artifacts_share_requests(emulator: Emulator, copy: Copy) -> None:
    ours = numbered(45)
    stage(emulator, ours)
    copy.ok(patterns=["*"], parallel=2)
    assert [len(names) for names in uploads(emulator)] == [20, 20, 5]
    assert contents(emulator) == ours


@pytest.mark.parametrize(("count", "size", "parallel"), [(45, 10, 2), (5, 9 * MIB, 2), (3, 10, 4)])
def test_number_of_temporary_files_is_at_most_parallel(
    emulator: Emulator, copy: Copy, count: int, size: int, parallel: int
) -> None:
    ours = {f"file-{number:02}": noise(number, size) for number in range(count)}
    stage(emulator, ours)
    found: list[list[Path]] = []

    def inspect() -> None:
        found.append(list(copy.folder.iterdir()))

    for host, method in (("storage", "GET"), ("api", "POST")):
        emulator.faults.add("call", host=host, method=method, times=None, action=inspect, when="before")
    copy.ok(patterns=["*"], parallel=parallel)
    assert 1 <= max(map(len, found)) <= parallel
    assert contents(emulator) == ours


@pytest.mark.usefixtures("single")
def test_artifacts_are_fetched_at_the_same_time(emulator: Emulator, copy: Copy) -> None:
    stage(emulator, numbered(3))
    require_together(emulator, 3, host="storage")
    copy.ok(patterns=["*"], parallel=3)
    assert most_at_once(emulator.journal.select(host="storage")) == 3


def test_large_artifact_is_fetched_in_ranges(emulator: Emulator, copy: Copy) -> None:
    ours = {"large": noise(1, 33 * MIB), "small": b"small"}
    stage(emulator, ours)
    copy.ok(patterns=["*"], parallel=8)
    assert {entry.status for entry in emulator.journal.select(host="storage", artifact="large")} == {206}
    assert contents(emulator) == ours


@pytest.mark.parametrize("names", [["second"], ["first", "second", "third"]])
def test_broken_transfer_resumes(emulator: Emulator, copy: Copy, names: list[str]) -> None:
    ours = {name: noise(number, MIB) for number, name in enumerate(("first", "second", "third"))}
    stage(emulator, ours)
    emulator.faults.add("truncate", host="storage", path="second", fraction=0.5)
    copy.ok(*names)
    found = emulator.journal.select(host="storage", artifact="second")
    assert [entry.status for entry in found] == [200, 206]
    assert found[1].headers["Range"].startswith("bytes=")
    assert contents(emulator) == {name: ours[name] for name in names}


def test_transfer_that_cannot_resume_restarts_in_its_part_of_the_file(emulator: Emulator, copy: Copy) -> None:
    emulator.switches.etag = "none"
    ours = {name: noise(number, MIB) for number, name in enumerate(("first", "second"))}
    stage(emulator, ours)
    emulator.faults.add("truncate", host="storage", path="second", fraction=0.5)
    copy.ok(*ours)
    assert [entry.status for entry in emulator.journal.select(host="storage", artifact="second")] == [200, 200]
    assert contents(emulator) == ours


def test_response_that_contradicts_a_current_listing_is_requested_again(emulator: Emulator, copy: Copy) -> None:
    stage(emulator, {"app": b"application"})
    emulator.faults.add("wrong_length", host="storage", delta=1)
    copy.ok("app")
    assert contents(emulator) == {"app": b"application"}


def test_response_that_always_contradicts_the_listing_is_an_error(emulator: Emulator, copy: Copy) -> None:
    stage(emulator, {"app": b"application"})
    emulator.faults.add("wrong_length", host="storage", delta=1, times=None)
    message = copy.failure("app")
    assert "sent 12 bytes, but the listing says 11" in message
    assert "Gave up after" in message
    assert writes(emulator) == []


@pytest.mark.parametrize("change", ["replaced", "deleted"])
def test_source_that_changes_during_a_transfer_is_an_error_without_retries(emulator: Emulator, copy: Copy, change: str) -> None:
    stage(emulator, {"app": b"application", "other": b"other"})

    def act() -> None:
        if change == "replaced":
            staging(emulator).put("app", b"another application")
        else:
            staging(emulator).artifacts.pop("app")

    emulator.faults.add("call", host="api", path="/staging/downloads/app$", action=act, when="before")
    words = {"replaced": "sent 19 bytes, but the listing says 11", "deleted": "Not in the Downloads of staging: 'app'"}
    assert words[change] in copy.failure("app")
    assert writes(emulator) == []


@pytest.mark.parametrize("fault", ["status", "drop_after"])
def test_upload_is_repeated_or_found_without_another_fetch(emulator: Emulator, copy: Copy, fault: str) -> None:
    stage(emulator, {"app": b"application"})
    arguments: dict[str, Any] = {"code": 503} if fault == "status" else {}
    emulator.faults.add(fault, method="POST", **arguments)
    [artifact] = copy.ok("app")["artifacts"]
    assert (artifact["status"], artifact.get("recovered", False)) == ("created", fault == "drop_after")
    assert (len(posts(emulator)), len(fetched(emulator, staging(emulator)))) == (2 if fault == "status" else 1, 1)


@pytest.mark.parametrize("etag", ["md5", "opaque"])
def test_upload_with_an_unchanged_date_is_proved_by_its_digest(emulator: Emulator, copy: Copy, etag: str) -> None:
    stage(emulator, {"app": b"ours"})
    widgets(emulator).put("app", b"past")
    emulator.switches.created_on_moves = False
    emulator.switches.etag = etag
    [artifact] = copy.ok("app", overwrite="always")["artifacts"]
    assert (artifact["status"], contents(emulator)["app"]) == ("replaced", b"ours")
    assert [entry.status for entry in emulator.journal.select(host="storage")][-1] == (304 if etag == "md5" else 200)


@pytest.mark.usefixtures("single")
def test_failure_reports_the_uploads_and_sends_nothing_newer(emulator: Emulator, copy: Copy) -> None:
    ours = numbered(6)
    stage(emulator, ours)
    emulator.faults.add("status", code=403, method="POST", after=2, times=None)
    result = copy(patterns=["*"], parallel=3)
    assert (result["failed"], result["changed"], "HTTP 403" in result["msg"]) == (True, True, True)
    assert [name for name, _status, _reason in statuses(result)] == list(ours)[:2] == list(contents(emulator))
    assert len(posts(emulator)) == 3


@pytest.mark.usefixtures("single")
def test_older_artifacts_are_sent_before_one_that_fails_to_be_fetched(emulator: Emulator, copy: Copy) -> None:
    ours = numbered(4)
    stage(emulator, ours)
    emulator.faults.add("status", code=404, host="storage", path="file-002", times=None)
    failed = threading.Event()
    emulator.faults.add("call", action=failed.set, path="staging/downloads/file-002")
    emulator.faults.add("call", action=lambda: failed.wait(30), when="before", path="file-000", host="storage")
    result = copy(patterns=["*"], parallel=4)
    assert "file-002" in result["msg"]
    assert list(contents(emulator)) == list(ours)[:2]


@pytest.mark.parametrize("failing", ["GET", "POST"])
def test_temporary_files_are_removed_after_a_failure(emulator: Emulator, copy: Copy, failing: str) -> None:
    stage(emulator, numbered(3))
    host = "storage" if failing == "GET" else "api"
    path = "file-001" if failing == "GET" else None
    emulator.faults.add("status", code=500, host=host, method=failing, path=path, times=None)
    copy.failure(patterns=["*"])
    assert contents(emulator) == {}


def test_directory_that_cannot_be_written_is_an_error(emulator: Emulator, copy: Copy) -> None:
    stage(emulator, {"app": b"application"})
    options = {"name": ["app"], "src_repository": STAGING, "_ansible_tmpdir": str(copy.folder / "none")}
    assert "Cannot create a file in" in copy.run(COPY, check=False, diff=False, **options)["msg"]
    assert writes(emulator) == []


def test_manifest_is_sent_after_all_artifacts(emulator: Emulator, copy: Copy) -> None:
    stage(emulator, numbered(25), manifest=True)
    copy.ok(patterns=["*"], manifest=MANIFEST)
    assert [len(names) for names in uploads(emulator)] == [20, 5, 1]
    assert uploads(emulator)[-1] == [MANIFEST]

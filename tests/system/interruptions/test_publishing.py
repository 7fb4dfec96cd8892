# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Interrupt publishing tasks, and run two at the same time: no artifact is lost, and the next run completes the task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.fetching import files, noise
from tests.http._downloads.helpers import MANIFEST, MODULE, contents, lines, posts, widgets, write
from tests.http._snippets.helpers import SNIPPET, get_only
from tests.system.interruptions.processes import FOR_EVER, Starter, half_way, until

SIGNALS = ["SIGTERM", "SIGKILL"]
BIG = noise(4, 20_000_000)  # More than the buffers of two sockets.


def require_ended(name: str, printed: str) -> None:
    """Require a result with a message after a signal that can be caught, and no output after the other one."""
    assert (f"stopped by {name}" in printed) is (name == "SIGTERM"), printed


@pytest.mark.parametrize("name", SIGNALS)
def test_an_interrupted_upload_changes_nothing(
    emulator: Emulator, start: Starter, dist: Path, temporary: Path, name: str
) -> None:
    widgets(emulator).put("app.tgz", b"old")
    options = {"src": write(dist, {"app.tgz": BIG}), "manifest": MANIFEST}
    with (
        half_way(emulator.api_url, after=1_000_000) as front,
        start(MODULE, api_url=front.api_url, **options) as process,
    ):
        until(front.held.is_set, "the middle of the upload")
        process.send(name)
        require_ended(name, process.end())
    assert contents(emulator) == {"app.tgz": b"old"}
    assert files(dist) == {"app.tgz": BIG}
    assert files(temporary) == {}
    done = start.ok(MODULE, **options)
    assert (done["artifacts"][0]["status"], done["manifest"]["status"]) == ("replaced", "created")
    assert contents(emulator) == {"app.tgz": BIG, MANIFEST: lines({"app.tgz": BIG})}
    assert start.ok(MODULE, **options)["changed"] is False


@pytest.mark.parametrize("name", SIGNALS)
def test_an_upload_without_a_received_response_is_not_repeated(emulator: Emulator, start: Starter, dist: Path, name: str) -> None:
    waiting = emulator.faults.add("stall", method="POST", seconds=FOR_EVER)
    options = {"src": write(dist, {"app.tgz": b"application"})}
    with start(MODULE, **options) as process:
        until(lambda: waiting.fired and contents(emulator), "the upload")
        process.send(name)
        require_ended(name, process.end())
    assert start.ok(MODULE, **options)["artifacts"][0]["status"] == "unchanged"
    assert len(posts(emulator)) == 1


@pytest.mark.parametrize("name", SIGNALS)
def test_next_run_after_a_stop_before_the_manifest_creates_the_manifest(
    emulator: Emulator, start: Starter, dist: Path, name: str
) -> None:
    waiting = emulator.faults.add("stall", method="POST", seconds=FOR_EVER, effect=False, after=1)
    options = {"src": write(dist, {"app.tgz": b"application"}), "manifest": MANIFEST}
    with start(MODULE, **options) as process:
        until(lambda: waiting.fired, "the upload of the manifest")
        process.send(name)
        require_ended(name, process.end())
    assert contents(emulator) == {"app.tgz": b"application"}
    done = start.ok(MODULE, **options)
    assert (done["artifacts"][0]["status"], done["manifest"]["status"]) == ("unchanged", "created")


@pytest.mark.parametrize("name", SIGNALS)
def test_next_run_completes_an_interrupted_update_of_a_snippet(emulator: Emulator, start: Starter, name: str) -> None:
    emulator.snippets.create("Notes", {"a": b"old", "b": b"kept"})
    waiting = emulator.faults.add("stall", method="PUT", seconds=FOR_EVER, effect=False)
    options = {"repository": None, "title": "Notes", "files": [{"name": "a", "content": "new"}]}
    with start(SNIPPET, **options) as process:
        until(lambda: waiting.fired, "the update")
        process.send(name)
        require_ended(name, process.end())
    start.ok(SNIPPET, **options)
    assert get_only(emulator).files == {"a": b"new", "b": b"kept"}
    assert start.ok(SNIPPET, **options)["changed"] is False


def test_two_publishers_at_the_same_time_lose_no_artifact(emulator: Emulator, start: Starter, dist: Path) -> None:
    """A line of the manifest can be lost, because the last upload wins; the next run of each publisher restores its line."""
    emulator.switches.latency = 0.3
    everything = {"one.tgz": b"one", "two.tgz": b"two"}
    requests = [{"src": [path], "manifest": MANIFEST} for path in write(dist, everything)]
    with start(MODULE, **requests[0]) as one, start(MODULE, **requests[1]) as two:
        results = [one.result(), two.result()]
    assert [result["msg"] for result in results if result.get("failed")] == []
    assert {name: data for name, data in contents(emulator).items() if name != MANIFEST} == everything
    listed = contents(emulator)[MANIFEST]
    assert set(listed.splitlines()) <= set(lines(everything).splitlines()), "a wrong line"
    for request in requests:
        start.ok(MODULE, **request)
    assert contents(emulator) == {**everything, MANIFEST: lines(everything)}


@pytest.mark.parametrize(("sizes", "compare"), [((1000, 1001), "checksum"), ((1000, 1000), "content")])
def test_two_publishers_of_one_name_store_one_of_both_files(
    emulator: Emulator, start: Starter, tmp_path: Path, sizes: tuple[int, int], compare: str
) -> None:
    """If both files have the same size, the manifest of one publisher can follow the artifact of the other.

    Its line is then wrong but trusted, as documented, unless the next run compares contents.
    """
    emulator.switches.latency = 0.3
    requests: list[dict[str, Any]] = []
    for number, size in enumerate(sizes):
        folder = tmp_path / str(number)
        folder.mkdir()
        requests.append({"src": write(folder, {"app.tgz": b"%d" % number * size}), "manifest": MANIFEST})
    with start(MODULE, **requests[0]) as one, start(MODULE, **requests[1]) as two:
        ended = [one.result(), two.result()]
    assert any(not result.get("failed") for result in ended), ended
    stored = contents(emulator)["app.tgz"]
    assert stored in [b"%d" % number * size for number, size in enumerate(sizes)]
    start.ok(MODULE, **requests[0], compare=compare)
    assert contents(emulator) == {"app.tgz": b"0" * 1000, MANIFEST: lines({"app.tgz": b"0" * 1000})}


def test_changes_of_two_editors_at_the_same_time_are_both_kept(emulator: Emulator, start: Starter) -> None:
    emulator.snippets.create("Notes", {"a": b"old", "b": b"old", "c": b"kept"})
    emulator.switches.latency = 0.3
    requests = [{"repository": None, "title": "Notes", "files": [{"name": name, "content": "new"}]} for name in "ab"]
    with start(SNIPPET, **requests[0]) as one, start(SNIPPET, **requests[1]) as two:
        results = [one.result(), two.result()]
    assert [result.get("status") for result in results] == ["updated", "updated"], results
    assert get_only(emulator).files == {"a": b"new", "b": b"new", "c": b"kept"}


def test_two_tasks_that_create_one_title_create_at_most_two_snippets(emulator: Emulator, start: Starter) -> None:
    """Titles are not unique; the next run reports two snippets instead of creating a third one."""
    emulator.switches.latency = 0.3
    request = {"repository": None, "title": "Notes", "files": [{"name": "a", "content": "new"}]}
    with start(SNIPPET, **request) as one, start(SNIPPET, **request) as two:
        results = [one.result(), two.result()]
    assert any(result.get("status") == "created" for result in results), results
    made = len(emulator.snippets)
    assert made in (1, 2)
    with start(SNIPPET, **request) as again:
        result = again.result()
    assert len(emulator.snippets) == made
    assert result.get("failed", False) is (made == 2), result

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Publishing that is stopped in the middle, and two who publish at once: no artifact is lost, and the next run completes."""

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
BIG = noise(4, 20_000_000)  # more than the buffers of two sockets


def require_ended(name: str, printed: str) -> None:
    """A signal that can be caught gives a result in words, the other one nothing."""
    assert (f"stopped by {name}" in printed) is (name == "SIGTERM"), printed


@pytest.mark.parametrize("name", SIGNALS)
def test_an_upload_that_is_stopped_half_way_changes_nothing(
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
def test_an_upload_whose_answer_nobody_waited_for_is_not_repeated(
    emulator: Emulator, start: Starter, dist: Path, name: str
) -> None:
    waiting = emulator.faults.add("stall", method="POST", seconds=FOR_EVER)
    options = {"src": write(dist, {"app.tgz": b"application"})}
    with start(MODULE, **options) as process:
        until(lambda: waiting.fired and contents(emulator), "the upload")
        process.send(name)
        require_ended(name, process.end())
    assert start.ok(MODULE, **options)["artifacts"][0]["status"] == "unchanged"
    assert len(posts(emulator)) == 1


@pytest.mark.parametrize("name", SIGNALS)
def test_between_payload_and_manifest_the_next_run_makes_the_manifest(
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
def test_a_snippet_whose_update_is_stopped_converges(emulator: Emulator, start: Starter, name: str) -> None:
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


def test_two_publishers_at_once_lose_no_artifact(emulator: Emulator, start: Starter, dist: Path) -> None:
    """A line of the manifest may be lost, for the last one wins; each publisher's next run brings its own back."""
    emulator.switches.latency = 0.3
    everything = {"one.tgz": b"one", "two.tgz": b"two"}
    wishes = [{"src": [path], "manifest": MANIFEST} for path in write(dist, everything)]
    with start(MODULE, **wishes[0]) as one, start(MODULE, **wishes[1]) as two:
        results = [one.result(), two.result()]
    assert [result["msg"] for result in results if result.get("failed")] == []
    assert {name: data for name, data in contents(emulator).items() if name != MANIFEST} == everything
    promised = contents(emulator)[MANIFEST]
    assert set(promised.splitlines()) <= set(lines(everything).splitlines()), "a wrong line"
    for wish in wishes:
        start.ok(MODULE, **wish)
    assert contents(emulator) == {**everything, MANIFEST: lines(everything)}


@pytest.mark.parametrize(("sizes", "compare"), [((1000, 1001), "checksum"), ((1000, 1000), "content")])
def test_two_publishers_of_one_name_end_with_one_of_the_two(
    emulator: Emulator, start: Starter, tmp_path: Path, sizes: tuple[int, int], compare: str
) -> None:
    """With one size the manifest of the one may come after the artifact of the other, and promise what is not there.

    Such a promise is believed, as documented, unless the next run compares contents.
    """
    emulator.switches.latency = 0.3
    wishes: list[dict[str, Any]] = []
    for number, size in enumerate(sizes):
        folder = tmp_path / str(number)
        folder.mkdir()
        wishes.append({"src": write(folder, {"app.tgz": b"%d" % number * size}), "manifest": MANIFEST})
    with start(MODULE, **wishes[0]) as one, start(MODULE, **wishes[1]) as two:
        ended = [one.result(), two.result()]
    assert any(not result.get("failed") for result in ended), ended
    stored = contents(emulator)["app.tgz"]
    assert stored in [b"%d" % number * size for number, size in enumerate(sizes)]
    start.ok(MODULE, **wishes[0], compare=compare)
    assert contents(emulator) == {"app.tgz": b"0" * 1000, MANIFEST: lines({"app.tgz": b"0" * 1000})}


def test_the_changes_of_two_editors_at_once_both_survive(emulator: Emulator, start: Starter) -> None:
    emulator.snippets.create("Notes", {"a": b"old", "b": b"old", "c": b"kept"})
    emulator.switches.latency = 0.3
    wishes = [{"repository": None, "title": "Notes", "files": [{"name": name, "content": "new"}]} for name in "ab"]
    with start(SNIPPET, **wishes[0]) as one, start(SNIPPET, **wishes[1]) as two:
        results = [one.result(), two.result()]
    assert [result.get("status") for result in results] == ["updated", "updated"], results
    assert get_only(emulator).files == {"a": b"new", "b": b"new", "c": b"kept"}


def test_two_who_create_one_title_at_once_make_at_most_two(emulator: Emulator, start: Starter) -> None:
    """The service has no unique titles; the next run says so instead of making a third."""
    emulator.switches.latency = 0.3
    wish = {"repository": None, "title": "Notes", "files": [{"name": "a", "content": "new"}]}
    with start(SNIPPET, **wish) as one, start(SNIPPET, **wish) as two:
        results = [one.result(), two.result()]
    assert any(result.get("status") == "created" for result in results), results
    made = len(emulator.snippets)
    assert made in (1, 2)
    with start(SNIPPET, **wish) as again:
        result = again.result()
    assert len(emulator.snippets) == made
    assert result.get("failed", False) is (made == 2), result

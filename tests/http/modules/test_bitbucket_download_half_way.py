# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, failures half-way: the error tells what was done, and running again completes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.emulator.auth.gate import Refused
from tests.emulator.http import answers
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import (
    LISTING,
    MANIFEST,
    MODULE,
    by_name,
    contents,
    failed,
    lines,
    listings,
    numbered,
    posts,
    sha256,
    statuses,
    widgets,
    without_jitter,
    write,
    writes,
)

WISH = {"a": b"first", "b": b"second", "c": b"third"}


def landing_some(emulator: Emulator, names: list[str]) -> Callable[[str], str]:
    """A rule of names that lets only some files of a request land, and then refuses the request."""

    def rename(name: str) -> str:
        for landing in names:
            widgets(emulator).put(landing, WISH[landing])
        raise Refused(answers.error(400, "Not all of them"))

    return rename


@pytest.mark.parametrize("code", [400, 403, 413, 507])
def test_a_batch_that_fails_for_good_is_followed_by_a_listing(
    emulator: Emulator, run: ModuleRunner, dist: Path, code: int
) -> None:
    emulator.faults.add("status", code=code, method="POST")
    result = failed(run, src=write(dist, WISH))
    assert f"HTTP status {code}" in result["msg"]
    assert (result["artifacts"], result["changed"]) == ([], False)
    assert len(posts(emulator)) == 1
    assert len(listings(emulator)) == 2


def test_the_error_tells_which_files_of_the_batch_have_landed(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.switches.rename = landing_some(emulator, ["a", "c"])
    paths = write(dist, WISH)
    result = failed(run, src=paths, manifest=MANIFEST)
    assert "Not all of them" in result["msg"]
    assert statuses(result) == [("a", "created", "not there"), ("c", "created", "not there")]
    assert [artifact["sha256"] for artifact in result["artifacts"]] == [sha256(b"first"), sha256(b"third")]
    assert result["changed"] is True
    assert result["bytes_sent"] == 16
    emulator.switches.rename = None
    again = run.ok(MODULE, src=paths, manifest=MANIFEST)
    assert [artifact["status"] for artifact in again["artifacts"]] == ["unchanged", "created", "unchanged"]
    assert contents(emulator) == {**WISH, MANIFEST: lines(WISH)}


def test_a_refused_batch_that_landed_all_the_same_is_told(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.faults.add("status", code=400, method="POST", effect=True)
    result = failed(run, src=write(dist, WISH))
    assert [artifact["name"] for artifact in result["artifacts"]] == list(WISH)


def test_one_after_the_other_none_begins_after_a_failure(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.faults.add("status", code=400, method="POST", after=1)
    paths = write(dist, numbered(60))
    result = failed(run, src=paths, parallel=1, manifest=MANIFEST)
    assert len(posts(emulator)) == 2
    assert list(by_name(result)) == list(numbered(20)) == widgets(emulator).names()
    run.ok(MODULE, src=paths, manifest=MANIFEST)
    assert contents(emulator) == {**numbered(60), MANIFEST: lines(numbered(60))}


def test_in_parallel_what_is_under_way_ends_and_none_begins(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.faults.add("stall", method="POST", seconds=0.5)
    emulator.faults.add("status", code=400, method="POST")
    paths = write(dist, numbered(80))
    result = failed(run, src=paths, parallel=2)
    assert len(posts(emulator)) == 2
    assert len(result["artifacts"]) == 20
    assert sorted(by_name(result)) == widgets(emulator).names()
    assert result["changed"] is True
    run.ok(MODULE, src=paths)
    assert contents(emulator) == numbered(80)


def test_a_failure_while_comparing_sends_nothing(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    widgets(emulator).put("b", b"SECOND")
    emulator.faults.add("status", host="storage", code=404, body="<Error><Code>NoSuchKey</Code></Error>", times=None)
    result = failed(run, src=write(dist, WISH))
    assert "NoSuchKey" in result["msg"]
    assert "Signature" not in result["msg"]
    assert writes(emulator) == []


def test_words_of_the_storage_host_never_reach_a_message(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    widgets(emulator).put("b", b"SECOND")
    body = "<Error><Code>Odd</Code><ArgumentValue>Basic c2VjcmV0</ArgumentValue></Error>"
    emulator.faults.add("status", host="storage", code=400, body=body)
    message = failed(run, src=write(dist, WISH))["msg"]
    assert "Odd" in message
    assert "c2VjcmV0" not in message


def test_a_failure_of_the_manifests_upload_reports_the_artifacts(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.faults.add("status", code=403, method="POST", after=1)
    paths = write(dist, WISH)
    result = failed(run, src=paths, manifest=MANIFEST)
    assert "403" in result["msg"]
    assert [artifact["status"] for artifact in result["artifacts"]] == ["created"] * 3
    assert None not in [artifact["created_on"] for artifact in result["artifacts"]]
    assert result["changed"] is True
    assert result["bytes_sent"] == 16 + len(lines(WISH))
    again = run.ok(MODULE, src=paths, manifest=MANIFEST)
    assert again["manifest"]["status"] == "created"
    assert contents(emulator) == {**WISH, MANIFEST: lines(WISH)}


def test_after_a_failed_manifest_the_old_one_is_not_believed(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    run.ok(MODULE, src=write(dist, {"a": b"old"}), manifest=MANIFEST)
    emulator.faults.add("status", code=400, method="POST", after=1)
    failed(run, src=write(dist, {"a": b"new"}), manifest=MANIFEST)
    assert contents(emulator) == {"a": b"new", MANIFEST: lines({"a": b"old"})}
    result = run.ok(MODULE, src=write(dist, {"a": b"new"}), manifest=MANIFEST)
    assert [artifact["status"] for artifact in result["artifacts"]] == ["unchanged"]
    assert contents(emulator)[MANIFEST] == lines({"a": b"new"})


def test_a_failure_of_the_verification_reports_what_was_sent(
    emulator: Emulator, run: ModuleRunner, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_jitter(monkeypatch)
    emulator.faults.add("status", code=500, method="GET", path=LISTING, after=1, times=None)
    result = failed(run, src=write(dist, WISH), manifest=MANIFEST, retries=1)
    assert "500" in result["msg"]
    assert list(by_name(result)) == list(WISH)
    assert result["changed"] is True
    assert len(posts(emulator)) == 1


def test_the_signed_url_of_a_failure_is_not_shown(
    emulator: Emulator, run: ModuleRunner, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_jitter(monkeypatch)
    widgets(emulator).put("b", b"seconD")
    for kind in ("drop_before", "truncate"):
        emulator.faults.clear()
        emulator.faults.add(kind, host="storage", times=None)
        message = failed(run, src=write(dist, WISH), retries=1)["msg"]
        assert "storage host" in message
        assert "Signature" not in message

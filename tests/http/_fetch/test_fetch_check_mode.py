# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Predict fetching in check mode, show it in diff mode: nothing is written, and the run matches the prediction."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.fetching import FetchRunner, outcome, snapshot
from tests.http._downloads.helpers import MANIFEST, by_name, lines, sha256, statuses

ARTIFACTS = {"absent": b"absent", "bytes": b"theirs", "equal": b"equal", "link": b"link", "size": b"longer"}
LOCAL = {"bytes": b"ours!!", "equal": b"equal", "size": b"old", "target": b"link"}
STATUSES = [
    ("absent", "fetched", "not there"),
    ("bytes", "replaced", "content differs"),
    ("equal", "unchanged", "same content"),
    ("link", "replaced", "a link is there"),
    ("size", "replaced", "size differs"),
]


def prepare(fetch: FetchRunner, manifest: str) -> None:
    """Store artifacts and files of every kind, and a manifest that is ``fresh``, ``stale`` or missing."""
    text = {MANIFEST: lines(ARTIFACTS)}
    fetch.put({**(text if manifest == "stale" else {}), **ARTIFACTS, **(text if manifest == "fresh" else {})})
    fetch.write(LOCAL)
    for name in LOCAL:
        (fetch.folder / name).chmod(0o644)
    (fetch.folder / "link").symlink_to("target")


def both(fetch: FetchRunner, *names: str, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the results of check mode, which must write nothing, and of the run after it, which must do the same."""
    before = snapshot(fetch.folder)
    checked = fetch(*names, check=True, diff=True, **options)
    assert snapshot(fetch.folder) == before
    done = fetch(*names, diff=True, **options)
    assert (checked["changed"], statuses(checked)) == (done["changed"], statuses(done))
    for one, other in zip(checked["artifacts"], done["artifacts"], strict=True):
        assert {key: other[key] for key in one if key != "sha256"} == {key: one[key] for key in one if key != "sha256"}
        assert one["sha256"] in (None, other["sha256"])
    return checked, done


@pytest.mark.parametrize("etag", ["md5", "none"])
@pytest.mark.parametrize("manifest", ["missing", "stale", "fresh"])
def test_run_matches_the_prediction(emulator: Emulator, fetch: FetchRunner, manifest: str, etag: str) -> None:
    emulator.switches.etag = etag
    prepare(fetch, manifest)
    name = None if manifest == "missing" else MANIFEST
    checked, done = both(fetch, *ARTIFACTS, manifest=name)
    assert checked["changed"] is True
    assert statuses(done) == STATUSES
    for artifact in checked["artifacts"]:
        known = name or artifact["status"] == "unchanged"
        assert artifact["sha256"] == (sha256(ARTIFACTS[artifact["name"]]) if known else None)
    assert checked["diff"]["before"] == done["diff"]["before"]
    if name:
        assert checked["diff"] == done["diff"]
    checked, done = both(fetch, *ARTIFACTS, manifest=name)
    assert checked == done
    assert checked["changed"] is False
    assert checked["diff"] == dict.fromkeys(("before", "after"), f"({len(ARTIFACTS)} unchanged)\n")


@pytest.mark.parametrize(
    ("options", "changed"), [({"force": True}, 5), ({"mode": "0600"}, 4), ({"backup": True}, 4), ({"parallel": 1}, 4)], ids=str
)
def test_run_with_an_option_matches_the_prediction(fetch: FetchRunner, options: dict[str, Any], changed: int) -> None:
    prepare(fetch, "missing")
    checked, done = both(fetch, *ARTIFACTS, **options)
    assert [status for _name, status, _reason in statuses(done)].count("unchanged") == 5 - changed
    assert [("backup_file" in each) for each in checked["artifacts"]] == [False] * 5
    assert ("backup_file" in by_name(done)["bytes"]) == ("backup" in options)


@pytest.mark.parametrize("dest", ["new/", "new/sub/"])
def test_check_mode_creates_no_directory(fetch: FetchRunner, dest: str) -> None:
    fetch.put(a=b"a", b=b"b")
    both(fetch, dest=f"{fetch.folder}/{dest}", patterns=["*"])
    assert (fetch.folder / dest).is_dir()


def test_check_mode_reads_no_unnecessary_contents(emulator: Emulator, fetch: FetchRunner) -> None:
    fetch.put(app=b"application")
    assert fetch("app", check=True)["requests"] == 1
    assert [(entry.host, entry.method) for entry in emulator.journal] == [("api", "GET")]


@pytest.mark.parametrize("check", [False, True])
def test_diff_shows_contents_before_and_after(fetch: FetchRunner, check: bool) -> None:
    prepare(fetch, "fresh")
    result = fetch("bytes", "absent", "equal", check=check, diff=True, manifest=MANIFEST)

    def line(name: str, data: bytes) -> str:
        return f"{fetch.folder}/{name}  {len(data)} bytes  sha256:{sha256(data)}\n"

    assert result["diff"] == {
        "before": line("bytes", b"ours!!") + "(1 unchanged)\n",
        "after": line("bytes", b"theirs") + line("absent", b"absent") + "(1 unchanged)\n",
    }
    assert "diff" not in fetch("equal")


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("manifest", [None, MANIFEST])
def test_diff_shows_a_file_that_is_fetched_again(fetch: FetchRunner, manifest: str | None, check: bool) -> None:
    prepare(fetch, "fresh")
    result = fetch("equal", check=check, diff=True, force=True, manifest=manifest)
    assert outcome(result) == ("replaced", "forced", True)
    line = f"{fetch.folder}/equal  5 bytes"
    digest = f"  sha256:{sha256(b'equal')}" if manifest or not check else "  (fetched again)"
    assert result["diff"] == {"before": f"{line}\n", "after": f"{line}{digest}\n"}


@pytest.mark.parametrize("check", [False, True])
def test_diff_shows_a_different_mode(fetch: FetchRunner, check: bool) -> None:
    prepare(fetch, "missing")
    result = fetch("equal", diff=True, check=check, mode="0600")
    assert outcome(result) == ("unchanged", "same content", True)
    line = f"{fetch.folder}/equal  5 bytes  sha256:{sha256(b'equal')}"
    assert result["diff"] == {"before": f"{line}  mode:0644\n", "after": f"{line}  mode:0600\n"}


@pytest.mark.parametrize("check", [False, True])
def test_broken_transfer_is_retried_in_check_mode(emulator: Emulator, fetch: FetchRunner, check: bool) -> None:
    emulator.switches.etag = "none"
    fetch.put(app=b"x" * 100_000)
    fetch.write(app=b"x" * 100_000)
    emulator.faults.add("truncate", host="storage")
    assert fetch("app", check=check)["changed"] is False
    assert len(fetch.transfers) == 2
    assert "404" in fetch.failure("app", check=check, repository="nowhere")

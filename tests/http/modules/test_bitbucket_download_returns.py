# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, what it returns: artifacts, counts, diff."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import (
    LISTING,
    MANIFEST,
    MODULE,
    by_name,
    failed,
    lines,
    numbered,
    posts,
    sha256,
    widgets,
    without_jitter,
    write,
)

ALWAYS = {"artifacts", "changed", "bytes_sent", "requests"}
OF_AN_ARTIFACT = {"name", "size", "sha256", "status", "reason", "url", "created_on"}


def moment(emulator: Emulator, name: str) -> str:
    return widgets(emulator).artifacts[name].created_on.isoformat(timespec="microseconds")


@pytest.mark.parametrize("check", [False, True])
def test_the_keys_are_the_same_whatever_happens(emulator: Emulator, run: ModuleRunner, dist: Path, check: bool) -> None:
    paths = write(dist, {"app": b"application"})
    for options in ({"src": paths}, {"src": paths, "overwrite": "never"}, {"state": "absent", "name": ["app", "none"]}):
        result = run.ok(MODULE, check=check, **options)
        assert result.keys() == ALWAYS
        assert [artifact.keys() for artifact in result["artifacts"]] == [OF_AN_ARTIFACT] * len(result["artifacts"])
        assert run.ok(MODULE, check=check, manifest=MANIFEST, **options).keys() == ALWAYS | {"manifest"}


def test_what_was_created_is_described_as_it_lies_there(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    [artifact] = run.ok(MODULE, src=write(dist, {"a b+.tgz": b"application"}))["artifacts"]
    assert artifact == {
        "name": "a b+.tgz",
        "size": 11,
        "sha256": sha256(b"application"),
        "status": "created",
        "reason": "not there",
        "url": emulator.api_url + "/repositories/acme/widgets/downloads/a%20b%2B.tgz",
        "created_on": moment(emulator, "a b+.tgz"),
    }


def test_what_was_replaced_has_its_new_date(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    widgets(emulator).put("app", b"old")
    old = moment(emulator, "app")
    [artifact] = run.ok(MODULE, src=write(dist, {"app": b"new!"}))["artifacts"]
    assert artifact["created_on"] == moment(emulator, "app") != old
    assert (artifact["size"], artifact["sha256"]) == (4, sha256(b"new!"))


def test_what_was_deleted_or_absent_has_nothing_left(emulator: Emulator, run: ModuleRunner) -> None:
    widgets(emulator).put("app", b"old")
    for artifact in run.ok(MODULE, state="absent", name=["app", "none"])["artifacts"]:
        assert (artifact["size"], artifact["sha256"], artifact["created_on"]) == (None, None, None)


@pytest.mark.parametrize("believed", [True, False])
def test_what_was_kept_has_the_remote_size_and_a_digest_only_where_one_is_believed(
    emulator: Emulator, run: ModuleRunner, dist: Path, believed: bool
) -> None:
    widgets(emulator).put("app", b"theirs")
    if believed:
        widgets(emulator).put(MANIFEST, lines({"app": b"theirs"}))
    options = {"overwrite": "never", "manifest": MANIFEST}
    [artifact] = run.ok(MODULE, src=write(dist, {"app": b"much longer"}), **options)["artifacts"]
    assert (artifact["status"], artifact["size"], artifact["created_on"]) == ("kept", 6, moment(emulator, "app"))
    assert artifact["sha256"] == (sha256(b"theirs") if believed else None)


def test_artifacts_come_in_the_order_asked(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    paths = write(dist, numbered(50))[::-1]
    for _unused in range(2):
        result = run.ok(MODULE, src=paths, parallel=16)
        assert [artifact["name"] for artifact in result["artifacts"]] == [Path(path).name for path in paths]


def test_bytes_sent_is_the_payload_with_repeats_and_manifest(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.faults.add("status", code=503, headers={"Retry-After": "0"}, method="POST")
    wished = {"a": b"x" * 1000, "b": b"y" * 500}
    result = run.ok(MODULE, src=write(dist, wished), manifest=MANIFEST)
    assert len(posts(emulator)) == 3
    assert result["bytes_sent"] == 1500 + 1500 + len(lines(wished))


OPTIONS: list[dict[str, Any]] = [{}, {"manifest": MANIFEST}, {"verify": False}, {"overwrite": "always"}, {"parallel": 1}]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_requests_counts_those_to_the_api_exactly(
    emulator: Emulator, run: ModuleRunner, dist: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    without_jitter(monkeypatch)
    emulator.switches.page_cap = 7
    wished = numbered(30)
    for name in list(wished)[:9]:
        widgets(emulator).put(name, wished[name])
    client = {"client_id": emulator.client_id, "client_secret": emulator.client_secret, "user": None, "api_token": None}
    for check in (True, False, False):
        emulator.faults.add("rate_limit", retry_after=0, path=LISTING)
        emulator.faults.add("rate_limit", retry_after=0, method="POST")
        emulator.faults.add("status", code=403, body="", host="storage")
        emulator.journal.clear()
        result = run.ok(MODULE, check=check, src=write(dist, wished), **options, **client)
        assert result["requests"] == len(emulator.journal.select(host="api"))
    for names in (["file-000.txt", "file-001.txt"], ["file-000.txt"]):
        emulator.journal.clear()
        result = run.ok(MODULE, state="absent", name=names, manifest=options.get("manifest"))
        assert result["requests"] == len(emulator.journal.select(host="api"))


def test_requests_and_bytes_are_told_on_failure_too(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.faults.add("status", code=400, method="POST")
    result = failed(run, src=write(dist, {"app": b"application"}))
    assert result["requests"] == len(emulator.journal) == 2
    assert result["bytes_sent"] == 11
    assert (result["artifacts"], result["changed"]) == ([], False)


def test_diff_is_the_listing_before_and_after_a_line_per_artifact(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    widgets(emulator).put("theirs", b"theirs")
    widgets(emulator).put("app", b"old")
    known = lines({"theirs": b"theirs"})
    widgets(emulator).put(MANIFEST, known)
    wished = {"app": b"newer", "fresh": b"fresh"}
    diff = run.ok(MODULE, diff=True, src=write(dist, wished), manifest=MANIFEST)["diff"]
    theirs = f"theirs  6 bytes  sha256:{sha256(b'theirs')}\n"
    assert diff["before"] == f"{manifest_line(known)}app  3 bytes\n{theirs}"
    sent = "".join(f"{name}  5 bytes  sha256:{sha256(wished[name])}\n" for name in wished)
    assert diff["after"] == f"{manifest_line(lines({**wished, 'theirs': b'theirs'}))}{sent}{theirs}"


def manifest_line(text: bytes) -> str:
    return f"{MANIFEST}  {len(text)} bytes  sha256:{sha256(text)}\n"


def test_diff_shows_a_manifest_that_changes_without_its_size(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    run.ok(MODULE, src=write(dist, {"app": b"old"}), manifest=MANIFEST)
    diff = run.ok(MODULE, diff=True, src=write(dist, {"app": b"new"}), manifest=MANIFEST)["diff"]
    for state, data in (("before", b"old"), ("after", b"new")):
        assert diff[state] == f"{manifest_line(lines({'app': data}))}app  3 bytes  sha256:{sha256(data)}\n"


def test_diff_of_a_deletion_lacks_the_lines(emulator: Emulator, run: ModuleRunner) -> None:
    for name in ("a", "b"):
        widgets(emulator).put(name, b"x")
    diff = run.ok(MODULE, diff=True, state="absent", name=["a"])["diff"]
    assert diff == {"before": "a  1 bytes\nb  1 bytes\n", "after": "b  1 bytes\n"}


@pytest.mark.parametrize("options", [{}, {"manifest": MANIFEST}, {"compare": "size"}, {"overwrite": "never"}], ids=str)
def test_diff_shows_no_change_where_there_is_none(
    emulator: Emulator, run: ModuleRunner, dist: Path, options: dict[str, Any]
) -> None:
    paths = write(dist, {"app": b"application"})
    run.ok(MODULE, src=paths, **options)
    result = run.ok(MODULE, diff=True, src=paths, **options)
    assert result["changed"] is False
    assert result["diff"]["before"] == result["diff"]["after"]
    assert by_name(result)["app"]["status"] in ("unchanged", "kept")


def test_without_diff_mode_there_is_no_diff(emulator: Emulator, run: ModuleRunner) -> None:
    assert "diff" not in run.ok(MODULE, content="x", name=["app"])


def test_nothing_secret_is_returned(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.switches.etag = "opaque"
    for _unused in range(2):
        text = str(run.ok(MODULE, diff=True, src=write(dist, {"app": b"application"}), manifest=MANIFEST))
        assert emulator.api_token not in text
        assert "Signature" not in text
        assert "localhost" not in text

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verify artifacts in the repository: every status, broken transfers, and artifacts that are replaced at the same time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.fetching import noise
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import (
    MANIFEST,
    fetches,
    lines,
    listings,
    most_at_once,
    put,
    sha256,
    widgets,
    writes,
)
from tests.http._verify.helpers import VERIFY, found

MIB = 1024 * 1024
DATA = {"a.tgz": b"first", "b.tgz": b"second", "c.tgz": b"third"}
ALL: dict[str, Any] = {"patterns": ["*"], "manifest": MANIFEST}
VERIFIED = dict.fromkeys(["c.tgz", "b.tgz", "a.tgz"], "verified")

each_mode = pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
each_reaction = pytest.mark.parametrize("on_mismatch", ["fail", "report"])


@pytest.fixture
def release(emulator: Emulator) -> Emulator:
    """Store three artifacts and their manifest."""
    put(emulator, {**DATA, MANIFEST: lines(DATA)})
    return emulator


def test_sha512_digests_of_a_manifest_are_compared(emulator: Emulator, run: ModuleRunner) -> None:
    expected = {name: hashlib.sha512(data).hexdigest() for name, data in DATA.items()}
    text = "".join(f"SHA512 ({name}) = {digest}\n" for name, digest in expected.items())
    put(emulator, {**DATA, MANIFEST: text.encode()})
    result = run.ok(VERIFY, **ALL)
    assert found(result) == VERIFIED
    assert {each["name"]: each["expected"] for each in result["artifacts"]} == expected
    put(emulator, {"a.tgz": b"First"})
    assert found(run.failed(VERIFY, **ALL))["a.tgz"] == "mismatch"


@each_mode
@each_reaction
def test_artifacts_with_their_digests_are_verified(release: Emulator, run: ModuleRunner, check: bool, on_mismatch: str) -> None:
    result = run.ok(VERIFY, **ALL, check=check, diff=True, on_mismatch=on_mismatch)
    assert found(result) == VERIFIED
    assert result["artifacts"][-1] == {
        "name": "a.tgz",
        "status": "verified",
        "sha256": sha256(b"first"),
        "expected": sha256(b"first"),
        "size": 5,
        "url": f"{release.api_url}/repositories/acme/widgets/downloads/a.tgz",
    }
    assert (result["changed"], writes(release), "signature" in result) == (False, [], False)
    assert result["requests"] == len(release.journal.select(host="api")) == 5


def test_digest_must_match_whatever_the_dates(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {MANIFEST: lines(DATA), **DATA})
    assert found(run.ok(VERIFY, **ALL)) == VERIFIED
    put(emulator, {"a.tgz": b"First"})
    assert found(run.failed(VERIFY, **ALL))["a.tgz"] == "mismatch"


@each_mode
def test_every_other_status_fails_the_task(emulator: Emulator, run: ModuleRunner, check: bool) -> None:
    put(emulator, {"bad": b"bad", "good": b"good", "new": b"new"})
    put(emulator, {MANIFEST: lines({"bad": b"Bad", "good": b"good", "old": b"old"})})
    result = run.failed(VERIFY, **ALL, check=check)
    assert result["msg"] == (
        "Not verified: 'new' has no line, or conflicting lines, in the manifest SHA256SUMS;"
        " 'bad' does not have the digest that the manifest SHA256SUMS expects:"
        f" its sha256 is {sha256(b'bad')} instead of {sha256(b'Bad')};"
        " 'old' is in the manifest SHA256SUMS, but not in the Downloads of widgets"
    )
    assert found(result) == {"new": "unlisted", "good": "verified", "bad": "mismatch", "old": "missing"}
    assert {each["name"]: (each["sha256"], each["expected"], each["size"]) for each in result["artifacts"]} == {
        "new": (None, None, 3),
        "good": (sha256(b"good"), sha256(b"good"), 4),
        "bad": (sha256(b"bad"), sha256(b"Bad"), 3),
        "old": (None, sha256(b"old"), None),
    }
    assert (result["changed"], "new" in [name for name, _status in fetches(emulator)]) == (False, False)
    reported = run.ok(VERIFY, **ALL, check=check, on_mismatch="report")
    assert (reported["artifacts"], reported["changed"]) == (result["artifacts"], False)


def test_names_are_verified_in_order_and_once(release: Emulator, run: ModuleRunner) -> None:
    names = ["b.tgz", "missing", "a.tgz", "b.tgz"]
    result = run.failed(VERIFY, name=names, manifest=MANIFEST)
    assert result["msg"] == "Not verified: 'missing' is not in the Downloads of widgets"
    assert list(found(result).items()) == [("b.tgz", "verified"), ("missing", "missing"), ("a.tgz", "verified")]


@each_reaction
@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ({"a": b"a"}, "The manifest SHA256SUMS is not in the Downloads of widgets"),
        ({}, "The manifest SHA256SUMS is not in the Downloads of widgets. The artifact list is empty."),
        ({"a": b"a", MANIFEST: b"nothing\n"}, "The artifact 'SHA256SUMS' is not a checksum manifest"),
    ],
    ids=["missing", "nothing", "no manifest"],
)
def test_missing_manifest_always_fails_the_task(
    emulator: Emulator, run: ModuleRunner, contents: dict[str, bytes], words: str, on_mismatch: str
) -> None:
    put(emulator, contents)
    result = run.failed(VERIFY, **ALL, on_mismatch=on_mismatch)
    assert result["msg"].startswith(words)
    assert result["artifacts"] == []


@each_reaction
def test_no_match_is_an_error(release: Emulator, run: ModuleRunner, on_mismatch: str) -> None:
    options = {"patterns": ["*.deb"], "manifest": MANIFEST, "on_mismatch": on_mismatch}
    assert run.failure(VERIFY, **options).endswith("/downloads matches the patterns")


def test_matching_line_is_enough(release: Emulator, run: ModuleRunner) -> None:
    widgets(release).remove("a.tgz")
    assert found(run.failed(VERIFY, patterns=["a*"], manifest=MANIFEST)) == {"a.tgz": "missing"}


def test_line_for_a_name_that_cannot_exist_is_missing_without_a_request(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {MANIFEST: lines({"dist/a.tgz": b"a", "..": b"b"})})
    result = run.failed(VERIFY, **ALL)
    assert found(result) == {"..": "missing", "dist/a.tgz": "missing"}
    assert result["requests"] == 2


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"patterns": ["*"]}, VERIFIED),
        ({"patterns": ["*", MANIFEST]}, {MANIFEST: "unlisted", **VERIFIED}),
        ({"name": [MANIFEST]}, {MANIFEST: "unlisted"}),
    ],
    ids=str,
)
def test_unsigned_manifest_needs_no_line_of_itself(
    release: Emulator, run: ModuleRunner, options: dict[str, Any], status: dict[str, str]
) -> None:
    put(release, {f"{MANIFEST}.sig": b"signature"})
    assert found(run.ok(VERIFY, **options, manifest=MANIFEST, on_mismatch="report")) == {
        **status,
    }


# Checksum


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sha1", "md5"])
def test_checksum_is_compared_in_addition_to_the_sha256(emulator: Emulator, run: ModuleRunner, algorithm: str) -> None:
    put(emulator, {"app": b"app"})
    digest = hashlib.new(algorithm, b"app", usedforsecurity=False).hexdigest()
    [artifact] = run.ok(VERIFY, name=["app"], checksum=f"{algorithm}:{digest}")["artifacts"]
    assert (artifact["status"], artifact["sha256"], artifact["expected"]) == ("verified", sha256(b"app"), digest)
    wrong = "0" * len(digest)
    result = run.failed(VERIFY, pattern="a*", checksum=f"{algorithm}:{wrong}")
    words = f"'app' does not have the digest that checksum expects: its {algorithm} is {digest} instead of {wrong}"
    assert (result["msg"], found(result)) == (f"Not verified: {words}", {"app": "mismatch"})


def test_missing_artifact_of_an_empty_listing_is_explained(run: ModuleRunner, warnings: list[str]) -> None:
    options = {"name": ["app"], "checksum": f"sha256:{'0' * 64}"}
    words = "'app' is not in the Downloads of widgets. The artifact list is empty. Bitbucket returns an empty list"
    assert words in run.failure(VERIFY, **options)
    result = run.ok(VERIFY, **options, on_mismatch="report")
    assert found(result) == {"app": "missing"}
    [warning] = warnings
    assert warning.startswith("The artifact list is empty")


def test_checksum_is_refused_for_several_matches(release: Emulator, run: ModuleRunner) -> None:
    message = run.failure(VERIFY, patterns=["*.tgz"], checksum=f"sha256:{'0' * 64}")
    assert message == "checksum requires exactly one artifact, but 3 are selected"
    assert fetches(release) == []


# Transfers


def test_broken_transfer_is_resumed(emulator: Emulator, run: ModuleRunner) -> None:
    data = {"app": noise(1, MIB)}
    put(emulator, {**data, MANIFEST: lines(data)})
    emulator.faults.add("truncate", host="storage", path="/app$", bytes=MIB // 2)
    assert found(run.ok(VERIFY, **ALL)) == {"app": "verified"}
    *_unused, first, second = emulator.journal.select(host="storage")
    assert (first.status, second.status, second.headers["Range"]) == (200, 206, f"bytes={MIB // 2}-")


@pytest.mark.parametrize(("parallel", "most"), [(None, 4), (1, 1), (5, 5)])
def test_artifacts_are_read_at_the_same_time(emulator: Emulator, run: ModuleRunner, parallel: int | None, most: int) -> None:
    data = {f"file-{number}": b"%d" % number for number in range(5)}
    put(emulator, {**data, MANIFEST: lines(data)})
    emulator.switches.storage_latency = 0.2
    run.ok(VERIFY, **ALL, parallel=parallel)
    assert most_at_once(emulator.journal.select(host="storage")) == most


@each_reaction
def test_failed_transfer_fails_the_task_with_the_results_so_far(release: Emulator, run: ModuleRunner, on_mismatch: str) -> None:
    release.faults.add("status", host="storage", path="/a.tgz$", code=410, times=None)
    result = run.failed(VERIFY, **ALL, parallel=1, on_mismatch=on_mismatch)
    assert "HTTP 410" in result["msg"]
    assert found(result) == {"c.tgz": "verified", "b.tgz": "verified"}


# Others publish at the same time


def before_contents(emulator: Emulator, name: str, action: Callable[[], object]) -> None:
    """Run an action before the contents of an artifact are requested from the API."""
    emulator.faults.add("call", action=action, when="before", path=rf"/downloads/{name}$")


@pytest.mark.parametrize("new", [b"FIRST", b"another size"], ids=["same size", "another size"])
def test_artifact_that_is_replaced_with_its_line_is_verified(release: Emulator, run: ModuleRunner, new: bytes) -> None:
    data = {**DATA, "a.tgz": new}
    before_contents(release, "a.tgz", lambda: put(release, {**data, MANIFEST: lines(data)}))
    result = run.ok(VERIFY, **ALL, parallel=1)
    assert found(result) == VERIFIED
    assert result["artifacts"][-1]["sha256"] == sha256(new)
    assert result["artifacts"][-1]["size"] == len(new)


def test_artifact_that_is_replaced_without_its_line_is_a_mismatch(release: Emulator, run: ModuleRunner) -> None:
    before_contents(release, "a.tgz", lambda: put(release, {"a.tgz": b"FIRST"}))
    assert found(run.failed(VERIFY, **ALL))["a.tgz"] == "mismatch"


def test_artifact_that_is_deleted_is_missing(release: Emulator, run: ModuleRunner) -> None:
    before_contents(release, "a.tgz", lambda: widgets(release).remove("a.tgz"))
    assert found(run.failed(VERIFY, **ALL)) == {**VERIFIED, "a.tgz": "missing"}


def test_mismatches_cost_one_more_listing_and_no_second_transfer(release: Emulator, run: ModuleRunner) -> None:
    put(release, {MANIFEST: lines(dict.fromkeys(DATA, b"other"))})
    run.failed(VERIFY, **ALL)
    assert len(listings(release)) == 2
    assert sorted(name or "" for name, _status in fetches(release)) == sorted([*DATA, MANIFEST, MANIFEST])


@pytest.mark.parametrize("lagging", ["a.tgz", MANIFEST])
@pytest.mark.parametrize("options", [{"patterns": ["*"]}, {"name": sorted(DATA)}], ids=str)
def test_listing_that_lags_is_read_again(emulator: Emulator, run: ModuleRunner, lagging: str, options: dict[str, Any]) -> None:
    data = {**DATA, MANIFEST: lines(DATA)}
    put(emulator, {name: content for name, content in data.items() if name != lagging})
    emulator.switches.listing_lag_reads = 1
    put(emulator, {lagging: data[lagging]})
    assert set(found(run.ok(VERIFY, **options, manifest=MANIFEST)).values()) == {"verified"}
    assert len(listings(emulator)) == 2


def test_listing_that_always_lags_is_an_error(release: Emulator, run: ModuleRunner) -> None:
    widgets(release).remove("a.tgz")
    release.switches.listing_lag_reads = 1000
    put(release, {"a.tgz": b"first"})
    message = run.failure(VERIFY, **ALL, on_mismatch="report")
    assert "'a.tgz' exists, but is not listed" in message

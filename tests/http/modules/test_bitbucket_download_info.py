# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test bitbucket_download_info: listed artifacts, their order, and invalid input, which sends no request."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.helpers.release_keys import ReleaseKey
from tests.http._downloads.helpers import INFO, LISTING, MANIFEST, by_name, date, fetches, lines, listings, put, sha256, widgets
from tests.http._verify.helpers import signed

NAMES = ["app-1.0.tgz", "app-1.1-rc1.tgz", "app-1.1.tgz", "notes.txt"]  # Oldest first.


@pytest.fixture
def filled(emulator: Emulator) -> Emulator:
    """Store four artifacts."""
    put(emulator, {name: name.encode() for name in NAMES})
    return emulator


def names(result: dict[str, Any]) -> list[str]:
    return [artifact["name"] for artifact in result["artifacts"]]


@pytest.mark.parametrize("check", [False, True])
def test_all_artifacts_are_listed_newest_first(filled: Emulator, run: ModuleRunner, check: bool) -> None:
    result = run.ok(INFO, check=check)
    assert names(result) == NAMES[::-1]
    assert result["changed"] is False
    assert result["requests"] == len(filled.journal) == 1


def test_artifacts_are_sorted_by_date_whatever_the_order_of_the_service(emulator: Emulator, run: ModuleRunner) -> None:
    dated = {"b": "2024-01-01T00:00:00+00:00", "c": "2025-06-01T00:00:00.5+00:00", "a": "2025-06-01T02:00:00+02:00"}
    values = [{"name": name, "size": 1, "created_on": date} for name, date in dated.items()]
    emulator.faults.add("json", body={"values": values})
    assert names(run.ok(INFO)) == ["c", "a", "b"]


def test_artifact_is_described_completely(emulator: Emulator, run: ModuleRunner) -> None:
    run.ok("bitbucket_download", content="text", name="a b.txt")
    widgets(emulator).artifacts["a b.txt"].downloads = 7
    expected = {
        "name": "a b.txt",
        "size": 4,
        "created_on": date(emulator, "a b.txt"),
        "downloads": 7,
        "uploaded_by": emulator.user.partition("@")[0],
        "url": emulator.api_url + "/repositories/acme/widgets/downloads/a%20b.txt",
        "version": None,
    }
    assert run.ok(INFO)["artifacts"] == [expected]
    emulator.switches.list_user = False
    assert run.ok(INFO)["artifacts"] == [{**expected, "uploaded_by": None}]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"patterns": ["notes.txt", "app-1.0.*"]}, ["notes.txt", "app-1.0.tgz"]),
        ({"pattern": "notes*"}, ["notes.txt"]),
        ({"patterns": [r"app-1\.1"], "use_regex": True}, ["app-1.1.tgz", "app-1.1-rc1.tgz"]),
        ({"patterns": [r"app-1\.1"]}, []),
        ({"excludes": ["*-rc*", "*.txt"]}, ["app-1.1.tgz", "app-1.0.tgz"]),
        ({"exclude": "*.tgz"}, ["notes.txt"]),
        ({"excludes": [r".*-rc\d"], "use_regex": True}, ["notes.txt", "app-1.1.tgz", "app-1.0.tgz"]),
        ({"newest": 2}, ["notes.txt", "app-1.1.tgz"]),
        ({"newest": 1, "patterns": ["*.tgz"], "excludes": ["app-1.1.tgz"]}, ["app-1.1-rc1.tgz"]),
        ({"order": "date", "newest": 1}, ["notes.txt"]),
        ({"order": "version"}, ["app-1.1.tgz", "app-1.1-rc1.tgz", "app-1.0.tgz", "notes.txt"]),
        ({"order": "version", "newest": 2, "prereleases": False}, ["app-1.1.tgz", "app-1.0.tgz"]),
        ({"prereleases": False}, ["notes.txt", "app-1.1.tgz", "app-1.0.tgz"]),
        ({"newest": 1, "group_by": r"^app-(\d\.\d)"}, ["app-1.1.tgz", "app-1.1-rc1.tgz"]),
        ({"newest": 1, "group_by": r"^app-(\d\.\d)", "prereleases": False}, ["app-1.1.tgz"]),
    ],
    ids=str,
)
def test_options_choose_artifacts(filled: Emulator, run: ModuleRunner, options: dict[str, Any], expected: list[str]) -> None:
    assert names(run.ok(INFO, **options)) == expected


def test_late_patch_of_an_old_release_is_not_the_newest_version(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, dict.fromkeys(("app-1.9.0.zip", "app-1.10.0.zip", "app-1.9.1.zip"), b"x"))
    newest = {order: run.ok(INFO, order=order, newest=1)["artifacts"][0] for order in ("date", "version")}
    assert (newest["date"]["version"], newest["version"]["version"]) == ("1.9.1", "1.10.0")


def test_results_have_the_version(filled: Emulator, run: ModuleRunner) -> None:
    versions = [artifact["version"] for artifact in run.ok(INFO)["artifacts"]]
    assert versions == [None, "1.1", "1.1-rc1", "1.0"]
    grouped = [artifact["version"] for artifact in run.ok(INFO, group_by=r"^(app-\d)")["artifacts"]]
    assert grouped == [None, "app-1", "app-1", "app-1"]


def test_empty_repository_returns_an_empty_list(run: ModuleRunner) -> None:
    assert run.ok(INFO)["artifacts"] == []


def test_public_repository_needs_no_credentials(filled: Emulator, run: ModuleRunner) -> None:
    message = run.failure(INFO, user=None, api_token=None)
    assert "404" in message
    assert "resources that the credentials cannot read" in message
    filled.repository(private=False)
    assert names(run.ok(INFO, user=None, api_token=None)) == NAMES[::-1]
    assert "Authorization" not in filled.journal[-1].headers


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"newest": 0}, "newest must be 1 or more"),
        ({"newest": -1, "check": True}, "newest must be 1 or more"),
        ({"order": "name"}, "value of order must be one of: date, version, got: name"),
        ({"group_by": ""}, "group_by must have exactly one group, but '' has 0"),
        ({"group_by": "(app"}, "group_by: '(app' is not a valid regular expression: "),
        ({"patterns": ["("], "use_regex": True}, "patterns: '(' is not a valid regular expression"),
        ({"excludes": ["["], "use_regex": True}, "excludes: '[' is not a valid regular expression"),
        ({"manifest": "../SUMS"}, "manifest '../SUMS' is refused"),
        ({"signed_by": ["key"]}, "signed_by needs manifest"),
        ({"manifest": "SUMS", "signature": "SUMS.asc"}, "signature needs signing_key or signed_by"),
        ({"manifest": "SUMS", "signed_by": []}, "signed_by is empty"),
        ({"repository": ""}, "repository"),
        ({"repository": "../other"}, "repository"),
        ({"workspace": "a/b"}, "workspace"),
    ],
    ids=str,
)
def test_bad_input_sends_no_request(emulator: Emulator, run: ModuleRunner, options: dict[str, Any], words: str) -> None:
    assert words in run.failure(INFO, **options)
    assert len(emulator.journal) == 0


# Manifest


DATA = {name: name.encode() for name in NAMES}


def test_results_without_manifest_have_no_digests(filled: Emulator, run: ModuleRunner) -> None:
    result = run.ok(INFO)
    assert not {"unlisted", "orphaned", "signature"} & result.keys()
    assert not {"sha256", "verified_by"} & result["artifacts"][0].keys()


@pytest.mark.parametrize("check", [False, True])
def test_artifacts_have_the_digests_of_the_manifest(filled: Emulator, run: ModuleRunner, check: bool) -> None:
    put(filled, {MANIFEST: lines({**DATA, "gone": b"gone"}), "new": b"new"})
    result = run.ok(INFO, manifest=MANIFEST, check=check)
    assert names(result) == ["new", *NAMES[::-1]], "the manifest is no artifact of its own"
    digests = {name: (artifact["sha256"], artifact["verified_by"]) for name, artifact in by_name(result).items()}
    assert digests == {"new": (None, None), **{name: (sha256(data), None) for name, data in DATA.items()}}
    assert (result["unlisted"], result["orphaned"], "signature" in result) == (["new"], ["gone"], False)
    assert (result["changed"], result["requests"], fetches(filled)) == (False, 2, [(MANIFEST, 200)])


def test_artifact_that_is_newer_than_the_manifest_has_no_digest(filled: Emulator, run: ModuleRunner) -> None:
    put(filled, {MANIFEST: lines(DATA), "notes.txt": b"notes.TXT"})
    result = run.ok(INFO, manifest=MANIFEST)
    assert {name for name, artifact in by_name(result).items() if artifact["sha256"] is None} == {"notes.txt"}
    assert (result["unlisted"], result["orphaned"]) == ([], [])


def test_sha512_digests_of_a_manifest_are_accepted(filled: Emulator, run: ModuleRunner) -> None:
    text = "".join(f"{'0' * 128}  {name}\n" for name in (*NAMES[1:], "gone"))
    put(filled, {MANIFEST: text.encode()})
    result = run.ok(INFO, manifest=MANIFEST)
    assert {artifact["sha256"] for artifact in result["artifacts"]} == {None}
    assert (result["unlisted"], result["orphaned"]) == (NAMES[:1], ["gone"])


@pytest.mark.parametrize(
    ("options", "unlisted", "orphaned"),
    [
        ({}, ["a", "b"], ["c", "d"]),
        ({"patterns": ["a", "c"]}, ["a"], ["c"]),
        ({"excludes": ["a", "c"]}, ["b"], ["d"]),
        ({"patterns": ["[bd]"], "use_regex": True}, ["b"], ["d"]),
        ({"newest": 1}, ["a", "b"], ["c", "d"]),
        ({"patterns": [MANIFEST, f"{MANIFEST}.sig"]}, [], []),
    ],
    ids=str,
)
def test_names_only_in_listing_or_manifest_are_returned_for_the_selection(
    emulator: Emulator, run: ModuleRunner, options: dict[str, Any], unlisted: list[str], orphaned: list[str]
) -> None:
    put(emulator, {"b": b"b", "a": b"a", "both": b"both", f"{MANIFEST}.sig": b"signature"})
    put(emulator, {MANIFEST: lines({"d": b"d", "c": b"c", "both": b"both", f"{MANIFEST}.asc": b"gone"})})
    result = run.ok(INFO, manifest=MANIFEST, **options)
    assert (result["unlisted"], result["orphaned"]) == (unlisted, orphaned)
    if "newest" in options:
        assert names(result) == ["both"]


def test_missing_manifest_lists_nothing(filled: Emulator, run: ModuleRunner) -> None:
    result = run.ok(INFO, manifest=MANIFEST)
    assert (result["unlisted"], result["orphaned"]) == (sorted(NAMES), [])
    assert {artifact["sha256"] for artifact in result["artifacts"]} == {None}


def test_manifest_that_is_not_listed_yet_is_found(filled: Emulator, run: ModuleRunner) -> None:
    filled.switches.listing_lag_reads = 1
    put(filled, {MANIFEST: lines(DATA)})
    assert run.ok(INFO, manifest=MANIFEST)["unlisted"] == []
    assert len(listings(filled)) == 2


def test_manifest_that_is_replaced_is_read_with_a_new_listing(filled: Emulator, run: ModuleRunner) -> None:
    put(filled, {MANIFEST: lines({})})
    new = {"new": b"new", MANIFEST: lines({**DATA, "new": b"new"})}
    filled.faults.add("call", action=lambda: put(filled, new), when="before", path=f"/downloads/{MANIFEST}$")
    result = run.ok(INFO, manifest=MANIFEST)
    assert (result["unlisted"], result["orphaned"], names(result)[0]) == ([], [], "new")


def test_artifact_that_is_not_a_manifest_is_an_error(filled: Emulator, run: ModuleRunner) -> None:
    assert "'notes.txt' is not a checksum manifest" in run.failure(INFO, manifest="notes.txt")


def test_list_with_manifest_must_be_complete(filled: Emulator, run: ModuleRunner) -> None:
    put(filled, {MANIFEST: lines(DATA)})
    filled.switches.page_cap = 2
    filled.faults.add("duplicate_page", path=LISTING, times=None)
    assert "the artifact list kept changing while the task read it" in run.failure(INFO, manifest=MANIFEST, max_wait=5)


def test_line_belongs_to_the_newest_artifact_of_a_name(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {MANIFEST: lines({"app": b"new"})})
    dates = {b"new": "2026-01-02T00:00:00+00:00", b"older": "2026-01-01T00:00:00+00:00"}
    values = [{"name": "app", "size": len(data), "created_on": date} for data, date in dates.items()]
    own = {"name": MANIFEST, "size": len(lines({"app": b"new"})), "created_on": "2026-01-03T00:00:00+00:00"}
    emulator.faults.add("json", body={"values": [own, *values], "size": 3}, path=LISTING, times=None)
    found = run.ok(INFO, manifest=MANIFEST)["artifacts"]
    assert [(artifact["size"], artifact["sha256"]) for artifact in found] == [(3, sha256(b"new")), (5, None)]


def test_signed_manifest_returns_the_signing_key(emulator: Emulator, run: ModuleRunner, key: ReleaseKey) -> None:
    put(emulator, signed(key, {**DATA, "gone": b"gone"}))
    put(emulator, {"new": b"new", "notes.txt": b"replaced"})
    widgets(emulator).remove("gone")
    result = run.ok(INFO, manifest=MANIFEST, signed_by=[key.public])
    signers = {name: artifact["verified_by"] for name, artifact in by_name(result).items()}
    assert signers == {"new": None, "notes.txt": None, **dict.fromkeys(NAMES[:3], key.fingerprint)}
    assert (result["unlisted"], result["orphaned"]) == (["new"], ["gone"])
    assert (result["signature"].pop("signed_on") is None) == (key.format == "ssh")
    expected = {"name": key.signature, "status": "verified", "format": key.format, "fingerprint": key.fingerprint}
    assert result["signature"] == expected


def test_name_of_the_signature_can_be_another(emulator: Emulator, run: ModuleRunner, key: ReleaseKey) -> None:
    put(emulator, {**DATA, MANIFEST: lines(DATA), "release.signature": key.sign(lines(DATA))})
    result = run.ok(INFO, manifest=MANIFEST, signed_by=[key.public], signature="release.signature")
    assert (result["signature"]["name"], result["unlisted"]) == ("release.signature", [])
    assert "is not signed" in run.failure(INFO, manifest=MANIFEST, signed_by=[key.public])


@pytest.mark.parametrize("state", ["changed", "untrusted", "missing"])
def test_bad_signature_and_missing_manifest_are_errors(
    emulator: Emulator, run: ModuleRunner, key: ReleaseKey, other_key: ReleaseKey, state: str
) -> None:
    put(emulator, signed(other_key if state == "untrusted" else key, DATA))
    if state == "changed":
        put(emulator, {MANIFEST: lines({**DATA, "evil": b"evil"})})
    if state == "missing":
        widgets(emulator).remove(MANIFEST)
    words = {
        "changed": "does not match: the contents were changed after signing",
        "untrusted": f"{other_key.fingerprint}, which signed_by does not have",
        "missing": "The manifest SHA256SUMS is not in the Downloads of widgets",
    }
    result = run.failed(INFO, manifest=MANIFEST, signed_by=[key.public])
    assert words[state] in result["msg"]
    assert "artifacts" not in result

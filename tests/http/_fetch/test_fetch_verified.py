# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verify fetched artifacts by ``checksum`` and ``manifest``; dates decide only whether requests are skipped."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.fetching import NEW, SAME, FetchRunner, outcome
from tests.http._downloads.helpers import MANIFEST, fetches, lines, sha256, statuses

DATA = b"application"
OTHER = b"applicatioN"

each_mode = pytest.mark.parametrize("check", [False, True], ids=["run", "check"])


def checksum(data: bytes = DATA, algorithm: str = "sha256") -> str:
    return f"{algorithm}:{hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()}"


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sha1", "md5"])
def test_contents_must_have_the_digest(fetch: FetchRunner, algorithm: str) -> None:
    fetch.put(app=DATA)
    fetch.write(app=b"old")
    expected, found = checksum(OTHER, algorithm), checksum(DATA, algorithm)
    result = fetch.failed("app", checksum=expected)
    words = f"its {algorithm} is {found.partition(':')[2]} instead of {expected.partition(':')[2]}"
    assert result["msg"] == f"'app' does not have the digest that checksum expects: {words}"
    assert (result["artifacts"], result["changed"], fetch.files) == ([], False, {"app": b"old"})
    assert fetch.attempts == [(200, None)], "a wrong digest is no transient error"
    result = fetch("app", checksum=found, backup=True)
    assert outcome(result) == ("replaced", "size differs", True)
    assert result["artifacts"][0]["sha256"] == sha256(DATA)


@each_mode
@pytest.mark.parametrize(("names", "dest"), [(["app"], "local"), (["app", "app"], "")])
def test_file_with_the_digest_costs_no_request(
    emulator: Emulator, fetch: FetchRunner, names: list[str], dest: str, check: bool
) -> None:
    """Even if the artifact no longer exists."""
    fetch.write({dest or "app": DATA})
    options: dict[str, Any] = {"dest": f"{fetch.folder}/{dest}", "checksum": checksum(algorithm="sha512"), "check": check}
    result = fetch(*names, **options)
    assert outcome(result) == SAME
    assert (len(emulator.journal), result["requests"]) == (0, 0)
    assert (result["artifacts"][0]["size"], result["artifacts"][0]["sha256"]) == (len(DATA), sha256(DATA))
    assert "Not in the Downloads" in fetch.failure(*names, **options, force=True)


@each_mode
@pytest.mark.parametrize(("local", "reason"), [(OTHER, "content differs"), (b"short", "size differs")])
def test_file_with_another_digest_is_replaced(fetch: FetchRunner, local: bytes, reason: str, check: bool) -> None:
    fetch.put(app=DATA)
    fetch.write(app=local)
    result = fetch("app", checksum=checksum(), check=check)
    assert outcome(result) == ("replaced", reason, True)
    assert result["artifacts"][0]["sha256"] == sha256(DATA)
    assert fetch.files == {"app": local if check else DATA}


def test_checksum_proves_the_file_of_a_pattern(fetch: FetchRunner) -> None:
    fetch.put(app=DATA)
    assert fetch.outcome(patterns=["a*"], checksum=checksum()) == NEW
    assert fetch.outcome(patterns=["a*"], checksum=checksum()) == SAME
    assert fetch.attempts == [(200, None)]


@each_mode
def test_checksum_is_refused_for_several_artifacts(fetch: FetchRunner, check: bool) -> None:
    fetch.put(a=DATA, b=DATA)
    message = fetch.failure(patterns=["*"], checksum=checksum(), check=check)
    assert "checksum requires exactly one artifact, but 2 are selected" in message
    assert fetch.files == {}


@pytest.mark.parametrize("options", [{"checksum": checksum(DATA * 50_000)}, {"manifest": MANIFEST}], ids=list)
def test_corrupted_contents_are_refused(emulator: Emulator, fetch: FetchRunner, options: dict[str, str]) -> None:
    fetch.put({"app": DATA * 50_000, MANIFEST: lines({"app": DATA * 50_000})})
    fetch.write(app=b"old")
    emulator.faults.add("corrupt", host="storage", path="/app$")
    assert "'app' does not have the digest" in fetch.failure("app", **options)
    assert fetch.files == {"app": b"old"}


# Manifest


@each_mode
def test_trusted_digest_decides_without_reading_contents(emulator: Emulator, fetch: FetchRunner, check: bool) -> None:
    fetch.put({"app": DATA, MANIFEST: lines({"app": DATA})})
    fetch.write(app=DATA)
    result = fetch("app", manifest=MANIFEST, check=check)
    assert outcome(result) == SAME
    assert (fetches(emulator), result["requests"]) == ([(MANIFEST, 200)], 2)


@each_mode
def test_older_manifest_proves_nothing(emulator: Emulator, fetch: FetchRunner, check: bool) -> None:
    fetch.put({MANIFEST: lines({"app": DATA}), "app": DATA})
    fetch.write(app=DATA)
    assert fetch.outcome("app", manifest=MANIFEST, check=check) == SAME
    assert fetches(emulator) == [(MANIFEST, 200), ("app", 304)]


@each_mode
@pytest.mark.parametrize("etag", ["md5", "opaque", "none"])
def test_new_contents_are_fetched_over_a_file_that_matches_an_older_manifest(
    emulator: Emulator, fetch: FetchRunner, etag: str, check: bool
) -> None:
    emulator.switches.etag = etag
    fetch.put({MANIFEST: lines({"app": DATA}), "app": OTHER})
    fetch.write(app=DATA)
    assert f"does not have the digest that the manifest {MANIFEST}" in fetch.failure("app", manifest=MANIFEST, check=check)
    assert fetch.files == {"app": DATA}


@pytest.mark.parametrize("newer", [False, True])
@pytest.mark.parametrize("local", [None, b"old", OTHER, DATA])
def test_wrong_digest_is_an_error_whatever_the_dates(fetch: FetchRunner, local: bytes | None, newer: bool) -> None:
    """Also if the local file equals the artifact."""
    wrong = {MANIFEST: lines({"app": b"something else"})}
    fetch.put({"app": DATA, **wrong} if newer else {**wrong, "app": DATA})
    if local is not None:
        fetch.write(app=local)
    before = fetch.files
    result = fetch.failed("app", manifest=MANIFEST, dest=f"{fetch.folder}/" if local else f"{fetch.folder}/new/")
    assert all(word in result["msg"] for word in (MANIFEST, sha256(DATA), sha256(b"something else")))
    assert (result["artifacts"], result["changed"], fetch.files) == ([], False, before)


@each_mode
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "The manifest SHA256SUMS is not in the Downloads of widgets"),
        (lines({"other": b"other"}), "The manifest SHA256SUMS has no line, or conflicting lines, for 'app'"),
        (f"{'0' * 64}  app\n{'1' * 64}  app\n{'2' * 64}  other\n".encode(), "conflicting lines, for 'app'"),
        (b"<html></html>\n", "The artifact 'SHA256SUMS' is not a checksum manifest"),
    ],
    ids=["no manifest", "no line", "two digests", "another file"],
)
def test_nothing_is_fetched_without_an_unambiguous_line(
    emulator: Emulator, fetch: FetchRunner, text: bytes | None, words: str, check: bool
) -> None:
    fetch.put(app=DATA, other=b"other")
    if text is not None:
        fetch.put({MANIFEST: text})
    assert words in fetch.failure("other", "app", manifest=MANIFEST, dest=f"{fetch.folder}/new/", check=check)
    assert fetch.files == {}
    assert {name for name, _status in fetches(emulator)} <= {MANIFEST}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"patterns": ["*"]}, ["a", "b"]),
        ({"patterns": ["*"], "newest": 1}, ["b"]),
        ({"patterns": [".*"], "use_regex": True}, ["a", "b"]),
        ({"patterns": ["*", MANIFEST]}, ["a", "b", MANIFEST]),
        ({"patterns": [f"{MANIFEST}.asc"]}, [f"{MANIFEST}.asc"]),
        ({"name": [MANIFEST]}, [MANIFEST]),
    ],
    ids=str,
)
def test_patterns_skip_the_manifest_and_its_signatures_unless_named_exactly(
    fetch: FetchRunner, options: dict[str, Any], expected: list[str]
) -> None:
    stored = fetch.put(a=b"a", b=b"b")
    signatures = {f"{MANIFEST}{suffix}": b"signature" for suffix in (".asc", ".sig")}
    fetch.put({**signatures, MANIFEST: lines({**stored, **signatures})})
    assert {status for _name, status, _reason in statuses(fetch(manifest=MANIFEST, **options))} == {"fetched"}
    assert sorted(fetch.files) == sorted(expected)
    assert fetch(manifest=MANIFEST, **options)["changed"] is False


def test_digest_in_capitals_and_binary_form_is_read_from_any_manifest(fetch: FetchRunner) -> None:
    fetch.put({"app": DATA, "my sums.txt": f"{sha256(DATA).upper()} *app\r\n".encode()})
    assert fetch.outcome("app", manifest="my sums.txt") == NEW
    assert fetch.outcome("app", manifest="my sums.txt") == SAME


@each_mode
def test_contradiction_of_checksum_and_manifest_is_an_error_before_any_transfer(
    emulator: Emulator, fetch: FetchRunner, check: bool
) -> None:
    fetch.put({"app": DATA, MANIFEST: lines({"app": DATA})})
    assert "contradict each other" in fetch.failure("app", check=check, manifest=MANIFEST, checksum=checksum(OTHER))
    assert fetches(emulator) == [(MANIFEST, 200)]
    assert fetch.outcome("app", check=check, manifest=MANIFEST, checksum=checksum(DATA)) == NEW


def format_manifest(data: bytes, form: str) -> bytes:
    """Return a manifest in the form of another program."""
    digests = {name: hashlib.new(name, data).hexdigest() for name in ("sha256", "sha512")}
    return f"# by others\n{form.format(**digests)}\n".encode()


OTHER_FORMS = [
    "{sha512}  ./app",
    "{sha512} *app",
    "SHA512 (app) = {sha512}",
    "SHA256 (./app) = {sha256}",
    "SHA2-256(app)= {sha256}",
]


@pytest.mark.parametrize("form", OTHER_FORMS)
def test_manifests_of_other_programs_are_read(emulator: Emulator, fetch: FetchRunner, form: str) -> None:
    fetch.put(app=DATA, MANIFEST=format_manifest(OTHER, form))
    assert "does not have the digest that the manifest MANIFEST expects" in fetch.failure("app", manifest="MANIFEST")
    fetch.put(MANIFEST=format_manifest(DATA, form))
    assert fetch.outcome("app", manifest="MANIFEST", check=True) == NEW
    assert fetch.outcome("app", manifest="MANIFEST") == NEW
    assert fetch("app", manifest="MANIFEST")["artifacts"][0]["sha256"] == sha256(DATA)
    emulator.journal.clear()
    for check in (True, False):
        assert fetch.outcome("app", manifest="MANIFEST", check=check) == SAME
    assert not [entry for entry in fetch.transfers if "app" in entry.path], "the line proves the file"

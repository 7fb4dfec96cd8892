# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the lookup bitbucket_download with a manifest: contents are verified before they are returned."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from ansible.errors import AnsibleLookupError
from ansible.plugins.loader import lookup_loader

from tests.emulator import Emulator
from tests.helpers.release_keys import ReleaseKey
from tests.helpers.ssh_signing import SshIdentity
from tests.http._downloads.helpers import MANIFEST, fetches, lines, listings, put, sha256, widgets
from tests.http._verify.helpers import signed
from tests.http.lookup.helpers import Looker

DATA = {"VERSION": b"1.4.2\n", "one": b"one", "two": b"two"}
NEW = {**DATA, "VERSION": b"1.4.3\n"}

each_on_missing = pytest.mark.parametrize("on_missing", ["error", "warn", "skip"])


def test_listing_and_manifest_are_read_once_for_all_terms(emulator: Emulator, look: Looker) -> None:
    put(emulator, {MANIFEST: lines(DATA), **DATA})
    assert look("one", "VERSION", "one", manifest=MANIFEST) == ["one", "1.4.2", "one"]
    assert fetches(emulator) == [(MANIFEST, 200), ("one", 200), ("VERSION", 200), ("one", 200)]
    assert len(listings(emulator)) == 1
    emulator.journal.clear()
    assert look(manifest=MANIFEST) == []
    assert len(emulator.journal) == 0


def test_sha512_digest_proves_contents(emulator: Emulator, look: Looker) -> None:
    put(emulator, {**DATA, MANIFEST: f"{hashlib.sha512(b'one').hexdigest()}  one\n".encode()})
    assert look("one", manifest=MANIFEST) == ["one"]


@each_on_missing
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            lines(NEW),
            f"'VERSION' does not have the digest that the manifest SHA256SUMS expects: its sha256 is {sha256(b'1.4.2')[:0]}",
        ),
        (b"0" * 128 + b"  VERSION\n", "expects: its sha512 is "),
        (lines({"one": b"one"}), "The manifest SHA256SUMS has no line, or conflicting lines, for 'VERSION'"),
        (f"{'0' * 64}  VERSION\n{'1' * 64}  VERSION\n{'2' * 64}  one\n".encode(), "conflicting lines, for 'VERSION'"),
        (None, "The manifest SHA256SUMS is not in the Downloads of widgets"),
        (b"no manifest\n", "The artifact 'SHA256SUMS' is not a checksum manifest"),
    ],
    ids=["another digest", "another SHA-512 digest", "no line", "two digests", "no manifest", "another file"],
)
def test_contents_without_proof_are_never_returned(
    emulator: Emulator, look: Looker, text: bytes | None, words: str, on_missing: str
) -> None:
    put(emulator, DATA if text is None else {**DATA, MANIFEST: text})
    assert words in look.failure("VERSION", manifest=MANIFEST, on_missing=on_missing)


@pytest.mark.parametrize("name", ["missing", "gone"])
def test_only_a_missing_artifact_can_be_omitted(emulator: Emulator, look: Looker, name: str) -> None:
    put(emulator, {**DATA, MANIFEST: lines({**DATA, "gone": b"gone"})})
    assert look.failure("one", name, manifest=MANIFEST) == f"'{name}' is not in the Downloads of widgets"
    assert look("one", name, "two", manifest=MANIFEST, on_missing="skip") == ["one", "two"]


@each_on_missing
def test_missing_manifest_is_an_error_even_for_a_missing_artifact(emulator: Emulator, look: Looker, on_missing: str) -> None:
    put(emulator, DATA)
    message = look.failure("missing", manifest=MANIFEST, on_missing=on_missing)
    assert message == "The manifest SHA256SUMS is not in the Downloads of widgets"


def test_limit_applies_to_verified_contents(emulator: Emulator, look: Looker) -> None:
    put(emulator, {**DATA, MANIFEST: lines(DATA)})
    message = look.failure("VERSION", manifest=MANIFEST, max_size=5)
    assert message == "'VERSION' has 6 bytes, more than the limit of 5. The option max_size is 5"
    assert look("one", manifest=MANIFEST, max_size=3) == ["one"], "the manifest can be larger"


def test_checksum_and_manifest_must_both_match(emulator: Emulator, look: Looker) -> None:
    put(emulator, {**DATA, MANIFEST: lines(DATA)})
    assert look("one", manifest=MANIFEST, checksum=f"sha256:{sha256(b'one')}") == ["one"]
    assert "that checksum expects" in look.failure("one", manifest=MANIFEST, checksum=f"sha256:{sha256(b'two')}")


def test_unsigned_manifest_is_returned_unchanged(emulator: Emulator, look: Looker) -> None:
    put(emulator, {**DATA, MANIFEST: lines(DATA)})
    assert look(MANIFEST, manifest=MANIFEST, rstrip=False) == [lines(DATA).decode()]


@pytest.mark.parametrize("version", [b"1.4.3\n", b"1.4.10\n"], ids=["same size", "another size"])
@pytest.mark.parametrize("terms", [["VERSION"], ["one", "VERSION"]], ids=str)
def test_artifact_that_is_replaced_with_its_line_is_read_again(
    emulator: Emulator, look: Looker, version: bytes, terms: list[str]
) -> None:
    put(emulator, {**DATA, MANIFEST: lines(DATA)})
    new = {**DATA, "VERSION": version}
    release = {**new, MANIFEST: lines(new)}
    emulator.faults.add("call", action=lambda: put(emulator, release), when="before", path="/downloads/VERSION$")
    assert look(*terms, manifest=MANIFEST, retries=1)[-1] == version.decode().strip()
    assert look.pauses
    assert len(listings(emulator)) == 2


@pytest.mark.parametrize("lagging", ["VERSION", MANIFEST])
def test_listing_that_lags_is_read_again(emulator: Emulator, look: Looker, lagging: str) -> None:
    data = {**DATA, MANIFEST: lines(DATA)}
    put(emulator, {name: content for name, content in data.items() if name != lagging})
    emulator.switches.listing_lag_reads = 1
    put(emulator, {lagging: data[lagging]})
    assert look("VERSION", manifest=MANIFEST, on_missing="skip", retries=1) == ["1.4.2"]


# Signature


def test_signed_contents_are_returned(emulator: Emulator, look: Looker, key: ReleaseKey) -> None:
    put(emulator, signed(key, DATA))
    options = {"manifest": MANIFEST, "signed_by": [key.public]}
    assert look("VERSION", "two", **options) == ["1.4.2", "two"]
    assert fetches(emulator) == [(MANIFEST, 200), (key.signature, 200), ("VERSION", 200), ("two", 200)]
    assert look(MANIFEST, rstrip=False, **options) == [lines(DATA).decode()]
    assert len(look(key.signature, **options)) == 1


@each_on_missing
@pytest.mark.parametrize("term", ["VERSION", "missing"])
@pytest.mark.parametrize("state", ["unsigned", "changed", "untrusted", "long"])
def test_bad_signature_is_always_an_error(
    emulator: Emulator, look: Looker, key: ReleaseKey, other_key: ReleaseKey, state: str, term: str, on_missing: str
) -> None:
    put(emulator, signed(other_key if state == "untrusted" else key, DATA))
    if state == "unsigned":
        widgets(emulator).remove(key.signature)
    if state == "changed":
        put(emulator, {**NEW, MANIFEST: lines(NEW)})
    if state == "long":
        put(emulator, {key.signature: b"x" * 70_000})
    words = {
        "unsigned": f"'{key.signature}' does not exist",
        "changed": "does not match: the contents were changed after signing",
        "untrusted": f"{other_key.fingerprint}, which signed_by does not have",
        "long": f"'{key.signature}' has 70000 bytes, more than the limit of 65536",
    }
    message = look.failure(term, manifest=MANIFEST, signed_by=[key.public], on_missing=on_missing)
    assert words[state] in message
    assert "max_size" not in message
    assert {name for name, _status in fetches(emulator)} <= {MANIFEST, key.signature}


def test_name_of_the_signature_can_be_another(emulator: Emulator, look: Looker, key: ReleaseKey) -> None:
    put(emulator, {**DATA, MANIFEST: lines(DATA), "release.signature": key.sign(lines(DATA))})
    options = {"manifest": MANIFEST, "signed_by": [key.public]}
    assert look("VERSION", signature="release.signature", **options) == ["1.4.2"]
    assert "is not signed" in look.failure("VERSION", **options)


def test_single_key_is_not_split_at_its_commas(emulator: Emulator, look: Looker, ssh_key: SshIdentity) -> None:
    text = lines(DATA)
    put(emulator, {**DATA, MANIFEST: text, f"{MANIFEST}.sig": ssh_key.sign(text)})
    line = ssh_key.line('namespaces="git,file"', principals="jo@example.com,ann@example.com")
    assert look("VERSION", manifest=MANIFEST, signed_by=line) == ["1.4.2"]


def test_empty_value_of_signed_by_is_refused(emulator: Emulator, look: Looker) -> None:
    """For example, a variable that should hold a key."""
    put(emulator, {**DATA, MANIFEST: lines(DATA)})
    plugin = lookup_loader.get(look.lookup)
    with pytest.raises(AnsibleLookupError, match=r"^signed_by is empty"):
        plugin.run(["one"], variables={}, **look.connection, manifest=MANIFEST, signed_by=None)
    assert len(emulator.journal) == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"manifest": "../SUMS"}, "manifest '../SUMS' is refused"),
        ({"signed_by": ["key"]}, "signed_by needs manifest"),
        ({"manifest": "SUMS", "signature": "SUMS.asc"}, "signature needs signing_key or signed_by"),
        ({"manifest": "SUMS", "signed_by": []}, "signed_by is empty"),
        ({"manifest": "SUMS", "signed_by": [""]}, "Item 1 of signed_by is empty"),
        ({"manifest": "SUMS", "signed_by": ""}, "Item 1 of signed_by is empty"),
        ({"manifest": "SUMS", "signed_by": [5]}, "signed_by must be a list of strings"),
        ({"manifest": "SUMS", "signed_by": {"key": "x"}}, "signed_by must be a list of strings"),
    ],
    ids=str,
)
@each_on_missing
def test_contradictory_options_are_refused_before_any_request(
    emulator: Emulator, look: Looker, options: dict[str, Any], words: str, on_missing: str
) -> None:
    assert look.failure("one", on_missing=on_missing, **options).startswith(words)
    assert len(emulator.journal) == 0

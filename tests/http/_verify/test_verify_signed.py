# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verify artifacts in the repository by a signed manifest: nothing in it is used before its signature is verified."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.helpers.release_keys import ReleaseKey
from tests.http._downloads.helpers import MANIFEST, fetches, lines, put, sha256, widgets
from tests.http._verify.helpers import VERIFY, found, signed

DATA = {"a.tgz": b"first", "b.tgz": b"second"}
EVIL = {"a.tgz": b"FIRST", "b.tgz": b"second"}
VERIFIED = {"b.tgz": "verified", "a.tgz": "verified"}

each_reaction = pytest.mark.parametrize("on_mismatch", ["fail", "report"])


@pytest.fixture
def options(emulator: Emulator, key: ReleaseKey) -> dict[str, Any]:
    """Store signed artifacts; return the options that verify all of them."""
    put(emulator, signed(key, DATA))
    return {"patterns": ["*"], "manifest": MANIFEST, "signed_by": [key.public]}


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_signature_is_reported(
    emulator: Emulator, run: ModuleRunner, key: ReleaseKey, options: dict[str, Any], check: bool
) -> None:
    result = run.ok(VERIFY, **options, check=check)
    assert (found(result), result["changed"]) == (VERIFIED, False)
    assert (result["signature"].pop("signed_on") is None) == (key.format == "ssh")
    expected = {"name": key.signature, "status": "verified", "format": key.format, "fingerprint": key.fingerprint}
    assert result["signature"] == expected
    assert result["requests"] == 1 + 2 + 2


@each_reaction
@pytest.mark.parametrize("state", ["unsigned", "untrusted", "changed", "empty", "of another manifest"])
def test_bad_signature_always_fails_the_task(
    emulator: Emulator,
    run: ModuleRunner,
    key: ReleaseKey,
    other_key: ReleaseKey,
    options: dict[str, Any],
    state: str,
    on_mismatch: str,
) -> None:
    if state == "unsigned":
        widgets(emulator).remove(key.signature)
    else:
        stored = {
            "untrusted": signed(other_key, EVIL),
            "changed": {**EVIL, MANIFEST: lines(EVIL)},
            "empty": {key.signature: b""},
            "of another manifest": {key.signature: key.sign(lines(EVIL))},
        }
        put(emulator, stored[state])
    words = {
        "unsigned": f"The manifest '{MANIFEST}' is not signed: '{key.signature}' does not exist",
        "untrusted": f"{other_key.fingerprint}, which signed_by does not have",
        "changed": "does not match: the contents were changed after signing",
        "empty": f"The signature '{key.signature}' of the manifest '{MANIFEST}' is empty",
        "of another manifest": "does not match: the contents were changed after signing",
    }
    emulator.journal.clear()
    result = run.failed(VERIFY, **options, on_mismatch=on_mismatch)
    assert words[state] in result["msg"]
    assert result["msg"].endswith("The manifest was not used")
    assert (result["artifacts"], "signature" in result) == ([], False)
    assert {name for name, _status in fetches(emulator)} <= {MANIFEST, key.signature}


@each_reaction
def test_missing_manifest_always_fails_the_task(
    emulator: Emulator, run: ModuleRunner, options: dict[str, Any], on_mismatch: str
) -> None:
    widgets(emulator).remove(MANIFEST)
    message = run.failure(VERIFY, **options, on_mismatch=on_mismatch)
    assert message == "The manifest SHA256SUMS is not in the Downloads of widgets"


def test_mismatch_of_a_signed_manifest_is_reported_with_its_signature(
    emulator: Emulator, run: ModuleRunner, key: ReleaseKey, options: dict[str, Any]
) -> None:
    put(emulator, EVIL)
    result = run.failed(VERIFY, **options)
    assert found(result) == {"b.tgz": "verified", "a.tgz": "mismatch"}
    assert result["signature"]["fingerprint"] == key.fingerprint


def test_name_of_the_signature_can_be_another(
    emulator: Emulator, run: ModuleRunner, key: ReleaseKey, options: dict[str, Any]
) -> None:
    put(emulator, {"release.signature": key.sign(lines(DATA)), key.signature: b""})
    result = run.ok(VERIFY, **options, signature="release.signature")
    assert found(result) == VERIFIED, "no pattern matches the signature"
    assert result["signature"]["name"] == "release.signature"


def test_manifest_and_signature_are_verified_by_name(
    emulator: Emulator, run: ModuleRunner, key: ReleaseKey, options: dict[str, Any]
) -> None:
    named = {**options, "patterns": None, "name": [key.signature, MANIFEST]}
    result = run.ok(VERIFY, **named)
    assert found(result) == {key.signature: "verified", MANIFEST: "verified"}
    assert [each["expected"] for each in result["artifacts"]] == [each["sha256"] for each in result["artifacts"]]
    assert result["artifacts"][1]["sha256"] == sha256(lines(DATA))


@pytest.mark.parametrize("named", ["manifest", "signature"])
def test_manifest_and_signature_must_be_the_verified_bytes(
    emulator: Emulator, run: ModuleRunner, key: ReleaseKey, options: dict[str, Any], named: str
) -> None:
    """Another publisher replaces one of them after the verification, and it no longer matches."""
    name, evil = (MANIFEST, lines(EVIL)) if named == "manifest" else (key.signature, key.sign(lines(EVIL)))
    emulator.faults.add("call", action=lambda: put(emulator, {name: evil}), when="before", path=f"/downloads/{name}$", after=1)
    result = run.failed(VERIFY, **{**options, "patterns": None, "name": [name]}, on_mismatch="report")
    assert "does not match: the contents were changed after signing" in result["msg"]


@pytest.mark.parametrize("place", ["manifest", "signature", "artifact"])
def test_release_that_is_replaced_by_its_publisher_is_verified(
    emulator: Emulator, run: ModuleRunner, key: ReleaseKey, options: dict[str, Any], place: str
) -> None:
    name = {"manifest": MANIFEST, "signature": key.signature, "artifact": "a.tgz"}[place]
    new = signed(key, EVIL)
    emulator.faults.add("call", action=lambda: put(emulator, new), when="before", path=f"/downloads/{name}$")
    result = run.ok(VERIFY, **options, parallel=1)
    assert found(result) == VERIFIED
    assert {each["sha256"] for each in result["artifacts"]} == {sha256(data) for data in EVIL.values()}


@pytest.mark.parametrize("lagging", ["manifest", "signature"])
def test_listing_that_lags_is_read_again(
    emulator: Emulator, run: ModuleRunner, key: ReleaseKey, options: dict[str, Any], lagging: str
) -> None:
    name = MANIFEST if lagging == "manifest" else key.signature
    data = widgets(emulator).artifacts[name].content
    widgets(emulator).remove(name)
    emulator.switches.listing_lag_reads = 1
    put(emulator, {name: data})
    assert found(run.ok(VERIFY, **options)) == VERIFIED


@pytest.mark.parametrize("keys", [[], [""], ["no key"]], ids=str)
def test_bad_keys_are_refused_before_any_request(emulator: Emulator, run: ModuleRunner, keys: list[str]) -> None:
    assert "signed_by" in run.failure(VERIFY, name=["a"], manifest=MANIFEST, signed_by=keys, on_mismatch="report")
    assert len(emulator.journal) == 0

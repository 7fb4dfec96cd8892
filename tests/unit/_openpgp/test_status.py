# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evaluate status lines of gpgv and gpg: good, bad, contradictory, damaged and malicious ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._openpgp.keys import parse_openpgp_keys
from ansible_collections.releng.bitbucket.plugins.module_utils._openpgp.status import choose_proof, parse_status
from ansible_collections.releng.bitbucket.plugins.module_utils._signatures.values import BadSignature, Proof
from tests.unit._openpgp.test_keys import certificate, fingerprint

KEYS = parse_openpgp_keys(certificate(b"a", b"c") + certificate(b"b"))
PRIMARY, SUBKEY, OTHER, UNTRUSTED = (fingerprint(seed) for seed in (b"a", b"c", b"b", b"x"))
NOW = 1_800_000_000


def valid(key: str = SUBKEY, primary: str = PRIMARY, kind: str = "00", digest: str = "10", time: object = NOW) -> str:
    return f"VALIDSIG {key} 2027-01-15 {time} 0 4 0 22 {digest} {kind} {primary}"


GOOD = f"GOODSIG {SUBKEY[-16:]} Name"
UNKNOWN = f"ERRSIG {UNTRUSTED[-16:]} 22 10 00 {NOW} 9 {UNTRUSTED}"


def choose(*groups: list[str]) -> Proof:
    lines = [line for group in groups for line in ("NEWSIG", *group)]
    return choose_proof(parse_status("".join(f"[GNUPG:] {line}\n" for line in lines).encode()), KEYS, NOW)


def test_goodsig_with_validsig_proves_the_primary_key_and_the_time() -> None:
    assert choose([GOOD, valid()]) == Proof("openpgp", PRIMARY, "2027-01-15T08:00:00+00:00")
    assert choose(["KEY_CONSIDERED x 0", GOOD, valid(OTHER, OTHER), "TRUST_UNDEFINED"]).fingerprint == OTHER


REFUSED = {
    "no validsig": ([GOOD], "is not confirmed"),
    "no goodsig": ([valid()], "is not confirmed"),
    "two validsig": ([GOOD, valid(), valid(OTHER, OTHER)], "is not confirmed"),
    "two goodsig": ([GOOD, GOOD, valid()], "is not confirmed"),
    "badsig": ([f"BADSIG {SUBKEY[-16:]} Name"], "does not match: the contents were changed after signing"),
    "badsig beside good": ([GOOD, valid(), f"BADSIG {SUBKEY[-16:]} Name"], "does not match"),
    "expired signature": ([f"EXPSIG {SUBKEY[-16:]} Name", valid()], "has expired"),
    "expired key": ([f"EXPKEYSIG {SUBKEY[-16:]} Name", valid()], f"was made by the key {PRIMARY}, which has expired"),
    "expired key beside good": ([GOOD, f"EXPKEYSIG {SUBKEY[-16:]} Name", valid()], "has expired"),
    "revoked key": ([f"REVKEYSIG {SUBKEY[-16:]} Name", valid()], f"was made by the key {PRIMARY}, which was revoked"),
    "errsig beside good": ([GOOD, valid(), UNKNOWN], f"was made by the key {UNTRUSTED}, which signed_by does not have"),
    "unknown key": ([UNKNOWN, f"NO_PUBKEY {UNTRUSTED[-16:]}"], f"was made by the key {UNTRUSTED}"),
    "unknown key, short": ([f"ERRSIG {UNTRUSTED[-16:]} 22 10 00 {NOW} 9"], f"was made by the key {UNTRUSTED[-16:]}"),
    "rejected digest": ([f"ERRSIG {SUBKEY[-16:]} 22 1 00 {NOW} 5 {SUBKEY}"], "uses the weak digest algorithm MD5"),
    "rejected strong digest": (
        [f"ERRSIG {SUBKEY[-16:]} 22 8 00 {NOW} 5 {SUBKEY}"],
        "^uses a digest algorithm that the program rejects$",
    ),
    "other error": ([f"ERRSIG {SUBKEY[-16:]} 99 10 00 {NOW} 42 {SUBKEY}"], r"cannot be verified by the program \(error 42\)"),
    "unknown algorithm": ([f"ERRSIG {SUBKEY[-16:]} 99 10 00 {NOW} 4 {SUBKEY}"], "an algorithm that the program does not support"),
    "damaged key": ([f"ERRSIG {SUBKEY[-16:]} 22 10 00 {NOW} 6 {SUBKEY}"], f"^was made by the key {SUBKEY}, which is damaged"),
    "older than its key": ([f"ERRSIG {SUBKEY[-16:]} 22 10 00 {NOW} 39 {SUBKEY}"], f"before the creation of its key {SUBKEY}$"),
    "key for encryption": ([f"ERRSIG {SUBKEY[-16:]} 22 10 00 {NOW} 125 {SUBKEY}"], f"{SUBKEY}, which is not allowed to sign"),
    "no code": (["ERRSIG"], r"\(error unknown\)"),
    "known key not found": ([f"ERRSIG {SUBKEY[-16:]} 22 10 00 {NOW} 9 {SUBKEY}"], r"\(error 9\)"),
    "untrusted key": ([GOOD, valid(UNTRUSTED, UNTRUSTED)], f"was made by the key {UNTRUSTED}, which signed_by does not have"),
    "untrusted primary key": ([GOOD, valid(SUBKEY, UNTRUSTED)], "which signed_by does not have"),
    "untrusted subkey": ([GOOD, valid(UNTRUSTED, PRIMARY)], "which signed_by does not have"),
    "subkey of another key": ([GOOD, valid(SUBKEY, OTHER)], "which signed_by does not have"),
    "key id": ([GOOD, valid(SUBKEY[-16:], PRIMARY)], "is not confirmed"),
    "text signature": ([GOOD, valid(kind="01")], "is a text signature"),
    "other class": ([GOOD, valid(kind="13")], "is a signature of class 13"),
    "weak digest": ([GOOD, valid(digest="2")], "uses the weak digest algorithm SHA-1"),
    "future": ([GOOD, valid(time=NOW + 301)], "has a date in the future, 2027-01-15T08:05:01"),
    "huge time": ([GOOD, valid(time="9" * 5000)], "is not confirmed"),
    "time in words": ([GOOD, valid(time="20270115T080000")], "is not confirmed"),
    "superscript digits": ([GOOD, valid(digest="²")], "is not confirmed"),
    "short validsig": ([GOOD, f"VALIDSIG {SUBKEY}"], "is not confirmed"),
    "nothing known": (["NODATA 4"], "is not confirmed"),
    "bad key id": (["BADSIG \x1b[2J"], "does not match"),
}


@pytest.mark.parametrize(("lines", "words"), REFUSED.values(), ids=REFUSED)
def test_other_lines_prove_nothing(lines: list[str], words: str) -> None:
    with pytest.raises(BadSignature, match=words):
        choose(lines)


def test_clocks_can_differ_by_minutes() -> None:
    assert choose([GOOD, valid(time=NOW + 299)])


def test_a_good_signature_among_unknown_ones_is_enough() -> None:
    for groups in ([[UNKNOWN], [GOOD, valid()]], [[GOOD, valid()], [UNKNOWN]], [[UNKNOWN], [GOOD, valid()], [UNKNOWN]]):
        assert choose(*groups).fingerprint == PRIMARY


@pytest.mark.parametrize("word", ["BADSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG"])
def test_a_bad_signature_by_a_trusted_key_invalidates_a_good_one(word: str) -> None:
    bad = [f"{word} {OTHER[-16:]} Name", valid(OTHER, OTHER)]
    for groups in ([bad, [GOOD, valid()]], [[GOOD, valid()], bad]):
        with pytest.raises(BadSignature, match="has a good signature, but another signature in it by a key of signed_by"):
            choose(*groups)


@pytest.mark.parametrize("word", ["BADSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG"])
def test_a_bad_signature_by_an_untrusted_key_is_ignored_beside_a_good_one(word: str) -> None:
    assert choose([f"{word} {UNTRUSTED[-16:]} Name"], [GOOD, valid()]).fingerprint == PRIMARY


def test_lines_of_two_signatures_are_not_combined() -> None:
    with pytest.raises(BadSignature, match="is not confirmed"):
        choose([GOOD], [valid()])


def test_reasons_are_named_once_and_limited() -> None:
    untrusted = [[f"ERRSIG {number:016X} 22 10 00 {NOW} 9"] for number in range(100)]
    with pytest.raises(BadSignature) as caught:
        choose([UNKNOWN], [UNKNOWN], *untrusted)
    assert str(caught.value).startswith(
        f"has no good signature: one was made by the key {UNTRUSTED}, which signed_by does not have; one was"
    )
    assert str(caught.value).count("; one") == 4


def test_no_lines_prove_nothing() -> None:
    for output in (b"", b"[GNUPG:] NEWSIG\n", f"GOODSIG {SUBKEY}\n".encode(), b"\xff" * 1000, b"[GNUPG:] \n"):
        with pytest.raises(BadSignature, match="has no signature that the program recognizes"):
            choose_proof(parse_status(output), KEYS, NOW)


def test_lines_before_the_first_signature_are_ignored() -> None:
    lines = f"[GNUPG:] {GOOD}\n[GNUPG:] NEWSIG\n[GNUPG:] {valid()}\n"
    with pytest.raises(BadSignature, match="is not confirmed"):
        choose_proof(parse_status(lines.encode()), KEYS, NOW)


@given(
    st.lists(st.one_of(st.sampled_from(["NEWSIG", GOOD, valid(), UNKNOWN, "ERRSIG", "VALIDSIG", "BADSIG"]), st.text(max_size=80)))
)
def test_any_output_raises_only_bad_signature(lines: list[str]) -> None:
    output = "".join(f"[GNUPG:] {line}\n" for line in lines).encode("utf-8", "replace")
    message = ""
    try:
        assert choose_proof(parse_status(output), KEYS, NOW).fingerprint == PRIMARY
    except BadSignature as exc:
        message = str(exc)
    assert message.isprintable()

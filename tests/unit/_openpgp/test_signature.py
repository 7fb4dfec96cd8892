# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse detached OpenPGP signatures, refuse other data, and name forms that are not accepted."""

from __future__ import annotations

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._openpgp.signature import (
    find_weakness,
    parse_signatures,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._signatures.values import BadSignature
from tests.unit._openpgp.test_keys import armor, certificate, old_packet, public_key

FINGERPRINT = bytes(range(20))


def signature(kind: int = 0, digest: int = 8, version: int = 4, before: bytes = b"") -> bytes:
    """Return a signature. ``before``: hashed subpackets before the fingerprint of the issuer."""
    hashed = before + b"\x16\x21\x04" + FINGERPRINT
    unhashed = b"\x09\x10" + FINGERPRINT[-8:]
    head = bytes([version, kind, 22, digest])
    return old_packet(
        2, head + len(hashed).to_bytes(2, "big") + hashed + len(unhashed).to_bytes(2, "big") + unhashed + b"\xab\xcd"
    )


@pytest.mark.parametrize("data", [signature(), armor(signature(), "PGP SIGNATURE"), b"x\n" + armor(signature(), "PGP SIGNATURE")])
def test_a_signature_names_its_issuers(data: bytes) -> None:
    (found,) = parse_signatures(data)
    assert found.flaw is None
    assert found.issuers == (FINGERPRINT.hex().upper(), FINGERPRINT[-8:].hex().upper())


@pytest.mark.parametrize(
    ("length", "size"),
    [(b"\xbf", 191), (b"\xc0\x00", 192), (b"\xc1\x02", 450), (b"\xfe\xff", 16319), (b"\xff\x00\x00\x40\x01", 16385)],
    ids=str,
)
def test_issuers_are_found_after_a_long_subpacket(length: bytes, size: int) -> None:
    notation = length + b"\x14" + bytes(size - 1)
    (found,) = parse_signatures(signature(before=notation))
    assert found.issuers == (FINGERPRINT.hex().upper(), FINGERPRINT[-8:].hex().upper())


def test_several_signatures_are_read() -> None:
    blocks = armor(signature() + signature(kind=1), "PGP SIGNATURE") + armor(signature(digest=10), "PGP SIGNATURE")
    assert [each.flaw for each in parse_signatures(blocks)] == [None, find_weakness(1, 8), None]


def test_a_signature_of_another_version_does_not_invalidate_others() -> None:
    other, good = parse_signatures(signature(version=6) + signature())
    assert str(other.flaw) == "has version 6, but only OpenPGP signatures of version 3 and 4 are supported"
    assert good.flaw is None


def test_a_signature_of_version_3_is_read() -> None:
    body = b"\x03\x05\x00" + bytes(4) + FINGERPRINT[-8:] + b"\x01\x02" + bytes(10)
    (found,) = parse_signatures(old_packet(2, body))
    assert (found.flaw, found.issuers) == (find_weakness(0, 2), (FINGERPRINT[-8:].hex().upper(),))


REFUSED = {
    b"": "is empty",
    b"\n": "is empty",
    b"-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n": "is an SSH signature",
    b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nx\n" + armor(signature(), "PGP SIGNATURE"): "is a clear-signed message",
    armor(signature(), "PGP MESSAGE"): "is a message with its text",
    old_packet(4, b"") + old_packet(11, b"text") + signature(): "is a message with its text",
    old_packet(8, b"zip"): "is a message with its text",
    signature() + old_packet(11, b"text"): "is a message with its text",
    certificate(): "is a public key, not a signature",
    armor(certificate()): "is a public key, not a signature",
    armor(certificate(), "PGP SIGNATURE"): "is a public key, not a signature",
    public_key(tag=5): "is a private key",
    armor(signature(), "PGP PRIVATE KEY BLOCK"): "is a private key",
    armor(signature(), "PGP ARMORED FILE"): "has a block that is not a signature: PGP ARMORED FILE",
    b"any text": "is not an OpenPGP signature",
    old_packet(13, b"Name"): "is not an OpenPGP signature",
    b"\xfe\x01x": "is not an OpenPGP signature",
    signature()[:-5]: "is truncated",
    old_packet(2, b"\x03\x05\x00"): "is truncated",
    old_packet(2, b"\x04\x00"): "is truncated",
    old_packet(2, b"\x04\x00\x16\x08\xff\xff"): "is truncated",
    old_packet(2, b"\x04\x00\x16\x08\x00\x01\x00\x00\x00"): "has a damaged subpacket",
    armor(b"", "PGP SIGNATURE"): "is empty",
    signature() * 17: "has more than 16 signatures",
    bytes(1 << 19): "has 524288 bytes, which is too long for a signature",
}


@pytest.mark.parametrize(("data", "words"), REFUSED.items(), ids=REFUSED.values())
def test_other_data_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(BadSignature, match=words):
        parse_signatures(data)


@pytest.mark.parametrize(
    ("kind", "digest", "words"),
    [
        (1, 8, "is a text signature"),
        (0x10, 8, "is a signature of class 10"),
        (0, 1, "MD5"),
        (0, 2, "SHA-1"),
        (0, 3, "RIPEMD-160"),
        (0, 99, "number 99"),
    ],
)
def test_a_weak_algorithm_is_named(kind: int, digest: int, words: str) -> None:
    assert words in str(find_weakness(kind, digest))


@pytest.mark.parametrize("digest", [8, 9, 10, 11, 12, 14])
def test_strong_digest_algorithms_are_accepted(digest: int) -> None:
    assert find_weakness(0, digest) is None

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse valid, damaged and malicious OpenPGP keys in all forms. The keys here consist of random numbers."""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._openpgp.keys import (
    OpenpgpKeys,
    looks_like_openpgp,
    parse_openpgp_keys,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._openpgp.packets import (
    Packet,
    compute_crc,
    parse_armor,
    parse_packets,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._openpgp.signature import parse_signatures
from ansible_collections.releng.bitbucket.plugins.module_utils._signatures.values import BadSignature


def old_packet(tag: int, body: bytes) -> bytes:
    """Return a packet with a header of the old format, as GnuPG writes it."""
    size = 1 if len(body) < 256 else 2
    return bytes([0x80 | tag << 2 | size - 1]) + len(body).to_bytes(size, "big") + body


def public_key(seed: bytes = b"a", tag: int = 6, version: int = 4) -> bytes:
    return old_packet(tag, bytes([version]) + b"\x5e\x0b\xe1\x00\x16" + seed * 20)


def certificate(seed: bytes = b"a", subkey: bytes = b"") -> bytes:
    packets = public_key(seed) + old_packet(13, b"Name <name@example.com>") + old_packet(2, b"\x04\x13\x16\x08" + seed)
    return packets + (public_key(subkey, tag=14) + old_packet(2, b"\x04\x18\x16\x08" + subkey) if subkey else b"")


def fingerprint(seed: bytes) -> str:
    body = b"\x04\x5e\x0b\xe1\x00\x16" + seed * 20
    return hashlib.sha1(b"\x99" + len(body).to_bytes(2, "big") + body, usedforsecurity=False).hexdigest().upper()


def armor(data: bytes, label: str = "PGP PUBLIC KEY BLOCK", headers: str = "", checksum: bool = True) -> bytes:
    text = base64.encodebytes(data).decode("ascii")
    crc = "=" + base64.b64encode(compute_crc(data).to_bytes(3, "big")).decode("ascii") + "\n" if checksum else ""
    return f"-----BEGIN {label}-----\n{headers}\n{text}{crc}-----END {label}-----\n".encode("ascii")


def keybox(*keys: bytes) -> bytes:
    """Return a keybox with a header, an empty blob, an X.509 certificate, and the keys."""
    blobs = [(1, b"\x01\x00\x02KBXf" + bytes(20)), (0, bytes(10)), (3, bytes(40))]
    blobs += [
        (2, b"\x01\x00\x00" + (20).to_bytes(4, "big") + len(key).to_bytes(4, "big") + bytes(4) + key + b"end") for key in keys
    ]
    return b"".join((len(body) + 5).to_bytes(4, "big") + bytes([kind]) + body for kind, body in blobs)


FORMS = {
    "binary": certificate(b"a") + certificate(b"b"),
    "new format": b"".join(packet.encode() for packet in parse_packets(certificate(b"a") + certificate(b"b"))),
    "one block": armor(certificate(b"a") + certificate(b"b")),
    "two blocks": b"First\n" + armor(certificate(b"a"), headers="Comment: x\nVersion: y\n") + b"\n" + armor(certificate(b"b")),
    "no checksum": armor(certificate(b"a") + certificate(b"b"), checksum=False),
    "carriage returns": armor(certificate(b"a") + certificate(b"b")).replace(b"\n", b"\r\n"),
    "indented": armor(certificate(b"a") + certificate(b"b")).replace(b"\n", b" \n  "),
    "keybox": keybox(certificate(b"a"), certificate(b"b")),
    "with trust packets": certificate(b"a") + old_packet(12, b"\x00") + certificate(b"b"),
}


@pytest.mark.parametrize("data", FORMS.values(), ids=FORMS)
def test_keys_of_all_forms_are_read(data: bytes) -> None:
    keys = parse_openpgp_keys(data)
    assert [each.fingerprint for each in keys.certificates] == [fingerprint(b"a"), fingerprint(b"b")]
    assert parse_packets(keys.packets) == parse_packets(certificate(b"a") + certificate(b"b"))
    assert looks_like_openpgp(data)


def test_a_subkey_belongs_to_its_primary_key() -> None:
    keys = parse_openpgp_keys(certificate(b"a", b"c") + certificate(b"b"))
    assert keys.find_primary(fingerprint(b"c")) == keys.find_primary(fingerprint(b"c")[-16:]) == fingerprint(b"a")
    assert keys.find_primary(fingerprint(b"b")) == fingerprint(b"b")
    assert keys.find_primary(fingerprint(b"d")) is None
    assert keys.find_primary("") is None


@pytest.mark.parametrize("version", [3, 5, 6])
def test_subkeys_of_other_versions_are_ignored(version: int) -> None:
    other = public_key(b"c", tag=14, version=version) + old_packet(2, b"binding")
    (found,) = parse_openpgp_keys(certificate(b"a") + other).certificates
    assert parse_packets(found.packets) == parse_packets(certificate(b"a"))


def test_photos_of_users_are_kept() -> None:
    data = certificate(b"a") + Packet(17, b"photo").encode() + old_packet(2, b"\x04\x13\x16\x08photo")
    (found,) = parse_openpgp_keys(data).certificates
    assert parse_packets(found.packets) == parse_packets(data)


def test_a_user_id_that_looks_like_armor_is_ignored() -> None:
    keys = parse_openpgp_keys(public_key(b"a") + old_packet(13, b"\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n"))
    assert keys.find_primary(fingerprint(b"a"))


def test_copies_of_a_certificate_are_merged_in_order() -> None:
    first, second = (
        certificate(b"a"),
        public_key(b"a") + old_packet(2, b"revocation") + certificate(b"a", b"c")[len(public_key()) :],
    )
    keys = OpenpgpKeys.join([parse_openpgp_keys(first), parse_openpgp_keys(certificate(b"b")), parse_openpgp_keys(second)])
    assert [each.fingerprint for each in keys.certificates] == [fingerprint(b"a"), fingerprint(b"b")]
    assert parse_packets(keys.certificates[0].packets) == parse_packets(second)


REFUSED = {
    b"": "is empty",
    b" \n": "is empty",
    b"\x99": "is truncated",
    certificate()[:-1]: "is truncated",
    certificate() + b"\n": "is not OpenPGP data",
    old_packet(13, b"Name"): "has no OpenPGP public key",
    b"any text": "is not OpenPGP data",
    public_key(version=3): "has a key of version 3, but only OpenPGP keys of version 4",
    public_key(version=5): "has a key of version 5",
    public_key(version=6): "has a key of version 6",
    Packet(6, b"\x04" + bytes(0xFFFF)).encode(): "has a key that is too long",
    public_key(tag=5): "has a private key",
    certificate() + public_key(tag=7): "has a private key",
    armor(public_key(tag=5)): "has a private key",
    armor(certificate(), "PGP PRIVATE KEY BLOCK"): "has a private key",
    armor(certificate()) + armor(certificate(), "PGP PRIVATE KEY BLOCK"): "has a private key",
    armor(certificate(), "PGP SIGNATURE"): "has a block that is not a public key: PGP SIGNATURE",
    keybox(): "has no OpenPGP public key",
    keybox(public_key(tag=5)): "has a private key",
    keybox(certificate())[:-1]: "is a truncated keybox file",
    b"SQLite format 3\0" + bytes(100): "is the database of keyboxd.*Export the key",
    certificate() + old_packet(11, b"text"): "has a packet of kind 11",
    b"\xc6\xe1" + bytes(10): "has a packet with a partial length",
    b"\x9b" + bytes(10): "has a packet without a length",
    armor(certificate()).replace(b"\n\n", b"\n", 1): "without the empty line",
    armor(certificate()).replace(b"\n", b" "): "whose first or last line contains other text",
    armor(certificate())[:60]: "without its last line",
    armor(certificate())[40:]: "is not OpenPGP data",
    armor(certificate()).replace(b"\n=", b"\n=A"): "is not base64",
    armor(certificate()).replace(b"oEXg", b"oEX!"): "is not base64",
    armor(certificate() + b"x", checksum=False) + armor(certificate()): "is not OpenPGP data",
}


@pytest.mark.parametrize(("data", "words"), REFUSED.items())
def test_other_data_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        parse_openpgp_keys(data)


def test_a_wrong_checksum_is_refused() -> None:
    lines = armor(certificate()).split(b"\n")
    lines[-3] = b"=AAAA"
    with pytest.raises(BadInput, match="with a wrong checksum"):
        parse_openpgp_keys(b"\n".join(lines))


@pytest.mark.parametrize(
    "data", [b"", b"ssh-ed25519 AAAA", b"\xef\xbb\xbftext", b"* ssh-rsa AAAA", b"-----BEGIN OPENSSH PRIVATE KEY-----"]
)
def test_other_bytes_are_not_recognized_as_openpgp(data: bytes) -> None:
    assert not looks_like_openpgp(data)


@given(st.binary(max_size=400), st.booleans())
def test_armor_and_packets_are_read_back_unchanged(body: bytes, checksum: bool) -> None:
    packet = Packet(13, body)
    (block,) = parse_armor(armor(packet.encode(), checksum=checksum))
    assert parse_packets(block.data) == parse_packets(old_packet(13, body)) == [packet]


@given(st.sampled_from(sorted(FORMS.values())), st.data())
def test_damaged_keys_raise_only_bad_input(form: bytes, data: st.DataObject) -> None:
    cut = form[: data.draw(st.integers(0, len(form)))]
    position = data.draw(st.integers(0, len(form) - 1))
    changed = form[:position] + data.draw(st.binary(max_size=6)) + form[position + data.draw(st.integers(0, 6)) :]
    for damaged in (cut, changed):
        message = ""
        try:
            parse_openpgp_keys(damaged)
        except BadInput as exc:
            message = str(exc)
        assert "Name" not in message


@given(st.binary(max_size=200))
def test_random_bytes_raise_only_bad_input_and_bad_signature(data: bytes) -> None:
    for piece in (data, armor(data), armor(data, "PGP SIGNATURE"), old_packet(2, data), keybox(data), old_packet(6, data)):
        with suppress(BadInput):
            parse_openpgp_keys(piece)
        with suppress(BadSignature):
            parse_signatures(piece)

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse detached OpenPGP signatures, and refuse all other data before a program reads them.

GnuPG checks only the first of several signatures of different kinds, so each signature is verified separately.
"""

from __future__ import annotations

import typing as t

from .._signatures.values import BadSignature
from .packets import (
    COMPRESSED,
    LITERAL,
    ONE_PASS_SIGNATURE,
    PUBLIC_KEY,
    PUBLIC_SUBKEY,
    SECRET_KEY,
    SECRET_SUBKEY,
    SIGNATURE,
    Malformed,
    Packet,
    has_armor,
    parse_armor,
    parse_packets,
    read_tag,
)

_SIGNATURE_BLOCK = "PGP SIGNATURE"
_MAX_BYTES = 1 << 18
_MAX_SIGNATURES = 16

_STRONG = {8: "SHA-256", 9: "SHA-384", 10: "SHA-512", 11: "SHA-224", 12: "SHA3-256", 14: "SHA3-512"}
_WEAK = {1: "MD5", 2: "SHA-1", 3: "RIPEMD-160"}
_BYTES, _TEXT = 0, 1
_ISSUER, _ISSUER_FINGERPRINT = 16, 33

_PUBLIC = "is a public key, not a signature"
_PRIVATE = "is a private key, not a signature"
_INLINE = "is a message with its text, not a detached signature"
_OTHER_BLOCKS = {
    "PGP SIGNED MESSAGE": "is a clear-signed message, not a detached signature",
    "PGP MESSAGE": _INLINE,
    "PGP PUBLIC KEY BLOCK": _PUBLIC,
    "PGP PRIVATE KEY BLOCK": _PRIVATE,
}
_OTHER_PACKETS = {
    ONE_PASS_SIGNATURE: _INLINE,
    COMPRESSED: _INLINE,
    LITERAL: _INLINE,
    PUBLIC_KEY: _PUBLIC,
    PUBLIC_SUBKEY: _PUBLIC,
    SECRET_KEY: _PRIVATE,
    SECRET_SUBKEY: _PRIVATE,
}


class DetachedSignature(t.NamedTuple):
    """One signature.

    ``flaw``: why it is never accepted, as a predicate. ``issuers``: claimed fingerprints and long key IDs of its key.
    """

    packet: bytes
    flaw: str | None
    issuers: tuple[str, ...] = ()


def parse_signatures(data: bytes) -> list[DetachedSignature]:
    """Return the signatures in a file, armored or not. Raise BadSignature for anything but detached OpenPGP signatures."""
    if not data.strip():
        raise BadSignature("is empty")
    if len(data) > _MAX_BYTES:
        raise BadSignature(f"has {len(data)} bytes, which is too long for a signature")
    _refuse_other_texts(data)
    try:
        packets = [packet for piece in _split(data) for packet in parse_packets(piece)]
        return _parse_packets(packets)
    except Malformed as exc:
        raise BadSignature(f"is not a readable OpenPGP signature: it {exc}") from None


def find_weakness(kind: int, digest: int) -> str | None:
    """Return why a signature with this class and digest algorithm is never accepted, as a predicate, or None."""
    if kind == _TEXT:
        return "is a text signature (class 01), which does not cover line ends. Sign again without --textmode"
    if kind != _BYTES:
        return f"is a signature of class {kind:02X}, but only signatures of files (class 00) are accepted"
    if digest not in _STRONG:
        return f"uses the weak digest algorithm {_WEAK.get(digest, f'number {digest}')}"
    return None


def _refuse_other_texts(data: bytes) -> None:
    if b"-----BEGIN SSH SIGNATURE-----" in data:
        raise BadSignature("is an SSH signature, but signed_by has OpenPGP keys")
    for label, words in _OTHER_BLOCKS.items():
        if f"-----BEGIN {label}-----".encode("ascii") in data:
            raise BadSignature(words)


def _split(data: bytes) -> list[bytes]:
    """Return the binary contents of all blocks, or of a file without armor."""
    if read_tag(data) == SIGNATURE or not has_armor(data):
        _require_signature(read_tag(data))
        return [data]
    blocks = parse_armor(data)
    for label in sorted({block.label for block in blocks} - {_SIGNATURE_BLOCK}):
        raise BadSignature(f"has a block that is not a signature: {label}")
    return [block.data for block in blocks]


def _require_signature(tag: int | None) -> None:
    if tag != SIGNATURE:
        raise BadSignature(_OTHER_PACKETS.get(tag or 0, "is not an OpenPGP signature"))


def _parse_packets(packets: t.Sequence[Packet]) -> list[DetachedSignature]:
    for packet in packets:
        _require_signature(packet.tag)
    if not packets:
        raise BadSignature("is empty")
    if len(packets) > _MAX_SIGNATURES:
        raise BadSignature(f"has more than {_MAX_SIGNATURES} signatures")
    return [_parse_signature(packet) for packet in packets]


def _parse_signature(packet: Packet) -> DetachedSignature:
    body = packet.body
    version = body[0] if body else 0
    if version == 3 and len(body) > 16:
        return DetachedSignature(packet.encode(), find_weakness(body[2], body[16]), (body[7:15].hex().upper(),))
    if version == 4 and len(body) > 5:
        return DetachedSignature(packet.encode(), find_weakness(body[1], body[3]), _parse_issuers(body))
    if version in (3, 4):
        raise Malformed("is truncated")
    return DetachedSignature(
        packet.encode(), f"has version {version}, but only OpenPGP signatures of version 3 and 4 are supported"
    )


def _parse_issuers(body: bytes) -> tuple[str, ...]:
    """Return the fingerprints and long key IDs in the hashed and unhashed subpackets of a signature of version 4."""
    hashed_end = 6 + int.from_bytes(body[4:6], "big")
    unhashed_end = hashed_end + 2 + int.from_bytes(body[hashed_end : hashed_end + 2], "big")
    if unhashed_end > len(body):
        raise Malformed("is truncated")
    subpackets = [*_parse_subpackets(body[6:hashed_end]), *_parse_subpackets(body[hashed_end + 2 : unhashed_end])]
    fingerprints = [content[1:] for kind, content in subpackets if kind == _ISSUER_FINGERPRINT]
    ids = [content for kind, content in subpackets if kind == _ISSUER]
    return tuple(each.hex().upper() for each in (*fingerprints, *ids))


def _parse_subpackets(area: bytes) -> t.Iterator[tuple[int, bytes]]:
    """Yield kind and contents of each subpacket (RFC 4880, section 5.2.3.1)."""
    position = 0
    while position < len(area):
        start, length = _parse_length(area, position)
        position = start + length
        if not length or position > len(area):
            raise Malformed("has a damaged subpacket")
        yield area[start] & 0x7F, area[start + 1 : position]


def _parse_length(area: bytes, position: int) -> tuple[int, int]:
    """Return the position of the contents of a subpacket, and their length."""
    first = area[position]
    if first < 192:
        return position + 1, first
    if first < 255:
        return position + 2, int.from_bytes(area[position : position + 2], "big") - 0xC000 + 192
    return position + 5, int.from_bytes(area[position + 1 : position + 5], "big")

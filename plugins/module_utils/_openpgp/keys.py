# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse OpenPGP public keys from armored files, keyrings and keybox files, and compute their fingerprints.

Programs get only the packets that this file returns, and their output counts only for fingerprints that this file computed.
"""

from __future__ import annotations

import hashlib
import re
import typing as t

from .._errors import BadInput
from .packets import (
    IGNORED,
    PUBLIC_KEY,
    PUBLIC_SUBKEY,
    SECRET_KEY,
    SECRET_SUBKEY,
    SIGNATURE,
    USER_ATTRIBUTE,
    USER_ID,
    Malformed,
    Packet,
    has_armor,
    parse_armor,
    parse_packets,
    read_tag,
)

_PUBLIC_BLOCK = "PGP PUBLIC KEY BLOCK"
_PRIVATE_BLOCK = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY")
_PRIVATE = "has a private key. Use the public key, as gpg --armor --export writes it, and keep the private key secret"
_KEYBOX_MAGIC = b"KBXf"
_KEYBOX_OPENPGP = 2
_KEYBOXD_MAGIC = b"SQLite format 3\0"
_FINGERPRINT_DIGEST = "sha1"  # required by the format

Parts = t.Mapping[Packet, t.Tuple[Packet, ...]]


class Certificate(t.NamedTuple):
    """A primary key with its user IDs and subkeys.

    ``fingerprints``: of the primary key, then of the subkeys. ``parts``: the primary key, user IDs and subkeys, each with its
    signatures.
    """

    fingerprints: tuple[str, ...]
    parts: Parts

    @property
    def fingerprint(self) -> str:
        """Return the fingerprint of the primary key: 40 uppercase hex digits."""
        return self.fingerprints[0]

    @property
    def packets(self) -> bytes:
        """Return the binary packets of the certificate."""
        return b"".join(packet.encode() for part, signatures in self.parts.items() for packet in (part, *signatures))

    def merge(self, other: Certificate) -> Certificate:
        """Return the certificate with all parts and signatures of another copy, so that a revocation in either copy counts."""
        parts = dict(self.parts)
        for part, signatures in other.parts.items():
            parts[part] = tuple(dict.fromkeys((*parts.get(part, ()), *signatures)))
        return _create_certificate(parts)


class OpenpgpKeys(t.NamedTuple):
    """Public keys, each certificate once."""

    certificates: tuple[Certificate, ...]

    @classmethod
    def join(cls, several: t.Iterable[OpenpgpKeys]) -> OpenpgpKeys:
        """Return the certificates of several sources. Copies of the same certificate are merged."""
        merged: dict[str, Certificate] = {}
        for certificate in (certificate for keys in several for certificate in keys.certificates):
            known = merged.get(certificate.fingerprint)
            merged[certificate.fingerprint] = known.merge(certificate) if known else certificate
        return cls(tuple(merged.values()))

    @property
    def packets(self) -> bytes:
        """Return all certificates as a binary keyring, which every program can read."""
        return b"".join(certificate.packets for certificate in self.certificates)

    def find_primary(self, identifier: str) -> str | None:
        """Return the fingerprint of the primary key for a fingerprint or a long key ID, or None if it is unknown."""
        for certificate in self.certificates:
            for fingerprint in certificate.fingerprints:
                if identifier in (fingerprint, fingerprint[-16:]):
                    return certificate.fingerprint
        return None


def looks_like_openpgp(data: bytes) -> bool:
    """Return whether the bytes start like OpenPGP keys in any format, public or private, intact or damaged."""
    return _is_binary(data) or has_armor(data) or data[8:12] == _KEYBOX_MAGIC or data.startswith(_KEYBOXD_MAGIC)


def parse_openpgp_keys(data: bytes) -> OpenpgpKeys:
    """Return the public keys in armored blocks, in a binary keyring or in a keybox file.

    Raise BadInput with a predicate about the source of the bytes as its message.
    """
    if not data.strip():
        raise BadInput("is empty")
    if _PRIVATE_BLOCK.search(data):
        raise BadInput(_PRIVATE)
    try:
        keys = [_create_certificate(parts) for piece in _split(data) for parts in _group(parse_packets(piece))]
    except Malformed as exc:
        raise BadInput(f"is not a readable OpenPGP key: it {exc}") from None
    if not keys:
        raise BadInput("has no OpenPGP public key")
    return OpenpgpKeys.join([OpenpgpKeys(tuple(keys))])


def _is_binary(data: bytes) -> bool:
    return read_tag(data) in (SIGNATURE, SECRET_KEY, PUBLIC_KEY, SECRET_SUBKEY, PUBLIC_SUBKEY)


def _split(data: bytes) -> list[bytes]:
    """Return the binary pieces of a file in any format."""
    if data.startswith(_KEYBOXD_MAGIC):
        raise BadInput("is the database of keyboxd, which only GnuPG can read. Export the key with gpg --armor --export")
    if data[8:12] == _KEYBOX_MAGIC:
        return _parse_keybox(data)
    if _is_binary(data) or not has_armor(data):
        return [data]
    blocks = parse_armor(data)
    for label in sorted({block.label for block in blocks} - {_PUBLIC_BLOCK}):
        raise BadInput(f"has a block that is not a public key: {label}")
    return [block.data for block in blocks]


def _parse_keybox(data: bytes) -> list[bytes]:
    """Return the OpenPGP keys of a keybox file such as pubring.kbx of GnuPG: blobs that start with length and type."""
    pieces = []
    position = 0
    while position < len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        blob = data[position : position + length]
        if length < 5 or len(blob) < length:
            raise Malformed("is a truncated keybox file")
        if blob[4] == _KEYBOX_OPENPGP:
            start, size = int.from_bytes(blob[8:12], "big"), int.from_bytes(blob[12:16], "big")
            if start < 16 or start + size > length:
                raise Malformed("is a damaged keybox file")
            pieces.append(blob[start : start + size])
        position += length
    return pieces


def _group(packets: t.Iterable[Packet]) -> list[dict[Packet, tuple[Packet, ...]]]:
    """Return the parts of each certificate: a key or user ID, and the signatures that follow it."""
    groups: list[dict[Packet, tuple[Packet, ...]]] = []
    part = None
    for packet in packets:
        _check_kind(packet)
        if packet.tag == PUBLIC_KEY:
            groups.append({})
        if packet.tag in IGNORED or not groups:
            continue
        if packet.tag == PUBLIC_SUBKEY and packet.body[:1] != b"\x04":
            part = None  # GnuPG 2.5 adds encryption subkeys of version 5 to keys of version 4
        elif packet.tag != SIGNATURE:
            part = packet
            groups[-1].setdefault(part, ())
        elif part is not None:
            groups[-1][part] += (packet,)
    return groups


def _check_kind(packet: Packet) -> None:
    if packet.tag in (SECRET_KEY, SECRET_SUBKEY):
        raise BadInput(_PRIVATE)
    if packet.tag not in IGNORED and packet.tag not in (SIGNATURE, PUBLIC_KEY, USER_ID, PUBLIC_SUBKEY, USER_ATTRIBUTE):
        raise Malformed(f"has a packet of kind {packet.tag}, which a keyring must not have")


def _create_certificate(parts: Parts) -> Certificate:
    """Return a certificate with its parts in the order that the format requires: primary key, user IDs, subkeys."""
    ordered = dict(sorted(parts.items(), key=lambda item: item[0].tag == PUBLIC_SUBKEY))
    keys = [part for part in ordered if part.tag in (PUBLIC_KEY, PUBLIC_SUBKEY)]
    return Certificate(tuple(_compute_fingerprint(key.body) for key in keys), ordered)


def _compute_fingerprint(body: bytes) -> str:
    """Return the fingerprint of a public key packet of version 4 (RFC 4880, section 12.2)."""
    version = body[0] if body else 0
    if version != 4:
        raise BadInput(f"has a key of version {version}, but only OpenPGP keys of version 4 are supported")
    if len(body) > 0xFFFF:
        raise Malformed("has a key that is too long")
    return hashlib.new(_FINGERPRINT_DIGEST, b"\x99" + len(body).to_bytes(2, "big") + body).hexdigest().upper()

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse OpenPGP armor and packets (RFC 4880), without the contents of keys and signatures."""

from __future__ import annotations

import base64
import binascii
import re
import typing as t

from .._errors import BitbucketError

SIGNATURE, SECRET_KEY, PUBLIC_KEY, SECRET_SUBKEY = 2, 5, 6, 7
LITERAL, USER_ID, PUBLIC_SUBKEY, USER_ATTRIBUTE = 11, 13, 14, 17
ONE_PASS_SIGNATURE, COMPRESSED = 4, 8
# Other packets that GnuPG stores in old keyrings: marker, trust, padding, comment, control.
IGNORED = frozenset({10, 12, 21, 61, 63})

_BEGIN = re.compile(rb"-----BEGIN (PGP [A-Z ,/0-9]*)-----")
_MARK = re.compile(rb"-----(BEGIN|END) PGP ")
_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]*: ?.*")


class Malformed(BitbucketError):
    """The bytes are not valid OpenPGP data. The message is a predicate about them, such as "is truncated"."""


class Packet(t.NamedTuple):
    """One packet: its kind, and its contents without the header."""

    tag: int
    body: bytes

    def encode(self) -> bytes:
        """Return the packet with a header of the new format, so that all programs read the same length."""
        return bytes([0xC0 | self.tag, 0xFF]) + len(self.body).to_bytes(4, "big") + self.body


class Block(t.NamedTuple):
    """One armored block: its label, such as ``PGP SIGNATURE``, and the bytes in it."""

    label: str
    data: bytes


def read_tag(data: bytes) -> int | None:
    """Return the kind of the first packet, or None if the bytes do not start like a packet."""
    first = data[0] if data else 0
    if not first & 0x80:
        return None
    return first & 0x3F if first & 0x40 else first >> 2 & 0x0F


def has_armor(data: bytes) -> bool:
    """Return whether the bytes have the first line of an armored block."""
    return b"-----BEGIN PGP " in data


def parse_armor(data: bytes) -> list[Block]:
    """Return the armored blocks. Text around the blocks and blanks around their lines are ignored."""
    blocks = []
    lines: list[bytes] = []
    label = b""
    for line in map(bytes.strip, data.splitlines()):
        if label and line == b"-----END " + label + b"-----":
            blocks.append(Block(label.decode("ascii"), _decode(lines)))
            label = b""
        elif label and not _MARK.search(line):
            lines.append(line)
        elif not label and (begin := _BEGIN.fullmatch(line)):
            label, lines = begin.group(1), []
        elif _MARK.search(line):
            raise Malformed("has an armored block whose first or last line contains other text")
    if label:
        raise Malformed("has an armored block without its last line")
    return blocks


def _decode(lines: list[bytes]) -> bytes:
    """Return the bytes of a block, between the empty line after its headers and its optional checksum."""
    if b"" not in lines:
        raise Malformed("has an armored block without the empty line before its contents, or without its line breaks")
    start = lines.index(b"")
    if not all(_HEADER.fullmatch(line) for line in lines[:start]):
        raise Malformed("has an armored block without the empty line before its contents")
    contents = [line for line in lines[start:] if line]
    checksum = contents.pop()[1:] if contents and re.fullmatch(rb"=[^=]{4}", contents[-1]) else None
    decoded = _decode_base64(b"".join(contents))
    if checksum is not None and _decode_base64(checksum) != compute_crc(decoded).to_bytes(3, "big"):
        raise Malformed("has an armored block with a wrong checksum")
    return decoded


def _decode_base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Malformed("has an armored block that is not base64") from None


def compute_crc(data: bytes) -> int:
    """Return the CRC-24 of armored data (RFC 4880, section 6.1)."""
    crc = 0xB704CE
    for byte in data:
        crc = (crc << 8 & 0xFFFFFF) ^ _CRC_TABLE[crc >> 16 ^ byte]
    return crc


def _compute_crc_step(byte: int) -> int:
    crc = byte << 16
    for _bit in range(8):
        crc = crc << 1 ^ (0x1864CFB if crc & 0x800000 else 0)
    return crc


_CRC_TABLE = [_compute_crc_step(byte) for byte in range(256)]


def parse_packets(data: bytes) -> list[Packet]:
    """Return the packets. Raise Malformed for partial and indeterminate lengths, which keys and signatures cannot have."""
    packets = []
    position = 0
    while position < len(data):
        tag, start, length = _parse_header(data, position)
        position = start + length
        if position > len(data):
            raise Malformed("is truncated")
        packets.append(Packet(tag, data[start:position]))
    return packets


def _parse_header(data: bytes, position: int) -> tuple[int, int, int]:
    """Return the kind of the packet at a position, the position of its contents, and their length."""
    first = data[position]
    if not first & 0x80:
        raise Malformed("is not OpenPGP data")
    if first & 0x40:
        return (first & 0x3F, *_parse_new_length(data, position + 1))
    size = (1, 2, 4, 0)[first & 3]
    if not size:
        raise Malformed("has a packet without a length")
    return first >> 2 & 0x0F, position + 1 + size, _read_number(data, position + 1, size)


def _parse_new_length(data: bytes, position: int) -> tuple[int, int]:
    """Return the position and the length of the contents, for a header of the new format."""
    first = _read_number(data, position, 1)
    if first < 192:
        return position + 1, first
    if first < 224:
        return position + 2, _read_number(data, position, 2) - 0xC000 + 192
    if first < 255:
        raise Malformed("has a packet with a partial length")
    return position + 5, _read_number(data, position + 1, 4)


def _read_number(data: bytes, position: int, size: int) -> int:
    if position + size > len(data):
        raise Malformed("is truncated")
    return int.from_bytes(data[position : position + size], "big")

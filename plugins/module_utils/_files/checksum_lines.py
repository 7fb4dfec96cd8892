# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse the lines of checksum files. This module reads no files.

GNU coreutils (``sha256sum``) write hex digits, a space, a space or ``*``, and the name. BSD, and coreutils with ``--tag``, write
``SHA256 (name) = hex digits``. OpenSSL writes ``SHA2-256(name)= hex digits``. After a leading backslash, the name contains
``\\\\``, ``\\n`` or ``\\r`` for a backslash, a line feed or a carriage return.
"""

from __future__ import annotations

import re
import typing as t

from .checksum import ALGORITHMS

_GNU = re.compile(r"(?P<escaped>\\?)(?P<digest>[0-9A-Fa-f]+) [ *](?P<name>.+)\Z", re.DOTALL)
_BSD = re.compile(r"(?P<escaped>\\?)(?P<algorithm>[A-Z0-9-]+) ?\((?P<name>.+)\) ?= (?P<digest>[0-9A-Fa-f]+)\Z", re.DOTALL)
_BY_LENGTH = {length: algorithm for algorithm, length in ALGORITHMS.items()}
_BY_TAG = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256", "SHA2-256": "sha256", "SHA512": "sha512", "SHA2-512": "sha512"}
_BYTE_ORDER_MARK = "\ufeff"
_UNESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_UNESCAPED = {"\\": "\\", "n": "\n", "r": "\r"}

# Hex digits by algorithm, of one name.
Digests = t.Dict[str, str]


class ChecksumFile(t.NamedTuple):
    """A parsed file. ``digests``: by name, without names that have contradicting lines. ``is_empty``: there are no lines."""

    digests: t.Mapping[str, Digests]
    is_empty: bool
    has_lines: bool


def parse_checksum_file(text: str, algorithms: t.Collection[str] = tuple(ALGORITHMS)) -> ChecksumFile:
    """Return the digests of these algorithms. Like ``sha256sum -c``, ignore comments and invalid lines.

    Omit names with two different digests of one algorithm, because neither can be trusted. Ignore a byte order mark, and the
    ``./`` before a name, which ``sha256sum ./*`` and ``find -exec sha256sum`` write.
    """
    found: dict[str, Digests] = {}
    doubtful = set()
    lines = [line for line in text.lstrip(_BYTE_ORDER_MARK).split("\n") if line.strip() and not line.startswith("#")]
    for line in lines:
        name, algorithm, digest = _parse_line(line[:-1] if line.endswith("\r") else line)
        if name and algorithm in algorithms and found.setdefault(name, {}).setdefault(algorithm, digest) != digest:
            doubtful.add(name)
    clear = {name: digests for name, digests in found.items() if name not in doubtful}
    return ChecksumFile(clear, not lines, bool(found))


def _parse_line(line: str) -> tuple[str, str, str]:
    """Return name, algorithm and digest of a line. The name is empty for an invalid line."""
    match = _BSD.match(line) or _GNU.match(line)
    if not match:
        return "", "", ""
    groups = match.groupdict()
    name, digest = groups["name"], groups["digest"].lower()
    algorithm = _BY_TAG.get(groups["algorithm"], "") if "algorithm" in groups else _BY_LENGTH.get(len(digest), "")
    if ALGORITHMS.get(algorithm) != len(digest):
        return "", "", ""
    if groups["escaped"]:
        # An unknown escape makes the line invalid, as for sha256sum.
        if any(found not in _UNESCAPED for found in _UNESCAPE.findall(name)):
            return "", "", ""
        name = _UNESCAPE.sub(lambda found: _UNESCAPED[found.group(1)], name)
    return name[2:] if name.startswith("./") else name, algorithm, digest

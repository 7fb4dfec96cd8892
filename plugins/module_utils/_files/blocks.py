# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read, write and hash contents in blocks, so that memory does not grow with their size."""

from __future__ import annotations

import hashlib
import typing as t

from .._errors import BitbucketError
from .._paths import encode_path
from .._text import quoted

BLOCK = 256 * 1024

Bytes = t.Union[bytes, memoryview]


def read_blocks(source: t.IO[bytes]) -> t.Iterator[bytes]:
    """Yield the rest of the source."""
    while block := source.read(BLOCK):
        yield block


def write_all(sink: t.IO[bytes], block: Bytes) -> None:
    """Write the complete block. One call of ``write`` might write only a part of it."""
    rest = memoryview(block)
    while rest:
        rest = rest[sink.write(rest) :]


def hash_blocks(blocks: t.Iterable[Bytes], algorithms: t.Iterable[str] = ("sha256",)) -> dict[str, str]:
    """Return the hex digests by algorithm, without algorithms that this host does not support."""
    hashes = {name: found for name, found in ((name, _new(name)) for name in set(algorithms)) if found}
    for block in blocks:
        for each in hashes.values():
            each.update(block)
    return {name: each.hexdigest() for name, each in hashes.items()}


def find_usable(algorithms: t.Iterable[str]) -> set[str]:
    """Return the algorithms that this host supports."""
    return {name for name in algorithms if _new(name)}


def _new(algorithm: str) -> t.Any:
    try:
        return hashlib.new(algorithm)
    except ValueError:  # MD5 in FIPS mode
        return None


def hash_file(path: str, algorithms: t.Iterable[str] = ("sha256",)) -> dict[str, str]:
    """Return the hex digests of a file, as ``hash_blocks`` does."""
    try:
        with open(encode_path(path), "rb", buffering=0) as source:
            return hash_blocks(read_blocks(source), algorithms)
    except OSError as exc:
        raise BitbucketError(f"Cannot read {quoted(path)}: {exc.strerror}") from exc

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read manifests with an independent reader, and compare their lines with the artifacts."""

from __future__ import annotations

import hashlib

from ..world import State, Stored
from .pools import MANIFEST


def digest(content: bytes) -> str:
    """Return the SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def read_lines(text: bytes) -> dict[str, str]:
    """Return the digest of each name; the names of the pool need no escapes."""
    found = {}
    for line in text.decode().splitlines():
        value, _blanks, name = line.partition("  ")
        found[name] = value
    return found


def lines_of(state: State) -> dict[str, str]:
    """Return the lines of the manifest, none if it does not exist."""
    return read_lines(state[MANIFEST].content) if MANIFEST in state else {}


def is_trusted(state: State, artifact: Stored) -> bool:
    """Return whether the manifest is not older than an artifact."""
    return MANIFEST in state and state[MANIFEST].created_on >= artifact.created_on


def find_false(state: State) -> set[str]:
    """Return the names with trusted but false lines."""
    lines = lines_of(state)
    present = {name: state[name] for name in lines if name in state}
    return {name for name, one in present.items() if is_trusted(state, one) and lines[name] != digest(one.content)}


def find_true(state: State) -> set[str]:
    """Return the names with trusted and true lines."""
    lines = lines_of(state)
    present = {name: state[name] for name in lines if name in state}
    return {name for name, one in present.items() if is_trusted(state, one) and lines[name] == digest(one.content)}

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pass paths to the system as UTF-8, as ansible-core does, regardless of the locale of the host.

Python encodes text paths by the locale. ``LC_ALL=C`` has no non-ASCII characters, and Latin-1 results in a different file. So
functions of ``os`` get bytes, and all other code uses text.
"""

from __future__ import annotations

import os

from ._errors import BadInput
from ._text import quoted


def encode_path(path: str) -> bytes:
    """Return the path as bytes for the system. Raise BadInput for a text that cannot be a path."""
    try:
        found = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as exc:
        raise BadInput(f"The path {quoted(path)} is not valid UTF-8") from exc
    if b"\0" in found:
        raise BadInput(f"The path {quoted(path)} contains a NUL character")
    return found


def decode_path(path: bytes) -> str:
    """Return a path as text. ``encode_path`` restores bytes that are not UTF-8."""
    return path.decode("utf-8", "surrogateescape")


def locale_path(path: str) -> str:
    """Return the text that Python encodes as this path, for libraries that do not accept bytes."""
    return os.fsdecode(encode_path(path))


def from_locale_path(path: str) -> str:
    """Return the path for the ``locale_path`` that a library returned."""
    return decode_path(os.fsencode(path))


def absolute_path(path: str) -> str:
    """Return the absolute path."""
    return decode_path(os.path.abspath(encode_path(path)))


def real_path(path: str) -> str:
    """Return the path with symbolic links resolved."""
    return decode_path(os.path.realpath(encode_path(path)))

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Give paths to the system as UTF-8, as ansible-core does, whatever encoding the locale of the host has.

Python encodes a path that is text by the locale: ``LC_ALL=C`` has no non-ASCII characters, and Latin-1 gives other bytes,
which are another file. So functions of ``os`` get bytes, and everything else keeps text.
"""

from __future__ import annotations

import os

from ._errors import BadInput
from ._text import quoted


def encode_path(path: str) -> bytes:
    """Return the path as the bytes that the system knows it by; raise BadInput for a text that no path can be."""
    try:
        found = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as exc:
        raise BadInput(f"The path {quoted(path)} is not valid UTF-8") from exc
    if b"\0" in found:
        raise BadInput(f"The path {quoted(path)} contains a NUL character")
    return found


def decode_path(path: bytes) -> str:
    """Return the text of a path; bytes that are not UTF-8 become what encode_path turns back."""
    return path.decode("utf-8", "surrogateescape")


def locale_path(path: str) -> str:
    """Return the text that Python's own encoding turns into the path, for a library that takes no bytes."""
    return os.fsdecode(encode_path(path))


def from_locale_path(path: str) -> str:
    """Return the path whose ``locale_path`` a library has returned."""
    return decode_path(os.fsencode(path))


def absolute_path(path: str) -> str:
    """Return the path from the root of the file system."""
    return decode_path(os.path.abspath(encode_path(path)))


def real_path(path: str) -> str:
    """Return the path without links."""
    return decode_path(os.path.realpath(encode_path(path)))

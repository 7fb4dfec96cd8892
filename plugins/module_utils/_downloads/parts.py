# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Divide the contents of a large artifact into parts that several connections can fetch at the same time."""

from __future__ import annotations

import typing as t

_MIB = 1024 * 1024


class Part(t.NamedTuple):
    """The bytes of the contents from ``start`` up to but not including ``end``."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Return the number of bytes."""
        return self.end - self.start

    def cut(self, position: int) -> Part:
        """Return what is left of the part after a position in the contents."""
        return self._replace(start=min(max(self.start, position), self.end))

    @property
    def range(self) -> str:
        """Return the header ``Range`` that requests the part."""
        return f"bytes={self.start}-{self.end - 1}"

    def content_range(self, size: int) -> str:
        """Return the header ``Content-Range`` of a response with the part of contents of this size."""
        return f"bytes {self.start}-{self.end - 1}/{size}"


class Layout(t.NamedTuple):
    """How contents are divided: not below ``threshold`` bytes, else into ``usual_count`` parts within the bounds.

    Longer parts cost fewer requests; shorter ones leave less to wait for at the end.
    """

    threshold: int = 32 * _MIB
    shortest: int = 8 * _MIB
    longest: int = 16 * _MIB
    usual_count: int = 32

    def divide(self, size: int) -> list[Part]:
        """Return the parts of contents of this size in order, none for contents that are read in one stream."""
        if size < self.threshold:
            return []
        length = min(max(self.shortest, size // self.usual_count), self.longest)
        return [Part(start, min(start + length, size)) for start in range(0, size, length)]


LAYOUT = Layout()

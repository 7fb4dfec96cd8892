# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Divide the contents of a large artifact into parts for concurrent connections."""

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
        """Return the rest of the part after a position in the contents."""
        return self._replace(start=min(max(self.start, position), self.end))

    @property
    def range(self) -> str:
        """Return the value of the ``Range`` header for the part."""
        return f"bytes={self.start}-{self.end - 1}"

    def content_range(self, size: int) -> str:
        """Return the expected ``Content-Range`` header for the part. ``size``: of the contents."""
        return f"bytes {self.start}-{self.end - 1}/{size}"


class Layout(t.NamedTuple):
    """The sizes of parts: contents of at least ``threshold`` bytes are divided into ``usual_count`` parts within the bounds.

    Longer parts need fewer requests. With shorter parts, the last connection finishes sooner after the others.
    A listing can have any size, so parts exceed ``longest`` if there would be more than ``most`` of them.
    """

    threshold: int = 32 * _MIB
    shortest: int = 8 * _MIB
    longest: int = 16 * _MIB
    usual_count: int = 32
    most: int = 1024

    def divide(self, size: int) -> list[Part]:
        """Return the parts in order. Return none for contents that one stream transfers."""
        if size < self.threshold:
            return []
        usual = min(max(self.shortest, size // self.usual_count), self.longest)
        length = max(usual, -(-size // self.most))
        return [Part(start, min(start + length, size)) for start in range(0, size, length)]


LAYOUT = Layout()

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run code of a test during a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from werkzeug import Response

from ..http.exchange import Exchange
from .damage import Damage

MOMENTS = ("before", "after")


@dataclass
class Call(Damage):
    """Run `action` before or after the effect of the request (`when`). The response is correct."""

    action: Callable[[], object]
    when: str = "after"

    def __post_init__(self) -> None:
        if not callable(self.action):
            raise TypeError(f"action: {self.action!r} is not callable")
        if self.when not in MOMENTS:
            raise ValueError(f"when: {self.when!r} is not one of {MOMENTS}")

    def before(self, exchange: Exchange) -> Response | None:
        if self.when == "before":
            self.action()
        return None

    def after(self, exchange: Exchange, response: Response) -> Response:
        if self.when == "after":
            self.action()
        return response

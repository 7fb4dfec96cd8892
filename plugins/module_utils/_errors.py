# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors of this collection. Knows neither HTTP libraries nor Ansible."""

from __future__ import annotations

import copy
import typing as t


class BitbucketError(Exception):
    """A failure in words for the user.

    ``facts`` are result keys that stay true although the task failed
    (for example ``artifacts``: what had been done before).
    """

    def __init__(self, message: str, **facts: t.Any) -> None:
        super().__init__(message)
        self.facts = facts


class BadInput(BitbucketError):
    """The wish itself is wrong; found before any request."""


class MissingLibrary(BitbucketError):
    """A Python library that the host of the module needs is not there."""

    def __init__(self, library: str, import_error: str) -> None:
        super().__init__(f"The Python library {library} is not installed")
        self.library = library
        self.import_error = import_error


class RequestFailed(BitbucketError):
    """One try of one request failed.

    ``status``: the HTTP status, or None where no whole answer came.
    ``passing``: the reason may pass, so another try makes sense.
    ``effect_possible``: a write may have had its effect all the same.
    ``retry_after``: seconds the server asked to wait, or None.
    ``by_storage``: it was the storage host that refused, which knows no scopes.
    """

    def __init__(
        self,
        message: str,
        status: int | None = None,
        passing: bool = False,
        effect_possible: bool = True,
        retry_after: float | None = None,
        by_storage: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.passing = passing
        self.effect_possible = effect_possible
        self.retry_after = retry_after
        self.by_storage = by_storage

    def reworded(self, message: str, passing: bool) -> RequestFailed:
        """The same failure in other words, whose reason may or may not pass."""
        other = copy.copy(self)
        other.args, other.passing = (message,), passing
        return other


class Stopped(BaseException):
    """The task was told to stop. No failure, so that nothing holds it up or tries again; ``facts`` as those of a failure."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.facts: dict[str, t.Any] = {}


# What ends a task half-way.
BROKEN_OFF = (BitbucketError, Stopped)

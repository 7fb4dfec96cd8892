# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the errors of this collection, without any HTTP library or Ansible."""

from __future__ import annotations

import copy
import typing as t

if t.TYPE_CHECKING:
    from typing_extensions import Self


class BitbucketError(Exception):
    """A failure in words for the user."""


class BadInput(BitbucketError):
    """The request of the task itself is wrong; found before any HTTP request."""


class MissingLibrary(BitbucketError):
    """A Python library that the module needs is not installed on its host."""

    def __init__(self, library: str, import_error: str) -> None:
        super().__init__(f"The Python library {library} is not installed")
        self.library = library
        self.import_error = import_error


class RequestFailed(BitbucketError):
    """One attempt of one request failed.

    ``transient``: another attempt makes sense. ``may_have_applied``: a write might have been applied although it failed.
    ``retry_after``: seconds that the server asked to wait, or None. ``pause_factor``: how much longer than usual to wait.
    """

    def __init__(
        self,
        message: str,
        transient: bool = False,
        may_have_applied: bool = True,
        retry_after: float | None = None,
        pause_factor: float = 1.0,
    ) -> None:
        super().__init__(message)
        self.transient = transient
        self.may_have_applied = may_have_applied
        self.retry_after = retry_after
        self.pause_factor = pause_factor

    def reworded(self, message: str, transient: bool | None = None) -> Self:
        """Return the same failure with another message and, if given, another ``transient``."""
        other = copy.copy(self)
        other.args = (message,)
        if transient is not None:
            other.transient = transient
        return other


class NoResponse(RequestFailed):
    """No response came: the server was not reached, or did not answer."""


class BadRequest(RequestFailed):
    """The API does not accept the form of the request (400)."""


class Unauthorized(RequestFailed):
    """The API does not accept the credential (401)."""


class Forbidden(RequestFailed):
    """The API knows the credential, but does not allow the request (403)."""


class NotFound(RequestFailed):
    """There is no such resource, or the credential must not know of it (404)."""


class Conflict(RequestFailed):
    """The resource has changed since it was read (405 for a revision of a snippet that is not the newest, 409, 412)."""


class NotAcceptable(RequestFailed):
    """The server cannot answer in the requested format (406)."""


class Gone(RequestFailed):
    """The resource was removed, as the service does with spam (410)."""


class Withdrawn(RequestFailed):
    """The service has withdrawn this part of its API (410 that names a change)."""


class RangeRefused(RequestFailed):
    """The requested range lies outside the contents (416)."""


class RateLimited(RequestFailed):
    """The service asks for fewer requests (429)."""


class TooLarge(RequestFailed):
    """The contents are longer than the limit; nothing of them is returned."""


class StorageRefused(RequestFailed):
    """The storage host refused a signed link (403); a new link may work, and scopes have nothing to do with it."""


class LinkExpired(RequestFailed):
    """The storage host refuses a link that the control node has handed over; the control node can ask for another one.

    ``position`` and ``etag``: how many bytes of the contents have arrived, and of which contents; None if that is unknown.
    """

    position = 0
    etag: str | None = None


class Stopped(BaseException):
    """The task was told to stop by a signal. It is no failure, so that nothing retries or delays it."""

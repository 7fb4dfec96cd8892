# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the errors of this collection. This module needs neither an HTTP library nor Ansible."""

from __future__ import annotations

import copy
import typing as t

if t.TYPE_CHECKING:
    from typing_extensions import Self


class BitbucketError(Exception):
    """A failure with a message for the user."""


class BadInput(BitbucketError):
    """The options of the task are invalid. Raised before any HTTP request."""


class MissingLibrary(BitbucketError):
    """A Python library that the module requires is not installed on its host."""

    def __init__(self, library: str, import_error: str) -> None:
        super().__init__(f"The Python library {library} is not installed")
        self.library = library
        self.import_error = import_error


class RequestFailed(BitbucketError):
    """One attempt of one request failed.

    ``transient``: another attempt might succeed. ``may_have_applied``: the write might have been applied despite the failure.
    ``retry_after``: seconds to wait, as the server requested, or None. ``pause_factor``: factor for the usual pause.
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

    def reword(self, message: str, transient: bool | None = None) -> Self:
        """Return the same failure with another message and, if given, another ``transient``."""
        other = copy.copy(self)
        other.args = (message,)
        if transient is not None:
            other.transient = transient
        return other


class NoResponse(RequestFailed):
    """No response arrived: the server was unreachable or did not respond."""


class BadRequest(RequestFailed):
    """The API rejects the request as invalid (400)."""


class Unauthorized(RequestFailed):
    """The API does not accept the credentials (401)."""


class Forbidden(RequestFailed):
    """The API accepts the credentials, but does not allow the request (403)."""


class NotFound(RequestFailed):
    """The resource does not exist, or the credentials cannot read it (404)."""


class Conflict(RequestFailed):
    """The resource has changed since it was read (409, 412, or 405 for an outdated revision of a snippet)."""


class NotAcceptable(RequestFailed):
    """The server cannot respond in the requested format (406)."""


class Gone(RequestFailed):
    """The resource was removed, for example as spam (410)."""


class Withdrawn(RequestFailed):
    """The service has withdrawn this part of its API (410 that names a change)."""


class RangeRefused(RequestFailed):
    """The requested range lies outside the contents (416)."""


class RateLimited(RequestFailed):
    """The service asks for fewer requests (429)."""


class TooLarge(RequestFailed):
    """The contents exceed the size limit. None of them are returned."""


class StorageRefused(RequestFailed):
    """The storage host refused a signed URL (403), independent of scopes. A new URL might work."""


class LinkExpired(RequestFailed):
    """The storage host refused a signed URL that the control node passed on. The control node can request a new one.

    ``position``: number of bytes that have arrived. ``etag``: of their contents, None if unknown.
    """

    position = 0
    etag: str | None = None


class Stopped(BaseException):
    """A signal stopped the task. This is not a BitbucketError, so that no code retries or delays it."""

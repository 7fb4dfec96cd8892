# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send single requests to the API with the credentials of a task, and to the storage host without them."""

from __future__ import annotations

import copy
import threading
import time
import typing as t

from .._errors import RequestFailed
from .._text import one_line
from .connection import Connection, same_origin, without_query
from .credentials import OAUTH, Credentials, Secrets
from .response import Response
from .retries import CLOCK, Clock
from .transport import Exchanger, Transport

if t.TYPE_CHECKING:
    from .oauth import TokenSource

_HEADERS = {"User-Agent": "ansible-collection-releng.bitbucket", "Accept-Encoding": "identity"}
_UNAUTHORIZED = 401


class Session:
    """The requests of one task. Up to ``threads`` threads can share it.

    ``add_secret`` is called with every secret that is created at run time. ``requests`` counts requests to the API, including
    retries, but not requests to the storage host or the token endpoint. ``transport`` replaces the default Transport.
    """

    def __init__(
        self,
        connection: Connection,
        threads: int,
        add_secret: t.Callable[[str], object],
        clock: Clock = CLOCK,
        transport: Exchanger | None = None,
    ) -> None:
        self.requests = 0
        self._connection = connection
        self._api_url = connection.api_url
        self._credentials = connection.credentials
        self.secrets = Secrets(connection.credentials.secrets, add_secret)
        self._transport = transport or Transport(connection.timeout, connection.verify, threads)
        self._clock = clock
        self._tokens = self._create_tokens(connection)
        self._server_date: tuple[float, float] | None = None
        self._lock = threading.Lock()

    def connect(self, credentials: Credentials) -> Session:
        """Return another session of the same task with other credentials and a separate request count."""
        for secret in credentials.secrets:
            self.secrets.add(secret)
        connection = self._connection._replace(credentials=credentials)
        other = copy.copy(self)
        other.requests = 0
        other._credentials = credentials
        other._tokens = other._create_tokens(connection)
        return other

    def send(self, method: str, url: str, headers: t.Mapping[str, str], body: t.Any = None) -> Response:
        """Send one request to the API and return the response, whatever its status.

        Credentials are sent only to the origin of the API. If the API refuses an OAuth token that worked before, send the request
        once more with a new token. ``body`` must be bytes or allow repeated iteration.
        """
        if not self.is_of_api(url):
            raise RequestFailed(f"The URL {one_line(without_query(url))} is outside the API and is not followed")
        if self._tokens is None:
            return self._exchange(method, url, headers, body, self._credentials.authorization())
        authorization, is_new = self._tokens.authorization()
        response = self._exchange(method, url, headers, body, authorization)
        if response.status != _UNAUTHORIZED or is_new:
            return response
        # The token expired early. Nothing was applied, so even an upload can be sent again.
        response.finish()
        return self._exchange(method, url, headers, body, self._tokens.replace(authorization))

    def server_time(self) -> float:
        """Return the time of the service in seconds since 1970. Before the first response, return the time of this host."""
        if self._server_date is None:
            return time.time()
        date, moment = self._server_date
        return date + self._clock.monotonic() - moment

    def send_without_credentials(self, url: str, headers: t.Mapping[str, str], what: str) -> Response:
        """Send one GET to any host without credentials and return the response. ``what``: the request in words."""
        return self._transport.exchange("GET", url, {**_HEADERS, **headers}, what=what)

    def is_of_api(self, url: str) -> bool:
        """Return whether credentials can be sent to the URL."""
        return same_origin(url, self._api_url)

    def require_success(self, response: Response, also: t.Container[int] = ()) -> None:
        """Raise the error of a response, unless its status is a success or one of ``also``."""
        if not 200 <= response.status < 300 and response.status not in also:
            from .refusals import explain_refusal

            raise explain_refusal(response, self._credentials.kind, self.secrets.scrub)

    def _create_tokens(self, connection: Connection) -> TokenSource | None:
        """Return the source of OAuth tokens. The import is local, because other credentials do not need it."""
        if connection.credentials.kind != OAUTH:
            return None
        from .oauth import TokenSource

        return TokenSource(connection, self._transport, self.secrets, self._clock)

    def _exchange(self, method: str, url: str, headers: t.Mapping[str, str], body: t.Any, authorization: str | None) -> Response:
        sent = {**_HEADERS, **headers}
        if authorization:
            sent["Authorization"] = authorization
        with self._lock:
            self.requests += 1
        response = self._transport.exchange(method, url, sent, body, what=f"{method} {without_query(url)}", decodes=True)
        if response.date is not None:
            self._server_date = response.date, self._clock.monotonic()
        return response

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send one HTTP request and read its response. This module knows neither Bitbucket nor credentials nor retries.

It uses the adapter of ``requests`` directly instead of the session's ``send``. So it follows no redirects, keeps no cookies and
never reads ``~/.netrc``. Proxies and CA bundles of the environment still work.
"""

from __future__ import annotations

import http.client
import io
import logging
import os
import socket
import ssl
import time
import traceback
import typing as t

from .._errors import BadInput, MissingLibrary, RequestFailed
from .._paths import encode_path, locale_path
from .response import Response

try:
    import requests
    import requests.adapters
    import urllib3.exceptions
except ImportError:
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    REQUESTS_IMPORT_ERROR = None

# For the head of a response: one timeout for the first byte, and one for the rest.
_TIMEOUTS_OF_HEAD = 2


class Exchanger(t.Protocol):
    """A sender of single requests."""

    def exchange(
        self,
        method: str,
        url: str,
        headers: t.Mapping[str, str],
        body: t.Any = None,
        what: str = "",
        decodes: bool = False,
    ) -> Response:
        """Send one request and return the response with its body unread. See Transport."""


class Transport:
    """A pool of connections with the same TLS settings and timeout. Threads can share it."""

    def __init__(self, timeout: float, verify: bool | str, threads: int) -> None:
        if REQUESTS_IMPORT_ERROR:
            raise MissingLibrary("requests", REQUESTS_IMPORT_ERROR)
        # Its debug lines contain signed URLs. In a lookup, they could reach the log of the control node.
        logging.getLogger("urllib3").setLevel(logging.WARNING)
        if isinstance(verify, str):
            load_bundle(verify)
        self._timeout = timeout
        self._verify = locale_path(verify) if isinstance(verify, str) else verify
        if verify is False:
            # The task requested this. In a lookup, each request would print a warning.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        adapter = _make_adapter(threads + 1)
        self._session = requests.Session()
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def exchange(
        self,
        method: str,
        url: str,
        headers: t.Mapping[str, str],
        body: t.Any = None,
        what: str = "",
        decodes: bool = False,
    ) -> Response:
        """Send one request and return the response with its body unread. Raise RequestFailed without a response.

        ``body``: bytes, or an iterable of bytes with ``__len__``, which becomes the Content-Length.
        ``what``: the request in words for errors, without query or secrets. ``decodes``: see Response.
        """
        proxy = ""
        try:
            prepared = requests.Request(method, url, headers=dict(headers), data=body, auth=_leave_unchanged).prepare()
            ready_url = prepared.url or url
            settings = self._session.merge_environment_settings(ready_url, {}, True, self._verify, None)
            adapter = self._session.get_adapter(ready_url)
            proxy = requests.utils.select_proxy(ready_url, settings["proxies"]) or ""
            response = adapter.send(prepared, timeout=self._timeout, **t.cast(t.Dict[str, t.Any], settings))
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, UnicodeError) as exc:
            from .failures import explain_no_response

            raise explain_no_response(exc, what, self._timeout, proxy) from None
        except OSError as exc:  # a missing CA bundle
            raise RequestFailed(f"{what} failed: {exc}", may_have_applied=False) from exc
        if proxy and response.status_code == http.client.PROXY_AUTHENTICATION_REQUIRED:
            from .failures import explain_proxy_refusal

            raise explain_proxy_refusal(response.status_code, what, proxy)
        return Response(response, what, self._timeout, decodes)


def _make_adapter(connections: int) -> requests.adapters.HTTPAdapter:
    """Return an adapter for a few hosts. Its connections limit the time for the head of a response, also through a proxy."""

    class Adapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            _bound_heads(self.poolmanager)

        def proxy_manager_for(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
            return _bound_heads(super().proxy_manager_for(*args, **kwargs))

    return Adapter(pool_connections=4, pool_maxsize=connections)


def _bound_heads(manager: t.Any) -> t.Any:
    """Make this manager use connections with a time limit. Each proxy type has its own connection classes."""
    manager.pool_classes_by_scheme = {scheme: _bound_pool(pool) for scheme, pool in manager.pool_classes_by_scheme.items()}
    return manager


def _bound_pool(pool: t.Any) -> t.Any:
    if getattr(pool.ConnectionCls, "response_class", None) is DeadlineResponse:
        return pool
    connection = type("BoundedConnection", (pool.ConnectionCls,), {"response_class": DeadlineResponse})
    return type("BoundedPool", (pool,), {"ConnectionCls": connection})


class DeadlineResponse(http.client.HTTPResponse):
    """A response whose status and header lines must arrive within two timeouts of its socket. Raises socket.timeout."""

    def __init__(self, sock: socket.socket, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(sock, *args, **kwargs)
        timeout = sock.gettimeout()
        deadline = time.monotonic() + _TIMEOUTS_OF_HEAD * timeout if timeout else None
        self._bounded = _Bounded(self.fp.detach(), deadline)
        self.fp = io.BufferedReader(self._bounded)

    def begin(self) -> None:
        super().begin()
        self._bounded.deadline = None  # the body has its own time limit


class _Bounded(io.RawIOBase):
    """The bytes of a socket until a deadline on the monotonic clock."""

    def __init__(self, source: t.Any, deadline: float | None) -> None:
        self._source = source
        self.deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int:
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise socket.timeout("the head of the response was too slow")
        return t.cast(int, self._source.readinto(buffer))

    def fileno(self) -> int:
        return t.cast(int, self._source.fileno())

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()


def load_bundle(ca_path: str, source: str = "ca_path") -> ssl.SSLContext:
    """Return a TLS context with these certificates. Raise BadInput if none can be read.

    Connection errors do not name the file, so it is checked beforehand. ``source``: the option or variable that names it.
    """
    path = encode_path(ca_path)
    is_folder = os.path.isdir(path)
    try:
        return ssl.create_default_context(cafile=None if is_folder else path, capath=path if is_folder else None)
    except ssl.SSLError:
        raise BadInput(f"{source} {ca_path} contains no certificates in PEM format") from None
    except OSError as exc:
        raise BadInput(f"{source} {ca_path} cannot be read: {exc.strerror}") from exc


def _leave_unchanged(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    """Serve as an ``auth`` that changes nothing, so that user information in a URL does not become credentials."""
    return prepared

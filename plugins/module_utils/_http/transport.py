# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send one HTTP request and read its response. Bitbucket, credentials and retries are no part of this file.

Requests go to the adapter of ``requests`` directly, past the session's ``send``: no redirect is followed, no cookie is kept and
``~/.netrc`` is never read, while proxies and CA bundles of the environment work.
"""

from __future__ import annotations

import logging
import os
import re
import ssl
import time
import traceback
import typing as t

from .._errors import BadInput, MissingLibrary, RequestFailed
from .._text import status_text
from .failures import explain_broken_body, explain_no_response
from .slow_heads import DeadlineResponse

try:
    import requests
    import requests.adapters
    import urllib3.exceptions
    import urllib3.util.retry
except ImportError:
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    REQUESTS_IMPORT_ERROR = None

BLOCK = 256 * 1024
# urllib3 before 2.1 cannot return early with what has arrived, so it gets small reads.
_SMALL_BLOCK = 16 * 1024
# A body slower than this over a whole timeout is given up.
_LEAST_BYTES_PER_SECOND = 512

# The limit of urllib3 2; before it, there is none.
_MAX_RETRY_AFTER = 6 * 3600

_LENGTH = re.compile(r"[0-9]{1,19}\Z")


class Transport:
    """A pool of connections with one set of rules for TLS and time. Safe to share between threads."""

    def __init__(self, timeout: float, verify: bool | str, threads: int) -> None:
        if REQUESTS_IMPORT_ERROR:
            raise MissingLibrary("requests", REQUESTS_IMPORT_ERROR)
        # Its debug lines hold signed URLs, and in a lookup they could reach the controller's log.
        logging.getLogger("urllib3").setLevel(logging.WARNING)
        if isinstance(verify, str):
            _require_bundle(verify)
        self._timeout = timeout
        self._verify = verify
        adapter = _make_adapter(threads + 1)
        self._session = requests.Session()
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def exchange(self, method: str, url: str, headers: t.Mapping[str, str], body: t.Any = None, what: str = "") -> Response:
        """Send one request and return the response with its body unread. Raises RequestFailed without a response.

        ``body``: bytes, or an iterable of bytes with ``__len__``, which is sent with that Content-Length.
        ``what``: the request in words for errors, without query and secrets.
        """
        try:
            prepared = requests.Request(method, url, headers=dict(headers), data=body, auth=_leave_unchanged).prepare()
            ready_url = prepared.url or url
            settings = self._session.merge_environment_settings(ready_url, {}, True, self._verify, None)
            adapter = self._session.get_adapter(ready_url)
            response = adapter.send(prepared, timeout=self._timeout, **t.cast(t.Dict[str, t.Any], settings))
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, UnicodeError) as exc:
            raise explain_no_response(exc, what, self._timeout) from None
        except OSError as exc:  # a CA bundle that is not there
            raise RequestFailed(f"{what} failed: {exc}", may_have_applied=False) from exc
        return Response(response, what, self._timeout)


class Response:
    """The response to one request, its body read as it comes: no decoding, whatever Content-Encoding says."""

    def __init__(self, response: requests.Response, what: str, timeout: float) -> None:
        self.status: int = response.status_code
        self.headers: t.Mapping[str, str] = response.headers
        self.what = what
        self.url: str = response.url
        self._response = response
        self._timeout = timeout
        self._pace = _Pace(timeout)
        self._received = 0

    def __enter__(self) -> Response:
        return self

    def __exit__(self, kind: type[BaseException] | None, *unused: object) -> None:
        if kind is None:
            self.finish()
        else:
            self.close()

    @property
    def length(self) -> int | None:
        """The announced length of the body in bytes, None without one."""
        if self.status in (204, 304):
            return 0  # whatever Content-Length says
        value = self.headers.get("Content-Length", "")
        return int(value) if _LENGTH.match(value) else None

    @property
    def location(self) -> str:
        """The Location header as text; HTTP libraries pass its UTF-8 on as if it were Latin-1."""
        raw = self.headers.get("Location") or ""
        try:
            return raw.encode("latin-1").decode("utf-8").strip()
        except UnicodeError:
            return raw.strip()

    @property
    def is_redirect(self) -> bool:
        """Whether the status says that the resource is at ``location``."""
        return self.status in (301, 302, 303, 307, 308)

    @property
    def retry_after(self) -> float | None:
        """Seconds that the Retry-After header asks to wait, from either of its forms; None without it or for nonsense."""
        value = self.headers.get("Retry-After", "")
        try:
            return float(min(urllib3.util.retry.Retry().parse_retry_after(value), _MAX_RETRY_AFTER)) if value else None
        except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError, TypeError):
            return None

    def unexpected(self) -> RequestFailed:
        """Return the error for a successful status that the caller did not ask for."""
        return RequestFailed(f"{self.what} answered with the unexpected status {status_text(self.status)}")

    def read(self) -> bytes:
        """Return the next bytes, at most BLOCK, empty at the end. Raises RequestFailed for a short, broken or slow body."""
        try:
            block = _read_some(self._response.raw)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as exc:
            raise explain_broken_body(exc, self.what, self._timeout, self._received) from None
        self._received += len(block)
        length = self.length
        # urllib3 1.26 accepts a short body silently.
        if not block and length is not None and self._received != length:
            raise RequestFailed(f"{self.what}: the answer broke off after {self._received} of {length} bytes", transient=True)
        if slow := self._pace.find_slowness(self._received):
            self.close()
            raise RequestFailed(f"{self.what}: the answer came too slowly, {slow}", transient=True)
        return block

    def read_all(self, limit: int) -> bytes:
        """Return the rest of the body, which must not be longer than ``limit`` bytes."""
        blocks = []
        received = 0
        while block := self.read():
            blocks.append(block)
            received += len(block)
            if received > limit:
                raise RequestFailed(f"{self.what}: the answer is longer than {limit} bytes")
        return b"".join(blocks)

    def finish(self) -> None:
        """Discard the rest of the body; a short rest is read, so that the connection can be used again."""
        length = self.length
        try:
            if length is not None and length - self._received <= _SMALL_BLOCK:
                self.read_all(_SMALL_BLOCK)
        except RequestFailed:
            pass  # nobody needs it
        self.close()

    def close(self) -> None:
        """Give the connection up or, if the body was read to its end, back."""
        self._response.close()


class _Pace:
    """The pace at which a body comes: a drip of bytes never trips the timeout of a socket."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._since = time.monotonic()
        self._received = 0

    def find_slowness(self, received: int) -> str:
        """Return what came over a whole timeout in words if that was too little, else an empty text."""
        seconds = time.monotonic() - self._since
        if seconds < self._timeout:
            return ""
        if (count := received - self._received) < _LEAST_BYTES_PER_SECOND * self._timeout:
            return f"{count} bytes in {seconds:.0f} seconds"
        self._since, self._received = self._since + seconds, received
        return ""


def _read_some(raw: t.Any) -> bytes:
    early = hasattr(raw, "read1")
    return t.cast(bytes, raw.read1(BLOCK, decode_content=False) if early else raw.read(_SMALL_BLOCK, decode_content=False))


def _make_adapter(connections: int) -> requests.adapters.HTTPAdapter:
    """Return an adapter for a few hosts whose connections, direct or by a proxy, bound the time of a response's head."""

    class Adapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            _bound_heads(self.poolmanager)

        def proxy_manager_for(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
            return _bound_heads(super().proxy_manager_for(*args, **kwargs))

    return Adapter(pool_connections=4, pool_maxsize=connections)


def _bound_heads(manager: t.Any) -> t.Any:
    """Use connections that bound the time in this manager; each kind of proxy has kinds of connections of its own."""
    manager.pool_classes_by_scheme = {scheme: _bound_pool(pool) for scheme, pool in manager.pool_classes_by_scheme.items()}
    return manager


def _bound_pool(pool: t.Any) -> t.Any:
    if getattr(pool.ConnectionCls, "response_class", None) is DeadlineResponse:
        return pool
    connection = type("BoundedConnection", (pool.ConnectionCls,), {"response_class": DeadlineResponse})
    return type("BoundedPool", (pool,), {"ConnectionCls": connection})


def _require_bundle(ca_path: str) -> None:
    """Raise BadInput if no certificate can be read: the errors of a connection do not name the file."""
    is_folder = os.path.isdir(ca_path)
    try:
        ssl.create_default_context(cafile=None if is_folder else ca_path, capath=ca_path if is_folder else None)
    except ssl.SSLError:
        raise BadInput(f"ca_path {ca_path} holds no certificates in PEM form") from None
    except OSError as exc:
        raise BadInput(f"ca_path {ca_path} cannot be read: {exc.strerror}") from exc


def _leave_unchanged(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    """Serve as an ``auth`` that changes nothing: with it no user info of a URL becomes a credential."""
    return prepared

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP exchange: the only file that knows ``requests`` and ``urllib3``. Knows nothing of Bitbucket or of tries.

It goes to the adapter of ``requests`` directly, past the session's ``send``: no redirect is followed, no cookie is kept and
``~/.netrc`` is never read, while proxies and CA bundles of the environment work.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import ssl
import time
import traceback
import typing as t

from .._errors import BadInput, MissingLibrary, RequestFailed
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
# A body slower than this over a whole timeout is given up: a drip of bytes never trips a socket timeout.
_LEAST_BYTES_PER_SECOND = 512


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
        adapter = _adapter(threads + 1)
        self._session = requests.Session()
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def exchange(self, method: str, url: str, headers: t.Mapping[str, str], body: t.Any = None, what: str = "") -> Response:
        """Send one request and return the answer with its body unread; raises RequestFailed without an answer.

        ``body``: bytes, or an iterable of bytes with ``__len__``, which is sent with that Content-Length.
        ``what``: the request in words for errors, without query and secrets.
        """
        try:
            prepared = requests.Request(method, url, headers=dict(headers), data=body, auth=_leave_alone).prepare()
            ready_url = prepared.url or url
            settings = self._session.merge_environment_settings(ready_url, {}, True, self._verify, None)
            adapter = self._session.get_adapter(ready_url)
            answer = adapter.send(prepared, timeout=self._timeout, **t.cast(t.Dict[str, t.Any], settings))
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, UnicodeError) as exc:
            raise _without_answer(exc, what, self._timeout) from None
        except OSError as exc:  # a CA bundle that is not there
            raise RequestFailed(f"{what} failed: {exc}", may_have_applied=False) from exc
        return Response(answer, what, self._timeout)


class Response:
    """The answer to one exchange, its body read as it comes: no decoding, whatever Content-Encoding says."""

    def __init__(self, answer: requests.Response, what: str, timeout: float) -> None:
        self.status: int = answer.status_code
        self.headers: t.Mapping[str, str] = answer.headers
        self.what = what
        self.url: str = answer.url
        self._answer = answer
        self._timeout = timeout
        self._received = 0
        self._pace_time = time.monotonic()
        self._pace_received = 0

    def __enter__(self) -> Response:
        return self

    def __exit__(self, kind: type[BaseException] | None, *unused: object) -> None:
        if kind is None:
            self.finish()
        else:
            self.close()

    @property
    def length(self) -> int | None:
        """Content-Length in bytes, None where it is not told."""
        value = self.headers.get("Content-Length", "")
        return int(value) if _LENGTH.match(value) else None

    @property
    def retry_after(self) -> float | None:
        """Seconds that the Retry-After header asks to wait, from either of its forms; None without it or for nonsense."""
        value = self.headers.get("Retry-After", "")
        try:
            return float(urllib3.util.retry.Retry().parse_retry_after(value)) if value else None
        except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError, TypeError):
            return None

    def read(self) -> bytes:
        """The next bytes, at most BLOCK, empty at the end; raises RequestFailed for a short, broken or too slow body."""
        try:
            block = self._read_some()
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as exc:
            raise _broken_body(exc, self.what, self._timeout, self._received) from None
        self._received += len(block)
        self._check_length(block)
        self._check_pace()
        return block

    def read_all(self, limit: int) -> bytes:
        """The rest of the body, which must not be longer than ``limit`` bytes."""
        blocks = []
        received = 0
        block = self.read()
        while block:
            blocks.append(block)
            received += len(block)
            if received > limit:
                raise RequestFailed(f"{self.what}: the answer is longer than {limit} bytes")
            block = self.read()
        return b"".join(blocks)

    def finish(self) -> None:
        """Be done with the rest of the body; a short rest is read, so that the connection can be used again."""
        length = 0 if self._bodiless() else self.length
        try:
            if length is not None and length - self._received <= _SMALL_BLOCK:
                self.read_all(_SMALL_BLOCK)
        except RequestFailed:
            pass  # nobody wanted it
        self.close()

    def close(self) -> None:
        """Give the connection up or, where the body was read to its end, back."""
        self._answer.close()

    def _read_some(self) -> bytes:
        raw = self._answer.raw
        if hasattr(raw, "read1"):
            return raw.read1(BLOCK, decode_content=False)
        return raw.read(_SMALL_BLOCK, decode_content=False)

    def _check_length(self, block: bytes) -> None:
        # urllib3 1.26 takes a short body without a word.
        if not block and self.length is not None and self._received != self.length and not self._bodiless():
            raise RequestFailed(
                f"{self.what}: the answer broke off after {self._received} of {self.length} bytes", transient=True
            )

    def _bodiless(self) -> bool:
        return self.status in (204, 304) or self._answer.request.method == "HEAD"

    def _check_pace(self) -> None:
        now = time.monotonic()
        if now - self._pace_time < self._timeout:
            return
        if self._received - self._pace_received < _LEAST_BYTES_PER_SECOND * self._timeout:
            self.close()
            raise RequestFailed(
                f"{self.what}: the answer came too slowly, {self._received - self._pace_received}"
                f" bytes in {now - self._pace_time:.0f} seconds",
                transient=True,
            )
        self._pace_time, self._pace_received = now, self._received


def _adapter(connections: int) -> requests.adapters.HTTPAdapter:
    """An adapter for a few hosts whose connections, direct or by a proxy, bound the time of an answer's head."""

    class Adapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            _make_patient(self.poolmanager)

        def proxy_manager_for(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
            return _make_patient(super().proxy_manager_for(*args, **kwargs))

    return Adapter(pool_connections=4, pool_maxsize=connections)


def _make_patient(manager: t.Any) -> t.Any:
    """Let the connections of this manager bound the time; each kind of proxy has kinds of connections of its own."""
    manager.pool_classes_by_scheme = {scheme: _patient(pool) for scheme, pool in manager.pool_classes_by_scheme.items()}
    return manager


def _patient(pool: t.Any) -> t.Any:
    if getattr(pool.ConnectionCls, "response_class", None) is DeadlineResponse:
        return pool
    connection = type("PatientConnection", (pool.ConnectionCls,), {"response_class": DeadlineResponse})
    return type("PatientPool", (pool,), {"ConnectionCls": connection})


def _require_bundle(ca_path: str) -> None:
    """Raise BadInput where no certificate can be read: the errors of a connection do not name the file."""
    is_folder = os.path.isdir(ca_path)
    try:
        ssl.create_default_context(cafile=None if is_folder else ca_path, capath=ca_path if is_folder else None)
    except ssl.SSLError:
        raise BadInput(f"ca_path {ca_path} holds no certificates in PEM form") from None
    except OSError as exc:
        raise BadInput(f"ca_path {ca_path} cannot be read: {exc.strerror}") from exc


def _leave_alone(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    """An ``auth`` that changes nothing: with it no user info of a URL becomes a credential."""
    return prepared


def _without_answer(exc: Exception, what: str, timeout: float) -> RequestFailed:
    untrusted = _find(exc, ssl.SSLCertVerificationError)
    if untrusted is not None:
        return RequestFailed(
            f"{what} failed: the server's certificate was not accepted: {untrusted.verify_message}."
            " Give the CA in ca_path if it is the right server",
            may_have_applied=False,
        )
    if isinstance(exc, requests.exceptions.InvalidSchema) and "SOCKS" in str(exc):
        return RequestFailed(f"{what} failed: the proxy needs the Python library PySocks", may_have_applied=False)
    if isinstance(exc, (ValueError, requests.exceptions.InvalidSchema)):  # a URL or header that cannot be sent at all
        return RequestFailed(f"{what} failed: {type(exc).__name__}", may_have_applied=False)
    return RequestFailed(f"{what} failed: {_reason(exc, timeout)}", transient=True, may_have_applied=not _never_connected(exc))


def _broken_body(exc: Exception, what: str, timeout: float, received: int) -> RequestFailed:
    return RequestFailed(f"{what}: the answer broke off after {received} bytes: {_reason(exc, timeout)}", transient=True)


def _reason(exc: BaseException, timeout: float) -> str:
    """In words, from the types of the chain alone: the texts of these exceptions hold whole URLs, signatures included."""
    if isinstance(exc, requests.exceptions.ConnectTimeout):
        return f"no connection within {timeout} seconds"
    if isinstance(exc, (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError)) or _find(exc, socket.timeout):
        return f"no answer within {timeout} seconds"
    system = _find(exc, OSError, lambda found: bool(found.strerror) and not isinstance(found, ssl.SSLError))
    if system is not None:
        return str(system.strerror)
    tls = _find(exc, ssl.SSLError)
    if tls is not None:
        return "the TLS connection broke" + (f" ({tls.reason})" if tls.reason else "")
    proxy = "the proxy refused, " if isinstance(exc, requests.exceptions.ProxyError) else ""
    return proxy + f"the connection was closed ({type(_chain(exc)[-1]).__name__})"


def _never_connected(exc: BaseException) -> bool:
    return (
        isinstance(exc, (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError))
        or _find(exc, urllib3.exceptions.NewConnectionError) is not None
    )


_E = t.TypeVar("_E", bound=BaseException)


def _find(exc: BaseException, kind: type[_E], wanted: t.Callable[[_E], bool] = lambda found: True) -> _E | None:
    return next((link for link in _chain(exc) if isinstance(link, kind) and wanted(link)), None)


def _chain(exc: BaseException) -> list[BaseException]:
    """The exception and everything that it wraps, by cause, context, ``reason`` and arguments."""
    found: list[BaseException] = []
    waiting = [exc]
    while waiting:
        link = waiting.pop(0)
        if link in found:
            continue
        found.append(link)
        wrapped = [link.__cause__, link.__context__, getattr(link, "reason", None)]
        waiting.extend(inner for inner in wrapped + list(link.args) if isinstance(inner, BaseException))
    return found

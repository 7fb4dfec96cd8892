# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Explain why a request got no response or an incomplete one.

Import this file in the branch of the error, because a task without errors does not need it.

Messages depend only on the exception types, because the exception texts contain complete URLs, including signatures.
"""

from __future__ import annotations

import re
import socket
import ssl
import typing as t

from .._errors import NoResponse, RequestFailed
from .._text import one_line, status_text

# Empty on a host without the library.
_BAD_SCHEMA: tuple[type[Exception], ...] = ()
_BAD_PROXY: tuple[type[Exception], ...] = ()
_PROXY_ERRORS: tuple[type[Exception], ...] = ()
_CONNECT_TIMEOUTS: tuple[type[Exception], ...] = ()
_READ_TIMEOUTS: tuple[type[Exception], ...] = (socket.timeout,)
_NEVER_CONNECTED: tuple[type[Exception], ...] = (ConnectionRefusedError, socket.gaierror)

try:
    import requests.exceptions
    import urllib3.exceptions
except ImportError:
    pass  # Transport reports the missing library
else:
    _BAD_SCHEMA = (requests.exceptions.InvalidSchema,)
    _BAD_PROXY = (requests.exceptions.InvalidProxyURL,)
    _PROXY_ERRORS = (requests.exceptions.ProxyError,)
    _CONNECT_TIMEOUTS = (requests.exceptions.ConnectTimeout,)
    _READ_TIMEOUTS = (*_READ_TIMEOUTS, requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError)
    _NEVER_CONNECTED = (*_NEVER_CONNECTED, *_CONNECT_TIMEOUTS, urllib3.exceptions.NewConnectionError)

PROXY_AUTHENTICATION = 407
_TUNNEL = re.compile(r"Tunnel connection failed: ([0-9]{3})\b")
_PATH = re.compile(r"[/?#]")

_E = t.TypeVar("_E", bound=BaseException)


class NoConnection(OSError):
    """No connection was made. For transports whose library does not distinguish this from later failures."""


def explain_no_response(exc: Exception, what: str, timeout: float, proxy: str = "") -> NoResponse:
    """Return the error for a request whose response never began.

    ``what``: the request in words. ``proxy``: the URL of the proxy for the request.
    """
    untrusted = _find(exc, ssl.SSLCertVerificationError) or _find(exc, ValueError, _is_of_another_host)
    if untrusted is not None:
        problem = str(getattr(untrusted, "verify_message", untrusted)).rstrip(".")
        return NoResponse(
            f"{what} failed: the certificate of the server could not be verified: {problem}."
            " If this is the right server, set ca_path to its CA certificate",
            may_have_applied=False,
        )
    if isinstance(exc, _BAD_SCHEMA) and "SOCKS" in str(exc):
        return NoResponse(
            f"{what} failed: the SOCKS proxy requires the Python library PySocks, which is not installed", may_have_applied=False
        )
    if isinstance(exc, _BAD_PROXY):
        return explain_unusable_proxy(what)
    if isinstance(exc, (ValueError, *_BAD_SCHEMA)):  # a URL or header that cannot be sent at all
        return NoResponse(f"{what} failed: {type(exc).__name__}", may_have_applied=False)
    if status := _find_tunnel_status(exc):
        return explain_proxy_refusal(status, what, proxy)
    reason = _describe_reason(exc, timeout)
    connected = not _never_connected(exc)
    if proxy:
        name = describe_proxy(proxy)
        reason = f"{reason} (through {name})" if connected else f"could not connect through {name}: {reason}"
    return NoResponse(f"{what} failed: {reason}", transient=True, may_have_applied=connected)


def explain_unusable_proxy(what: str) -> NoResponse:
    """Return the error for an invalid proxy URL."""
    return NoResponse(f"{what} failed: the proxy URL in the environment is not valid", may_have_applied=False)


def explain_proxy_refusal(status: int, what: str, proxy: str) -> NoResponse:
    """Return the error for a request that the proxy refused with a status."""
    words = f"{what} failed: {describe_proxy(proxy)} returned HTTP {status_text(status)}"
    if status == PROXY_AUTHENTICATION:
        words += ". Check the user name and the password in the proxy URL of the environment"
    return NoResponse(words, transient=status in (429, 500, 502, 503, 504), may_have_applied=False)


def describe_proxy(proxy: str) -> str:
    """Return ``the proxy http://host:port``, without user and password."""
    scheme, _unused, rest = proxy.partition("://") if "://" in proxy else ("", "", proxy)
    # The password might contain any of these characters, so remove everything before the last @ first.
    return one_line(f"the proxy {scheme or 'http'}://{_PATH.split(rest.rpartition('@')[2])[0]}")


def explain_broken_body(exc: Exception, what: str, timeout: float, received: int) -> RequestFailed:
    """Return the error for a body that ended after ``received`` bytes."""
    return RequestFailed(
        f"{what}: the response ended after {received} bytes: {_describe_reason(exc, timeout, 'data')}", transient=True
    )


def _describe_reason(exc: BaseException, timeout: float, missing: str = "response") -> str:
    if isinstance(exc, _CONNECT_TIMEOUTS) or (_find(exc, NoConnection) and _find(exc, socket.timeout)):
        return f"no connection within {timeout:g} seconds"
    if _find(exc, _READ_TIMEOUTS):
        return f"no {missing} within {timeout:g} seconds"
    system = _find(exc, OSError, lambda found: bool(found.strerror) and not isinstance(found, ssl.SSLError))
    if system is not None:
        return str(system.strerror)
    tls = _find(exc, ssl.SSLError)
    if tls is not None:
        reason = getattr(tls, "reason", None)  # errors raised by Python code have none
        return "the TLS connection failed" + (f" ({reason})" if reason else "")
    return f"the connection was closed ({type(_chain(exc)[-1]).__name__})"


def _is_of_another_host(exc: BaseException) -> bool:
    """Return whether urllib3 1.26 refused a certificate because of its host name. The location of the class varies."""
    return type(exc).__name__ == "CertificateError"


def _find_tunnel_status(exc: BaseException) -> int:
    """Return the status with which a proxy refused a CONNECT, or 0 if it did not. Never show the rest of its message."""
    for link in _chain(exc):
        found = _TUNNEL.match(str(link.args[0])) if isinstance(link, OSError) and link.args else None
        if found:
            return int(found.group(1))
    return 0


def _never_connected(exc: BaseException) -> bool:
    if _find(exc, NoConnection) or _find(exc, _NEVER_CONNECTED):
        return True
    # urllib3 1.26 raises ProxyError also for a connection that failed after the request was sent.
    broken = _find(exc, (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, TimeoutError))
    return isinstance(exc, _PROXY_ERRORS) and broken is None


def _find(
    exc: BaseException, kind: type[_E] | tuple[type[_E], ...], wanted: t.Callable[[_E], bool] = lambda found: True
) -> _E | None:
    return next((link for link in _chain(exc) if isinstance(link, kind) and wanted(link)), None)


def _chain(exc: BaseException) -> list[BaseException]:
    """Return the exception and all exceptions that it wraps as cause, context, ``reason`` or arguments."""
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

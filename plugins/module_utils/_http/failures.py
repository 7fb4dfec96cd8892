# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Explain why a request got no response, or a broken one.

The words come from the types in the chain of an exception alone: the texts of these exceptions hold whole URLs, signatures
included.
"""

from __future__ import annotations

import socket
import ssl
import typing as t

from .._errors import RequestFailed

try:
    import requests
    import urllib3.exceptions
except ImportError:
    pass  # Transport names the missing library

_E = t.TypeVar("_E", bound=BaseException)


def explain_no_response(exc: Exception, what: str, timeout: float) -> RequestFailed:
    """Return the error for a request whose response never began; ``what`` is the request in words."""
    untrusted = _find(exc, ssl.SSLCertVerificationError) or _find(exc, ValueError, _is_of_another_host)
    if untrusted is not None:
        return RequestFailed(
            f"{what} failed: the server's certificate was not accepted: {getattr(untrusted, 'verify_message', untrusted)}."
            " Give the CA in ca_path if it is the right server",
            may_have_applied=False,
        )
    if isinstance(exc, requests.exceptions.InvalidSchema) and "SOCKS" in str(exc):
        return RequestFailed(f"{what} failed: the proxy needs the Python library PySocks", may_have_applied=False)
    if isinstance(exc, (ValueError, requests.exceptions.InvalidSchema)):  # a URL or header that cannot be sent at all
        return RequestFailed(f"{what} failed: {type(exc).__name__}", may_have_applied=False)
    return RequestFailed(
        f"{what} failed: {_describe_reason(exc, timeout)}", transient=True, may_have_applied=not _never_connected(exc)
    )


def explain_broken_body(exc: Exception, what: str, timeout: float, received: int) -> RequestFailed:
    """Return the error for a body that broke off after so many bytes."""
    return RequestFailed(f"{what}: the answer broke off after {received} bytes: {_describe_reason(exc, timeout)}", transient=True)


def _describe_reason(exc: BaseException, timeout: float) -> str:
    if isinstance(exc, requests.exceptions.ConnectTimeout):
        return f"no connection within {timeout:g} seconds"
    if isinstance(exc, (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError)) or _find(exc, socket.timeout):
        return f"no answer within {timeout:g} seconds"
    system = _find(exc, OSError, lambda found: bool(found.strerror) and not isinstance(found, ssl.SSLError))
    if system is not None:
        return str(system.strerror)
    tls = _find(exc, ssl.SSLError)
    if tls is not None:
        reason = getattr(tls, "reason", None)  # errors that Python code raises have none
        return "the TLS connection broke" + (f" ({reason})" if reason else "")
    proxy = "the proxy refused, " if isinstance(exc, requests.exceptions.ProxyError) else ""
    return proxy + f"the connection was closed ({type(_chain(exc)[-1]).__name__})"


def _is_of_another_host(exc: BaseException) -> bool:
    """Return whether urllib3 1.26 refused a certificate because of its host; its releases have the class in other places."""
    return type(exc).__name__ == "CertificateError"


def _never_connected(exc: BaseException) -> bool:
    return (
        isinstance(exc, (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError))
        or _find(exc, urllib3.exceptions.NewConnectionError) is not None
    )


def _find(exc: BaseException, kind: type[_E], wanted: t.Callable[[_E], bool] = lambda found: True) -> _E | None:
    return next((link for link in _chain(exc) if isinstance(link, kind) and wanted(link)), None)


def _chain(exc: BaseException) -> list[BaseException]:
    """Return the exception and everything that it wraps, by cause, context, ``reason`` and arguments."""
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

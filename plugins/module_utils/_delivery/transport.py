# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send requests with Python's own HTTP client, for hosts that have no other library.

As with ``requests``, no redirect is followed, no cookie is kept and ``~/.netrc`` is never read, while proxies and CA bundles of
the environment work, but only proxies for HTTP. Each request has a connection of its own.
"""

from __future__ import annotations

import base64
import http.client
import os
import socket
import ssl
import typing as t
import urllib.request
from urllib.parse import SplitResult, quote, unquote, urlsplit

from .._errors import BadInput, NoResponse, RequestFailed
from .._http.failures import (
    PROXY_AUTHENTICATION,
    NoConnection,
    describe_proxy,
    explain_no_response,
    explain_proxy_refusal,
    explain_unusable_proxy,
)
from .._http.response import Response
from .._http.transport import DeadlineResponse, load_bundle

# As ``requests`` and curl look for it, in this order.
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
# What a URL may have; everything else is encoded, as ``requests`` does.
_FINE_IN_URL = "!#$%&'()*+,/:;=?@[]~"


class PlainTransport:
    """Sends GET requests with one set of rules for TLS and time. Safe to share between threads."""

    def __init__(self, timeout: float, verify: bool | str) -> None:
        self._timeout = timeout
        self._proxies = urllib.request.getproxies()
        self._opener = urllib.request.OpenerDirector()  # without the handlers that follow, keep or look up anything
        for handler in (_PlainHandler(), _TlsHandler(verify)):
            self._opener.add_handler(handler)

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
        proxy = ""
        try:
            # S310: there are handlers for http alone
            request = urllib.request.Request(quote(url, _FINE_IN_URL), body, dict(headers), method=method)  # noqa: S310
            proxy = self._find_proxy(request)
            if proxy:
                _lead_through(proxy, request, what)
            response = self._opener.open(request, timeout=self._timeout)
        except BadInput as exc:  # a CA bundle of the environment
            raise RequestFailed(f"{what} failed: {exc}", may_have_applied=False) from exc
        except (OSError, ValueError, http.client.HTTPException) as exc:
            raise explain_no_response(exc, what, self._timeout, proxy) from None
        if proxy and response.status == PROXY_AUTHENTICATION:
            raise explain_proxy_refusal(PROXY_AUTHENTICATION, what, proxy)
        return Response(_Answer(response, url), what, self._timeout, decodes)

    def _find_proxy(self, request: urllib.request.Request) -> str:
        """Return the URL of the proxy for a request, empty without one."""
        if urllib.request.proxy_bypass(request.host):
            return ""
        return self._proxies.get(request.type) or self._proxies.get("all") or ""


def _lead_through(proxy: str, request: urllib.request.Request, what: str) -> None:
    """Let a request go through a proxy, with the credentials in its URL."""
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        address = _find_address(parts)
    except ValueError:
        raise explain_unusable_proxy(what) from None
    if parts.scheme.lower() != "http":
        words = f"{what} failed: {describe_proxy(proxy)} cannot be used. Only HTTP proxies are supported"
        raise NoResponse(words, may_have_applied=False)
    if parts.username is not None:
        words = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        request.add_header("Proxy-Authorization", "Basic " + base64.b64encode(words.encode("utf-8")).decode("ascii"))
    request.set_proxy(address, "http")


def _find_address(proxy: SplitResult) -> str:
    """Return host and port of a proxy. Raises ValueError without."""
    if not proxy.hostname:
        raise ValueError("no host")
    address = proxy.netloc.rpartition("@")[2]
    # The default of a connection for https would be another one.
    return address if proxy.port else f"{address.rstrip(':')}:80"


class _Answer:
    """A response of Python's own client, in the form that Response takes."""

    def __init__(self, response: http.client.HTTPResponse, url: str) -> None:
        self.status_code = response.status
        self.headers = response.headers
        self.url = url
        self.raw = _Body(response)
        self.close = response.close


class _Body:
    """A body of the announced length: most versions of Python would wait for more if the connection stays open."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._response = response
        self._left = response.length

    def read1(self, most: int, **_decode: bool) -> bytes:
        """Return the next bytes as they came. Python's own client decodes nothing."""
        if self._left is None:
            return self._response.read1(most)
        block = self._response.read1(min(most, self._left))
        self._left -= len(block)
        return block


class _PlainConnection(http.client.HTTPConnection):
    response_class = DeadlineResponse

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        self._create_connection = _connect


class _TlsConnection(_PlainConnection, http.client.HTTPSConnection):
    pass


def _connect(*args: t.Any, **kwargs: t.Any) -> socket.socket:
    """Return an open connection. Raises NoConnection, which is told from a failure after it."""
    try:
        return socket.create_connection(*args, **kwargs)
    except OSError as exc:
        raise NoConnection(exc) from exc


class _PlainHandler(urllib.request.AbstractHTTPHandler):
    def http_open(self, req: urllib.request.Request) -> t.Any:
        return self.do_open(_PlainConnection, req)

    http_request = urllib.request.AbstractHTTPHandler.do_request_


class _TlsHandler(urllib.request.AbstractHTTPHandler):
    def __init__(self, verify: bool | str) -> None:
        super().__init__()
        self._verify = verify
        # Without ca_path, only a task that needs TLS spends time on the certificates of the system.
        self._context = load_bundle(verify) if isinstance(verify, str) else None

    def https_open(self, req: urllib.request.Request) -> t.Any:
        if self._context is None:
            self._context = _make_context(bool(self._verify))
        return self.do_open(_TlsConnection, req, context=self._context)

    https_request = urllib.request.AbstractHTTPHandler.do_request_


def _make_context(verify: bool) -> ssl.SSLContext:
    """Return the rules for TLS without ca_path. Raises BadInput for a bundle of the environment without use."""
    if not verify:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    bundle = next((name for name in _BUNDLES if os.environ.get(name)), None)
    return load_bundle(os.environ[bundle], bundle) if bundle else ssl.create_default_context()

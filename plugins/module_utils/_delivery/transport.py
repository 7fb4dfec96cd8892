# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send requests with the HTTP client of Python's standard library, for hosts without ``requests``.

As in Transport, requests follow no redirects, keep no cookies and never read ``~/.netrc``. HTTP proxies and CA bundles of the
environment work. Each request uses a new connection.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import ipaddress
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

# The same names in the same order as for ``requests`` and curl.
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
# Characters allowed in a URL. All others are encoded, as ``requests`` does.
_FINE_IN_URL = "!#$%&'()*+,/:;=?@[]~"


class PlainTransport:
    """Sends GET requests with the same TLS settings and timeout. Threads can share it."""

    def __init__(self, timeout: float, verify: bool | str) -> None:
        self._timeout = timeout
        self._proxies = urllib.request.getproxies()
        self._opener = urllib.request.OpenerDirector()  # without the handlers for redirects, cookies and authentication
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
            # S310: the opener handles only http and https
            request = urllib.request.Request(quote(url, _FINE_IN_URL), body, dict(headers), method=method)  # noqa: S310
            proxy = self._find_proxy(request)
            if proxy:
                _lead_through(proxy, request, what)
            response = self._opener.open(request, timeout=self._timeout)
        except BadInput as exc:  # from a CA bundle of the environment
            raise RequestFailed(f"{what} failed: {exc}", may_have_applied=False) from exc
        except (OSError, ValueError, http.client.HTTPException) as exc:
            raise explain_no_response(exc, what, self._timeout, proxy) from None
        if proxy and response.status == PROXY_AUTHENTICATION:
            raise explain_proxy_refusal(PROXY_AUTHENTICATION, what, proxy)
        return Response(_StandardResponse(response, url), what, self._timeout, decodes)

    def _find_proxy(self, request: urllib.request.Request) -> str:
        """Return the URL of the proxy for a request, or an empty text."""
        if urllib.request.proxy_bypass(request.host) or _is_in_networks(request.host, self._proxies.get("no", "")):
            return ""
        return self._proxies.get(request.type) or self._proxies.get("all") or ""


def _is_in_networks(host: str, no_proxy: str) -> bool:
    """Return whether ``no_proxy`` has an IPv4 network of this host. Only ``requests`` supports networks itself."""
    if "/" not in no_proxy:
        return False
    try:
        address = ipaddress.IPv4Address(host.partition(":")[0])
    except ValueError:
        return False
    return any(address in network for network in _list_networks(no_proxy))


def _list_networks(no_proxy: str) -> t.Iterator[ipaddress.IPv4Network]:
    for entry in no_proxy.replace(" ", "").split(","):
        with contextlib.suppress(ValueError):
            yield ipaddress.IPv4Network(entry, strict=False)


def _lead_through(proxy: str, request: urllib.request.Request, what: str) -> None:
    """Route a request through a proxy, with the credentials in the proxy URL."""
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
    """Return host and port of a proxy. Raise ValueError if there is no host."""
    if not proxy.hostname:
        raise ValueError("no host")
    address = proxy.netloc.rpartition("@")[2]
    # The default port of an https connection would be 443.
    return address if proxy.port else f"{address.rstrip(':')}:80"


class _StandardResponse:
    """A response of the standard library in the form that Response requires."""

    def __init__(self, response: http.client.HTTPResponse, url: str) -> None:
        self.status_code = response.status
        self.headers = response.headers
        self.url = url
        self.raw = _Body(response)
        self.close = response.close


class _Body:
    """A body of the announced length. Most Python versions would wait for more data while the connection is open."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._response = response
        self._left = response.length

    def read1(self, most: int, **_decode: bool) -> bytes:
        """Return the next bytes. The standard library decodes nothing."""
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
    """Return an open connection. Raise NoConnection, which callers distinguish from later failures."""
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
        # Without ca_path, load the certificates of the system only when TLS is needed.
        self._context = load_bundle(verify) if isinstance(verify, str) else None

    def https_open(self, req: urllib.request.Request) -> t.Any:
        if self._context is None:
            self._context = _make_context(bool(self._verify))
        return self.do_open(_TlsConnection, req, context=self._context)

    https_request = urllib.request.AbstractHTTPHandler.do_request_


def _make_context(verify: bool) -> ssl.SSLContext:
    """Return the TLS context without ca_path. Raise BadInput for an unusable CA bundle of the environment."""
    if not verify:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    bundle = next((name for name in _BUNDLES if os.environ.get(name)), None)
    return load_bundle(os.environ[bundle], bundle) if bundle else ssl.create_default_context()

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send requests with Python's own HTTP client, for hosts that have no other library.

As with ``requests``, no redirect is followed, no cookie is kept and ``~/.netrc`` is never read, while proxies and CA bundles of
the environment work. Each request has a connection of its own.
"""

from __future__ import annotations

import http.client
import os
import ssl
import typing as t
import urllib.request

from .._http.failures import PROXY_AUTHENTICATION, explain_no_response, explain_proxy_refusal
from .._http.response import Response
from .._http.transport import DeadlineResponse, load_bundle

# As ``requests`` and curl look for it, in this order.
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class PlainTransport:
    """Sends GET requests with one set of rules for TLS and time. Safe to share between threads."""

    def __init__(self, timeout: float, verify: bool | str) -> None:
        self._timeout = timeout
        self._opener = urllib.request.OpenerDirector()  # without the handlers that follow, keep or look up anything
        self._proxies = urllib.request.getproxies()
        for handler in (urllib.request.ProxyHandler(self._proxies), _PlainHandler(), _TlsHandler(_make_context(verify))):
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
        request = urllib.request.Request(url, body, dict(headers), method=method)  # noqa: S310 (there are handlers for http alone)
        proxy = "" if urllib.request.proxy_bypass(request.host) else self._proxies.get(request.type, "")
        try:
            response = self._opener.open(request, timeout=self._timeout)
        except (OSError, ValueError, http.client.HTTPException) as exc:
            raise explain_no_response(exc, what, self._timeout, proxy) from None
        if proxy and response.status == PROXY_AUTHENTICATION:
            raise explain_proxy_refusal(PROXY_AUTHENTICATION, what, proxy)
        return Response(_Answer(response, url), what, self._timeout, decodes)


class _Answer:
    """A response of Python's own client, in the form that Response takes."""

    def __init__(self, response: http.client.HTTPResponse, url: str) -> None:
        self.status_code = response.status
        self.headers = response.headers
        self.url = url
        self.raw = _Body(response)
        self.close = response.close


class _Body:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._response = response

    def read1(self, most: int, **_decode: bool) -> bytes:
        """Return the next bytes as they came. Python's own client decodes nothing."""
        return self._response.read1(most)


class _PlainConnection(http.client.HTTPConnection):
    response_class = DeadlineResponse


class _TlsConnection(http.client.HTTPSConnection):
    response_class = DeadlineResponse


class _PlainHandler(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> t.Any:
        return self.do_open(_PlainConnection, req)


class _TlsHandler(urllib.request.HTTPSHandler):
    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(context=context)
        self._tls = context

    def https_open(self, req: urllib.request.Request) -> t.Any:
        return self.do_open(_TlsConnection, req, context=self._tls)


def _make_context(verify: bool | str) -> ssl.SSLContext:
    """Return the rules for TLS; ``verify``: False, True, or the path of a CA bundle. Raises BadInput for one without use."""
    if isinstance(verify, str):
        return load_bundle(verify)
    bundle = next((name for name in _BUNDLES if os.environ.get(name)), None)
    context = load_bundle(os.environ[bundle], bundle) if bundle and verify else ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context

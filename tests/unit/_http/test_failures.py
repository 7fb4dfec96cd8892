# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Explain requests without a response by the types of their exceptions."""

from __future__ import annotations

import errno
import os
import ssl
from typing import Any

import pytest
import requests
import urllib3.exceptions

from ansible_collections.releng.bitbucket.plugins.module_utils._http.failures import (
    describe_proxy,
    explain_broken_body,
    explain_no_response,
)

WHAT = "GET https://h/x"
URL = "https://h/x?Signature=canary"


def wrap(inner: BaseException, *outer: type[BaseException]) -> Exception:
    """Return the exception as HTTP libraries wrap it: as an argument, as ``reason``, and as a cause."""
    for number, kind in enumerate(outer):
        try:
            error: Any = kind(inner) if number % 2 else kind(URL)
            if not number % 2:
                error.reason = inner
            raise error from inner
        except kind as exc:
            inner = exc
    assert isinstance(inner, Exception)
    return inner


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, URL)
    error.verify_message = "self-signed certificate"
    return error


RESET = ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
REFUSED = ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))


@pytest.mark.parametrize(
    ("error", "words", "transient", "may_have_applied"),
    [
        (requests.exceptions.ConnectTimeout(URL), "no connection within 0.5 seconds", True, False),
        (requests.exceptions.ReadTimeout(URL), "no response within 0.5 seconds", True, True),
        (wrap(TimeoutError(URL), urllib3.exceptions.HTTPError), "no response within 0.5 seconds", True, True),
        (wrap(RESET, urllib3.exceptions.HTTPError, requests.exceptions.ConnectionError), "Connection reset by peer", True, True),
        (
            requests.exceptions.ConnectionError(urllib3.exceptions.NewConnectionError(None, URL)),  # type: ignore[arg-type]
            "the connection was closed (NewConnectionError)",
            True,
            False,
        ),
        (requests.exceptions.ProxyError(wrap(REFUSED, OSError)), "Connection refused", True, False),
        (requests.exceptions.ProxyError(URL), "the connection was closed (ProxyError)", True, False),
        (wrap(ssl.SSLError(1, URL), requests.exceptions.SSLError), "the TLS connection failed", True, True),
        (
            wrap(untrusted(), urllib3.exceptions.SSLError, requests.exceptions.SSLError),
            "the certificate of the server could not be verified: self-signed certificate."
            " If this is the right server, set ca_path to its CA certificate",
            False,
            False,
        ),
        (
            wrap(type("CertificateError", (ValueError,), {})("hostname 'h' doesn't match 'x'"), requests.exceptions.SSLError),
            "the certificate of the server could not be verified: hostname 'h' doesn't match 'x'."
            " If this is the right server, set ca_path to its CA certificate",
            False,
            False,
        ),
        (
            requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support."),
            "the SOCKS proxy requires the Python library PySocks, which is not installed",
            False,
            False,
        ),
        (requests.exceptions.InvalidURL(URL), "InvalidURL", False, False),
        (requests.exceptions.InvalidSchema(URL), "InvalidSchema", False, False),
        (UnicodeError(URL), "UnicodeError", False, False),
        (requests.exceptions.ConnectionError(URL), "the connection was closed (ConnectionError)", True, True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_request_without_a_response_is_explained(error: Exception, words: str, transient: bool, may_have_applied: bool) -> None:
    failure = explain_no_response(error, WHAT, 0.5)
    assert str(failure) == f"{WHAT} failed: {words}"
    assert (failure.transient, failure.may_have_applied) == (transient, may_have_applied)


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        ("http://proxy.example:3128", "http://proxy.example:3128"),
        ("http://user:canary@proxy.example:3128/", "http://proxy.example:3128"),
        ("user:canary@proxy.example:3128", "http://proxy.example:3128"),
        ("proxy.example", "http://proxy.example"),
        ("socks5h://user:can/ary?#@://@proxy.example:1080/?x#y", "socks5h://proxy.example:1080"),
    ],
)
def test_proxy_is_named_without_its_password(proxy: str, shown: str) -> None:
    assert describe_proxy(proxy) == f"the proxy {shown}"


@pytest.mark.parametrize(
    ("error", "words", "transient", "may_have_applied"),
    [
        (
            requests.exceptions.ProxyError(wrap(OSError("Tunnel connection failed: 407 canary"), urllib3.exceptions.HTTPError)),
            "the proxy http://h:1 returned HTTP 407 Proxy Authentication Required."
            " Check the user name and the password in the proxy URL of the environment",
            False,
            False,
        ),
        (
            requests.exceptions.ProxyError(wrap(REFUSED, OSError)),
            "could not connect through the proxy http://h:1: Connection refused",
            True,
            False,
        ),
        (
            requests.exceptions.ProxyError(wrap(RESET, OSError)),
            "Connection reset by peer (through the proxy http://h:1)",
            True,
            True,
        ),
        (requests.exceptions.ReadTimeout(URL), "no response within 30 seconds (through the proxy http://h:1)", True, True),
        (requests.exceptions.InvalidProxyURL(URL), "the proxy URL in the environment is not valid", False, False),
    ],
    ids=["tunnel", "refused", "broken later, as urllib3 1.26 says it", "silence", "URL"],
)
def test_failure_through_a_proxy_names_it(error: Exception, words: str, transient: bool, may_have_applied: bool) -> None:
    failure = explain_no_response(error, WHAT, 30, "http://user:canary@h:1")
    assert str(failure) == f"{WHAT} failed: {words}"
    assert (failure.transient, failure.may_have_applied) == (transient, may_have_applied)


def test_broken_body_is_explained_and_transient() -> None:
    error = wrap(RESET, urllib3.exceptions.ProtocolError)
    failure = explain_broken_body(error, WHAT, 30, 17)
    assert str(failure) == f"{WHAT}: the response ended after 17 bytes: Connection reset by peer"
    assert failure.transient
    assert "within 30 seconds" in str(explain_broken_body(TimeoutError(), WHAT, 30, 0))


def test_exceptions_that_wrap_each_other_are_explained_without_a_loop() -> None:
    one, other = ValueError(URL), OSError(URL)
    one.__cause__, other.__cause__ = other, one
    assert str(explain_broken_body(one, WHAT, 30, 0)).endswith("the connection was closed (OSError)")

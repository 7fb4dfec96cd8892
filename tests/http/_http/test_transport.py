# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send requests over TLS, through proxies and without cookies or netrc, and abort slow and broken responses."""

from __future__ import annotations

import datetime
import hashlib
import os
import re
import shutil
import socket
import socketserver
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme
import urllib3
from cryptography import x509

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput, RequestFailed
from tests.emulator import Emulator
from tests.helpers.proxy import Proxy, forward_proxy
from tests.helpers.serving import closed_port, serving
from tests.helpers.socks import socks_proxy
from tests.http._http import helpers
from tests.http._http.helpers import Connect, consumer, list_hosts, list_names, read, send

YESTERDAY = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
CONTENT = b"application"


@pytest.fixture(autouse=True)
def _published(emulator: Emulator) -> None:
    emulator.repository().put("app", CONTENT)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """Run a proxy, which is not in the environment yet."""
    with forward_proxy() as running:
        yield running


def failure(call: Callable[[], object]) -> str:
    """Return the message of a request that must fail."""
    with pytest.raises(RequestFailed) as caught:
        call()
    assert "canary" not in str(caught.value)
    return str(caught.value)


def api_of(origin: str) -> dict[str, str]:
    return {"api_url": origin + "/2.0"}


@contextmanager
def listening(certificate: trustme.LeafCert) -> Iterator[tuple[str, list[bytes]]]:
    """Run a TLS server that sends nothing; yield its origin and the decrypted bytes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    heard: list[bytes] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError), context.wrap_socket(self.request, server_side=True) as inside:
                heard.append(inside.recv(65536))

    with serving(Handler) as port:
        yield f"https://127.0.0.1:{port}", heard


def issue_bad(authority: trustme.CA, which: str) -> trustme.LeafCert:
    """Return a certificate that must not be accepted."""
    if which == "unknown":
        return trustme.CA().issue_cert("127.0.0.1")
    if which == "expired":
        return authority.issue_cert("127.0.0.1", not_after=YESTERDAY)
    return authority.issue_cert("api.bitbucket.example")


@pytest.mark.parametrize("which", ["expired", "wrong host", "unknown"])
@pytest.mark.parametrize("host", ["api", "token", "storage"])
def test_nothing_is_sent_before_the_certificate_is_accepted(
    emulator: Emulator, connect: Connect, authority: trustme.CA, bundle: str, host: str, which: str
) -> None:
    with listening(issue_bad(authority, which)) as (origin, heard):
        settings: dict[str, Any] = {"ca_path": bundle}
        if host == "api":
            settings.update(api_of(origin))
        elif host == "token":
            settings.update(credentials=consumer(emulator), token_url=origin + "/token")
        else:
            emulator.faults.add("redirect", path="/app$", location=origin + "/app?Signature=canary", times=None)
        message = failure(lambda: read(connect(emulator, **settings)))
    assert "the certificate of the server could not be verified: " in message
    assert "If this is the right server, set ca_path to its CA certificate" in message
    assert ("expired" in message) is (which == "expired")
    assert b"".join(heard) == b""
    assert list_hosts(emulator) == (["api"] if host == "storage" else [])


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_bundle_of_the_environment_is_used_unless_ca_path_is_given(
    emulator: Emulator,
    connect: Connect,
    front: str,
    bundle: str,
    other_bundle: str,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    monkeypatch.setenv(variable, bundle)
    list_names(connect(emulator, **api_of(front)))
    assert "certificate" in failure(lambda: list_names(connect(emulator, **api_of(front), ca_path=other_bundle)))
    monkeypatch.setenv(variable, other_bundle)
    list_names(connect(emulator, **api_of(front), ca_path=bundle))


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_validate_certs_false_takes_precedence_everywhere_and_is_not_kept(
    emulator: Emulator, connect: Connect, front: str, other_bundle: str, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, other_bundle)
    settings: dict[str, Any] = {
        **api_of(front),
        "token_url": emulator.token_url.replace(emulator.origin, front),
        "credentials": consumer(emulator),
        "ca_path": other_bundle,
    }
    list_names(connect(emulator, **settings, validate_certs=False))
    assert list_hosts(emulator) == ["token", "api"]
    assert "certificate" in failure(lambda: list_names(connect(emulator, **settings)))


def test_ca_path_without_certificates_is_refused(emulator: Emulator, connect: Connect, front: str, tmp_path: Path) -> None:
    missing, empty = tmp_path / "missing.pem", tmp_path / "empty.pem"
    empty.write_text("no certificate")
    with pytest.raises(BadInput, match=f"^ca_path {missing} cannot be read: No such file or directory$"):
        connect(emulator, ca_path=str(missing))
    with pytest.raises(BadInput, match=f"^ca_path {empty} contains no certificates in PEM format$"):
        connect(emulator, ca_path=str(empty))
    assert "certificate" in failure(lambda: list_names(connect(emulator, **api_of(front), ca_path=str(tmp_path))))


def name_in_folder(authority: trustme.CA) -> str:
    """Return the file name of a certificate in a folder of OpenSSL: the hash of its subject in canonical form."""
    subject = x509.load_pem_x509_certificate(authority.cert_pem.bytes()).subject
    canonical = x509.Name([x509.NameAttribute(each.oid, str(each.value).lower()) for each in subject]).public_bytes()
    digest = hashlib.sha1(canonical[2:], usedforsecurity=False).digest()
    return f"{int.from_bytes(digest[:4], 'little'):08x}.0"


def test_ca_path_can_be_a_folder(
    emulator: Emulator, connect: Connect, front: str, authority: trustme.CA, bundle: str, tmp_path: Path
) -> None:
    shutil.copy(bundle, tmp_path / name_in_folder(authority))
    list_names(connect(emulator, **api_of(front), ca_path=str(tmp_path)))


def test_missing_bundle_of_the_environment_is_an_error(
    emulator: Emulator, connect: Connect, front: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    assert "/nowhere/ca.pem" in failure(lambda: list_names(connect(emulator, **api_of(front))))


def test_plain_http_instead_of_tls_is_named(emulator: Emulator, connect: Connect) -> None:
    client = connect(emulator, api_url=emulator.api_url.replace("http:", "https:"), retries=0)
    assert re.search(r"the TLS connection failed \([A-Z_]+\)", failure(lambda: list_names(client)))


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_all_hosts_are_reached_through_the_proxy(
    emulator: Emulator, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, proxy.url.replace("://", "://user:canary@"))
    client = helpers.connect(emulator, credentials=consumer(emulator))
    assert read(client) == CONTENT
    send(client, b"x" * 100_000)
    assert [asked[0] for asked in proxy.asked] == ["POST", "GET", "GET", "POST"]
    assert proxy.targets == {urlsplit(emulator.origin).netloc, urlsplit(emulator.storage_url).netloc}
    assert {headers["Proxy-Authorization"] for _unused, _unused, headers in proxy.asked} == {"Basic dXNlcjpjYW5hcnk="}
    assert not [entry for entry in emulator.journal if "Proxy-Authorization" in entry.headers]


@pytest.mark.parametrize("hosts", ["127.0.0.1", "invalid/8, 127.0.0.0/8"])
def test_no_proxy_is_respected(
    emulator: Emulator, connect: Connect, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, hosts: str
) -> None:
    """The value can have hosts and IPv4 networks."""
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("no_proxy", hosts)
    assert read(connect(emulator)) == CONTENT
    assert proxy.targets == {urlsplit(emulator.storage_url).netloc}


def test_socks_proxy_is_used(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    with socks_proxy() as (url, targets):
        monkeypatch.setenv("all_proxy", url)
        assert read(helpers.connect(emulator)) == CONTENT
    assert set(targets) == {urlsplit(emulator.origin).netloc, urlsplit(emulator.storage_url).netloc}


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_https_uses_a_tunnel_that_hides_credentials_from_the_proxy(
    emulator: Emulator, connect: Connect, front: str, bundle: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, proxy.url.replace("://", "://user:canary@"))
    list_names(connect(emulator, **api_of(front), ca_path=bundle))
    ((method, target, headers),) = proxy.asked
    assert (method, target) == ("CONNECT", urlsplit(front).netloc)
    assert headers["Proxy-Authorization"] == "Basic dXNlcjpjYW5hcnk="
    assert "Authorization" not in headers
    assert "Proxy-Authorization" not in emulator.journal[0].headers


def test_no_proxy_is_respected_for_https(
    emulator: Emulator, connect: Connect, front: str, bundle: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", proxy.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    list_names(connect(emulator, **api_of(front), ca_path=bundle))
    assert proxy.asked == []


def test_certificate_is_verified_in_a_tunnel(
    emulator: Emulator, connect: Connect, authority: trustme.CA, bundle: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", proxy.url.replace("://", "://user:canary@"))
    with listening(issue_bad(authority, "wrong host")) as (origin, heard):
        message = failure(lambda: list_names(connect(emulator, **api_of(origin), ca_path=bundle)))
    assert [asked[0] for asked in proxy.asked] == ["CONNECT"]
    assert "certificate of the server could not be verified" in message
    assert b"".join(heard) == b""


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("place", "words"),
    [("127.0.0.1", "Connection refused"), ("proxy.invalid", "(Name or service not known|Temporary failure in name resolution)")],
    ids=["refused", "unknown"],
)
def test_missing_proxy_is_an_error_that_names_it_without_its_password(
    emulator: Emulator, connect: Connect, monkeypatch: pytest.MonkeyPatch, scheme: str, place: str, words: str
) -> None:
    address = f"{place}:{closed_port()}"
    monkeypatch.setenv(f"{scheme}_proxy", f"http://user:canary@{address}")
    url = emulator.api_url if scheme == "http" else "https://api.bitbucket.example/2.0"
    message = failure(lambda: list_names(connect(emulator, api_url=url, retries=0)))
    request = f"GET {url}/repositories/acme/widgets/downloads"
    assert re.match(f"{request} failed: could not connect through the proxy http://{address}: {words}", message)
    assert len(emulator.journal) == 0


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(("status", "attempts"), [(407, 1), (403, 1), (503, 3)])
def test_refusal_by_a_proxy_names_it_without_its_password(
    emulator: Emulator, connect: Connect, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, scheme: str, status: int, attempts: int
) -> None:
    proxy.refuses = status
    monkeypatch.setenv(f"{scheme}_proxy", proxy.url.replace("://", "://user:canary@"))
    url = emulator.api_url if scheme == "http" else "https://api.bitbucket.example/2.0"
    message = failure(lambda: list_names(connect(emulator, api_url=url, retries=2)))
    assert len(proxy.asked) == attempts
    if scheme == "https" or status == 407:
        words = f"failed: the proxy {proxy.url} returned HTTP {status} "
        assert words in message
    assert ("Check the user name and the password in the proxy URL of the environment" in message) is (status == 407)
    assert len(emulator.journal) == 0


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_error_of_a_connection_through_a_proxy_names_the_proxy(
    emulator: Emulator, front: str, bundle: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv(f"{scheme}_proxy", proxy.url.replace("://", "://user:canary@"))
    emulator.faults.add("stall", seconds=1, times=None)
    origin = emulator.origin if scheme == "http" else front
    client = helpers.connect(emulator, **api_of(origin), ca_path=bundle, timeout=0.2, retries=0)
    with pytest.raises(RequestFailed) as caught:
        send(client)
    assert str(caught.value).endswith(f"failed: no response within 0.2 seconds (through the proxy {proxy.url})")
    assert caught.value.may_have_applied


def test_proxy_url_that_cannot_be_used_is_an_error(emulator: Emulator, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http:///canary")
    message = failure(lambda: list_names(connect(emulator, retries=0)))
    assert message.endswith("failed: the proxy URL in the environment is not valid")


def test_unverified_requests_write_no_warning(
    emulator: Emulator, connect: Connect, front: str, recwarn: pytest.WarningsRecorder
) -> None:
    list_names(connect(emulator, **api_of(front), validate_certs=False))
    # A socket of an earlier test might be collected during this one.
    assert [str(warning.message) for warning in recwarn if warning.category is not ResourceWarning] == []


@pytest.mark.parametrize("place", ["HOME", "NETRC"])
def test_netrc_is_never_used(emulator: Emulator, connect: Connect, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    path = Path(os.environ["HOME"], ".netrc" if place == "HOME" else "other")
    hosts = [str(urlsplit(url).hostname) for url in (emulator.origin, emulator.storage_url)]
    lines = [f"machine {host}\nlogin netrc-user\npassword netrc-secret\n" for host in hosts]
    path.write_text("".join(lines) + "default login netrc-user password netrc-secret\n")
    path.chmod(0o600)
    if place == "NETRC":
        monkeypatch.setenv("NETRC", str(path))
    emulator.repository(private=False)
    assert read(connect(emulator, credentials={})) == CONTENT
    read(connect(emulator, credentials={"access_token": emulator.access_token}))
    sent = [entry.headers.get("Authorization") for entry in emulator.journal]
    assert sent == [None, None, "Bearer " + emulator.access_token, None]


def test_cookies_are_not_sent_back(emulator: Emulator, connect: Connect) -> None:
    client = connect(emulator)
    emulator.faults.add("status", code=200, body={"values": []}, headers={"Set-Cookie": "session=canary; Path=/"})
    list_names(client)
    read(client)
    assert len(emulator.journal) == 3
    assert [entry for entry in emulator.journal if "Cookie" in entry.headers] == []


def test_missing_response_is_an_error_after_the_timeout(emulator: Emulator, connect: Connect) -> None:
    emulator.faults.add("stall", seconds=1)
    assert "no response within 0.2 seconds" in failure(lambda: list_names(connect(emulator, timeout=0.2, retries=0)))


def test_missing_connection_is_an_error_after_the_timeout(emulator: Emulator, connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, socket.create_connection(listener.getsockname()):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/2.0"
        message = failure(lambda: list_names(connect(emulator, api_url=url, timeout=0.2, retries=0)))
    assert "failed: no connection within 0.2 seconds" in message


def test_stalled_body_is_an_error_after_the_timeout(emulator: Emulator, connect: Connect) -> None:
    emulator.faults.add("stall", seconds=1, at=3)
    message = failure(lambda: list_names(connect(emulator, timeout=0.2, retries=0)))
    assert re.search(r"the response ended after [03] bytes: no data within 0\.2 seconds", message)


def test_delay_shorter_than_the_timeout_is_accepted(emulator: Emulator, connect: Connect) -> None:
    emulator.faults.add("stall", seconds=0.3)
    assert list_names(connect(emulator, timeout=20, retries=0)) == ["app"]


@pytest.mark.skipif(not hasattr(urllib3.HTTPResponse, "read1"), reason="urllib3 before 2.1 returns only complete blocks")
def test_slow_body_is_an_error(emulator: Emulator, connect: Connect) -> None:
    for number in range(10):
        emulator.repository().put(str(number), b"x")
    emulator.faults.add("drip", rate=300)
    message = failure(lambda: list_names(connect(emulator, timeout=0.3, retries=0)))
    assert re.search(r": the response was too slow: \d+ bytes in \d seconds", message)


@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [
        ("truncate", {"bytes": 5}, r": the response ended after 5 (of \d+ )?bytes"),
        ("truncate", {"bytes": 5, "reset": True}, r": the response ended after [05] bytes: Connection reset by peer"),
        ("wrong_length", {"delta": 5}, r": the response ended after \d+ (of \d+ )?bytes"),
        ("drop_before", {}, r" failed: (the connection was closed \(RemoteDisconnected\)|Connection reset by peer)"),
    ],
    ids=str,
)
def test_broken_response_is_an_error_with_a_readable_message(
    emulator: Emulator, connect: Connect, kind: str, arguments: dict[str, Any], words: str
) -> None:
    emulator.faults.add(kind, **arguments)
    message = failure(lambda: list_names(connect(emulator, retries=0)))
    assert re.search(rf"^GET {emulator.api_url}/repositories/acme/widgets/downloads{words}", message)

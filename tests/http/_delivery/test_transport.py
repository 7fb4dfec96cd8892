# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send requests with Python's own HTTP client. Tests of its common behavior with ``requests`` are in tests/http/_http."""

from __future__ import annotations

import hashlib
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import trustme

from ansible_collections.releng.bitbucket.plugins.module_utils._delivery.transport import PlainTransport
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import RequestFailed
from ansible_collections.releng.bitbucket.plugins.module_utils._http.response import BLOCK, Response
from tests.emulator import Emulator
from tests.helpers.fetching import noise
from tests.helpers.proxy import forward_proxy
from tests.helpers.serving import serving
from tests.helpers.tls import tls_front
from tests.http._http.helpers import connect_plainly, list_names, read

CONTENT = b"application"


@pytest.fixture(autouse=True)
def _published(emulator: Emulator) -> None:
    emulator.repository().put("app", CONTENT)


@pytest.fixture
def authority() -> trustme.CA:
    """Return a certificate authority that no system knows."""
    return trustme.CA()


@pytest.fixture
def front(emulator: Emulator, authority: trustme.CA) -> Iterator[str]:
    """Return the URL of the emulator's API behind TLS."""
    with tls_front(emulator.origin, authority.issue_cert("127.0.0.1")) as origin:
        yield f"{origin}/2.0"


class Server(NamedTuple):
    """A server at ``url``; ``received``: the bytes of each request."""

    url: str
    received: list[bytes]


@contextmanager
def respond(*blocks: bytes) -> Iterator[Server]:
    """Run a server that sends these bytes and leaves the connection open."""
    over = threading.Event()
    received: list[bytes] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            received.append(self.request.recv(65536))
            for block in blocks:
                self.request.sendall(block)
            over.wait(20)

    with serving(Handler) as port:
        yield Server(f"http://127.0.0.1:{port}", received)
        over.set()


def get(url: str) -> Response:
    return PlainTransport(5, True).exchange("GET", url, {"Accept": "*/*", "Accept-Encoding": "identity"}, what="GET of app")


def test_storage_host_gets_only_the_headers_of_the_request(emulator: Emulator) -> None:
    assert read(connect_plainly(emulator), headers={"If-None-Match": '"other"'}) == CONTENT
    (entry,) = emulator.journal.select(host="storage")
    names = {name.lower() for name, _unused in entry.headers}
    assert names == {"host", "user-agent", "accept", "accept-encoding", "if-none-match", "connection"}
    assert entry.headers["Accept-Encoding"] == "identity"


def test_conditions_and_ranges_are_requested(emulator: Emulator) -> None:
    client = connect_plainly(emulator)
    assert read(client, headers={"Range": "bytes=3-5"}) == CONTENT[3:6]
    etag = f'"{hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()}"'
    assert read(client, headers={"If-None-Match": etag}) == b""
    assert [entry.status for entry in emulator.journal.select(host="storage")] == [206, 304]


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"content-length: 11\r\netag: x\r\n", CONTENT),
        (b"Content-Length: 11\r\nETag: x\r\n", CONTENT + b"surplus"),
        (b"TRANSFER-ENCODING: Chunked\r\nEtag: x\r\n", b"3\r\napp\r\n8;more=1\r\nlication\r\n0\r\nTrailer: 1\r\n\r\n"),
    ],
    ids=["lower case", "surplus", "chunks"],
)
def test_body_ends_at_its_length_although_the_connection_remains_open(head: bytes, body: bytes) -> None:
    with respond(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n", body) as server, get(f"{server.url}/app") as response:
        assert response.headers.get("ETag") == "x"
        assert response.read_all(100) == CONTENT
    assert server.received[0].startswith(b"GET /app HTTP/1.1\r\n")
    assert b"\r\nConnection: close\r\n" in server.received[0]


def test_large_body_is_read_in_blocks() -> None:
    data = noise(1, 5_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(data)
    with respond(head, data) as server, get(server.url) as response:
        blocks = list(iter(response.read, b""))
    assert b"".join(blocks) == data
    assert max(map(len, blocks)) <= BLOCK


def test_many_threads_share_the_transport(emulator: Emulator) -> None:
    contents = {f"app-{number}": noise(number, 100_000) for number in range(16)}
    for name, data in contents.items():
        emulator.repository().put(name, data)
    client = connect_plainly(emulator)
    found: dict[str, bytes] = {}
    threads = [threading.Thread(target=lambda name=name: found.update({name: read(client, name)})) for name in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == contents


def test_unsafe_characters_of_a_url_are_encoded() -> None:
    with respond(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as server, get(f"{server.url}/ü x%20y?a=%2F&b=~") as response:
        assert response.status == 200
    assert server.received[0].startswith(b"GET /%C3%BC%20x%20y?a=%2F&b=~ HTTP/1.1\r\n")


def test_redirect_is_returned() -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: /other\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
    with respond(head) as server, get(server.url) as response:
        assert (response.status, response.location) == (302, "/other")
    assert len(server.received) == 1


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy"])
@pytest.mark.parametrize("scheme", ["http://", "HTTP://", ""])
def test_contents_are_fetched_through_a_proxy(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, variable: str, scheme: str
) -> None:
    with forward_proxy() as proxy:
        monkeypatch.setenv(variable, f"{scheme}us%40er:can%3Aary@127.0.0.1:{proxy.port}")
        assert read(connect_plainly(emulator)) == CONTENT
    assert proxy.targets == {urlsplit(emulator.origin).netloc, urlsplit(emulator.storage_url).netloc}
    assert {headers["Proxy-Authorization"] for _unused, _unused, headers in proxy.asked} == {"Basic dXNAZXI6Y2FuOmFyeQ=="}
    assert not [entry for entry in emulator.journal if "Proxy-Authorization" in entry.headers]


@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy"])
@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "https"])
def test_proxy_of_another_kind_is_an_error(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, variable: str, scheme: str
) -> None:
    monkeypatch.setenv(variable, f"{scheme}://user:canary@127.0.0.1:9")
    with pytest.raises(RequestFailed) as caught:
        list_names(connect_plainly(emulator))
    assert str(caught.value).endswith(f"failed: the proxy {scheme}://127.0.0.1:9 cannot be used. Only HTTP proxies are supported")


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:canary", "http://127.0.0.1:99999", "http://[canary", "http://user:canary@"])
def test_invalid_proxy_url_is_an_error(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(RequestFailed) as caught:
        list_names(connect_plainly(emulator))
    assert str(caught.value).endswith("failed: the proxy URL in the environment is not valid")


def test_certificate_bundle_of_the_environment_is_used(
    emulator: Emulator,
    front: str,
    authority: trustme.CA,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The bundle that all programs use takes precedence, and so does ca_path."""
    folder = tmp_path_factory.mktemp("certificates")
    own, other = folder / "own.pem", folder / "other.pem"
    authority.cert_pem.write_to_path(own)
    trustme.CA().cert_pem.write_to_path(other)
    monkeypatch.setenv("SSL_CERT_FILE", str(own))
    list_names(connect_plainly(emulator, api_url=front))
    with pytest.raises(RequestFailed, match="certificate of the server could not be verified"):
        list_names(connect_plainly(emulator, api_url=front, ca_path=str(other)))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(other))
    with pytest.raises(RequestFailed, match="certificate of the server could not be verified"):
        list_names(connect_plainly(emulator, api_url=front))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(own))
    list_names(connect_plainly(emulator, api_url=front))


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_unused_bundle_of_the_environment_is_ignored(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "/nowhere/ca.pem")
    assert read(connect_plainly(emulator)) == CONTENT

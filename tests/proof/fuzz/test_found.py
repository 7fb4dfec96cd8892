# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test responses that once caused a crash."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.fetching import FETCH
from tests.helpers.modules import ModuleRunner
from tests.helpers.serving import serving
from tests.http._downloads.helpers import put
from tests.proof.fuzz.targets import TARGETS, parse_or_refuse

INFO = "bitbucket_download_info"
MANY_DIGITS = "9" * 5000
RELATED = b'\n--b\r\n\r\n{"files": {"f": {}}}\r\n'


@pytest.mark.parametrize(
    ("target", "data"),
    [
        ("related", b"multipart/related; boundary=b; start*%s=x" % MANY_DIGITS.encode() + RELATED + b"--b--\r\n"),
        ("related", b"multipart/related; boundary*%s=b" % MANY_DIGITS.encode() + RELATED + b"--b--\r\n"),
        *(
            (
                "related",
                b"multipart/related; boundary=b"
                + RELATED
                + b"--b\r\nContent-ID: <f>\r\nContent-Type: text/plain; charset=%s\r\n" % charset
                + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n\xff\r\n--b--\r\n",
            )
            for charset in (b"undefined", b"idna", b'"a\0b"')
        ),
        ("snippet", b'{"id": "x", "links": {"diff": {"href": "http://[x"}}}'),
        ("snippet", b'{"id": "x", "files": {"f": {"links": {"self": {"href": "http://[x"}}}}}'),
        ("headers", b"\xb2"),
        ("headers", MANY_DIGITS.encode()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_read_or_refuse_an_input_that_was_found(target: str, data: bytes) -> None:
    parse_or_refuse(TARGETS[target].read, data)


@contextmanager
def responding(head: str) -> Iterator[str]:
    """Run a server that responds to each request with this head only; yield its origin."""

    class Handler(BaseHTTPRequestHandler):
        """Serve one connection."""

        def do_GET(self) -> None:
            """Send the head."""
            self.wfile.write(head.encode("latin-1") + b"\r\n\r\n{}")

        do_POST = do_DELETE = do_GET

        def log_message(self, *arguments: Any) -> None:
            """Print nothing."""

    with serving(Handler) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("length", ["\xb2", MANY_DIGITS], ids=["superscript", "digits"])
def test_ignore_a_length_that_is_not_a_number(run: ModuleRunner, length: str) -> None:
    with responding(f"HTTP/1.1 200 OK\r\nContent-Length: {length}") as origin:
        assert run.failure(INFO, api_url=origin + "/2.0", retries=0).startswith(f"GET {origin}/2.0/repositories/acme/widgets")


@pytest.mark.parametrize(
    "value", ["\xb2", MANY_DIGITS, "Mon, 1 Jan 99999999999 00:00:00 GMT", "-1", ",", "1e9", "::"], ids=range(7)
)
def test_ignore_an_invalid_retry_after(run: ModuleRunner, value: str) -> None:
    with responding(f"HTTP/1.1 503 Down\r\nContent-Length: 0\r\nRetry-After: {value}") as origin:
        message = run.failure(INFO, api_url=origin + "/2.0", retries=0, max_wait=0)
    assert "503 Service Unavailable" in message
    assert len(message) < 500


def test_shorten_a_retry_after_with_many_digits(run: ModuleRunner) -> None:
    with responding(f"HTTP/1.1 503 Down\r\nContent-Length: 0\r\nRetry-After: {'9' * 300}") as origin:
        message = run.failure(INFO, api_url=origin + "/2.0")
    assert "would exceed max_wait, 300 seconds" in message
    assert len(message) < 500


@pytest.mark.parametrize("location", ["http://[x", "http://a:99999/", "//", "\xff"])
def test_refuse_a_redirect_to_an_invalid_url(run: ModuleRunner, location: str) -> None:
    with responding(f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location}") as origin:
        assert "returned a redirect" in run.failure(INFO, api_url=origin + "/2.0", retries=0)


def test_message_has_a_short_printable_path_of_the_storage_host(emulator: Emulator, run: ModuleRunner, tmp_path: Path) -> None:
    put(emulator, {"app": b"application"})
    location = emulator.storage_url + "/\x1b[31m" + "a" * 5000
    emulator.faults.add("redirect", path="app$", location=location, times=None)
    message = run.failure(FETCH, name="app", dest=f"{tmp_path}/", retries=0)
    assert "storage host localhost" in message
    assert message.isprintable()
    assert len(message) < 1000


@pytest.mark.parametrize("digits", [MANY_DIGITS, "\xb2", "-5"], ids=["digits", "superscript", "negative"])
def test_refuse_a_part_with_an_invalid_start(emulator: Emulator, run: ModuleRunner, tmp_path: Path, digits: str) -> None:
    put(emulator, {"app": b"application" * 1000})
    emulator.faults.add("truncate", host="storage")
    part = {"Content-Range": f"bytes {digits}-", "ETag": '"x"'}
    emulator.faults.add("status", host="storage", code=206, body="x", headers=part, times=None)
    message = run.failure(FETCH, name="app", dest=f"{tmp_path}/", retries=1, max_wait=0)
    assert "a part that does not continue the previous one" in message or "Gave up" in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "body",
    ['{"access_token": "x", "expires_in": 1%s}' % ("0" * 400), "[" * 60_000, '{"access_token": "x", "expires_in": NaN}'],
    ids=["long", "deep", "NaN"],
)
def test_read_or_refuse_an_unusual_response_of_the_token_endpoint(emulator: Emulator, run: ModuleRunner, body: str) -> None:
    emulator.faults.add("json", host="token", body=body, times=None)
    consumer = {"client_id": emulator.client_id, "client_secret": emulator.client_secret}
    message = run.failure(INFO, user=None, api_token=None, retries=0, **consumer)
    assert "without a usable access_token" in message or "401" in message

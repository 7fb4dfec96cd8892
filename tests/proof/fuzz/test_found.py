# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that once were a crash, each with what is to become of it."""

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
from tests.proof.fuzz.targets import TARGETS, bear

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
def test_it_is_read_or_refused(target: str, data: bytes) -> None:
    bear(TARGETS[target].read, data)


@contextmanager
def answering(head: str) -> Iterator[str]:
    """A server that gives every request this head, and says no more; yields its origin."""

    class Handler(BaseHTTPRequestHandler):
        """One connection."""

        def do_GET(self) -> None:
            """Answer."""
            self.wfile.write(head.encode("latin-1") + b"\r\n\r\n{}")

        do_POST = do_DELETE = do_GET

        def log_message(self, *arguments: Any) -> None:
            """Stay silent."""

    with serving(Handler) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("length", ["\xb2", MANY_DIGITS], ids=["superscript", "digits"])
def test_a_length_that_is_no_number_is_no_length(run: ModuleRunner, length: str) -> None:
    with answering(f"HTTP/1.1 200 OK\r\nContent-Length: {length}") as origin:
        assert run.failure(INFO, api_url=origin + "/2.0", retries=0).startswith(f"GET {origin}/2.0/repositories/acme/widgets")


@pytest.mark.parametrize(
    "value", ["\xb2", MANY_DIGITS, "Mon, 1 Jan 99999999999 00:00:00 GMT", "-1", ",", "1e9", "::"], ids=range(7)
)
def test_a_retry_after_that_is_nonsense_is_none(run: ModuleRunner, value: str) -> None:
    with answering(f"HTTP/1.1 503 Down\r\nContent-Length: 0\r\nRetry-After: {value}") as origin:
        message = run.failure(INFO, api_url=origin + "/2.0", retries=0, max_wait=0)
    assert "503 Service Unavailable" in message
    assert len(message) < 500


def test_a_retry_after_of_many_digits_is_told_in_few(run: ModuleRunner) -> None:
    with answering(f"HTTP/1.1 503 Down\r\nContent-Length: 0\r\nRetry-After: {'9' * 300}") as origin:
        message = run.failure(INFO, api_url=origin + "/2.0")
    assert "would exceed max_wait, 300 seconds" in message
    assert len(message) < 500


@pytest.mark.parametrize("location", ["http://[x", "http://a:99999/", "//", "\xff"])
def test_a_redirect_to_no_url_is_refused_in_words(run: ModuleRunner, location: str) -> None:
    with answering(f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location}") as origin:
        assert "returned a redirect to" in run.failure(INFO, api_url=origin + "/2.0", retries=0)


def test_the_storage_hosts_path_is_told_printable_and_short(emulator: Emulator, run: ModuleRunner, tmp_path: Path) -> None:
    put(emulator, {"app": b"application"})
    location = emulator.storage_url + "/\x1b[31m" + "a" * 5000
    emulator.faults.add("redirect", path="app$", location=location, times=None)
    message = run.failure(FETCH, name="app", dest=f"{tmp_path}/", retries=0)
    assert "storage host localhost" in message
    assert message.isprintable()
    assert len(message) < 1000


@pytest.mark.parametrize("digits", [MANY_DIGITS, "\xb2", "-5"], ids=["digits", "superscript", "negative"])
def test_a_part_that_begins_nowhere_is_not_taken(emulator: Emulator, run: ModuleRunner, tmp_path: Path, digits: str) -> None:
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
def test_an_odd_answer_of_the_token_endpoint_is_taken_or_refused(emulator: Emulator, run: ModuleRunner, body: str) -> None:
    emulator.faults.add("json", host="token", body=body, times=None)
    consumer = {"client_id": emulator.client_id, "client_secret": emulator.client_secret}
    message = run.failure(INFO, user=None, api_token=None, retries=0, **consumer)
    assert "without a usable access_token" in message or "401" in message

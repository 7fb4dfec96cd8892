# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that no link and no redirect sends a credential to a host that is not the API."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.fetching import FETCH
from tests.helpers.leaks import secrets_of
from tests.helpers.modules import ModuleRunner
from tests.helpers.serving import serving
from tests.http._downloads.helpers import put

SNIPPET = "bitbucket_snippet"
CREDENTIALS = {"authorization", "cookie", "proxy-authorization"}


class OtherHost:
    """A host that responds to every request with 404; ``requests``: path and headers of each request."""

    def __init__(self) -> None:
        self.origin = ""
        self.requests: list[tuple[str, Message]] = []

    def require_nothing_secret(self, emulator: Emulator) -> None:
        for path, headers in self.requests:
            assert not CREDENTIALS & {name.lower() for name in headers}, headers
            assert [secret for secret in secrets_of(emulator) if secret in path + str(headers)] == []


@pytest.fixture
def other_host() -> Iterator[OtherHost]:
    """Run a host with another origin."""
    found = OtherHost()

    class Handler(BaseHTTPRequestHandler):
        """Handle a connection."""

        def do_GET(self) -> None:
            """Record the request, and refuse it."""
            found.requests.append((self.path, self.headers))
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_PUT = do_DELETE = do_GET

        def log_message(self, *arguments: Any) -> None:
            """Print nothing."""

    with serving(Handler) as port:
        found.origin = f"http://127.0.0.1:{port}"
        yield found


@pytest.fixture(params=["API token", "access token", "OAuth"])
def credentials(request: pytest.FixtureRequest, emulator: Emulator) -> dict[str, Any]:
    """Return the options of each kind of credentials."""
    nothing: dict[str, Any] = {"user": None, "api_token": None}
    return {
        "API token": {},
        "access token": {**nothing, "access_token": emulator.access_token},
        "OAuth": {**nothing, "client_id": emulator.client_id, "client_secret": emulator.client_secret},
    }[request.param]


def document(emulator: Emulator, links: dict[str, str], file: str) -> dict[str, Any]:
    """Return the document of a snippet with these links."""
    hrefs = {name: {"href": href} for name, href in links.items()}
    return {"id": "abc1", "title": "t", "is_private": True, "links": hrefs, "files": {"a": {"links": {"self": {"href": file}}}}}


def test_commits_of_a_snippet_are_not_read_from_another_origin(
    emulator: Emulator, run: ModuleRunner, other_host: OtherHost
) -> None:
    emulator.snippets.create("t", {"a": b"x"}, id="abc1")
    body = document(emulator, {"commits": other_host.origin + "/commits"}, emulator.api_url + "/snippets/acme/abc1/files/a")
    emulator.faults.add("json", path="/snippets/acme/abc1$", body=body, times=None)
    options = {"repository": None, "snippet_id": "abc1", "files": [{"name": "a", "content": "y"}]}
    assert "not followed" in run.failure(SNIPPET, **options)
    assert other_host.requests == []


def test_file_of_a_snippet_is_not_read_from_another_origin(emulator: Emulator, run: ModuleRunner, other_host: OtherHost) -> None:
    emulator.snippets.create("t", {"a": b"x"}, id="abc1")
    emulator.faults.add("json", path="/snippets/acme/abc1$", body=document(emulator, {}, other_host.origin + "/a"), times=None)
    message = run.failure("bitbucket_snippet_info", repository=None, snippet_id="abc1", contents=True)
    assert "not followed" in message
    assert other_host.requests == []


def test_next_page_of_snippets_is_not_read_from_another_origin(
    emulator: Emulator, run: ModuleRunner, other_host: OtherHost
) -> None:
    emulator.snippets.create("t", {"a": b"x"})
    emulator.faults.add("foreign_next", url=other_host.origin + "/next", times=None)
    run.failure("bitbucket_snippet_info", repository=None)
    assert other_host.requests == []


@pytest.mark.parametrize("host", ["api", "storage"])
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirect_to_another_origin_is_followed_without_credentials(
    emulator: Emulator, run: ModuleRunner, other_host: OtherHost, dist: Path, credentials: dict[str, Any], host: str, code: int
) -> None:
    put(emulator, {"app": b"application"})
    path = "/downloads/app$" if host == "api" else None
    emulator.faults.add("redirect", host=host, path=path, location=other_host.origin + "/app", code=code, times=None)
    run.failure(FETCH, name="app", dest=f"{dist}/", retries=0, **credentials)
    assert [path for path, _unused in other_host.requests] == ["/app"], "the test must have led somewhere"
    other_host.require_nothing_secret(emulator)


@pytest.mark.parametrize("host", ["api", "token"])
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_other_requests_do_not_follow_redirects_to_another_origin(
    emulator: Emulator, run: ModuleRunner, other_host: OtherHost, host: str, code: int
) -> None:
    consumer = {"user": None, "api_token": None, "client_id": emulator.client_id, "client_secret": emulator.client_secret}
    emulator.faults.add("redirect", host=host, location=other_host.origin + "/elsewhere", code=code, times=None)
    message = run.failure("bitbucket_download_info", retries=0, **consumer)
    assert "returned a redirect to another host" in message
    assert other_host.requests == []

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Follow redirects to the storage host without headers of the API, and hide its messages and URLs."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
import trustme

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import (
    BitbucketError,
    Gone,
    NotFound,
    RangeRefused,
    RateLimited,
    RequestFailed,
    StorageRefused,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._http.client import Client
from ansible_collections.releng.bitbucket.plugins.module_utils._http.retries import Retries
from ansible_collections.releng.bitbucket.plugins.module_utils._http.storage import has_contents, open_contents, open_link
from tests.emulator import Emulator
from tests.helpers.clock import FakeClock
from tests.helpers.tls import tls_front
from tests.http._http.helpers import LISTING, Connect, connect, list_hosts, read

CONTENT = b"application"
EXPIRED = (
    '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message>'
    "<ArgumentValue>Basic canary</ArgumentValue></Error>"
)


@pytest.fixture(autouse=True)
def _published(emulator: Emulator) -> None:
    emulator.repository().put("app", CONTENT)


@pytest.fixture
def client(emulator: Emulator) -> Client:
    """Return a client that does not retry."""
    return connect(emulator, retries=0)


def sign_url(emulator: Emulator, name: str = "app", origin: str | None = None) -> str:
    """Return a signed URL of an artifact as the API creates it."""
    artifact = emulator.repository().get(name)
    assert artifact is not None
    path = f"/{emulator.repository().uuid}/downloads/{artifact.key}/{quote(name, safe='')}"
    expires = int(emulator.clock.now().timestamp()) + 60
    return f"{origin or emulator.storage_url}{path}?{emulator.signer.query(path, {}, expires)}"


def read_failure(client: Client) -> str:
    """Return the message of a failure to read, which must not show a signed URL."""
    with pytest.raises(BitbucketError) as caught:
        read(client)
    message = str(caught.value)
    assert [word for word in ("Signature", "AWSAccessKeyId", "canary") if word in message] == []
    return message


def test_storage_host_gets_no_header_of_the_api(emulator: Emulator, client: Client) -> None:
    assert read(client, headers={"If-None-Match": '"other"'}) == CONTENT
    (entry,) = emulator.journal.select(host="storage")
    names = {name.lower() for name, _unused in entry.headers}
    assert names == {"host", "user-agent", "accept", "accept-encoding", "if-none-match"}
    assert entry.headers["Accept-Encoding"] == "identity"
    (asked,) = emulator.journal.select(host="api")
    assert "If-None-Match" not in asked.headers
    assert client.requests == 1


def test_unchanged_contents_and_parts_are_returned(emulator: Emulator, client: Client) -> None:
    path = LISTING + "/app"
    with open_contents(client, path, {}) as response:
        etag = response.headers["ETag"]
    with open_contents(client, path, {"If-None-Match": etag}) as response:
        assert (response.status, response.read_all(100)) == (304, b"")
    with open_contents(client, path, {"Range": "bytes=5-", "If-Range": etag}) as response:
        assert (response.status, response.read_all(100)) == (206, CONTENT[5:])


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_every_redirect_status_is_followed(emulator: Emulator, client: Client, code: int) -> None:
    emulator.faults.add("redirect", path="/app$", location=sign_url(emulator), code=code)
    assert read(client) == CONTENT


def test_five_hops_are_followed_and_six_are_an_error(emulator: Emulator, client: Client) -> None:
    emulator.faults.add("redirect", path="/app$", location="loop", times=4)
    assert read(client) == CONTENT
    emulator.faults.add("redirect", path="/app$", location="loop", times=5)
    assert "more than 5 redirects" in read_failure(client)


@pytest.mark.parametrize("host", ["api", "storage"])
def test_redirect_loop_is_an_error(emulator: Emulator, client: Client, host: str) -> None:
    emulator.faults.add("redirect", host=host, path="/app", location="loop", times=None)
    assert "more than 5 redirects" in read_failure(client)
    assert len(emulator.journal) < 10


def test_relative_redirect_is_followed_on_the_api_with_credentials(emulator: Emulator, client: Client) -> None:
    emulator.faults.add("redirect", path="/app$", location=f"/2.0{LISTING}/%61pp")
    assert read(client) == CONTENT
    assert client.requests == 2


@pytest.mark.parametrize(("name", "exists"), [("app", True), ("missing", False)])
@pytest.mark.parametrize("hops", [0, 1, 5])
def test_redirect_within_the_api_does_not_prove_existence(
    emulator: Emulator, client: Client, name: str, exists: bool, hops: int
) -> None:
    emulator.faults.add("redirect", path=f"/{name}$", location=f"/2.0{LISTING}/{name}", times=hops)
    assert has_contents(client, f"{LISTING}/{name}") is exists
    assert list_hosts(emulator) == ["api"] * (hops + 1)


def test_existence_behind_endless_redirects_is_an_error(emulator: Emulator, client: Client) -> None:
    emulator.faults.add("redirect", path="/app$", location="loop", times=None)
    with pytest.raises(RequestFailed, match="more than 5 redirects"):
        has_contents(client, f"{LISTING}/app")


@pytest.mark.parametrize("location", ["file:///canary", "http://robot:canary@localhost:{port}/app", "", None])
def test_redirect_that_cannot_be_fetched_is_an_error(emulator: Emulator, client: Client, location: str | None) -> None:
    target = location and location.replace("{port}", str(urlsplit(emulator.storage_url).port))
    emulator.faults.add("redirect", path="/app$", location=target)
    assert read_failure(client) == f"GET {emulator.api_url}{LISTING}/app returned a redirect without a usable URL"
    assert list_hosts(emulator) == ["api"]


def test_redirect_from_https_to_plain_http_is_an_error(emulator: Emulator, connect: Connect, front: str, bundle: str) -> None:
    message = read_failure(connect(emulator, api_url=front + "/2.0", ca_path=bundle))
    assert "a redirect from https to plain http" in message
    assert "localhost" not in message
    assert list_hosts(emulator) == ["api"]


def test_contents_from_the_api_itself_are_an_error(emulator: Emulator, client: Client) -> None:
    emulator.faults.add("html", path="/app$")
    assert "returned an HTML page titled 'Log in with Atlassian account'" in read_failure(client)
    emulator.faults.add("json", path="/app$")
    assert "returned HTTP 200 OK instead of a redirect to the storage host" in read_failure(client)


def test_contents_from_the_api_by_link_are_accepted(emulator: Emulator, client: Client) -> None:
    url = f"{emulator.api_url}{LISTING}/app"
    emulator.faults.add("status", path="/app$", code=200, body="a file", headers={"Content-Type": "text/plain"})
    with open_link(client, url) as response:
        assert response.read_all(100) == b"a file"
    with open_link(client, url) as response:
        assert response.read_all(100) == CONTENT
    emulator.faults.add("html", path="/app$")
    with pytest.raises(BitbucketError, match=r"returned an HTML page instead of a file\. Check api_url and the proxy settings"):
        open_link(client, url)


@pytest.mark.parametrize("style", ["uuid", "slug"])
@pytest.mark.parametrize("name", ["na\u00efve \u0444\u0430\u0439\u043b.txt", "100%25 a+b&c=d#e?f.txt", "a;b,c'd(1).txt"])
def test_unusual_names_are_found(emulator: Emulator, client: Client, name: str, style: str) -> None:
    emulator.switches.url_style = style
    emulator.repository().put(name, b"unusual")
    assert read(client, name) == b"unusual"


def test_location_in_raw_utf_8_is_followed(emulator: Emulator, client: Client) -> None:
    name = "na\u00efve-\u0444.txt"
    emulator.repository().put(name, b"raw")
    location = sign_url(emulator, name).replace(quote(name, safe=""), name)
    emulator.faults.add("redirect", path="txt$", location=location)
    assert read(client, name) == b"raw"


def test_refused_url_without_a_file_name_is_named(emulator: Emulator, client: Client) -> None:
    emulator.faults.add("redirect", path="app$", location=f"{emulator.storage_url}/private/")
    emulator.faults.add("status", host="storage", code=404, body=EXPIRED)
    assert read_failure(client).startswith("GET of / from the storage host localhost returned HTTP 404")


@pytest.mark.parametrize("code", [400, 403, 404, 416, 500])
def test_refusal_of_the_storage_host_shows_only_its_code(emulator: Emulator, client: Client, code: int) -> None:
    emulator.faults.add("status", host="storage", code=code, body=EXPIRED)
    message = read_failure(client)
    assert message.startswith(f"GET of app from the storage host localhost returned HTTP {code}")
    assert "AccessDenied" in message
    assert "Request has expired" not in message


@pytest.mark.parametrize(
    ("code", "kind"),
    [(401, RequestFailed), (403, StorageRefused), (404, NotFound), (410, Gone), (416, RangeRefused), (429, RateLimited)],
)
def test_refusal_of_the_storage_host_has_no_advice_about_credentials(
    emulator: Emulator, client: Client, code: int, kind: type[RequestFailed]
) -> None:
    emulator.faults.add("status", host="storage", code=code, times=None)
    with pytest.raises(RequestFailed) as caught:
        read(client)
    assert caught.type is kind


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("drop_before", {}),
        ("drop_after", {}),
        ("truncate", {}),
        ("redirect", {"location": "file:///canary"}),
        ("status", {"code": 500, "body": "canary"}),
        ("status", {"code": 418, "body": "<Error><Code>canary!</Code></Error>"}),
        ("html", {"code": 404, "body": "<html><title>canary</title>"}),
    ],
    ids=str,
)
def test_failure_of_the_storage_host_shows_no_signed_url(
    emulator: Emulator, client: Client, kind: str, arguments: dict[str, Any]
) -> None:
    emulator.faults.add(kind, host="storage", **arguments)
    assert "storage host localhost" in read_failure(client)


def test_refused_signed_url_is_replaced_by_a_new_one(emulator: Emulator) -> None:
    emulator.faults.add("status", host="storage", code=403, body=EXPIRED)
    clock = FakeClock()
    assert read(connect(emulator, clock, retries=1)) == CONTENT
    assert list_hosts(emulator) == ["api", "storage", "api", "storage"]
    assert clock.pauses == [3]


def test_signed_urls_that_are_always_refused_count_as_attempts(emulator: Emulator) -> None:
    emulator.switches.signed_url_life = -5
    with pytest.raises(StorageRefused) as caught:
        read(connect(emulator, retries=2))
    words = "returned HTTP 403 Forbidden: AccessDenied. The signed URL had already expired when Bitbucket returned it. "
    assert words in str(caught.value)
    assert str(caught.value).endswith("Gave up after 3 attempts")
    assert len(emulator.journal.select(host="storage")) == 3


@pytest.mark.parametrize("jitter", [0.5, 1.0])
def test_pauses_are_longer_for_expired_signed_urls(emulator: Emulator, jitter: float) -> None:
    emulator.switches.update({"signed_url_cached": 16, "signed_url_cached_expired": True})
    clock = FakeClock()

    def sleep(seconds: float) -> None:
        clock.pauses.append(seconds)
        emulator.clock.advance(seconds)

    client = connect(emulator)
    client.retries = Retries(4, 300, clock.clock._replace(uniform=lambda least, most: most * jitter, sleep=sleep))
    assert read(client) == CONTENT
    assert 16 <= sum(clock.pauses) <= 60


@pytest.mark.parametrize(
    ("code", "words", "says_expired"),
    [
        (400, "<Code>ExpiredToken</Code><Message>The provided token has expired.</Message>", True),
        (403, "<Code>AccessDenied</Code>", False),
        (403, "<Code>SignatureDoesNotMatch</Code>", False),
    ],
)
def test_refused_link_is_replaced(emulator: Emulator, code: int, words: str, says_expired: bool) -> None:
    emulator.faults.add("status", host="storage", code=code, body=f"<Error>{words}</Error>", times=None)
    with pytest.raises(StorageRefused, match="Gave up after 2 attempts") as caught:
        read(connect(emulator, retries=1))
    assert ("The signed URL had already expired" in str(caught.value)) is says_expired


def test_latest_signed_urls_are_hidden(emulator: Emulator) -> None:
    client = connect(emulator)
    for _unused in range(40):
        read(client)
    queries = [entry.query for entry in emulator.journal.select(host="storage")]
    assert len(client.session.secrets.links) == 32
    assert queries[-1]["Signature"] in unquote(client.session.secrets.links[-1])


def test_certificate_of_the_storage_host_is_verified(emulator: Emulator, authority: trustme.CA, front: str, bundle: str) -> None:
    client = connect(emulator, api_url=front + "/2.0", ca_path=bundle)
    with tls_front(emulator.storage_url, trustme.CA().issue_cert("127.0.0.1")) as stranger:
        emulator.faults.add("redirect", path="/app$", location=sign_url(emulator, origin=stranger))
        assert "certificate of the server could not be verified" in read_failure(client)
    assert list_hosts(emulator) == ["api"]
    with tls_front(emulator.storage_url, authority.issue_cert("127.0.0.1")) as storage:
        emulator.faults.add("redirect", path="/app$", location=sign_url(emulator, origin=storage))
        assert read(client) == CONTENT


def test_query_of_a_signed_url_is_a_secret(emulator: Emulator) -> None:
    client = connect(emulator)
    location = sign_url(emulator)
    emulator.faults.add("redirect", path="/app$", location=location)
    read(client)
    assert client.session.secrets.scrub(location) == location.partition("?")[0] + "?********"

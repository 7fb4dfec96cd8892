# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Get one token for a task from the token endpoint, and explain an endpoint that gives none."""

from __future__ import annotations

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import RateLimited, RequestFailed, Unauthorized
from ansible_collections.releng.bitbucket.plugins.module_utils._files.payload import Payload
from ansible_collections.releng.bitbucket.plugins.module_utils._http.client import Client
from ansible_collections.releng.bitbucket.plugins.module_utils._http.multipart import UploadBody
from tests.emulator import Emulator
from tests.helpers.clock import FakeClock
from tests.http._http.helpers import AT_ONCE, LISTING, connect, consumer, list_hosts, list_names, read, send


@pytest.fixture
def client(emulator: Emulator) -> Client:
    """Return a client with the OAuth consumer."""
    return connect(emulator, credentials=consumer(emulator))


def failure(client: Client) -> RequestFailed:
    """Return the error of an upload, which must not have been sent."""
    with pytest.raises(RequestFailed) as caught:
        send(client)
    assert not caught.value.may_have_applied
    assert "canary" not in str(caught.value)
    return caught.value


def test_token_is_requested_by_the_client_credentials_grant(emulator: Emulator, client: Client) -> None:
    list_names(client)
    requested, listed = emulator.journal
    pair = f"{emulator.client_id}:{emulator.client_secret}".encode()
    assert (requested.host, requested.method, requested.query) == ("token", "POST", {})
    assert requested.headers["Authorization"] == "Basic " + base64.b64encode(pair).decode()
    assert emulator.accounts.credentials[listed.headers["Authorization"].removeprefix("Bearer ")].kind == "oauth"
    assert client.requests == 1


def test_one_token_serves_all_threads(emulator: Emulator, client: Client) -> None:
    emulator.switches.latency = 0.05
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _unused: list_names(client), range(16)))
    assert len(emulator.journal.select(host="token")) == 1
    assert len({entry.headers["Authorization"] for entry in emulator.journal.select(host="api")}) == 1


def test_expired_token_is_renewed(emulator: Emulator) -> None:
    short_lived = emulator.mint_client(expires_in=60)
    credentials = {"client_id": short_lived.client_id, "client_secret": short_lived.client_secret}
    emulator.faults.add("rate_limit", retry_after=30, host="api", times=2)
    list_names(connect(emulator, credentials=credentials))
    assert list_hosts(emulator) == ["token", "api", "api", "token", "api"]


@pytest.mark.parametrize(
    "life", [{}, *({"expires_in": value} for value in (1e999, "3600", None, "soon", [], {}, 0, -5, 10**400))], ids=repr
)
def test_token_is_valid_for_an_hour_by_default(emulator: Emulator, life: dict[str, Any]) -> None:
    body = {"access_token": emulator.access_token, **life}
    emulator.faults.add("json", host="token", body=body, times=2)
    emulator.faults.add("rate_limit", retry_after=3239, host="api")
    client = connect(emulator, credentials=consumer(emulator), max_wait=10_000)
    list_names(client)
    assert list_hosts(emulator) == ["token", "api", "api"]
    emulator.faults.add("rate_limit", retry_after=2, host="api")
    list_names(client)
    assert list_hosts(emulator)[3:] == ["api", "token", "api"]


@pytest.mark.parametrize("switch", [{"token_ends_after_requests": 1}, {"token_ends_after_seconds": 60}], ids=str)
def test_token_that_expires_early_is_replaced(emulator: Emulator, client: Client, switch: dict[str, Any]) -> None:
    emulator.repository().put("app", b"content")
    emulator.switches.update(switch)
    list_names(client)
    for task in (lambda: list_names(client), lambda: send(client), lambda: read(client), lambda: client.delete(LISTING + "/app")):
        emulator.clock.advance(61)
        emulator.journal.clear()
        task()
        assert [entry.host for entry in emulator.journal if entry.host != "storage"] == ["api", "token", "api"]
    assert emulator.repository().names() == ["sent"]


def test_upload_in_blocks_is_sent_again_completely_with_the_new_token(emulator: Emulator, client: Client) -> None:
    emulator.switches.token_ends_after_requests = 1
    list_names(client)
    content = bytes(range(256)) * 4000
    sent: list[int] = []
    body = UploadBody([Payload("app", len(content), data=content)], sent.append)
    client.send_once("POST", LISTING, body, body.content_type)
    assert emulator.repository().get("app").blob.digest("sha256") == hashlib.sha256(content).hexdigest() == body.digests["app"]
    assert sum(sent) == 2 * len(content)
    assert [entry.status for entry in emulator.journal.select(method="POST", host="api")] == [401, 201]


def test_new_token_that_is_refused_is_an_error(emulator: Emulator, client: Client) -> None:
    emulator.faults.add("status", code=401, times=None)
    with pytest.raises(Unauthorized, match="Its token might have expired"):
        list_names(client)
    assert list_hosts(emulator) == ["token", "api"]
    emulator.faults.clear()
    list_names(client)
    emulator.faults.add("status", code=401, times=None)
    emulator.journal.clear()
    with pytest.raises(Unauthorized, match="Its token might have expired"):
        list_names(client)
    assert list_hosts(emulator) == ["api", "token", "api"]


def test_threads_replace_a_token_once(emulator: Emulator, client: Client) -> None:
    list_names(client)
    emulator.accounts.expire_oauth_tokens()
    emulator.switches.latency = 0.05
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _unused: list_names(client), range(8)))
    assert len(emulator.journal.select(host="token")) == 2


def test_upload_has_no_effect_if_the_endpoint_returns_no_new_token(emulator: Emulator, client: Client) -> None:
    list_names(client)
    emulator.accounts.expire_oauth_tokens()
    emulator.faults.add("status", host="token", code=400)
    assert "POST " + emulator.token_url in str(failure(client))
    assert emulator.repository().names() == []


@pytest.mark.parametrize("part", ["client_id", "client_secret"])
def test_wrong_consumer_is_explained(emulator: Emulator, part: str) -> None:
    error = failure(connect(emulator, credentials={**consumer(emulator), part: "wrong-one"}))
    assert isinstance(error, Unauthorized)
    message = str(error)
    assert message.startswith(f"POST {emulator.token_url} returned HTTP 401 Unauthorized: invalid_client")
    assert message.endswith(CHECK_CONSUMER)
    assert list_hosts(emulator) == ["token"]


CHECK_CONSUMER = "Check client_id, client_secret and token_url, and that the consumer is marked as private"


@pytest.mark.parametrize(
    ("code", "kind", "advice"),
    [
        (400, Unauthorized, CHECK_CONSUMER),
        (401, Unauthorized, CHECK_CONSUMER),
        (403, Unauthorized, CHECK_CONSUMER),
        (404, RequestFailed, "Check token_url"),
        (410, RequestFailed, "Check token_url"),
        (429, RateLimited, "The rate limit of these credentials is exhausted. It is counted over one hour."),
    ],
)
def test_refusal_has_a_type_that_is_not_about_the_resource(
    emulator: Emulator, client: Client, code: int, kind: type[RequestFailed], advice: str
) -> None:
    emulator.faults.add("status", host="token", code=code, body={"error": {"message": "No."}}, times=None)
    error = failure(client)
    assert error.__class__ is kind
    assert f": No. {advice}" in str(error)


def test_transient_failure_gives_no_advice_on_the_consumer(emulator: Emulator, client: Client) -> None:
    emulator.faults.add("status", host="token", code=503, body="Down for maintenance.")
    assert str(failure(client)).endswith("returned HTTP 503 Service Unavailable: Down for maintenance")


@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [
        ("html", {}, "without a usable access_token: "),
        ("json", {"body": {"token_type": "bearer"}}, "without a usable access_token"),
        ("json", {"body": {"access_token": ""}}, "without a usable access_token"),
        ("json", {"body": {"access_token": None}}, "without a usable access_token"),
        ("json", {"body": {"access_token": "a\nb"}}, "without a usable access_token"),
        ("json", {"body": {"access_token": ["x"]}}, "without a usable access_token"),
        ("json", {"body": '["canary"]'}, "without a usable access_token"),
        ("json", {"body": ""}, "without a usable access_token"),
        ("status", {"code": 400, "body": {"error": "unauthorized_client", "error_description": "No."}}, "unauthorized_client"),
        ("status", {"code": 404, "body": ""}, "404 Not Found: no words. Check token_url"),
        (
            "redirect",
            {"location": "http://localhost:9/?canary"},
            "returned a redirect to another host, localhost, such as the login page of a proxy. Check token_url",
        ),
    ],
    ids=str,
)
def test_endpoint_without_a_token_is_an_error_at_once(
    emulator: Emulator, client: Client, kind: str, arguments: dict[str, Any], words: str
) -> None:
    emulator.faults.add(kind, host="token", times=None, **arguments)
    error = failure(client)
    assert str(error).startswith(f"POST {emulator.token_url} ")
    assert words in str(error)
    assert not error.transient
    assert list_hosts(emulator) == ["token"]


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        *(("status", {"code": code, "headers": AT_ONCE}) for code in (429, 500, 503)),
        ("drop_before", {}),
        ("truncate", {}),
        ("open_end", {"fraction": 0.5}),
    ],
    ids=str,
)
def test_transient_error_of_the_endpoint_is_retried(
    emulator: Emulator, client: Client, kind: str, arguments: dict[str, Any]
) -> None:
    emulator.faults.add(kind, host="token", times=2, **arguments)
    list_names(client)
    assert list_hosts(emulator) == ["token", "token", "token", "api"]


def test_error_of_the_endpoint_is_transient_and_has_no_effect(emulator: Emulator, client: Client) -> None:
    emulator.faults.add("drop_after", host="token")
    assert failure(client).transient


def test_retry_after_of_the_endpoint_counts_against_max_wait(emulator: Emulator) -> None:
    emulator.faults.add("rate_limit", host="token", retry_after=120)
    clock = FakeClock()
    with pytest.raises(RateLimited, match="waiting 120 more seconds would exceed max_wait, 60 seconds"):
        list_names(connect(emulator, clock, credentials=consumer(emulator), max_wait=60))
    assert clock.pauses == []

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read, list, send and delete through the client, with credentials only for the API."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import Forbidden, RequestFailed
from ansible_collections.releng.bitbucket.plugins.module_utils._http.client import Deletion
from tests.emulator import Emulator
from tests.helpers.clock import FakeClock
from tests.http._http.helpers import LISTING, connect, list_names, read, send


def test_requests_are_counted_with_retries_and_without_the_storage_host(emulator: Emulator) -> None:
    emulator.repository().put("app", b"x")
    client = connect(emulator)
    emulator.faults.add("status", code=503, path=LISTING)
    list_names(client)
    read(client)
    assert client.requests == len(emulator.journal.select(host="api")) == 3


@pytest.mark.parametrize("offset", [0, 86400, -86400])
def test_time_of_the_service_is_that_of_its_latest_response(emulator: Emulator, offset: float) -> None:
    emulator.clock.offset = offset
    clock = FakeClock()
    client = connect(emulator, clock)
    assert abs(client.server_now().timestamp() - time.time()) < 60
    list_names(client)
    clock.pauses.append(3600)
    assert abs(client.server_now().timestamp() - time.time() - offset - 3600) < 60
    emulator.faults.add("status", code=200, body={"values": []}, headers={"Date": "yesterday"})
    list_names(client)
    assert abs(client.server_now().timestamp() - time.time() - offset - 3600) < 60


def test_url_of_another_origin_is_refused_before_any_request(emulator: Emulator) -> None:
    client = connect(emulator)
    with pytest.raises(RequestFailed, match=r"^The URL http://localhost:1/x is outside the API and is not followed$"):
        client.get_json("http://localhost:1/x?canary")
    assert client.requests == 0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("canary" * 100, "is not valid JSON: canary"),
        ("", "is not valid JSON: an empty body"),
        ("<html><title>Log in</title>", "JSON: an HTML page titled 'Log in'. Check api_url and the proxy settings"),
        ("[]", "returned JSON that is not an object"),
        (b"\xff{}", "is not valid JSON"),
        ('{"a": ' + "[" * 100_000, "is not valid JSON"),
    ],
    ids=["text", "empty", "page", "list", "bytes", "deep"],
)
def test_success_without_a_json_object_is_an_error(emulator: Emulator, body: Any, words: str) -> None:
    emulator.faults.add("status", code=200, body=body)
    with pytest.raises(RequestFailed) as caught:
        connect(emulator).get_json(emulator.api_url + LISTING)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 300


def test_response_beyond_the_limit_is_an_error(emulator: Emulator) -> None:
    emulator.faults.add("status", code=200, body="x" * 2_000_000, times=None)
    client = connect(emulator)
    assert len(client.read(emulator.api_url + LISTING, "*/*", 2_000_000).body) == 2_000_000
    with pytest.raises(RequestFailed, match="the response is longer than 1999999 bytes"):
        client.read(emulator.api_url + LISTING, "*/*", 1_999_999)


@pytest.mark.parametrize(
    ("fault", "found", "proved"),
    [
        ({}, True, True),
        ({"kind": "status", "code": 404, "times": None}, False, False),
        ({"kind": "drop_after"}, True, True),
        ({"kind": "json", "effect": True}, True, False),
    ],
    ids=["204", "404", "404 on the retry", "200"],
)
def test_deletion_reports_what_is_proved(emulator: Emulator, fault: dict[str, Any], found: bool, proved: bool) -> None:
    emulator.repository().put("app", b"x")
    if fault:
        emulator.faults.add(method="DELETE", **fault)
    deletion = connect(emulator).delete(LISTING + "/app")
    status = emulator.journal[-1].status
    assert deletion[:2] == Deletion(found, proved, "")[:2]
    assert deletion.words.startswith(f"DELETE {emulator.api_url}{LISTING}/app returned HTTP {status} ")


@pytest.mark.parametrize(
    ("kind", "arguments", "may_have_applied"),
    [
        ("drop_before", {}, True),
        ("drop_after", {}, True),
        ("status", {"code": 500}, True),
        ("status", {"code": 429}, False),
        ("status", {"code": 400}, False),
        ("html", {}, True),
    ],
    ids=str,
)
def test_failed_write_is_not_repeated_and_reports_a_possible_effect(
    emulator: Emulator, kind: str, arguments: dict[str, Any], may_have_applied: bool
) -> None:
    emulator.faults.add(kind, method="POST", **arguments)
    with pytest.raises(RequestFailed) as caught:
        send(connect(emulator))
    assert caught.value.may_have_applied is may_have_applied
    assert len(emulator.journal) == 1


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("storage_url", "returned a redirect to another host, localhost"),
        ("origin", "returned a redirect to /elsewhere. Check whether it was renamed"),
    ],
)
def test_redirect_of_other_requests_is_an_error(emulator: Emulator, method: str, place: str, words: str) -> None:
    emulator.faults.add("redirect", location=getattr(emulator, place) + "/elsewhere?canary", code=307)
    client = connect(emulator)
    calls: dict[str, Any] = {
        "GET": lambda: list_names(client),
        "POST": lambda: send(client),
        "DELETE": lambda: client.delete(LISTING),
    }
    with pytest.raises(RequestFailed) as caught:
        calls[method]()
    assert str(caught.value).startswith(f"{method} {emulator.api_url}{LISTING} {words}")
    assert "canary" not in str(caught.value)
    assert len(emulator.journal) == 1


def test_error_keeps_its_type(emulator: Emulator) -> None:
    token = emulator.mint_api_token(scopes=["read:repository:bitbucket"])
    with pytest.raises(Forbidden):
        send(connect(emulator, credentials={"user": emulator.user, "api_token": token}))

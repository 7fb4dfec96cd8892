# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show the request, the status, Bitbucket's message and advice in errors, without secrets."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import (
    BadRequest,
    Conflict,
    Forbidden,
    Gone,
    NotAcceptable,
    NotFound,
    RangeRefused,
    RateLimited,
    RequestFailed,
    Unauthorized,
    Withdrawn,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._http.client import Client
from tests.emulator import Emulator
from tests.http._http.helpers import LISTING, connect, consumer, list_names, send

WORDS = {"type": "error", "error": {"message": "Words of theirs"}}
PLAIN = RequestFailed


def failure(client: Client) -> RequestFailed:
    """Return the error of a listing."""
    with pytest.raises(RequestFailed) as caught:
        list_names(client)
    return caught.value


@pytest.mark.parametrize(
    ("code", "phrase", "kind", "advice"),
    [
        (400, "400 Bad Request", BadRequest, ""),
        (401, "401 Unauthorized", Unauthorized, "An API token requires the email address of the Atlassian account as user"),
        (402, "402 Payment Required", PLAIN, "The plan of this workspace does not include this"),
        (403, "403 Forbidden", Forbidden, "The credentials are valid but do not permit this request"),
        (404, "404 Not Found", NotFound, "Bitbucket returns this status both for missing resources and for resources"),
        (405, "405 Method Not Allowed", Conflict, ""),
        (406, "406 Not Acceptable", NotAcceptable, ""),
        (409, "409 Conflict", Conflict, ""),
        (410, "410 Gone", Gone, "Bitbucket has removed this resource"),
        (413, "413 Request Entity Too Large", PLAIN, "The file is larger than Bitbucket accepts"),
        (416, "416 Requested Range Not Satisfiable", RangeRefused, ""),
        (429, "429 Too Many Requests", RateLimited, "The rate limit of these credentials is exhausted"),
        *((code, str(code), PLAIN, "") for code in (500, 501, 502, 503, 504)),
        (507, "507 Insufficient Storage", PLAIN, "The storage of this workspace is full"),
        (599, "599", PLAIN, ""),
    ],
)
def test_refusal_has_a_type_request_status_message_and_advice(
    emulator: Emulator, code: int, phrase: str, kind: type[RequestFailed], advice: str
) -> None:
    emulator.faults.add("status", code=code, body=WORDS)
    with pytest.raises(RequestFailed) as caught:
        send(connect(emulator))
    error, message = caught.value, str(caught.value)
    assert error.__class__ is kind
    assert message.startswith(f"POST {emulator.api_url}{LISTING} returned HTTP {phrase}")
    assert ": Words of theirs" in message
    assert (f"theirs. {advice}" in message) if advice else message.endswith("theirs")
    assert error.may_have_applied is (code >= 500)
    assert error.transient is (code in (429, 500, 502, 503, 504))


@pytest.mark.parametrize("body", ["", {}, {"error": {}}, {"error": None}, "[]", "null", b"\xff\xfe\x00"], ids=repr)
def test_error_without_a_message_shows_the_status(emulator: Emulator, body: Any) -> None:
    emulator.faults.add("status", code=400, body=body)
    message = str(failure(connect(emulator)))
    assert message.startswith(f"GET {emulator.api_url}{LISTING} returned HTTP 400 Bad Request")
    assert message.isprintable()
    assert "None" not in message


def test_endless_error_body_is_read_to_a_limit(emulator: Emulator) -> None:
    emulator.faults.add("status", code=400, body="x" * 8_000_000)
    assert "400 Bad Request" in str(failure(connect(emulator)))
    assert emulator.journal[0].sent_bytes < 8_000_000


@pytest.mark.parametrize("mistake", ["user name", "API token as access token", "access token as API token", "no body", "expired"])
def test_refused_credential_is_explained(emulator: Emulator, mistake: str) -> None:
    user = {"user": emulator.user}
    emulator.switches.empty_401 = mistake == "no body"
    credentials, words = {
        "user name": (
            {"user": "publisher", "api_token": emulator.api_token},
            "requires the email address of the Atlassian account",
        ),
        "API token as access token": ({"access_token": emulator.api_token}, "An Atlassian API token belongs in api_token"),
        "access token as API token": ({**user, "api_token": emulator.access_token}, "An access token belongs in access_token"),
        "no body": ({**user, "api_token": "wrong"}, "HTTP 401 Unauthorized. An API token requires the email address"),
        "expired": ({**user, "api_token": emulator.mint_api_token(life=-1)}, "expires after at most one year"),
    }[mistake]
    error = failure(connect(emulator, credentials=credentials))
    assert isinstance(error, Unauthorized)
    assert words in str(error)


def test_withdrawn_part_of_the_api_is_not_reported_as_spam(emulator: Emulator) -> None:
    data = {"announcement_url": "https://developer.atlassian.com/changelog/#CHANGE-2770"}
    words = {"message": "CHANGE-2770 - Functionality has been deprecated", "data": data}
    emulator.faults.add("status", code=410, body={"type": "error", "error": words})
    error = failure(connect(emulator))
    assert isinstance(error, Withdrawn)
    assert str(error).endswith(
        "#CHANGE-2770. Atlassian has withdrawn this part of the API. Install a newer release of this collection."
    )


@pytest.mark.parametrize("kind", ["API token", "access token"])
def test_missing_scope_is_named(emulator: Emulator, kind: str) -> None:
    api_token = emulator.mint_api_token(scopes=["read:repository:bitbucket"])
    access_token = emulator.mint_access_token(scopes=["repository"])
    missing = "write:repository:bitbucket" if kind == "API token" else "repository:write"
    credentials = {"user": emulator.user, "api_token": api_token} if kind == "API token" else {"access_token": access_token}
    with pytest.raises(Forbidden) as caught:
        send(connect(emulator, credentials=credentials))
    message = str(caught.value)
    assert message.startswith(f"POST {emulator.api_url}{LISTING} returned HTTP 403 Forbidden: ")
    assert f"The {kind} lacks a scope: the request requires {missing}. " in message


def test_403_for_another_reason_does_not_blame_the_scopes(emulator: Emulator) -> None:
    credentials = {"user": emulator.user, "api_token": emulator.mint_api_token(role="read")}
    with pytest.raises(Forbidden, match="tokens must have write or admin access") as caught:
        send(connect(emulator, credentials=credentials))
    assert "lacks a scope" not in str(caught.value)


@pytest.mark.parametrize("kind", ["access token", "API token", "OAuth"])
@pytest.mark.parametrize("code", [200, 400, 403])
@pytest.mark.parametrize("shape", ["text", "document"])
def test_credential_in_a_message_is_hidden(emulator: Emulator, kind: str, code: int, shape: str) -> None:
    emulator.faults.add("json", host="token", body={"access_token": "canary-oauth-token"})
    pair = base64.b64encode(f"{emulator.user}:{emulator.api_token}".encode()).decode()
    credentials, secrets = {
        "access token": ({"access_token": emulator.access_token}, [emulator.access_token]),
        "API token": ({"user": emulator.user, "api_token": emulator.api_token}, [pair, emulator.api_token]),
        "OAuth": (consumer(emulator), ["canary-oauth-token", emulator.client_secret]),
    }[kind]
    echo = "you sent " + " and ".join(secrets) + ", so much for that"
    body = echo if shape == "text" else {"error": {"message": echo, "detail": {"required": [echo]}}, "values": [echo]}
    emulator.faults.add("status", code=code, body=body, host="api")
    message = str(failure(connect(emulator, credentials=credentials)))
    assert "so much for that" in message
    assert [secret for secret in secrets if secret in message] == []


def test_consumer_in_a_message_of_the_endpoint_is_hidden(emulator: Emulator) -> None:
    echo = f"you sent {emulator.client_secret}, so much for that"
    emulator.faults.add("status", host="token", code=400, body={"error": "x", "error_description": echo})
    message = str(failure(connect(emulator, credentials=consumer(emulator))))
    assert "so much for that" in message
    assert emulator.client_secret not in message

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a refusal of the API says: what was tried, the status, Bitbucket's own words, and what to do about it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner

INFO = "bitbucket_download_info"
PUBLISH = "bitbucket_download"
NONE: dict[str, Any] = {"user": None, "api_token": None}


def listing(emulator: Emulator) -> str:
    return f"GET {emulator.api_url}/repositories/acme/widgets/downloads"


@pytest.mark.parametrize(
    ("code", "phrase", "advice"),
    [
        (400, "400 Bad Request", ""),
        (401, "401 Unauthorized", "An API token needs the e-mail of the Atlassian account as user"),
        (402, "402 Payment Required", "The plan of this workspace does not include this"),
        (403, "403 Forbidden", "The credential is known but not allowed to do this"),
        (404, "404 Not Found", "Bitbucket gives this answer for what does not exist and for what the credential may not see"),
        (410, "410 Gone", "Bitbucket has removed this"),
        (413, "413 Request Entity Too Large", "The file is larger than the service takes"),
        (429, "429 Too Many Requests", "The rate limit of this credential is used up"),
        (507, "507 Insufficient Storage", "The storage of this workspace is full"),
        (599, "599", ""),
    ],
)
def test_a_refusal_names_request_status_words_and_advice(
    emulator: Emulator, run: ModuleRunner, code: int, phrase: str, advice: str
) -> None:
    emulator.faults.add("status", code=code, body={"type": "error", "error": {"message": "Words of theirs"}})
    message = run.failure(INFO, retries=0)
    assert message.startswith(f"{listing(emulator)} failed with HTTP status {phrase}: Words of theirs")
    assert (f"theirs. {advice}" in message) if advice else message.endswith("theirs")
    assert "?" not in message.split(" failed ")[0]
    assert "pagelen" not in message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "One", "detail": "Two"}}, "One - Two"),
        ({"error": {"message": "One", "detail": {"key": ["a", "b"]}}}, "One - key: a, b"),
        ({"error": {"message": "One", "fields": {"files": ["Missing."]}}}, "One - files: Missing"),
        ({"error": "A text", "error_description": "More"}, "A text - More"),
        ({"detail": "A text", "message": "One"}, "One - A text"),
        ("Plain text\nof two lines", "Plain text of two lines"),
        ("<!DOCTYPE html><title>Down for repair</title><p>canary", "an HTML page titled 'Down for repair'"),
        ("<html><body>canary", "an HTML page"),
        ('["a list"]', '["a list"]'),
        ("\x1b[31mcolour\x07", "[31mcolour"),
        ("word " * 1000, "word word"),
    ],
)
def test_every_shape_of_error_is_put_into_words(emulator: Emulator, run: ModuleRunner, body: Any, words: str) -> None:
    emulator.faults.add("status", code=400, body=body)
    message = run.failure(INFO)
    assert f"400 Bad Request: {words}" in message
    assert "canary" not in message
    assert message.isprintable()
    assert len(message) < 800


@pytest.mark.parametrize("body", ["", {}, {"error": {}}, {"error": None}, "[]", "null"], ids=repr)
def test_an_error_without_words_is_its_status(emulator: Emulator, run: ModuleRunner, body: Any) -> None:
    emulator.faults.add("status", code=400, body=body)
    message = run.failure(INFO)
    assert message.startswith(f"{listing(emulator)} failed with HTTP status 400 Bad Request")
    assert "None" not in message


def test_bytes_that_are_no_text_do_no_harm(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("status", code=400, body=b"\xff\xfe\x00bad")
    assert "400 Bad Request" in run.failure(INFO)


def test_an_endless_error_body_is_not_read_to_its_end(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("status", code=400, body="x" * 8_000_000)
    assert "400 Bad Request" in run.failure(INFO)
    assert emulator.journal[0].sent_bytes < 8_000_000


def test_a_user_name_instead_of_the_email_is_explained(emulator: Emulator, run: ModuleRunner) -> None:
    message = run.failure(INFO, user="publisher")
    assert "401 Unauthorized: Token is invalid, expired, or not supported for this endpoint." in message
    assert "e-mail of the Atlassian account" in message
    assert emulator.api_token not in message


def test_an_api_token_as_access_token_is_explained(emulator: Emulator, run: ModuleRunner) -> None:
    message = run.failure(INFO, **NONE, access_token=emulator.api_token)
    assert "401" in message
    assert "an Atlassian API token belongs in api_token, with user" in message


def test_an_access_token_as_api_token_is_explained(emulator: Emulator, run: ModuleRunner) -> None:
    message = run.failure(INFO, api_token=emulator.access_token)
    assert "401" in message
    assert "an access token belongs in access_token" in message


def test_a_401_without_a_body_is_explained_too(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.switches.empty_401 = True
    message = run.failure(INFO, api_token="wrong-token")
    assert "401 Unauthorized. An API token needs the e-mail" in message


def test_an_expired_api_token_is_explained(emulator: Emulator, run: ModuleRunner) -> None:
    assert "expires after a year" in run.failure(INFO, api_token=emulator.mint_api_token(life=-1))


@pytest.mark.parametrize(
    ("granted", "missing", "request_"),
    [
        ("write:repository:bitbucket", "read:repository:bitbucket", "GET "),
        ("read:repository:bitbucket", "write:repository:bitbucket", "POST "),
    ],
)
def test_a_missing_scope_is_named(emulator: Emulator, run: ModuleRunner, granted: str, missing: str, request_: str) -> None:
    token = emulator.mint_api_token(scopes=[granted])
    message = run.failure(PUBLISH, content="x", name="y", api_token=token)
    assert message.startswith(request_)
    assert "403 Forbidden: Your credentials lack one or more required privilege scopes" in message
    assert f"it needs {missing}" in message
    assert f"granted: {granted}" in message


def test_a_missing_scope_of_an_access_token_is_named(emulator: Emulator, run: ModuleRunner) -> None:
    token = emulator.mint_access_token(scopes=["repository"])
    message = run.failure(PUBLISH, content="x", name="y", **NONE, access_token=token)
    assert "The access token lacks a scope: it needs repository:write" in message


def test_a_403_for_another_reason_does_not_blame_the_scopes(emulator: Emulator, run: ModuleRunner) -> None:
    token = emulator.mint_api_token(role="read")
    message = run.failure(PUBLISH, content="x", name="y", api_token=token)
    assert "403 Forbidden: tokens must have write or admin access" in message
    assert "lacks a scope" not in message


def test_a_plan_without_downloads_is_explained(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("status", method="POST", code=402, body={"error": {"message": "Upgrade"}})
    message = run.failure(PUBLISH, content="x", name="y")
    assert f"POST {emulator.api_url}/repositories/acme/widgets/downloads failed with HTTP status 402" in message
    assert "need a paid plan" in message


def test_a_delete_names_its_path(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.repository().put("a b.txt", b"x")
    emulator.faults.add("status", method="DELETE", code=403, body="Locked")
    message = run.failure(PUBLISH, state="absent", name="a b.txt")
    url = f"{emulator.api_url}/repositories/acme/widgets/downloads/a%20b.txt"
    assert f"DELETE {url} failed with HTTP status 403 Forbidden: Locked" in message


def test_a_login_page_after_an_upload_is_an_error(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("html", method="POST")
    assert "an HTML page titled 'Log in with Atlassian account'" in run.failure(PUBLISH, content="x", name="y")

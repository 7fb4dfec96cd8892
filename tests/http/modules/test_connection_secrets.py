# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing secret is in a result or message, whatever the services echo, and an old signed URL gets a new one."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.helpers.published import Published, published

__all__ = ["published"]

INFO = "bitbucket_download_info"
EXPIRED = (
    '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message>'
    "<ArgumentValue>Basic canary</ArgumentValue></Error>"
)


def secrets_of(emulator: Emulator) -> list[str]:
    """Everything that must never be shown, tokens that were made meanwhile included."""
    pairs = [(emulator.user, emulator.api_token), (emulator.client_id, emulator.client_secret)]
    basics = [base64.b64encode(":".join(pair).encode()).decode() for pair in pairs]
    tokens = list(emulator.accounts.credentials)
    return [*basics, *tokens, emulator.client_secret, emulator.signer.session[:40], "Signature=", "AWSAccessKeyId"]


def leaked(emulator: Emulator, *shown: object) -> list[str]:
    text = " ".join(one if isinstance(one, str) else json.dumps(one) for one in shown)
    return [secret for secret in secrets_of(emulator) if secret in text]


def kinds(emulator: Emulator) -> dict[str, dict[str, str]]:
    """The environment of each kind of credential."""
    return {
        "access token": {"BITBUCKET_ACCESS_TOKEN": emulator.access_token},
        "API token": {"BITBUCKET_USERNAME": emulator.user, "BITBUCKET_API_TOKEN": emulator.api_token},
        "OAuth": {"BITBUCKET_CLIENT_ID": emulator.client_id, "BITBUCKET_CLIENT_SECRET": emulator.client_secret},
    }


@pytest.fixture(params=["access token", "API token", "OAuth"])
def kind(request: pytest.FixtureRequest, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each kind of credential in turn, from the environment, where Ansible itself does not know that it is secret."""
    for name, value in kinds(emulator)[request.param].items():
        monkeypatch.setenv(name, value)
    return str(request.param)


NONE: dict[str, Any] = {"user": None, "api_token": None}


def test_results_hold_no_secret(emulator: Emulator, published: Published, kind: str) -> None:
    result = published.compare(diff=True, **NONE)
    assert result["artifacts"][0]["status"] == "unchanged"
    assert leaked(emulator, result) == []


@pytest.mark.parametrize("code", [200, 400, 403, 404, 500])
@pytest.mark.parametrize("shape", ["text", "document"])
def test_an_answer_that_echoes_the_credential_is_scrubbed(
    emulator: Emulator, run: ModuleRunner, kind: str, code: int, shape: str
) -> None:
    emulator.faults.add("json", host="token", body={"access_token": "canary-oauth-token"})
    mine = {
        "access token": [emulator.access_token],
        "API token": [secrets_of(emulator)[0], emulator.api_token],
        "OAuth": ["canary-oauth-token", emulator.client_secret, secrets_of(emulator)[1]],
    }[kind]
    echo = "you sent " + " and ".join(mine) + ", so much for that"
    body = echo if shape == "text" else {"error": {"message": echo, "detail": {"required": [echo]}}, "values": [echo]}
    emulator.faults.add("status", code=code, body=body, times=None)
    result = run(INFO, retries=0, **NONE)
    assert "so much for that" in result["msg"]
    assert [secret for secret in mine if secret in json.dumps(result)] == []


def test_an_endpoint_that_echoes_the_consumer_is_scrubbed(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in kinds(emulator)["OAuth"].items():
        monkeypatch.setenv(name, value)
    echo = f"you sent {emulator.client_secret} and {secrets_of(emulator)[1]}, so much for that"
    emulator.faults.add("status", host="token", code=400, body={"error": "x", "error_description": echo})
    result = run(INFO, **NONE)
    assert "so much for that" in result["msg"]
    assert leaked(emulator, result) == []


@pytest.mark.parametrize("code", [400, 403, 404, 416, 500])
def test_the_storage_hosts_words_never_reach_a_message(emulator: Emulator, published: Published, code: int) -> None:
    emulator.faults.add("status", host="storage", code=code, body=EXPIRED, times=None)
    message = published.compare_fails(retries=0)
    assert message.startswith(f"GET of app.tgz from the storage host localhost failed with HTTP status {code}")
    assert "AccessDenied" in message
    assert "canary" not in message
    assert "Request has expired" not in message
    assert leaked(emulator, message) == []


@pytest.mark.parametrize(
    ("kind_", "arguments"),
    [
        ("drop_before", {}),
        ("drop_after", {}),
        ("stall", {"seconds": 3}),
        ("redirect", {"location": "file:///canary"}),
        ("status", {"code": 500, "body": "canary"}),
        ("status", {"code": 418, "body": "<Error><Code>canary!</Code></Error>"}),
        ("html", {"code": 404, "body": "<html><title>canary</title>"}),
    ],
    ids=str,
)
def test_a_failure_at_the_storage_host_shows_no_signed_url(
    emulator: Emulator, published: Published, kind_: str, arguments: dict[str, Any]
) -> None:
    emulator.faults.add(kind_, host="storage", times=None, **arguments)
    result = published.compare(retries=0, timeout=1)
    assert result["failed"] is True
    assert "canary" not in result["msg"]
    assert leaked(emulator, result) == []


def test_a_signed_url_that_was_refused_is_made_anew(emulator: Emulator, published: Published) -> None:
    emulator.faults.add("status", host="storage", code=403, body=EXPIRED, headers={"Retry-After": "0"})
    published.compare_ok()
    assert len(emulator.journal.select(host="api", artifact="app.tgz")) == 2
    assert [entry.status for entry in emulator.journal.select(host="storage")] == [403, 304]


def test_signed_urls_that_are_always_refused_count_as_tries(emulator: Emulator, published: Published) -> None:
    headers = {"Retry-After": "0"}
    emulator.faults.add("status", host="storage", code=403, body=EXPIRED, headers=headers, times=None)
    assert "Gave up after 3 tries" in published.compare_fails(retries=2)
    assert len(emulator.journal.select(host="storage")) == 3


def test_a_signed_url_that_has_really_expired_is_told(emulator: Emulator, published: Published) -> None:
    emulator.switches.signed_url_life = -5
    message = published.compare_fails(retries=0)
    assert "403 Forbidden: AccessDenied" in message
    assert leaked(emulator, message) == []


def test_credentials_do_not_follow_a_link_to_the_next_page(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.repository().put("x", b"x")
    emulator.faults.add("foreign_next", url=emulator.storage_url + "/2.0/next?canary")
    message = run.failure(INFO)
    assert "leaves the API" in message
    assert "canary" not in message
    assert emulator.journal.select(host="storage") == []


@pytest.mark.parametrize("prefix", ["http://robot:pw@", "http://api.bitbucket.example@", "//", "https://"])
def test_a_next_link_that_only_looks_like_the_api_is_not_followed(emulator: Emulator, run: ModuleRunner, prefix: str) -> None:
    emulator.repository().put("x", b"x")
    place = emulator.origin.removeprefix("http://")
    emulator.faults.add("foreign_next", url=f"{prefix}{place}/2.0/repositories/acme/widgets/downloads?page=2")
    assert "leaves the API" in run.failure(INFO)
    assert len(emulator.journal) == 1


def test_an_upload_that_fails_shows_no_secret(emulator: Emulator, run: ModuleRunner, dist: Path, kind: str) -> None:
    (dist / "app.tgz").write_bytes(b"application")
    emulator.faults.add("status", method="POST", code=400, body="Bad Request")
    result = run("bitbucket_download", src=[str(dist / "app.tgz")], **NONE)
    assert "400 Bad Request" in result["msg"]
    assert leaked(emulator, result) == []

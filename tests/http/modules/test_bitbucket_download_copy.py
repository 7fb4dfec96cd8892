# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test bitbucket_download_copy: selection, credentials of the source, and invalid input, which sends no request.

Tests of copying artifacts are in tests/http/_copy.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.leaks import leaked
from tests.helpers.modules import ModuleRunner
from tests.http._copy.helpers import COPY, STAGING, stage, staging
from tests.http._downloads.helpers import MANIFEST, contents

DATA = {"app-1.0.tgz": b"one", "app-1.1.tgz": b"two", "notes.txt": b"notes"}
OLD_READ = "repository"


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ({"name": ["notes.txt", "app-1.0.tgz", "notes.txt"]}, ["notes.txt", "app-1.0.tgz"]),
        ({"patterns": ["app-*", "n*"]}, ["app-1.0.tgz", "app-1.1.tgz", "notes.txt"]),
        ({"pattern": "app-*"}, ["app-1.0.tgz", "app-1.1.tgz"]),
        ({"patterns": ["*"], "excludes": ["*.txt", "*1.1*"]}, ["app-1.0.tgz"]),
        ({"patterns": ["*"], "exclude": "app*"}, ["notes.txt"]),
        ({"patterns": [r"app-\d\.0"], "use_regex": True}, ["app-1.0.tgz"]),
    ],
    ids=str,
)
def test_options_choose_artifacts(emulator: Emulator, run: ModuleRunner, options: dict[str, Any], chosen: list[str]) -> None:
    stage(emulator, DATA)
    result = run.ok(COPY, src_repository=STAGING, **options)
    assert [artifact["name"] for artifact in result["artifacts"]] == chosen
    assert sorted(contents(emulator)) == sorted(chosen)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": None}, "one of the following is required: name, patterns, channel"),
        ({"channel": "stable"}, "mutually exclusive: channel|name"),
        ({"name": None, "channel": "stable", "patterns": ["*"]}, "mutually exclusive: channel|patterns"),
        ({"name": None, "channel": "stable", "excludes": ["*"]}, "mutually exclusive: channel|excludes"),
        ({"version": "1.0"}, "missing parameter(s) required by 'version': channel"),
        ({"name": None, "channel": "stable.channel.json"}, "Set channel to 'stable'"),
        ({"name": None, "channel": "stable", "version": "../1"}, "version '../1' is refused"),
        ({"name": None, "channel": "stable", "signing_key": "x"}, "signing_key needs manifest"),
        ({"name": None, "channel": "stable", "signature": "x"}, "signature needs signing_key or signed_by"),
        ({"name": ["stable.channel.json"]}, "'stable.channel.json' is a channel, which cannot be copied. Set channel"),
        ({"src_repository": None}, "missing required arguments: src_repository"),
        ({"name": []}, "name and patterns are empty: there is nothing to copy"),
        ({"patterns": ["a*"]}, "mutually exclusive: name|patterns"),
        ({"excludes": ["a*"]}, "mutually exclusive: name|excludes"),
        ({"name": None, "patterns": ["a("], "use_regex": True}, "patterns: 'a(' is not a valid regular expression"),
        ({"name": ["app", "../x"]}, "name '../x' is refused"),
        ({"name": ['a"b']}, "a double quote, which Bitbucket cannot store"),
        ({"name": [MANIFEST], "manifest": MANIFEST}, f"'{MANIFEST}' is the manifest, which the module writes itself"),
        ({"name": [f"{MANIFEST}.asc"], "manifest": MANIFEST}, "is the signature of the manifest, which the module writes itself"),
        ({"name": None, "patterns": [MANIFEST], "manifest": MANIFEST}, "Remove it from patterns"),
        ({"name": None, "patterns": [f"^{MANIFEST}$"], "use_regex": True, "manifest": MANIFEST}, "Remove it from patterns"),
        ({"manifest": "../SUMS"}, "manifest '../SUMS' is refused"),
        ({"manifest": "check sums"}, "manifest 'check sums' is refused"),
        ({"signed_by": ["x"]}, "signed_by needs manifest or channel"),
        ({"signing_key": "x"}, "signing_key needs manifest"),
        ({"overwrite": "ask"}, "value of overwrite must be one of: different, always, never, refuse"),
        ({"parallel": 17}, "parallel must be from 1 to 16, not 17"),
        ({"repository": ".."}, "repository '..' is refused"),
        ({"src_repository": ".."}, "src_repository '..' is refused"),
        ({"src_workspace": "a/b"}, "src_workspace 'a/b' is refused"),
        ({"src_repository": "acme/b"}, "Set src_workspace: 'acme', src_repository: 'b'"),
        ({"src_repository": "https://bitbucket.org/acme/b"}, "Set src_workspace: 'acme', src_repository: 'b'"),
        ({"src_repository": "widgets"}, "src_repository and repository are the same repository"),
        ({"src_repository": "Widgets"}, "src_repository and repository are the same repository"),
        ({"src_api_token": "x"}, "src_api_token requires src_user, the email address of the Atlassian account"),
        ({"src_client_id": "x"}, "src_client_id and src_client_secret must be set together: src_client_secret is missing"),
        ({"src_client_secret": "x"}, "src_client_id and src_client_secret must be set together: src_client_id is missing"),
        ({"src_access_token": "x", "src_api_token": "y"}, "is set: src_access_token and src_api_token. "),
        ({"src_client_id": "x", "src_access_token": "y"}, "is set: src_access_token and src_client_id. "),
        ({"src_access_token": "x\n"}, "src_access_token starts or ends with white space, or contains a control character"),
        ({"user": None, "api_token": None}, "Write operations require credentials"),
        ({"user": None, "api_token": None, "src_access_token": "x"}, "Write operations require credentials"),
        ({"src_repository": 1.1}, "src_repository must be a string, but it is a number"),
    ],
    ids=lambda value: str(value)[:60],
)
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_contradictory_options_are_refused_before_any_request(
    emulator: Emulator, run: ModuleRunner, options: dict[str, Any], words: str, check: bool
) -> None:
    given = {"name": ["app"], "src_repository": STAGING, **options}
    assert words in run.failure(COPY, **given, check=check)
    assert len(emulator.journal) == 0


def tokens(emulator: Emulator) -> dict[str, dict[str, str]]:
    """Return credentials that can only read the source, by kind."""
    consumer = emulator.mint_client([OLD_READ])
    reader = {"src_user": "reader@example.com"}
    return {
        "access token": {"src_access_token": emulator.mint_access_token([OLD_READ], only=("acme", STAGING))},
        "API token": {**reader, "src_api_token": emulator.mint_api_token(user=reader["src_user"], role="read")},
        "OAuth consumer": {"src_client_id": consumer.client_id, "src_client_secret": consumer.client_secret},
    }


@pytest.mark.parametrize("kind", ["access token", "API token", "OAuth consumer"])
def test_source_is_read_only_with_its_own_credential(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    stage(emulator, DATA)
    writer = emulator.mint_access_token(only=("acme", "widgets"))
    monkeypatch.setenv("BITBUCKET_API_TOKEN", "unused")
    monkeypatch.setenv("BITBUCKET_CLIENT_ID", "unused")
    options = {"user": None, "api_token": None, "access_token": writer, **tokens(emulator)[kind]}
    result = run.ok(COPY, src_repository=STAGING, name=list(DATA), **options)
    assert contents(emulator) == DATA
    sent = {repository: set[str]() for repository in (STAGING, "widgets")}
    for entry in emulator.journal.select(host="api"):
        sent[entry.path.split("/")[4]].add(entry.headers["Authorization"])
    assert sent["widgets"] == {f"Bearer {writer}"}
    assert len(sent[STAGING]) == 1
    assert sent[STAGING].isdisjoint(sent["widgets"])
    assert result["requests"] == len(emulator.journal.select(host="api"))


@pytest.mark.parametrize(
    "option", [{}, {"src_user": "other@example.com"}, {"src_access_token": "", "src_api_token": ""}], ids=str
)
def test_source_is_read_with_the_credential_of_the_destination_by_default(
    emulator: Emulator, run: ModuleRunner, option: dict[str, Any]
) -> None:
    stage(emulator, DATA)
    run.ok(COPY, src_repository=STAGING, name=["notes.txt"], **option)
    assert len({entry.headers["Authorization"] for entry in emulator.journal.select(host="api")}) == 1


def test_one_consumer_for_both_repositories_gets_one_token(emulator: Emulator, run: ModuleRunner) -> None:
    stage(emulator, DATA)
    consumer = {"client_id": emulator.client_id, "client_secret": emulator.client_secret, "user": None, "api_token": None}
    run.ok(COPY, src_repository=STAGING, name=["notes.txt"], **consumer)
    assert len(emulator.journal.select(host="token")) == 1


@pytest.mark.parametrize("kind", ["access token", "API token", "OAuth consumer"])
def test_secrets_of_the_source_are_masked(emulator: Emulator, run: ModuleRunner, kind: str) -> None:
    stage(emulator, DATA)
    options: dict[str, Any] = tokens(emulator)[kind]
    for failing in (False, True):
        run(COPY, src_repository=STAGING, name=["notes.txt"], diff=True, **options)
        assert leaked(emulator, run.output) == []
        headers = {entry.headers.get("Authorization", "") for entry in emulator.journal.select(host="api")}
        known = [header for header in headers if kind != "OAuth consumer"]  # Each task has another token.
        words = " ".join([*options.values(), *known, emulator.api_token])
        emulator.faults.add("status", code=403, body={"error": {"message": words}}, times=None)
        assert "HTTP 403" in run.output or not failing
    arguments = json.loads(run.output)["invocation"]["module_args"]
    shown = {name for name in options if arguments[name] != "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"}
    assert shown == options.keys() & {"src_user", "src_client_id"}


def test_message_tells_which_of_both_credentials_is_refused(emulator: Emulator, run: ModuleRunner) -> None:
    stage(emulator, DATA)
    message = run.failure(COPY, src_repository=STAGING, name=["notes.txt"], src_access_token="unknown")
    assert f"/repositories/acme/{STAGING}/downloads returned HTTP 401" in message


def test_source_can_be_in_another_workspace(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.repository("builds", STAGING).put("app", b"application")
    run.ok(COPY, src_workspace="builds", src_repository=STAGING, name=["app"])
    assert contents(emulator) == {"app": b"application"}
    assert staging(emulator).artifacts == {}


def test_waits_for_both_repositories_share_max_wait(emulator: Emulator, run: ModuleRunner) -> None:
    stage(emulator, DATA)
    for repository in (STAGING, "widgets"):
        emulator.faults.add("rate_limit", retry_after=2, path=f"/{repository}/downloads")
    token = {"src_access_token": emulator.access_token}
    message = run.failure(COPY, src_repository=STAGING, name=["notes.txt"], max_wait=3, **token)
    assert "/widgets/downloads" in message
    assert "would exceed max_wait" in message


def test_all_results_have_the_same_keys(emulator: Emulator, run: ModuleRunner) -> None:
    stage(emulator, DATA)
    keys = {"artifacts", "changed", "bytes_sent", "elapsed", "msg", "requests"}
    for check in (True, False, False):
        result = run.ok(COPY, src_repository=STAGING, patterns=["*"], check=check)
        assert result.keys() == keys
        assert result["msg"] in ("3 created", "3 unchanged")

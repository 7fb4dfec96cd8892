# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Advice about an error status: what to do where the cause is known, and which scopes are missing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._http.credentials import ACCESS_TOKEN, ANONYMOUS, API_TOKEN, OAUTH
from ansible_collections.releng.bitbucket.plugins.module_utils._http.refusals import advise, required_scopes
from ansible_collections.releng.bitbucket.plugins.module_utils._text import MAX_WORDS

LACKING = "Your credentials lack one or more required privilege scopes."
SCOPES = {"granted": ["read:repository:bitbucket"], "required": ["write:repository:bitbucket", "read:user:bitbucket"]}
BOTH = "write:repository:bitbucket, read:user:bitbucket"


def error(**error: object) -> bytes:
    return json.dumps({"type": "error", "error": error}).encode()


@pytest.mark.parametrize(
    ("body", "headers", "scopes"),
    [
        (error(message=LACKING, detail=SCOPES), {}, BOTH),
        (
            error(message=LACKING, detail=SCOPES),
            {"X-Accepted-OAuth-Scopes": "other"},
            BOTH,
        ),
        (error(message=LACKING), {"X-Accepted-OAuth-Scopes": "repository:write\n"}, "repository:write"),
        (error(message=LACKING), {}, ""),
        (error(message="Not a member"), {"X-Accepted-OAuth-Scopes": "repository:write"}, ""),
        (error(message=LACKING, detail={"required": "text"}), {}, ""),
        (error(message=LACKING, detail={"required": [1, None]}), {}, "1, None"),
        (b'{"error": "scope"}', {}, ""),
        (b"[]", {}, ""),
        (b"", {"X-Accepted-OAuth-Scopes": "repository"}, ""),
    ],
)
def test_required_scopes_are_those_that_the_answer_names(body: bytes, headers: dict[str, str], scopes: str) -> None:
    assert required_scopes(body, headers) == scopes


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, ANONYMOUS, "No credentials were given: neither the task nor the environment on its host has any."),
        (403, ANONYMOUS, "No credentials were given: "),
        (404, ANONYMOUS, "check workspace, repository and permissions. No credentials were given: "),
        (401, API_TOKEN, "needs the e-mail of the Atlassian account as user"),
        (401, ACCESS_TOKEN, "An access token is sent as Bearer"),
        (401, OAUTH, "The OAuth consumer must be marked as private"),
        (402, API_TOKEN, "need a paid plan"),
        (403, API_TOKEN, "not allowed to do this"),
        (404, API_TOKEN, "does not exist and for what the credential may not see"),
        (410, API_TOKEN, "has removed this"),
        (413, API_TOKEN, "larger than the service takes"),
        (429, API_TOKEN, "rate limit of this credential is used up"),
        (507, API_TOKEN, "storage of this workspace is full"),
    ],
)
def test_there_is_advice_where_the_cause_is_known(status: int, kind: str, words: str) -> None:
    assert words in advise(status, kind)
    assert ("App passwords no longer work" in advise(status, kind)) is (status == 401 and kind != ANONYMOUS)


@pytest.mark.parametrize("status", [400, 409, 500, 502, 503, 418])
def test_there_is_no_advice_where_it_is_not(status: int) -> None:
    assert advise(status, API_TOKEN, "repository:write") == ""


def test_advice_about_scopes_names_the_kind_and_the_scopes() -> None:
    words = advise(403, API_TOKEN, "write:repository:bitbucket")
    assert words.startswith("The API token lacks a scope: it needs write:repository:bitbucket, ")
    assert "a write scope does not include the read scope" in words
    assert "scope" not in advise(401, API_TOKEN, "write:repository:bitbucket").replace("App", "")


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text() | st.none() | st.integers(), max_size=20) | st.text())
def test_scopes_are_one_printable_line_whatever_the_answer_names(required: object) -> None:
    scopes = required_scopes(error(message="scope", detail={"required": required}), {"X-Accepted-OAuth-Scopes": "a\nb"})
    assert scopes == "" or scopes.isprintable()
    assert len(scopes) <= MAX_WORDS

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Extract messages from error responses in all forms, and keep everything else out of the result."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._http.credentials import ACCESS_TOKEN, ANONYMOUS, API_TOKEN, OAUTH
from ansible_collections.releng.bitbucket.plugins.module_utils._http.refusals import (
    advise,
    advise_by_words,
    advise_missing,
    required_scopes,
    server_words,
    storage_words,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._text import MAX_WORDS

LACKING = "Your credentials lack one or more required privilege scopes."
BOTH = "write:repository:bitbucket, read:user:bitbucket"
SCOPES = {"granted": ["read:repository:bitbucket"], "required": ["write:repository:bitbucket", "read:user:bitbucket"]}


def error(**error: object) -> bytes:
    return json.dumps({"type": "error", "error": error}).encode()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(error(message="No such file"), "No such file", id="message"),
        pytest.param(error(message="Gone", detail="Read the log."), "Gone - Read the log.", id="detail"),
        pytest.param(error(message="Gone", detail=None), "Gone", id="no detail"),
        pytest.param(error(detail="Only this"), "Only this", id="no message"),
        pytest.param(
            error(message=LACKING, detail=SCOPES),
            f"{LACKING} - granted: read:repository:bitbucket; required: write:repository:bitbucket, read:user:bitbucket",
            id="detail as object",
        ),
        pytest.param(
            error(message="Bad request", fields={"url": ["Enter a valid URL.", "No."], "x": "y"}),
            "Bad request - url: Enter a valid URL., No.; x: y",
            id="fields",
        ),
        pytest.param(error(message="Bad", fields=["url"]), "Bad - ['url']", id="fields as list"),
        pytest.param(
            error(message="CHANGE-1", data={"announcement_url": "https://a.example/1"}),
            "CHANGE-1 - https://a.example/1",
            id="announcement",
        ),
        pytest.param(error(message="Bad", data="text"), "Bad", id="data as text"),
        pytest.param(b'{"error": "just a text"}', "just a text", id="error as text"),
        pytest.param(
            b'{"error": "invalid_grant", "error_description": "Unknown consumer"}', "invalid_grant - Unknown consumer", id="OAuth"
        ),
        pytest.param(b'{"message": "bare"}', "bare", id="no error key"),
        pytest.param(b'{"error": null}', "", id="null"),
        pytest.param(b'{"error": {}}', "", id="empty error"),
        pytest.param(b"{}", "", id="empty object"),
        pytest.param(b"", "", id="empty"),
        pytest.param(b" \r\n", "", id="blank"),
        pytest.param(
            b"Rate limit for this resource has been exceeded\n", "Rate limit for this resource has been exceeded", id="text"
        ),
        pytest.param(b'["a", "b"]', '["a", "b"]', id="list"),
        pytest.param(b'{"error": {"message": "brok', '{"error": {"message": "brok', id="truncated"),
        pytest.param(b"<html><title>\n Log in \n</title></html>", "an HTML page titled 'Log in'", id="HTML"),
        pytest.param(b" <!DOCTYPE HTML><TITLE lang=en>502</TITLE>", "an HTML page titled '502'", id="HTML in capitals"),
        pytest.param(b"<html><body>secret form</body></html>", "an HTML page", id="HTML without title"),
        pytest.param(b"<html><title>broken off", "an HTML page titled 'broken off'", id="truncated HTML"),
        pytest.param(b"a\x1b[31m\x00b\r\n\tc", "a [31m b c", id="control characters"),
        pytest.param(b"caf\xe9 caf\xc3\xa9", "caf\ufffd café", id="not UTF-8"),
        pytest.param(error(message="a\nb\u202ec\ud800"), "a b c", id="control characters in JSON"),
        pytest.param(b"x" * 500, "x" * 500, id="maximum length"),
        pytest.param(b"x" * (MAX_WORDS + 1), "x" * (MAX_WORDS - 1) + "…", id="too long"),
        pytest.param(error(message="m" * 70000), "m" * (MAX_WORDS - 1) + "…", id="huge"),
    ],
)
def test_message_is_extracted_from_error_responses(body: bytes, words: str) -> None:
    assert server_words(body) == words


def test_a_deeply_nested_response_is_shown_as_text() -> None:
    assert server_words(b'{"error": %s}' % (b"[" * 30000 + b"]" * 30000)).startswith('{"error": [[[')


@pytest.mark.parametrize("piece", [b"<title>", b"<title", b"<title x", b"</title", b" ", b"<title></titl"])
def test_a_page_of_unfinished_titles_is_read_in_bounded_time(piece: bytes) -> None:
    begin = time.process_time()
    assert server_words(b"<html>" + piece * (65536 // len(piece))).startswith("an HTML page")
    assert time.process_time() - begin < 3


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["error", "message", "detail", "fields", "required", "x"]), inner, max_size=4)
    ),
)


def _is_one_printable_line(text: str) -> bool:
    return len(text) <= MAX_WORDS and (text == "" or text.isprintable()) and text == text.strip()


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=2000) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body_gives_one_printable_line(body: bytes) -> None:
    assert _is_one_printable_line(server_words(body))
    assert _is_one_printable_line(storage_words(body))


S3 = (
    b'<?xml version="1.0"?><Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message>'
    b"<ArgumentName>Authorization</ArgumentName><ArgumentValue>Basic czNjcmV0</ArgumentValue></Error>"
)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (S3, "InvalidArgument"),
        (b"<Error><Code>SignatureDoesNotMatch</Code></Error>", "SignatureDoesNotMatch"),
        (b"<Code>Basic czNjcmV0</Code>", ""),
        (b"<Code>%s</Code>" % (b"x" * 61), ""),
        (b"<Message>Bearer s3cret</Message>", ""),
        (b"plain s3cret", ""),
        (b'{"error": "s3cret"}', ""),
        (b"", ""),
    ],
)
def test_only_the_code_of_a_storage_response_is_shown(body: bytes, words: str) -> None:
    assert storage_words(body) == words


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
def test_required_scopes_are_those_that_the_response_names(body: bytes, headers: dict[str, str], scopes: str) -> None:
    assert required_scopes(body, headers) == scopes


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, ANONYMOUS, "No credentials are set in the task, in variables, or in the environment of the host that sends"),
        (403, ANONYMOUS, "No credentials are set in the task, "),
        (404, ANONYMOUS, "Check workspace, repository and permissions. No credentials are set in the task, "),
        (401, API_TOKEN, "requires the email address of the Atlassian account as user"),
        (401, ACCESS_TOKEN, "An access token is sent as a Bearer token"),
        (401, OAUTH, "The OAuth consumer must be marked as private"),
        (402, API_TOKEN, "require a paid plan"),
        (403, API_TOKEN, "do not permit this request"),
        (404, API_TOKEN, "missing resources and for resources that the credentials cannot read"),
        (410, API_TOKEN, "has removed this resource"),
        (413, API_TOKEN, "larger than Bitbucket accepts"),
        (429, API_TOKEN, "rate limit of these credentials is exhausted"),
        (507, API_TOKEN, "storage of this workspace is full"),
    ],
)
def test_message_has_advice_if_the_cause_is_known(status: int, kind: str, words: str) -> None:
    assert words in advise(status, kind)
    assert ("App passwords no longer work" in advise(status, kind)) is (status == 401 and kind != ANONYMOUS)


@pytest.mark.parametrize("status", [400, 409, 500, 502, 503, 418])
def test_message_has_no_advice_if_the_cause_is_unknown(status: int) -> None:
    assert advise(status, API_TOKEN, "repository:write") == ""


def test_advice_about_scopes_names_the_kind_and_the_scopes() -> None:
    words = advise(403, API_TOKEN, "write:repository:bitbucket")
    assert words.startswith("The API token lacks a scope: the request requires write:repository:bitbucket. ")
    assert "A write scope does not include the read scope" in words
    assert advise(403, OAUTH, "repository:write").startswith("The OAuth consumer lacks a scope: the request requires repository")
    assert "must have scopes" in advise(401, API_TOKEN)
    assert "write:repository:bitbucket" not in advise(401, API_TOKEN, "write:repository:bitbucket")


def test_advice_about_403_names_other_possible_causes() -> None:
    assert "A list of allowed IP addresses or required two-step verification" in advise(403, API_TOKEN)


OVER_QUOTA = (
    "This workspace is over the 1 GB size limit. Reduce the size of your workspace or upgrade to a Standard or Premium plan to"
    " increase the size limit."
)
FULL = "The storage of this workspace is full"
PLAN = "require a paid plan"


@pytest.mark.parametrize(
    ("status", "words", "advice"),
    [
        *((status, OVER_QUOTA, FULL) for status in (402, 403, 413, 507)),
        (403, "Storage quota exceeded", FULL),
        (413, "You are over your storage limit", FULL),
        (403, "Downloads are not available on this plan", PLAN),
        (403, "Upgrade to a Standard or Premium plan", PLAN),
        (403, "Your credentials lack one or more required privilege scopes.", ""),
        (413, "The file exceeds the size limit of 100 MB", ""),
        (401, OVER_QUOTA, ""),
        (500, OVER_QUOTA, ""),
        (410, "CHANGE-2770 - Functionality has been deprecated", "Atlassian has withdrawn this part of the API"),
        (410, "This snippet was marked as spam", ""),
    ],
)
def test_message_of_the_service_decides_the_advice(status: int, words: str, advice: str) -> None:
    found = advise_by_words(status, words)
    assert advice in found
    assert bool(advice) is bool(found)


GENERAL = "Bitbucket returns this status both for missing resources and for resources that the credentials cannot read. Check"


@pytest.mark.parametrize(
    ("path", "advice"),
    [
        ("/repositories/acme/widgets/downloads", "workspace, repository and permissions."),
        ("/snippets/acme", "workspace and permissions."),
        ("/snippets/acme/k3p/files/repositories", "workspace, snippet_id and permissions."),
        (
            "/repositories/Acme/widgets/downloads",
            "workspace, repository and permissions. The workspace contains capital letters: try 'acme'.",
        ),
        (
            "/snippets/ACME/K3p",
            "workspace, snippet_id and permissions. The workspace contains capital letters: try 'acme'.",
        ),
        ("/repositories/%7BAB-CD%7D/%7BAB%7D/downloads", "workspace, repository and permissions."),
        (
            "/repositories/acme/Widgets.git/downloads",
            "workspace, repository and permissions. The repository contains capital letters:"
            " try 'widgets.git'. Remove '.git' from the end of the repository.",
        ),
        ("/other", "workspace, repository and permissions."),
        ("", "workspace, repository and permissions."),
    ],
)
def test_advice_about_404_names_the_options_in_the_path(path: str, advice: str) -> None:
    assert advise_missing("https://api.bitbucket.org/2.0" + path) == f"{GENERAL} {advice}"


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text() | st.none() | st.integers(), max_size=20) | st.text())
def test_scopes_are_one_printable_line_for_any_response(required: object) -> None:
    scopes = required_scopes(error(message="scope", detail={"required": required}), {"X-Accepted-OAuth-Scopes": "a\nb"})
    assert scopes == "" or scopes.isprintable()
    assert len(scopes) <= MAX_WORDS

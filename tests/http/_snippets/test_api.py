# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send requests of the Snippets API, and explain the refusals of the service."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput, BitbucketError, RequestFailed
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.api import NoSuchSnippet, Snippets
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.document import Snippet
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.plan import SnippetPlan
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.reading import read_snippet
from tests.emulator import Emulator
from tests.http._snippets.helpers import DELETE, READ, WRITE, connect, get_only, list_writes

FILES = {"a.md": b"a\n"}
CALLS: dict[str, Callable[[Snippets], object]] = {
    "list": Snippets.list_once,
    "get": lambda snippets: snippets.get("kypj"),
    "get with contents": lambda snippets: snippets.get_with_contents("kypj"),
    "read": lambda snippets: read_snippet(snippets, "kypj", exact=True),
    "create": lambda snippets: snippets.create_once("New", True, FILES),
    "update": lambda snippets: snippets.update_once(snippets.get("kypj"), SnippetPlan({"title": "New"})),
    "delete": lambda snippets: snippets.delete("kypj"),
}
each_call = pytest.mark.parametrize("call", CALLS)
each_read = pytest.mark.parametrize("call", ["list", "get", "read"])


@pytest.fixture
def snippet(emulator: Emulator) -> Any:
    """Create a private snippet."""
    return emulator.snippets.create("Notes", FILES, id="kypj")


def fail(snippets: Snippets, call: str) -> str:
    """Return the message of a call that must fail."""
    with pytest.raises(BitbucketError) as caught:
        CALLS[call](snippets)
    return str(caught.value)


def test_refuse_names_that_are_not_path_segments_before_any_request(emulator: Emulator) -> None:
    with pytest.raises(BadInput, match="workspace"):
        connect(emulator, workspace="a/b")
    for call in (Snippets.get, Snippets.get_with_contents, Snippets.delete):
        with pytest.raises(BadInput, match="snippet_id"):
            call(connect(emulator), "..")
    assert len(emulator.journal) == 0


@each_call
@pytest.mark.parametrize("code", [401, 403])
def test_explain_that_access_tokens_cannot_reach_snippets(emulator: Emulator, snippet: Snippet, call: str, code: int) -> None:
    emulator.switches.snippet_access_token = code
    message = fail(connect(emulator, {"access_token": emulator.access_token}), call)
    assert f"HTTP {code}" in message
    assert message.endswith("Access tokens cannot reach Snippets: use an API token with user, or an OAuth consumer.")
    assert emulator.access_token not in message
    assert get_only(emulator).title == "Notes"


@pytest.mark.parametrize(
    ("call", "scopes", "missing"),
    [
        ("list", ["read:repository:bitbucket"], READ),
        ("get", [WRITE], READ),
        ("read", [DELETE], READ),
        ("create", [READ], WRITE),
        ("update", [READ], WRITE),
        ("delete", [READ, WRITE], DELETE),
    ],
)
def test_name_the_missing_scope_once(emulator: Emulator, snippet: Snippet, call: str, scopes: list[str], missing: str) -> None:
    message = fail(connect(emulator, {"user": emulator.user, "api_token": emulator.mint_api_token(scopes)}), call)
    assert "HTTP 403" in message
    assert missing in message
    assert message.count("Snippets require the scope read:snippet:bitbucket") == 1
    assert (get_only(emulator).title, get_only(emulator).files) == ("Notes", FILES)


def test_name_the_missing_scope_of_an_oauth_consumer(emulator: Emulator, snippet: Snippet) -> None:
    client = emulator.mint_client(["snippet"])
    message = fail(connect(emulator, {"client_id": client.client_id, "client_secret": client.client_secret}), "create")
    assert message.endswith("The OAuth consumer must have the scope snippet, and snippet:write to change snippets.")
    assert not re.search(":bitbucket|access token", message, re.IGNORECASE)


def test_name_no_scope_if_the_storage_host_refuses(emulator: Emulator, snippet: Snippet) -> None:
    emulator.switches.snippet_answers = "json_only"
    emulator.faults.add("redirect", path="/files/", location=emulator.storage_url + "/x?Signature=y")
    message = fail(connect(emulator), "read")
    assert "from the storage host localhost returned HTTP 403" in message
    assert "scope" not in message


def test_explain_a_refusal_after_a_redirect_of_the_api(emulator: Emulator, snippet: Snippet) -> None:
    emulator.switches.snippet_answers = "json_only"
    place = f"{emulator.api_url}/snippets/acme/kypj/elsewhere"
    emulator.faults.add("redirect", path="/files/", location=place)
    emulator.faults.add("status", path="/elsewhere", code=401)
    message = fail(connect(emulator), "read")
    assert f"GET {place} returned HTTP 401 Unauthorized" in message
    assert "An API token requires the email address" in message


@each_read
@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [
        ("html", {}, "HTML page titled 'Log in with Atlassian account'"),
        ("json", {"body": "[]"}, "not an object"),
        ("json", {"body": "{"}, "is not valid JSON"),
        ("json", {"body": '{"values": [{"title": "Notes"}], "files": {}}'}, "it has no id"),
        ("status", {"code": 410}, "HTTP 410"),
        ("status", {"code": 500}, "HTTP 500"),
    ],
)
def test_refuse_a_response_without_a_snippet(
    emulator: Emulator, call: str, kind: str, arguments: dict[str, Any], words: str
) -> None:
    emulator.faults.add(kind, **arguments)
    assert words in fail(connect(emulator), call)


@pytest.mark.parametrize(("kind", "words"), [("status", "HTTP 404"), ("html", "HTML page")])
def test_refuse_a_file_that_cannot_be_read(emulator: Emulator, snippet: Snippet, kind: str, words: str) -> None:
    emulator.switches.snippet_answers = "json_only"
    arguments: dict[str, Any] = {"code": 404} if kind == "status" else {}
    emulator.faults.add(kind, path="/files/", **arguments)
    assert words in fail(connect(emulator), "read")


def test_show_messages_of_the_service_about_spam_and_plans(emulator: Emulator, snippet: Any) -> None:
    snippet.mark_spam()
    assert "marked as spam" in fail(connect(emulator), "read")
    emulator.switches.snippet_free_plan = True
    assert "Upgrade to a Standard or Premium plan" in fail(connect(emulator), "list")
    emulator.faults.add("status", code=402, method="POST")
    assert "paid plan" in fail(connect(emulator), "create")


@pytest.mark.parametrize("switch", [403, 404])
def test_distinguish_a_forbidden_snippet_from_an_unknown_one(emulator: Emulator, switch: int) -> None:
    emulator.switches.snippet_hidden = switch
    emulator.snippets.create("Hidden", FILES, id="kypj", foreign=True)
    for call in (Snippets.get, Snippets.get_with_contents):
        with pytest.raises(NoSuchSnippet if switch == 404 else RequestFailed, match=f"HTTP {switch}"):
            call(connect(emulator), "kypj")


def test_find_the_revision_in_the_commits_without_links(emulator: Emulator) -> None:
    emulator.switches.snippet_revision_links = False
    bare = emulator.snippets.create("Bare", {})
    bare.edit({"x": "x"})
    bare.edit({"x": None})
    read = bare.revision
    snippets = connect(emulator)
    snippets.update_once(snippets.get(bare.id), SnippetPlan({}, FILES))
    assert [entry.path.rpartition("/")[2] for entry in emulator.journal] == [bare.id, "commits", read]
    assert bare.files == FILES


@pytest.mark.parametrize("body", [{"values": []}, {}, {"values": ["x"]}, {"values": [{"hash": 7}]}])
def test_update_nothing_without_a_revision(emulator: Emulator, body: dict[str, Any]) -> None:
    emulator.faults.add("json", path="/commits$", body=body)
    with pytest.raises(RequestFailed, match="Cannot determine the newest revision of snippet kypj, so it was not changed"):
        connect(emulator).update_once(Snippet("kypj", "Notes"), SnippetPlan({}, FILES))
    assert list_writes(emulator) == []

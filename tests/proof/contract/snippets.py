# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define scenarios with snippets: each option that changes a request, each form of response, and common refusals."""

from __future__ import annotations

import base64
from typing import Any

from .tapped import Scenario, World

SNIPPET, INFO = "bitbucket_snippet", "bitbucket_snippet_info"
TITLE = "Notes of 1.0, für alle"
BINARY = base64.b64encode(bytes(range(256))).decode()
FILES: list[dict[str, Any]] = [
    {"name": "notes.md", "content": "# 1.0\nAll is well.\n"},
    {"name": "grüße (1).txt", "content": "zwölf\r\n"},
    {"name": "image.png", "content_base64": BINARY},
]


def write(world: World) -> None:
    """Create a snippet, change files, title and visibility, delete files, and delete the snippet."""
    world.ok(SNIPPET, title=TITLE, files=FILES, check=True)
    for options in ({"files": FILES}, {"files": FILES}, {"files": FILES[:2], "purge": True}, {"is_private": False}):
        world.ok(SNIPPET, title=TITLE, **options)
    [snippet] = world.emulator.snippets
    world.ok(SNIPPET, snippet_id=snippet.id, title="Other", files=[{"name": "notes.md", "content": "new"}])
    world.ok(SNIPPET, snippet_id=snippet.id, title="Only a title")
    world.ok(SNIPPET, title="Only a title", state="absent")
    world.ok(SNIPPET, title="Only a title", state="absent")
    world.ok(SNIPPET, snippet_id=snippet.id, state="absent")


def read(world: World) -> None:
    """Read listings, a snippet, contents, and more than one page."""
    snippet = world.emulator.snippets.create("Run book", {"start.md": "Call.\n", "image": b"\0\xff"})
    for number in range(101):
        world.emulator.snippets.create(f"Notes {number}", {"a": "1"}, is_private=number % 2 == 0)
    for options in ({}, {"patterns": ["Run*"]}, {"title": "Run book"}, {"snippet_id": snippet.id, "contents": True}):
        assert world.ok(INFO, **options)["snippets"]
    assert world.look_into_snippets("start.md", title="Run book") == ["Call."]
    assert world.look_into_snippets("image", snippet_id=snippet.id, output="base64")
    assert world.ok(INFO, snippet_id="nosuch")["snippets"] == []


def only_json(world: World) -> None:
    """Use a service without multipart responses and without revisions in links."""
    world.emulator.switches.update({"snippet_answers": "json_only", "snippet_revision_links": False})
    world.ok(SNIPPET, title=TITLE, files=FILES)
    world.ok(SNIPPET, title=TITLE, files=FILES)
    # A snippet without files shows its revision only in its commits.
    [snippet] = world.emulator.snippets
    snippet.edit(dict.fromkeys(snippet.files))
    world.ok(SNIPPET, snippet_id=snippet.id, files=FILES[:1])


def json_by_refusal(world: World) -> None:
    """Use a service that refuses unsupported forms."""
    world.emulator.switches.snippet_answers = "json_406"
    world.ok(SNIPPET, title=TITLE, files=FILES)
    world.ok(INFO, title=TITLE, contents=True)


def only_forms(world: World) -> None:
    """Use a service that responds with form-data."""
    world.emulator.switches.snippet_answers = "form_only"
    world.ok(SNIPPET, title=TITLE, files=FILES)
    world.ok(SNIPPET, title=TITLE, files=FILES)


def printed_links(world: World) -> None:
    """Use the documented form of file links."""
    world.emulator.switches.snippet_file_links = "documented"
    snippet = world.emulator.snippets.create("Run book", {"start.md": "Call.\n"})
    assert world.look_into_snippets("start.md", snippet_id=snippet.id) == ["Call."]


def without_a_title(world: World) -> None:
    """Remove a title."""
    snippet = world.emulator.snippets.create(None, {"a": "1"})
    world.ok(INFO)
    world.ok(INFO, snippet_id=snippet.id, contents=True)


def changed_by_another_user(world: World) -> None:
    """Change a snippet after another user has changed it."""
    snippet = world.emulator.snippets.create(TITLE, {"notes.md": "old", "other": "old"})

    def edit_once(exchange: object) -> None:
        if len(snippet.revisions) == 1:
            snippet.edit({"other": "new"})

    world.tap.watcher = edit_once
    world.ok(SNIPPET, snippet_id=snippet.id, files=FILES[:1])


def kinds_of_credentials(world: World) -> None:
    """Use OAuth, and no credentials for a public snippet."""
    world.emulator.switches.snippet_app_user_member = True
    none: dict[str, Any] = {"user": None, "api_token": None}
    world.emulator.snippets.create("Open", {"a": "1"}, is_private=False)
    client = {"client_id": world.emulator.client_id, "client_secret": world.emulator.client_secret}
    world.ok(SNIPPET, title=TITLE, files=FILES, **none, **client)
    assert world.ok(INFO, title="Open", contents=True, **none)["snippets"]


def refusals(world: World) -> None:
    """Cause the common errors."""
    snippet = world.emulator.snippets.create(TITLE, {"notes.md": "old"})
    reader = world.emulator.mint_api_token(["read:snippet:bitbucket"])
    none: dict[str, Any] = {"user": None, "api_token": None}
    options: dict[str, Any] = {"files": FILES}
    world.fails(INFO, 401, api_token="wrong")
    world.fails(INFO, 401, snippet_id=snippet.id, api_token="wrong")
    world.fails(INFO, 403, **none, access_token=world.emulator.access_token)
    world.fails(INFO, 403, api_token=world.emulator.mint_api_token(["read:repository:bitbucket"]))
    world.fails(SNIPPET, 403, title="New", api_token=reader, **options)
    world.fails(SNIPPET, 403, snippet_id=snippet.id, api_token=reader, **options)
    world.fails(SNIPPET, 403, snippet_id=snippet.id, api_token=reader, state="absent")
    foreign = world.emulator.snippets.create("Foreign", {"a": "1"}, foreign=True)
    world.fails(INFO, 403, snippet_id=foreign.id)
    snippet.mark_spam(True)
    world.fails(SNIPPET, 410, snippet_id=snippet.id, **options)


SCENARIOS: list[Scenario] = [
    write,
    read,
    only_json,
    json_by_refusal,
    only_forms,
    printed_links,
    without_a_title,
    changed_by_another_user,
    kinds_of_credentials,
    refusals,
]

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scenarios with snippets: every option that changes a request, each form of answer, and the usual refusals."""

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
    """Create, change files, title and visibility, remove files, delete."""
    world.ok(SNIPPET, title=TITLE, files=FILES, check=True)
    for wish in ({"files": FILES}, {"files": FILES}, {"files": FILES[:2], "purge": True}, {"is_private": False}):
        world.ok(SNIPPET, title=TITLE, **wish)
    [snippet] = world.emulator.snippets
    world.ok(SNIPPET, snippet_id=snippet.id, title="Other", files=[{"name": "notes.md", "content": "new"}])
    world.ok(SNIPPET, snippet_id=snippet.id, title="A title alone")
    world.ok(SNIPPET, title="A title alone", state="absent")
    world.ok(SNIPPET, title="A title alone", state="absent")
    world.ok(SNIPPET, snippet_id=snippet.id, state="absent")


def read(world: World) -> None:
    """Listings, one snippet, contents; more than one page."""
    snippet = world.emulator.snippets.create("Run book", {"start.md": "Call.\n", "image": b"\0\xff"})
    for number in range(101):
        world.emulator.snippets.create(f"Notes {number}", {"a": "1"}, is_private=number % 2 == 0)
    for options in ({}, {"patterns": ["Run*"]}, {"title": "Run book"}, {"snippet_id": snippet.id, "contents": True}):
        assert world.ok(INFO, **options)["snippets"]
    assert world.look_into_snippets("start.md", title="Run book") == ["Call."]
    assert world.look_into_snippets("image", snippet_id=snippet.id, output="base64")
    assert world.ok(INFO, snippet_id="nosuch")["snippets"] == []


def json_alone(world: World) -> None:
    """A service that gives no multipart answers, and no revision in its links."""
    world.emulator.switches.update({"snippet_answers": "json_only", "snippet_revision_links": False})
    world.ok(SNIPPET, title=TITLE, files=FILES)
    world.ok(SNIPPET, title=TITLE, files=FILES)
    # A snippet without files has its revision nowhere but in its commits.
    [snippet] = world.emulator.snippets
    snippet.edit(dict.fromkeys(snippet.files))
    world.ok(SNIPPET, snippet_id=snippet.id, files=FILES[:1])


def json_by_refusal(world: World) -> None:
    """A service that refuses what it cannot answer in."""
    world.emulator.switches.snippet_answers = "json_406"
    world.ok(SNIPPET, title=TITLE, files=FILES)
    world.ok(INFO, title=TITLE, contents=True)


def forms_alone(world: World) -> None:
    """A service that answers in form-data."""
    world.emulator.switches.snippet_answers = "form_only"
    world.ok(SNIPPET, title=TITLE, files=FILES)
    world.ok(SNIPPET, title=TITLE, files=FILES)


def printed_links(world: World) -> None:
    """File links as the documentation prints them."""
    world.emulator.switches.snippet_file_links = "documented"
    snippet = world.emulator.snippets.create("Run book", {"start.md": "Call.\n"})
    assert world.look_into_snippets("start.md", snippet_id=snippet.id) == ["Call."]


def without_a_title(world: World) -> None:
    """A title may be taken away."""
    snippet = world.emulator.snippets.create(None, {"a": "1"})
    world.ok(INFO)
    world.ok(INFO, snippet_id=snippet.id, contents=True)


def changed_meanwhile(world: World) -> None:
    """Somebody else is faster: the revision is not the newest."""
    snippet = world.emulator.snippets.create(TITLE, {"notes.md": "old", "other": "old"})

    def edit_once(exchange: object) -> None:
        if len(snippet.revisions) == 1:
            snippet.edit({"other": "new"})

    world.tap.watcher = edit_once
    world.ok(SNIPPET, snippet_id=snippet.id, files=FILES[:1])


def kinds_of_credentials(world: World) -> None:
    """OAuth, and none for what is public."""
    world.emulator.switches.snippet_app_user_member = True
    none: dict[str, Any] = {"user": None, "api_token": None}
    world.emulator.snippets.create("Open", {"a": "1"}, is_private=False)
    client = {"client_id": world.emulator.client_id, "client_secret": world.emulator.client_secret}
    world.ok(SNIPPET, title=TITLE, files=FILES, **none, **client)
    assert world.ok(INFO, title="Open", contents=True, **none)["snippets"]


def refusals(world: World) -> None:
    """What every user sees sooner or later."""
    snippet = world.emulator.snippets.create(TITLE, {"notes.md": "old"})
    reader = world.emulator.mint_api_token(["read:snippet:bitbucket"])
    none: dict[str, Any] = {"user": None, "api_token": None}
    wish: dict[str, Any] = {"files": FILES}
    world.fails(INFO, 401, api_token="wrong")
    world.fails(INFO, 401, snippet_id=snippet.id, api_token="wrong")
    world.fails(INFO, 403, **none, access_token=world.emulator.access_token)
    world.fails(INFO, 403, api_token=world.emulator.mint_api_token(["read:repository:bitbucket"]))
    world.fails(SNIPPET, 403, title="New", api_token=reader, **wish)
    world.fails(SNIPPET, 403, snippet_id=snippet.id, api_token=reader, **wish)
    world.fails(SNIPPET, 403, snippet_id=snippet.id, api_token=reader, state="absent")
    foreign = world.emulator.snippets.create("Foreign", {"a": "1"}, foreign=True)
    world.fails(INFO, 403, snippet_id=foreign.id)
    snippet.mark_spam(True)
    world.fails(SNIPPET, 410, snippet_id=snippet.id, **wish)


SCENARIOS: list[Scenario] = [
    write,
    read,
    json_alone,
    json_by_refusal,
    forms_alone,
    printed_links,
    without_a_title,
    changed_meanwhile,
    kinds_of_credentials,
    refusals,
]

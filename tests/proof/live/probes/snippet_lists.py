# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out what the lists of snippets contain, and how they are paged."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from ..errors import Blocked
from ..gate import ABSENT
from ..probe import NO_RESULT, Seen, probe
from ..shapes import error, shape
from ..snippets import Made, id_in, ids_of
from ..world import World
from .listing import describe_pages, order_of, read_page

T = ("snippets",)
ROLES = ("", "role=owner", "role=contributor", "role=member")
LOOK_UP = "search for titles: no duplicate snippets"


def three_snippets(world: World) -> list[Made]:
    """Return three listed snippets, oldest first."""

    def make() -> list[Made]:
        snippets = world.snippets()
        made = [snippets.create(f"page {number}") for number in range(3)]
        if any(snippets.wait(one.id) == "never" for one in made):
            raise Blocked("a snippet is not listed")
        return made

    return world.share("three snippets", make)


def base_snippet(world: World) -> Made:
    """Return a readable snippet, listed or not."""

    def make() -> Made:
        made = world.snippets().create("base")
        world.snippets().document(made.id)
        return made

    return world.share("base snippet", make)


@probe(
    "T07",
    "Which lists show a new private snippet, and when?",
    "2.1 DOC, 10 UNKNOWN",
    LOOK_UP,
    switches=("snippet_lag_reads", "snippet_lag_seconds", "snippet_free_plan", "snippet_stays_public"),
    needs=T,
)
def ask_lists(world: World) -> Seen:
    """Create a snippet, and read the list without a role and with three roles."""
    snippets = world.snippets()
    response = snippets.post(world.title("listed"), {"plain.txt": b"plain text\n"})
    found: dict[str, Any] = {"POST": "good" if response.good else error(response, words=True)}
    values = snippets.listed()
    found["items"] = "texts" if values and not any(isinstance(item, dict) for item in values) else "objects"
    if not response.good:
        return found
    made = id_in(response)
    if made is None:
        raise Blocked("the response has no ID of the snippet")
    snippets.document(made)
    found["role=member"] = snippets.wait(made)
    for query in ROLES[:3]:
        found[query or "bare"] = "shown" if made in ids_of(snippets.listed(query)) else "not shown"
    return found


@probe(
    "T07i",
    "Which properties does an item of the list of snippets have?",
    "2.2 OBS (2015)",
    "query: titles, visibility, dates",
    switches=("snippet_revision_links",),
    needs=T,
)
def ask_list_item(world: World) -> Seen:
    """Get one item, without its owner."""
    made = three_snippets(world)[0]
    items = [item for item in world.snippets().listed() if isinstance(item, dict) and item.get("id") == made.id]
    if not items:
        raise Blocked("a snippet is not listed")
    item = dict(items[0])
    item.pop("owner", None)
    return {"item": shape(item)}


@probe(
    "T07s",
    "Can all listed snippets be read, or does the list show spam?",
    "2.1 DOC (410)",
    "query: a listed snippet that cannot be read",
    switches=("snippet_spam_listed",),
    needs=T,
    writes=False,
)
def ask_spam(world: World) -> Seen:
    """Read at most three snippets of other runs."""
    snippets = world.snippets()
    listed = [identity for identity in ids_of(snippets.listed("role=member")) if identity not in world.ids]
    statuses = set()
    for identity in listed[:3]:
        world.gate.show_snippet(identity)
        statuses.add(snippets.send("GET", identity).status)
    return {"refused": sorted(status for status in statuses if status >= 400)}


@probe(
    "T08",
    "Are pages of snippets full, and does next keep role and pagelen?",
    "10 OBS (next loses the query; pages may be short)",
    "listing of snippets; a lost role is another list",
    switches=("next_drops", "page_cap", "list_size", "list_page", "listing_repeat"),
    needs=T,
)
def ask_snippet_pages(world: World) -> Seen:
    """Get two pages of two snippets each."""
    three_snippets(world)
    snippets = world.snippets()
    query = "pagelen=2&role=member"
    first = snippets.send("GET", query=query)
    link = read_page(first).get("next")
    second = snippets.get(urljoin(snippets.url(query=query), link)) if isinstance(link, str) else None
    return describe_pages(world, snippets.url(query=query), first, second if second is not None and second.good else None, 2)


@probe(
    "T08l",
    "Which page lengths of snippets are accepted?",
    "2.6 OBS, 10 DOC (no contract)",
    "listing: pagelen=100, less if that is refused",
    switches=("pagelen_max", "snippet_free_plan"),
    needs=T,
    writes=False,
)
def ask_snippet_page_lengths(world: World) -> Seen:
    """Send one list for each."""
    snippets = world.snippets()
    return {
        "100": error(snippets.send("GET", query="pagelen=100&role=member")),
        "101": error(snippets.send("GET", query="pagelen=101&role=member")),
        "past the end": error(snippets.send("GET", query="page=1000&role=member")),
        "unknown role": error(snippets.send("GET", query="role=made_up")),
    }


@probe(
    "T08o",
    "What is the order of the list of snippets?",
    "2.6 UNKNOWN",
    "none: titles are sorted",
    switches=("snippet_order",),
    needs=T,
)
def ask_snippet_order(world: World) -> Seen:
    """Compare the dates of three snippets."""
    made = {one.id for one in three_snippets(world)}
    items = [item for item in world.snippets().listed() if isinstance(item, dict)]
    return {"order": order_of([item.get("created_on") for item in items if item.get("id") in made])}


@probe(
    "T42",
    "What does the list of snippets of all workspaces return?",
    "2.1 DOC (deprecated), 5",
    "none: every list names a workspace",
    switches=("snippet_global_list",),
    needs=T,
    writes=False,
)
def ask_global_list(world: World) -> Seen:
    """Send a list without a workspace."""
    response = world.session.send("GET", f"{world.settings.api_url}/snippets?role=owner", world.snippets().credential)
    return {"list": error(response, words=True)}


@probe(
    "T32",
    "What do requests for missing snippets, files and revisions return?",
    "2.1 DOC",
    "absent or hidden; advice for 404",
    switches=("empty_401", "snippet_free_plan=empty"),
    needs=T,
)
def ask_missing_snippets(world: World) -> Seen:
    """Request a missing snippet, workspace, file and revision, and a snippet without credentials."""
    snippets = world.snippets()
    made = base_snippet(world)
    private = snippets.document(made.id).get("is_private") is True
    anonymous = world.snippets("")
    world.gate.open_workspace(ABSENT)
    return {
        "snippet": error(snippets.send("GET", ABSENT), words=True),
        "workspace": error(world.snippets(workspace=ABSENT).send("GET", query="role=member"), words=True),
        "file": error(snippets.send("GET", f"{made.id}/files/missing.txt")),
        "revision": error(snippets.send("GET", f"{made.id}/{'0' * 40}")),
        "no credential": error(anonymous.send("GET", made.id)) if private else NO_RESULT,
        "no credential, list": error(anonymous.send("GET", query="role=member")),
        "no credential, bare list": error(anonymous.send("GET")),
        "no credential, POST": error(anonymous.post(world.title("anonymous"), {"plain.txt": b"plain\n"})),
    }

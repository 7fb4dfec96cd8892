# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask what a workspace on the Free plan answers."""

from __future__ import annotations

from collections.abc import Callable

from ..downloads import WAITS
from ..forms import Part
from ..probe import Seen, probe
from ..shapes import error, outcome
from ..wire import Answer
from ..world import World


def describe_values(answer: Answer) -> Seen:
    """Return what a listing has."""
    page = answer.json()
    values = page.get("values") if isinstance(page, dict) else None
    if not isinstance(values, list):
        return error(answer)
    kinds = sorted({"object" if isinstance(item, dict) else "text" for item in values})
    return {"status": answer.status, "items": kinds or ["none"]}


def wait_for_values(world: World, ask: Callable[[], Answer]) -> Seen:
    """Return what a listing has as soon as it has anything."""
    found: Seen = {}
    for pause in WAITS:
        if pause:
            world.session.pause(pause)
        found = describe_values(ask())
        if found.get("items") != ["none"]:
            break
    return found


@probe(
    "P06",
    "What do the Downloads of a Free workspace answer?",
    "1.6 UNKNOWN, 10 OBS",
    "advice about the plan; info, absent, prune",
    switches=("downloads_free_plan", "downloads_free_plan_post", "upload_effect=none"),
    needs=("free",),
)
def ask_free_downloads(world: World) -> Seen:
    """POST, list, GET and DELETE of one artifact."""
    downloads = world.downloads_of(world.settings.free_workspace, world.settings.free_repository)
    name = world.name("free.txt")
    post = downloads.post([Part("files", name, world.content())])
    return {
        "POST": "good" if post.good else error(post, words=True),
        "list": wait_for_values(world, lambda: downloads.send("GET")),
        "GET": outcome(downloads.send("GET", name)) if post.good else "(not asked)",
        "DELETE": outcome(downloads.delete(name)) if post.good else "(not asked)",
    }


@probe(
    "P06t",
    "What do the snippets of a Free workspace answer?",
    "2.7 OBS, 10 OBS",
    "advice about the plan; titles are not looked up",
    switches=("snippet_free_plan", "snippet_create_effect"),
    needs=("free", "snippets"),
)
def ask_free_snippets(world: World) -> Seen:
    """POST and list."""
    snippets = world.snippets(workspace=world.settings.free_workspace)
    post = snippets.post(world.title("free"), {"plain.txt": b"plain\n"})
    return {
        "POST": "good" if post.good else error(post, words=True),
        "list": wait_for_values(world, lambda: snippets.send("GET", query="role=member")),
    }

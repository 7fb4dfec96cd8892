# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out how a workspace on the Free plan responds."""

from __future__ import annotations

from collections.abc import Callable

from ..downloads import WAITS
from ..forms import Part
from ..probe import Seen, probe
from ..shapes import error, outcome
from ..wire import Response
from ..world import World


def describe_values(response: Response) -> Seen:
    """Return the kinds of items in a listing."""
    page = response.json()
    values = page.get("values") if isinstance(page, dict) else None
    if not isinstance(values, list):
        return error(response)
    kinds = sorted({"object" if isinstance(item, dict) else "text" for item in values})
    return {"status": response.status, "items": kinds or ["none"]}


def wait_for_values(world: World, ask: Callable[[], Response]) -> Seen:
    """Return the kinds of items in a listing as soon as it has any."""
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
    "How do the Downloads of a Free workspace respond?",
    "1.6 UNKNOWN, 10 OBS",
    "advice about the plan; info, absent, prune",
    switches=("downloads_free_plan", "downloads_free_plan_post", "upload_effect=none"),
    needs=("free",),
)
def ask_free_downloads(world: World) -> Seen:
    """Send POST, list, GET and DELETE for one artifact."""
    downloads = world.downloads_of(world.settings.free_workspace, world.settings.free_repository)
    name = world.name("free.txt")
    post = downloads.post([Part("files", name, world.content())])
    return {
        "POST": "good" if post.good else error(post, words=True),
        "list": wait_for_values(world, lambda: downloads.send("GET")),
        "GET": outcome(downloads.send("GET", name)) if post.good else "(not sent)",
        "DELETE": outcome(downloads.delete(name)) if post.good else "(not sent)",
    }


@probe(
    "P06t",
    "How do the snippets of a Free workspace respond?",
    "2.7 OBS, 10 OBS",
    "advice about the plan; no search for titles",
    switches=("snippet_free_plan", "snippet_create_effect"),
    needs=("free", "snippets"),
)
def ask_free_snippets(world: World) -> Seen:
    """Send a POST and a list."""
    snippets = world.snippets(workspace=world.settings.free_workspace)
    post = snippets.post(world.title("free"), {"plain.txt": b"plain\n"})
    return {
        "POST": "good" if post.good else error(post, words=True),
        "list": wait_for_values(world, lambda: snippets.send("GET", query="role=member")),
    }

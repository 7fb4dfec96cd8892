# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out what a DELETE of an artifact does."""

from __future__ import annotations

from ..downloads import Downloads
from ..errors import Blocked
from ..gate import ABSENT
from ..probe import Seen, probe
from ..shapes import error, media_type, outcome
from ..world import World


@probe(
    "D16",
    "What does DELETE return, is the artifact deleted at once, and what does a second DELETE return?",
    "1.1 DOC",
    "deletions and their verification, state: absent, prune",
    switches=("delete_effect", "delete_effect_names", "listing_lag_reads", "listing_lag_seconds"),
)
def ask_deletion(world: World) -> Seen:
    """Upload two artifacts, and delete both, one of them twice."""
    downloads = world.downloads()
    first, second = downloads.upload("delete-first.txt"), downloads.upload("delete-second.txt")
    downloads.find(first)
    downloads.find(second)
    response = downloads.delete(first.name)
    found: dict[str, object] = {"DELETE": {"status": response.status, "body": "empty" if not response.raw else "some"}}
    found["media type"] = media_type(response)
    found["not listed"] = _gone(downloads, first.name)
    found["GET"] = outcome(downloads.send("GET", first.name))
    found["DELETE again"] = error(downloads.delete(first.name), words=True)
    if not downloads.delete(second.name).good:
        raise Blocked("a delete was refused")
    found["second not listed"] = _gone(downloads, second.name)
    return found


def _gone(downloads: Downloads, name: str) -> str:
    """Return when the list no longer shows the artifact."""
    return downloads.wait(lambda seen: not seen.named(name)).when


@probe(
    "D32",
    "What do requests for missing artifacts, repositories and workspaces return?",
    "1.5 OBS (status INF), surprise 22",
    "advice for 404; absent or hidden",
    writes=False,
)
def ask_missing(world: World) -> Seen:
    """Request a missing artifact, repository and workspace, and the private repository without credentials."""
    missing = world.name("missing.txt")
    settings = world.settings
    return {
        "GET artifact": error(world.downloads().send("GET", missing), words=True),
        "list, no repository": error(world.downloads_of(settings.workspace, ABSENT).send("GET"), words=True),
        "list, no workspace": error(world.downloads_of(ABSENT, settings.repository).send("GET"), words=True),
        "list, no credential": error(world.downloads("").send("GET"), words=True),
    }

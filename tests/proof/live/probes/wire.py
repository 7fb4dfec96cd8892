# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out the properties of all responses: connections, headers, encodings, time."""

from __future__ import annotations

from ..forms import Part, encode
from ..probe import Seen, probe
from ..shapes import error, headers_present
from ..wire import Response
from ..world import World
from .redirect import stored_file
from .storage import token

TELLING = (
    "X-Credential-Type",
    "X-OAuth-Scopes",
    "X-Accepted-OAuth-Scopes",
    "X-RateLimit-Limit",
    "X-RateLimit-Resource",
    "X-RateLimit-NearLimit",
    "Retry-After",
)
SLOW = 0.4


@probe("A33", "Which headers describe an API token?", "3 OBS, 10 OBS", "messages", needs=("api_token",), writes=False)
def ask_headers_of_api_token(world: World) -> Seen:
    """Send one list."""
    return {"headers": headers_present(world.downloads("api_token").send("GET"), TELLING)}


@probe("A33a", "Which headers describe an access token?", "3 DOC, 10 DOC", "messages", needs=("access_token",), writes=False)
def ask_headers_of_access_token(world: World) -> Seen:
    """Send one list."""
    return {"headers": headers_present(world.downloads("access_token").send("GET"), TELLING)}


@probe("A33o", "Which headers describe an OAuth consumer?", "3 OBS, 10 OBS", "messages", needs=("oauth",), writes=False)
def ask_headers_of_oauth(world: World) -> Seen:
    """Send one list."""
    return {"headers": headers_present(world.downloads("oauth").send("GET"), TELLING)}


@probe(
    "A33e",
    "Are responses of the API encoded if the request has no Accept-Encoding?",
    "1.4 OBS (stray encodings)",
    "reading of responses",
    switches=("api_encoding",),
    writes=False,
)
def ask_encoding(world: World) -> Seen:
    """Send one list without Accept-Encoding."""
    response = world.downloads().send("GET")
    return {"Content-Encoding": token(response.header("Content-Encoding"))}


@probe(
    "D48",
    "Do connections to the API and to the storage host remain open?",
    "10 UNKNOWN",
    "reuse of connections",
    switches=("keep_alive",),
)
def ask_connections(world: World) -> Seen:
    """Send two successive requests to each host."""
    downloads = world.downloads()
    url = downloads.redirect(stored_file(world).name)
    downloads.send("GET")
    api = downloads.send("GET")
    downloads.storage(url)
    storage = downloads.storage(url)
    return {"API": _kept(api), "storage": _kept(storage)}


def _kept(response: Response) -> bool:
    return response.reused and (response.header("Connection") or "").lower() != "close"


@probe(
    "D48r",
    "Is an upload with wrong credentials refused before its body is read?",
    "10 UNKNOWN",
    "broken pipes during uploads",
)
def ask_refused_upload(world: World) -> Seen:
    """Send an upload of 6 MiB without credentials."""
    anonymous = world.downloads("")
    name = world.name("refused.bin")
    anonymous.note(name)
    body, content_type = encode([Part("files", name, world.content(world.sizes.refused))])
    response = anonymous.post_body(body, content_type)
    return {"refused": response.status >= 400, "early": response.early}


@probe(
    "D48t",
    "How fast do the hosts respond?",
    "10 UNKNOWN",
    "default of timeout",
    switches=("latency", "storage_latency"),
)
def ask_time(world: World) -> Seen:
    """Measure the fastest of three requests to each host."""
    downloads = world.downloads()
    url = downloads.redirect(stored_file(world).name)
    api = min(downloads.send("GET").seconds for _number in range(3))
    storage = min(downloads.storage(url).seconds for _number in range(3))
    return {"API": _speed(api), "storage": _speed(storage)}


def _speed(seconds: float) -> str:
    return f"under {SLOW} seconds" if seconds < SLOW else f"{SLOW} seconds or more"


@probe(
    "D49",
    "Are large uploads accepted?",
    "1.3 UNKNOWN (limits)",
    "guide_limits, default of timeout",
    needs=("large",),
)
def ask_large_upload(world: World) -> Seen:
    """Upload a file of the size in --large."""
    downloads = world.downloads()
    file = downloads.upload("large.bin", world.content(world.large))
    downloads.find(file)
    return {"stored": True}


@probe(
    "D50",
    "What does a 429 look like?",
    "3 DOC, 10 OBS",
    "pauses between attempts, max_wait",
    needs=("provoke_rate_limit", "public"),
    writes=False,
)
def ask_rate_limit(world: World) -> Seen:
    """Send at most 70 requests without credentials."""
    workspace, repository = world.public
    public = world.downloads_of(workspace, repository, "")
    for _number in range(70):
        response = world.session.send_once("GET", public.url())
        if response.status == 429:
            return {"response": error(response, words=True)}
    return {"response": "none in 70 requests"}

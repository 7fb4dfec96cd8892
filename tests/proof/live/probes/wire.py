# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask about what all responses have in common: connections, headers, encodings, time."""

from __future__ import annotations

from ..forms import Part, encode
from ..probe import Seen, probe
from ..shapes import error, headers_present
from ..wire import Answer
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


@probe("A33", "Which headers tell about an API token?", "3 OBS, 10 OBS", "messages", needs=("api_token",), writes=False)
def ask_headers_of_api_token(world: World) -> Seen:
    """One list."""
    return {"headers": headers_present(world.downloads("api_token").send("GET"), TELLING)}


@probe("A33a", "Which headers tell about an access token?", "3 DOC, 10 DOC", "messages", needs=("access_token",), writes=False)
def ask_headers_of_access_token(world: World) -> Seen:
    """One list."""
    return {"headers": headers_present(world.downloads("access_token").send("GET"), TELLING)}


@probe("A33o", "Which headers tell about an OAuth consumer?", "3 OBS, 10 OBS", "messages", needs=("oauth",), writes=False)
def ask_headers_of_oauth(world: World) -> Seen:
    """One list."""
    return {"headers": headers_present(world.downloads("oauth").send("GET"), TELLING)}


@probe(
    "A33e",
    "Are responses of the API encoded although nobody asks for it?",
    "1.4 OBS (stray encodings)",
    "reading of responses",
    switches=("api_encoding",),
    writes=False,
)
def ask_encoding(world: World) -> Seen:
    """One list without Accept-Encoding."""
    answer = world.downloads().send("GET")
    return {"Content-Encoding": token(answer.header("Content-Encoding"))}


@probe(
    "D48",
    "Do connections stay open, at the API and at the storage host?",
    "10 UNKNOWN",
    "connections that are kept for the next request",
    switches=("keep_alive",),
)
def ask_connections(world: World) -> Seen:
    """Two requests each, one after the other."""
    downloads = world.downloads()
    url = downloads.redirect(stored_file(world).name)
    downloads.send("GET")
    api = downloads.send("GET")
    downloads.storage(url)
    storage = downloads.storage(url)
    return {"API": _kept(api), "storage": _kept(storage)}


def _kept(answer: Answer) -> bool:
    return answer.reused and (answer.header("Connection") or "").lower() != "close"


@probe(
    "D48r",
    "When is an upload refused whose credential is wrong: before its body was read?",
    "10 UNKNOWN",
    "broken pipes during uploads",
)
def ask_refused_upload(world: World) -> Seen:
    """One upload of 6 MiB without a credential."""
    anonymous = world.downloads("")
    name = world.name("refused.bin")
    anonymous.note(name)
    body, content_type = encode([Part("files", name, world.content(world.sizes.refused))])
    answer = anonymous.post_body(body, content_type)
    return {"refused": answer.status >= 400, "early": answer.early}


@probe(
    "D48t",
    "Do the hosts answer at once?",
    "10 UNKNOWN",
    "default of timeout",
    switches=("latency", "storage_latency"),
)
def ask_time(world: World) -> Seen:
    """The fastest of three requests to each host."""
    downloads = world.downloads()
    url = downloads.redirect(stored_file(world).name)
    api = min(downloads.send("GET").seconds for _number in range(3))
    storage = min(downloads.storage(url).seconds for _number in range(3))
    return {"API": _speed(api), "storage": _speed(storage)}


def _speed(seconds: float) -> str:
    return f"under {SLOW} seconds" if seconds < SLOW else f"{SLOW} seconds or more"


@probe(
    "D49",
    "How are large uploads taken?",
    "1.3 UNKNOWN (limits)",
    "guide_limits, default of timeout",
    needs=("large",),
)
def ask_large_upload(world: World) -> Seen:
    """One upload of the size that --large names."""
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
    """At most 70 requests without a credential."""
    workspace, repository = world.public
    public = world.downloads_of(workspace, repository, "")
    for _number in range(70):
        answer = world.session.send_once("GET", public.url())
        if answer.status == 429:
            return {"answer": error(answer, words=True)}
    return {"answer": "none in 70 requests"}

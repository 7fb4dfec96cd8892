# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out which credentials are refused, and how."""

from __future__ import annotations

from ..errors import Blocked
from ..forms import Part
from ..probe import Seen, probe
from ..settings import basic
from ..shapes import error
from ..snippets import sha_of
from ..wire import Response
from ..world import World
from .listing import three_files


def refusal(response: Response) -> object:
    """Return how a request is refused. Another probe checks the status of a success."""
    return "good" if response.good else error(response)


@probe(
    "A29",
    "How do snippets respond to an access token?",
    "3 OBS, 4 INF",
    "advice: no access with this kind of token",
    switches=("snippet_access_token",),
    needs=("access_token",),
)
def ask_access_token_for_snippets(world: World) -> Seen:
    """Send a list and a POST."""
    snippets = world.snippets("access_token")
    return {
        "list": error(snippets.send("GET"), words=True),
        "POST": error(snippets.post(world.title("refused"), {"plain.txt": b"plain\n"}), words=True),
    }


@probe(
    "A30u",
    "What is the response to an API token without scopes?",
    "10 OBS (401)",
    "advice for 401",
    switches=("empty_401",),
    needs=("unscoped",),
    writes=False,
)
def ask_unscoped(world: World) -> Seen:
    """Send two lists."""
    return {
        "downloads": error(world.downloads("unscoped").send("GET"), words=True),
        "snippets": error(world.snippets("unscoped").send("GET"), words=True),
    }


@probe("A30r", "What can an API token with read scopes do?", "3 OBS, 4 DOC", "required scopes", needs=("read",))
def ask_read_only(world: World) -> Seen:
    """Send lists, POST and DELETE to Downloads and snippets."""
    downloads, snippets = world.downloads("read"), world.snippets("read")
    return {
        "list downloads": downloads.send("GET").status,
        "POST downloads": error(downloads.post([Part("files", world.name("read-only.txt"), world.content())]), words=True),
        "DELETE downloads": error(downloads.send("DELETE", world.name("read-only.txt"))),
        "list snippets": snippets.send("GET").status,
        "POST snippets": error(snippets.post(world.title("read only"), {"plain.txt": b"plain\n"})),
    }


@probe(
    "A30w",
    "What can an API token with write scopes but without read scopes do?",
    "1.1 DOC, 4 DOC",
    "required scopes",
    needs=("write",),
)
def ask_write_only(world: World) -> Seen:
    """Send list, POST and GET to Downloads, list and POST to snippets."""
    three_files(world)
    downloads, snippets = world.downloads("write"), world.snippets("write")
    name = world.name("write-only.txt")
    return {
        "list downloads": error(downloads.send("GET"), words=True),
        "POST downloads": refusal(downloads.post([Part("files", name, world.content())])),
        "GET downloads": error(downloads.send("GET", name)),
        "list snippets": error(snippets.send("GET")),
        "POST snippets": error(snippets.post(world.title("write only"), {"plain.txt": b"plain\n"})),
    }


@probe(
    "A30d",
    "Can an API token without delete:snippet:bitbucket delete a snippet, or its newest revision?",
    "2.1 DOC",
    "required scopes of absent",
    needs=("no_delete", "api_token", "snippets"),
)
def ask_no_delete(world: World) -> Seen:
    """Create two snippets, and send a DELETE for each."""
    snippets, other = world.snippets(), world.snippets("no_delete")
    first, second = snippets.create("kept one"), snippets.create("kept two")
    sha = sha_of(snippets.document(second.id))
    return {
        "snippet": error(other.send("DELETE", first.id), words=True),
        "revision": error(other.send("DELETE", f"{second.id}/{sha}")),
    }


@probe(
    "A31",
    "What is the response to wrong credentials, and to a request without credentials?",
    "3 OBS, 4 DOC",
    "advice for 401, anonymous reads",
    switches=("empty_401",),
    needs=("api_token",),
)
def ask_wrong_credentials(world: World) -> Seen:
    """Send a wrong secret, an API token as Bearer, and no credentials."""
    settings, session = world.settings, world.session
    url = world.downloads().url()
    bearer = {"Authorization": f"Bearer {settings.tokens['api_token']}"}
    anonymous = world.downloads("")
    return {
        "wrong secret": error(session.send("GET", url, headers={"Authorization": basic(settings.user, "made-up")}), words=True),
        "API token as Bearer": error(session.send("GET", url, headers=bearer), words=True),
        "wrong user": error(
            session.send("GET", url, headers={"Authorization": basic("other@example.com", settings.tokens["api_token"])})
        ),
        "no credential, POST": error(anonymous.post([Part("files", world.name("anonymous.txt"), world.content())]), words=True),
        "no credential, DELETE": error(anonymous.send("DELETE", world.name("anonymous.txt"))),
    }


@probe(
    "A31a",
    "What is the response to an access token with Basic authentication?",
    "4 DOC",
    "advice for 401",
    switches=("empty_401",),
    needs=("access_token",),
    writes=False,
)
def ask_access_token_as_basic(world: World) -> Seen:
    """Send one list."""
    settings = world.settings
    value = basic(settings.user or "x-token-auth", settings.access_token)
    response = world.session.send("GET", world.downloads().url(), headers={"Authorization": value})
    return {"list": error(response, words=True)}


@probe(
    "T42h",
    "What is the response for a private snippet of another account?",
    "2.1 DOC",
    "advice for 403 and 404",
    switches=("snippet_hidden",),
    needs=("hidden", "snippets"),
    writes=False,
)
def ask_hidden_snippet(world: World) -> Seen:
    """Get the snippet in LIVE_BITBUCKET_HIDDEN_SNIPPET."""
    workspace, slash, snippet_id = world.settings.hidden_snippet.partition("/")
    if not slash:
        raise Blocked("LIVE_BITBUCKET_HIDDEN_SNIPPET is not workspace/ID")
    return {"GET": error(world.snippets(workspace=workspace).send("GET", snippet_id), words=True)}

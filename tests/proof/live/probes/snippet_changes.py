# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out what changes and deletions of a snippet do."""

from __future__ import annotations

import json
from typing import Any

from ..errors import Blocked
from ..probe import NO_RESULT, Seen, probe
from ..shapes import error, media_type
from ..snippets import Document, Snippets, file_url, sha_of
from ..wire import Response
from ..world import World

T = ("snippets",)
JSON = {"Content-Type": "application/json"}


def files_of(document: Document) -> list[str]:
    """Return the names of the files."""
    return sorted(document.get("files") or {})


@probe(
    "T17",
    "What does a PUT do that adds, replaces and deletes files and changes the title?",
    "2.4 DOC",
    "update: merge, exact",
    switches=("snippet_put_effect", "snippet_write_body"),
    needs=T,
)
def ask_update(world: World) -> Seen:
    """Send a PUT of a form at the newest revision, and a GET."""
    snippets = world.snippets()
    made = snippets.create("updated", {"kept.txt": b"kept\n", "old.txt": b"old\n", "gone.txt": b"gone\n"})
    before = snippets.document(made.id)
    title = world.title("updated twice")
    files = {"old.txt": b"new\n", "added.txt": b"added\n"}
    response = snippets.change(f"{made.id}/{sha_of(before)}", files, ["gone.txt"], {"title": title})
    found: dict[str, Any] = {"PUT": _write(response)}
    after = snippets.document(made.id)
    found["files"] = files_of(after)
    found["title"] = "changed" if after.get("title") == title else "not changed"
    found["sha moves"] = sha_of(after) != sha_of(before)
    found["updated_on moves"] = after.get("updated_on") != before.get("updated_on")
    found["visibility"] = "kept" if after.get("is_private") == before.get("is_private") else "changed"
    found["contents"] = "new" if snippets.get(file_url(after, "old.txt")).body.startswith(b"new") else "old"
    return found


def _write(response: Response) -> Seen:
    if not response.good:
        return error(response)
    document = response.json()
    body = "none" if not response.raw else "the document" if isinstance(document, dict) and "files" in document else "other"
    return {"status": response.status, "media type": media_type(response), "body": body}


@probe(
    "T18",
    "What do PUT and DELETE return for an old revision, and for a missing file?",
    "2.1 DOC (405), 2.4 DOC",
    "compare and swap, conflicts",
    switches=("plain_400",),
    needs=T,
)
def ask_old_revision(world: World) -> Seen:
    """Change a snippet, then send requests with the old revision and a missing file."""
    snippets = world.snippets()
    made = snippets.create("older")
    old = sha_of(snippets.document(made.id))
    snippets.change(made.id, {"plain.txt": b"changed\n"})
    if sha_of(snippets.document(made.id)) == old:
        raise Blocked("a change creates no revision")
    return {
        "PUT": error(snippets.change(f"{made.id}/{old}", {"plain.txt": b"again\n"})),
        "DELETE": error(snippets.send("DELETE", f"{made.id}/{old}")),
        "GET": error(snippets.send("GET", f"{made.id}/{old}")),
        "removal of a missing file": error(snippets.change(made.id, removed=["missing.txt"])),
    }


@probe(
    "T23",
    "Does a PUT of the same bytes create a revision?",
    "2.4 UNKNOWN",
    "unchanged snippets are not sent",
    switches=("identical_put_commits",),
    needs=T,
)
def ask_identical(world: World) -> Seen:
    """Send a PUT with the current contents."""
    snippets = world.snippets()
    made = snippets.create("identical")
    before = snippets.document(made.id)
    content = snippets.get(file_url(before, "plain.txt")).body
    response = snippets.change(made.id, {"plain.txt": content})
    after = snippets.document(made.id)
    return {
        "status": response.status,
        "sha": "moves" if sha_of(after) != sha_of(before) else "stays",
        "updated_on": "moves" if after.get("updated_on") != before.get("updated_on") else "stays",
    }


@probe(
    "T26",
    "What does a PUT of JSON change?",
    "2.2 INF (a title creates no commit), 2.4 DOC",
    "update without files",
    switches=("snippet_put_effect",),
    needs=T,
)
def ask_metadata(world: World) -> Seen:
    """Send a PUT with a title, and one with a null title."""
    snippets = world.snippets()
    made = snippets.create("metadata")
    before = snippets.document(made.id)
    title = world.title("metadata changed")
    response = _put(snippets, made.id, {"title": title})
    after = snippets.document(made.id)
    cleared = _put(snippets, made.id, {"title": None})
    without = snippets.document(made.id).get("title") if cleared.good else NO_RESULT
    return {
        "status": response.status,
        "title": "changed" if after.get("title") == title else "not changed",
        "sha": "moves" if sha_of(after) != sha_of(before) else "stays",
        "updated_on": "moves" if after.get("updated_on") != before.get("updated_on") else "stays",
        "visibility": "kept" if after.get("is_private") == before.get("is_private") else "changed",
        "files": files_of(after),
        "title null": {"status": cleared.status, "title": "none" if without in (None, "") else "some"},
    }


def _put(snippets: Snippets, path: str, document: Document) -> Response:
    return snippets.send("PUT", path, headers=JSON, body=json.dumps(document).encode())


@probe(
    "T41",
    "What does DELETE of a snippet return, and is the snippet deleted at once?",
    "2.1 DOC",
    "state: absent and its verification",
    switches=("snippet_delete_effect", "snippet_lag_reads", "snippet_lag_seconds"),
    needs=T,
)
def ask_deletion(world: World) -> Seen:
    """Delete a snippet twice."""
    snippets = world.snippets()
    made = snippets.create("deleted")
    snippets.document(made.id)
    if snippets.wait(made.id) == "never":
        raise Blocked("a snippet is not listed")
    response = snippets.delete(made.id)
    return {
        "DELETE": {
            "status": response.status,
            "body": "empty" if not response.raw else "some",
            "media type": media_type(response),
        },
        "not listed": snippets.wait(made.id, shown=False),
        "GET": error(snippets.send("GET", made.id), words=True),
        "DELETE again": error(snippets.delete(made.id)),
    }


@probe(
    "T41r",
    "What does DELETE of the newest revision do?",
    "2.1 DOC",
    "none yet: absent deletes by ID",
    needs=T,
)
def ask_deletion_of_revision(world: World) -> Seen:
    """Delete the newest revision of a snippet with one revision."""
    snippets = world.snippets()
    made = snippets.create("revision")
    sha = sha_of(snippets.document(made.id))
    response = snippets.send("DELETE", f"{made.id}/{sha}")
    return {"DELETE": response.status if response.good else error(response), "GET": snippets.send("GET", made.id).status}

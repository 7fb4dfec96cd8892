# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out the bytes, links and stored names of files of snippets."""

from __future__ import annotations

import unicodedata
from typing import Any
from urllib.parse import urljoin, urlsplit

from ..errors import Blocked
from ..probe import NO_RESULT, Seen, probe
from ..shapes import error, headers_present, media_type, path_shape
from ..snippets import Snippets, file_url, id_in, sha_of
from ..world import World
from .snippet_lists import base_snippet

T = ("snippets",)
CONTENTS = {
    "lf.txt": b"one\ntwo\n",
    "crlf.txt": b"one\r\ntwo\r\n",
    "open.txt": b"no line end",
    "empty.txt": b"",
    "mark.txt": b"\xef\xbb\xbfbyte order mark\n",
    "nul.bin": b"a\x00b\n",
    "latin1.txt": "ä\n".encode("latin-1"),
    "blanks.txt": b"blanks  \n\n\n",
    "large.txt": b"0123456789abcde\n" * 65536,
}
NAMES = {
    "space": "a b.txt",
    "slash": "folder/a.txt",
    "umlaut": unicodedata.normalize("NFC", "ä.txt"),
    "decomposed": unicodedata.normalize("NFD", "ö.txt"),
    "quote": 'a"b.txt',
    "plus": "a+b.txt",
    "upper case": "UPPER.TXT",
    "hidden": ".hidden",
    "long": "n" * 251 + ".txt",
}


@probe(
    "T21",
    "Do the links of files return the sent bytes?",
    "2.3 DOC, 2.4 UNKNOWN (size)",
    "contents of snippets: the second run changes nothing",
    switches=("snippet_contents_change",),
    needs=T,
)
def ask_bytes(world: World) -> Seen:
    """Create a snippet with nine files, and get each file."""
    snippets = world.snippets()
    document = snippets.document(snippets.create("bytes", CONTENTS).id)
    found: dict[str, Any] = {}
    for name, content in CONTENTS.items():
        if name not in (document.get("files") or {}):
            found[name] = "not stored"
            continue
        response = snippets.get(file_url(document, name))
        found[name] = response.status if not response.good else "as sent" if response.body == content else "others"
        if name == "lf.txt":
            found["headers"] = {
                "media type": media_type(response),
                "Content-Disposition": (response.header("Content-Disposition") or "none").partition(";")[0],
                "given": headers_present(response, ["ETag", "Last-Modified", "Content-Length"]),
            }
    return found


@probe(
    "T22",
    "What are the URLs of files, and does the newest file need credentials?",
    "2.2 OBS (conflict with DOC), 2.3 OBS (401 after the redirect)",
    "reading of single files",
    switches=("snippet_file_links", "snippet_file_redirect_401"),
    needs=T,
)
def ask_links(world: World) -> Seen:
    """Follow the link of a file, and the redirect to its newest revision."""
    snippets = world.snippets()
    made = snippets.create("links")
    document = snippets.document(made.id)
    names = {world.settings.workspace: "(workspace)", made.id: "(id)", "plain.txt": "(name)"}
    link = file_url(document, "plain.txt")
    response = snippets.get(link)
    found: dict[str, Any] = {"link": path_shape(urlsplit(link).path, names), "status": response.status}
    newest = snippets.send("GET", f"{made.id}/files/plain.txt", headers={"Accept": "*/*"})
    found["newest"] = newest.status
    location = newest.header("Location")
    if location is None:
        return found
    target = urljoin(snippets.url(), location)
    found["target"] = path_shape(urlsplit(target).path, names)
    if target.startswith(world.settings.api_url + "/"):
        found["with credentials"] = snippets.get(target).status
        private = document.get("is_private") is True
        found["without"] = world.session.send("GET", target).status if private else NO_RESULT
    else:
        found["without"] = world.downloads().storage(target).status
    found["HEAD as revision"] = snippets.send("GET", f"{made.id}/HEAD/files/plain.txt", headers={"Accept": "*/*"}).status
    return found


@probe(
    "T24",
    "Under which names are files of snippets stored?",
    "2.4 INF (Django), UNKNOWN",
    "stored names of files, verification of writes",
    switches=("rename",),
    needs=T,
)
def ask_names(world: World) -> Seen:
    """Create a snippet with nine files, then add a file whose name differs in case."""
    base_snippet(world)
    snippets = world.snippets()
    contents = {name: world.content(50 + number) for number, name in enumerate(NAMES.values())}
    response = snippets.post(world.title("names"), {**contents, "case.txt": b"first\n"})
    if not response.good:
        return {"POST": error(response)}
    made = id_in(response)
    if made is None:
        raise Blocked("the response has no ID of the snippet")
    stored = set(snippets.document(made).get("files") or {})
    others = {name for name in stored if name.lower() != "case.txt"}
    found: dict[str, Any] = {label: _stored_as(name, stored) for label, name in NAMES.items()}
    changed = snippets.change(made, {"Case.txt": b"second\n"})
    kept = set(snippets.document(made).get("files") or {})
    after = sorted(name for name in kept if name.lower() == "case.txt")
    # Another probe checks changes without effect and changes that replace all files.
    is_lost = changed.good and (not others <= kept or (after == ["case.txt"] and _content(snippets, made) == b"first\n"))
    found["in another case"] = NO_RESULT if is_lost else after if changed.good else error(changed)
    return found


def _content(snippets: Snippets, made: str) -> bytes:
    return snippets.get(file_url(snippets.document(made), "case.txt")).body


def _stored_as(name: str, stored: set[str]) -> str:
    forms = {
        "as sent": name,
        "without its folder": name.rpartition("/")[2],
        "with _ for blanks": name.replace(" ", "_"),
        "in lower case": name.lower(),
        "composed": unicodedata.normalize("NFC", name),
        "decomposed": unicodedata.normalize("NFD", name),
        "without special characters": "".join(character for character in name if character.isalnum() or character in "-_."),
    }
    return next((label for label, form in forms.items() if form in stored), "otherwise")


@probe(
    "T22d",
    "Are there diffs, patches and commits of a snippet?",
    "2.1 DOC",
    "none yet: history",
    needs=T,
)
def ask_history(world: World) -> Seen:
    """Send three GETs for a snippet."""
    snippets = world.snippets()
    made = snippets.create("history")
    sha = sha_of(snippets.document(made.id))
    commits = snippets.send("GET", f"{made.id}/commits")
    page = commits.json()
    values = page.get("values") if isinstance(page, dict) else None
    first = values[0] if isinstance(values, list) and values else None
    any_type = {"Accept": "*/*"}
    return {
        "commits": commits.status,
        "number": len(values) if isinstance(values, list) else NO_RESULT,
        "keys": sorted(key for key in first if key.isidentifier()) if isinstance(first, dict) else "none",
        "diff": snippets.send("GET", f"{made.id}/{sha}/diff", headers=any_type).status,
        "patch": snippets.send("GET", f"{made.id}/{sha}/patch", headers=any_type).status,
    }

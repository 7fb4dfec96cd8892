# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out in which forms a snippet is sent: JSON, multipart/related, multipart/form-data."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from typing import Any, NamedTuple

from ..errors import Blocked
from ..probe import NO_RESULT, Seen, probe
from ..shapes import error, media_type, shape
from ..snippets import Made, file_url
from ..wire import Response
from ..world import World
from .snippet_lists import base_snippet

T = ("snippets",)
RELATED, FORM = "multipart/related", "multipart/form-data"
# The Accept header of the collection.
OURS = "multipart/related, multipart/form-data;q=0.9, application/json;q=0.8"
FILES = {
    "plain.txt": b"plain text\nsecond line\n",
    "open.txt": b"no line end",
    "blanks.txt": b"blanks at the end  \nof a line\n",
    "mark.txt": b"\xef\xbb\xbfbyte order mark\n",
    "umlaut.txt": "ä and ö\n".encode(),
    "文.txt": b"a name that is not ASCII\n",
    "bytes.bin": bytes(range(256)),
}


class Section(NamedTuple):
    """Hold a part of a multipart body: its headers by lower-case name, and its encoded body."""

    headers: dict[str, str]
    body: bytes


class Body(NamedTuple):
    """Hold a multipart body: line ends of its framing, whether it is closed, its parts."""

    line_ends: str
    closed: bool
    sections: list[Section]


def snippet_of_forms(world: World) -> Made:
    """Return a snippet with files of all kinds."""
    base_snippet(world)
    return world.share("forms", lambda: world.snippets().create("forms", FILES))


def stored_files(world: World) -> dict[str, bytes]:
    """Return the files of that snippet, read with their links."""

    def read() -> dict[str, bytes]:
        snippets = world.snippets()
        document = snippets.document(snippet_of_forms(world).id)
        found = {}
        for name in FILES:
            response = snippets.get(file_url(document, name))
            if not response.good:
                raise Blocked("cannot read a file of a snippet")
            found[name] = response.body
        return found

    return world.share("stored files", read)


def split(response: Response) -> Body:
    """Parse a multipart body; raise Blocked if it is not one."""
    match = re.search(r'boundary="?([^";]+)"?', response.header("Content-Type") or "")
    if not match:
        raise Blocked("a multipart response has no boundary")
    line = b"--" + match[1].encode()
    pieces = re.split(rb"(?:\A|\r?\n)" + re.escape(line), response.body)
    closed = pieces[-1].startswith(b"--")
    sections = [_section(piece) for piece in pieces[1 : -1 if closed else None]]
    return Body("CR LF" if line + b"\r\n" in response.body else "LF", closed, sections)


def _section(piece: bytes) -> Section:
    head, _unused, body = re.sub(rb"\A[ \t]*\r?\n", b"", piece).replace(b"\r\n\r\n", b"\n\n", 1).partition(b"\n\n")
    headers: dict[str, str] = {}
    for line in head.decode("utf-8", "replace").splitlines():
        name, _colon, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return Section(headers, body)


def decode(section: Section) -> bytes:
    """Return the body of a part without its transfer encoding."""
    encoding = section.headers.get("content-transfer-encoding", "").lower()
    try:
        if encoding == "base64":
            return base64.b64decode(section.body)
    except binascii.Error:
        return b""
    return quopri.decodestring(section.body) if encoding == "quoted-printable" else section.body


def file_sections(body: Body) -> dict[str, Section]:
    """Return the parts of the snippet's files by name."""
    found: dict[str, Section] = {}
    for section in body.sections:
        disposition = section.headers.get("content-disposition", "")
        name = next((name for name in FILES if name.isascii() and f'filename="{name}"' in disposition), None)
        if name is None and "filename" in disposition and re.search(r"[^ -~]|\*=|=\?", disposition):
            name = "文.txt"
        if name is not None:
            found[name] = section
    return found


def name_form(section: Section) -> str:
    """Return how a non-ASCII name is encoded."""
    text = section.headers.get("content-disposition", "")
    if "filename*=" in text:
        return "filename*"
    return "encoded word" if "=?" in text else "raw UTF-8" if "文" in text else "other"


def describe_files(world: World, body: Body) -> Seen:
    """Return how the parts encode the files, and whether their bytes are the stored ones."""
    stored = stored_files(world)
    sections = file_sections(body)
    found: dict[str, Any] = {"files": sorted(name.encode("ascii", "backslashreplace").decode() for name in sections)}
    if "文.txt" in sections:
        found["name"] = name_form(sections["文.txt"])
    for name, section in sections.items():
        if name.isascii():
            same = decode(section) == stored[name]
            encoding = section.headers.get("content-transfer-encoding", "none") if stored[name] == FILES[name] else NO_RESULT
            kind = section.headers.get("content-type", "none").partition(";")[0]
            found[name] = {"bytes": "as stored" if same else "others", "encoding": encoding, "type": kind}
    return found


@probe(
    "T20",
    "What does a snippet look like as multipart/related?",
    "2.3 DOC, UNKNOWN in practice",
    "contents in one request: parts of snippets",
    switches=(
        "snippet_answers",
        "snippet_text",
        "snippet_text_damage=crlf",
        "snippet_text_damage=final_newline",
        "snippet_text_damage=blanks",
        "snippet_line_ends",
        "snippet_part_names",
        "snippet_missing_part",
        "snippet_cut_closing",
        "snippet_wrong_root",
    ),
    needs=T,
)
def ask_related(world: World) -> Seen:
    """Get a snippet with seven files, and each file."""
    response = world.snippets().send("GET", snippet_of_forms(world).id, headers={"Accept": RELATED})
    if not response.good or not (media_type(response) or "").startswith("multipart/related"):
        return {"response": error(response) | {"media type": media_type(response)}}
    body = split(response)
    start = re.search(r'start="?<?([^">;]+)', response.header("Content-Type") or "")
    root = next(
        (section for section in body.sections if start and section.headers.get("content-id", "").strip('<>"') == start[1]), None
    )
    first = body.sections[0].headers if body.sections else {}
    return {
        "frame": {"line ends": body.line_ends, "closed": body.closed},
        "root": "the part that start names" if root else "no part has the name in start",
        "first part": first.get("content-type", "none").partition(";")[0],
        "MIME-Version": response.header("MIME-Version") is not None,
        **describe_files(world, body),
    }


@probe(
    "T20f",
    "What does a snippet look like as multipart/form-data, and which form does the collection's Accept select?",
    "2.3 DOC, UNKNOWN in practice",
    "contents in one request: parts of snippets",
    switches=(
        "snippet_answers=json_only",
        "snippet_answers=json_406",
        "snippet_answers=form_only",
        "snippet_text_damage",
        "snippet_line_ends",
        "snippet_part_names",
        "snippet_form_fields",
        "snippet_missing_part",
        "snippet_cut_closing",
    ),
    needs=T,
)
def ask_form(world: World) -> Seen:
    """Send two GETs of the same snippet."""
    snippets, made = world.snippets(), snippet_of_forms(world)
    ours = media_type(snippets.send("GET", made.id, headers={"Accept": OURS}))
    response = snippets.send("GET", made.id, headers={"Accept": FORM})
    if not response.good or not (media_type(response) or "").startswith("multipart/form-data"):
        return {"response": error(response) | {"media type": media_type(response)}, "for several types": ours}
    body = split(response)
    names = [re.search(r'\bname="([a-z_]{1,20})"', section.headers.get("content-disposition", "")) for section in body.sections]
    fields = sorted({match[1] for match in names if match})
    return {
        "frame": {"line ends": body.line_ends, "closed": body.closed},
        "fields": fields,
        "for several types": ours,
        **describe_files(world, body),
    }


@probe(
    "T19",
    "What does the POST of a snippet return, and does the snippet exist?",
    "2.4 DOC, 10 OBS; 2.2 OBS (2015)",
    "create: ID, links, visibility",
    switches=("snippet_write_body", "snippet_create_effect", "snippet_stays_public", "snippet_revision_links"),
    needs=T,
)
def ask_creation(world: World) -> Seen:
    """Send a POST and a GET."""
    snippets = world.snippets()
    made = snippets.create("created")
    document = made.response.json()
    found: dict[str, Any] = {
        "POST": {
            "status": made.response.status,
            "media type": media_type(made.response),
            "Location": made.response.header("Location") is not None,
            "body": "none"
            if not made.response.raw
            else "the document"
            if isinstance(document, dict) and "files" in document
            else "other",
        }
    }
    response = snippets.send("GET", made.id)
    found["GET"] = error(response)
    after = response.json()
    if not response.good or not isinstance(after, dict):
        return found | {"document": NO_RESULT, "private": NO_RESULT}
    own = {name: value for name, value in after.items() if name not in ("owner", "creator", "workspace", "files")}
    files = after.get("files")
    found["document"] = shape(own)
    found["file"] = shape(files.get("plain.txt")) if isinstance(files, dict) else kind_of(files)
    found["private"] = after.get("is_private")
    for person in (after.get("owner"), after.get("creator")):
        if isinstance(person, dict):
            world.names |= {value for value in person.values() if isinstance(value, str)} - {str(person.get("type"))}
    return found


def kind_of(value: object) -> str:
    """Return the name of a type."""
    return type(value).__name__


@probe(
    "T19o",
    "Which accounts are creator and owner of a snippet created with an API token?",
    "2.2 DOC (owner or workspace)",
    "none: not shown",
    needs=("api_token",),
)
def ask_persons(world: World) -> Seen:
    """Read the document of a snippet."""
    document = world.snippets().document(snippet_of_forms(world).id)
    return {name: shape(document.get(name)) for name in ("creator", "owner", "workspace")}

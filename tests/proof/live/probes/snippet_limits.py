# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out which titles and which sets of files a snippet can have."""

from __future__ import annotations

import unicodedata
from typing import Any

from ..errors import Blocked
from ..probe import Seen, probe
from ..shapes import error
from ..snippets import Snippets, id_in
from ..world import World
from .snippet_lists import base_snippet

T = ("snippets",)
ONE = {"plain.txt": b"plain text\n"}


def titles(world: World) -> dict[str, str]:
    """Return titles by their special property; each starts with the mark of the run."""
    special = {
        "255 characters": "t" * 255,
        "256 characters": "t" * 256,
        "1000 characters": "t" * 1000,
        "blanks inside": "two  blanks",
        "blank at the end": "blank ",
        "emoji": "📦",
        "markup": "a<b> & 'c'",
        "upper case": "UPPER",
        "full stop": "full stop.",
        "composed": unicodedata.normalize("NFC", "ä"),
        "decomposed": unicodedata.normalize("NFD", "ö"),
    }
    made = {label: world.title(text) for label, text in special.items()}
    return {label: title[: int(label.split()[0])] if label[0].isdigit() else title for label, title in made.items()}


@probe(
    "T25",
    "How are titles stored?",
    "2.4 UNKNOWN (length)",
    "verification of writes; search for titles",
    switches=("snippet_title_length", "snippet_title_change"),
    needs=T,
)
def ask_titles(world: World) -> Seen:
    """Create a snippet for each title."""
    base_snippet(world)
    snippets = world.snippets()
    found: dict[str, Any] = {label: _stored(snippets, title) for label, title in titles(world).items()}
    return found


def _stored(snippets: Snippets, title: str) -> object:
    response = snippets.post(title, ONE)
    made = id_in(response) if response.good else None
    if made is None:
        return error(response)
    stored = snippets.document(made).get("title")
    forms: dict[str, object] = {
        "as sent": title,
        "without blanks at the ends": title.strip(),
        "with single blanks": " ".join(title.split()),
        "in lower case": title.lower(),
        "composed": unicodedata.normalize("NFC", title),
        "decomposed": unicodedata.normalize("NFD", title),
        "without punctuation at the end": title.rstrip(".!?"),
    }
    label = next((label for label, form in forms.items() if form == stored), None)
    if label is None and isinstance(stored, str) and title.startswith(stored):
        return f"cut to {len(stored)} characters"
    return label or "otherwise"


@probe(
    "T25t",
    "Can a snippet have no title, and can two have the same title?",
    "2.2 OBS, surprise 16",
    "titles of several snippets",
    needs=T,
)
def ask_no_title(world: World) -> Seen:
    """Create a snippet without a title, and two with the same title."""
    base_snippet(world)
    snippets = world.snippets()
    response = snippets.post(None, ONE)
    made = id_in(response) if response.good else None
    title = world.title("twice")
    both = [snippets.post(title, ONE) for _number in range(2)]
    found: dict[str, Any] = {"no title": error(response), "two alike": len({id_in(one) for one in both if one.good})}
    if made is not None:
        stored = snippets.document(made).get("title")
        found["no title is"] = "null" if stored is None else "empty" if stored == "" else "a text"
        snippets.delete(made)
    return found


@probe(
    "T27",
    "Can a snippet have no files?",
    "2.4 UNKNOWN",
    "exact with no files; guide_snippets",
    switches=("snippet_empty_create", "snippet_last_file", "plain_400"),
    needs=T,
)
def ask_no_file(world: World) -> Seen:
    """Send a POST without files, and a PUT that deletes the last file."""
    snippets = world.snippets()
    empty = snippets.post(world.title("empty"), {})
    made = snippets.create("last file")
    removal = snippets.change(made.id, removed=["plain.txt"])
    kept = bool(snippets.document(made.id).get("files")) if not removal.good else False
    if removal.good and snippets.document(made.id).get("files"):
        raise Blocked("a change has no effect")
    return {"POST": refusal(empty), "PUT": refusal(removal), "the file is kept": kept}


def refusal(response: Any) -> object:
    """Return how a request is refused. Other probes check the responses of a success."""
    return "good" if response.good else error(response)


@probe(
    "T27p",
    "Which visibility does a snippet get if the request has none?",
    "2.1 UNKNOWN",
    "is_private is always sent",
    needs=("snippets", "public_snippets"),
)
def ask_default_visibility(world: World) -> Seen:
    """Send a POST without is_private. The snippet might be public until the end of the run."""
    snippets = world.snippets()
    response = snippets.post(world.title("default"), ONE, fields={})
    made = id_in(response) if response.good else None
    if made is None:
        raise Blocked("a snippet was refused")
    return {"private": snippets.document(made).get("is_private")}

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the contents of snippets, the actions of another user, and the possible behavior of the service."""

from __future__ import annotations

import base64
import unicodedata
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.emulator.snippets.state import Snippet, Snippets

from ..disturbance import Act, faults
from ..quirks import Quirk, leave_out

CAFE = "Caf\u00e9"
TITLES = ("Notes", "Notes", "Notes", "notes", "Release  1", "Release 1", "Fish & Chips", CAFE, unicodedata.normalize("NFD", CAFE))
NAMES = ("a.md", "b.txt", "c d.txt")
CONTENTS = (b"a\n", b"a\r\n", b"a", b"", b"\xef\xbb\xbfa\n", b"\xff\x00", "\u00e9\n".encode(), b"a  \nb\n", b"b\nc\n")

titles = st.sampled_from(TITLES)
files = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(CONTENTS), min_size=1, max_size=3)


class Note(NamedTuple):
    """Describe a snippet of the service."""

    title: str | None
    is_private: bool
    files: dict[str, bytes]
    revision: str


Notes = dict[str, Note]


def snapshot(snippets: Snippets) -> Notes:
    """Return all snippets by ID."""
    return {one.id: Note(one.title, one.is_private, one.files, one.revision) for one in snippets}


class Edit(NamedTuple):
    """Describe an action of another user: ``create``, ``edit``, ``retitle``, ``hide`` or ``remove``."""

    kind: str
    title: str
    files: dict[str, bytes]


class Touched:
    """Hold the IDs of the snippets that another user changed or created."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.made: Notes = {}


_kinds = st.sampled_from(["create", "edit", "retitle", "hide", "remove"])
edits = st.lists(st.builds(Edit, _kinds, titles, files), min_size=1, max_size=2).map(tuple)
acts = st.builds(Act, edits, st.integers(0, 5), st.sampled_from(["before", "after"]))
disturbances = st.one_of(st.none(), st.none(), acts, faults(hosts=("api",)))


def do_edits(snippets: Snippets, edits: tuple[Edit, ...], touched: Touched) -> None:
    """Perform the actions of another user on the newest snippet of a title, and record them."""
    for edit in edits:
        found = next((one for one in snippets if one.title == edit.title), None)
        if edit.kind == "create":
            made = snippets.create(edit.title, edit.files)
            touched.made[made.id] = Note(made.title, made.is_private, made.files, made.revision)
        elif found is not None:
            touched.ids.add(found.id)
            _change(snippets, found, edit)


def _change(snippets: Snippets, found: Snippet, edit: Edit) -> None:
    if edit.kind == "remove":
        snippets.remove(found.id)
    elif edit.kind == "edit":
        found.edit(edit.files)
    elif edit.kind == "retitle":
        found.edit(title=f"{edit.title} of others")
    else:
        found.edit(is_private=not found.is_private)


LISTINGS: tuple[Quirk, ...] = (
    {"snippet_lag_reads": 1},
    {"snippet_lag_reads": 2},
    {"snippet_lag_seconds": 0.9},
    {"snippet_order": "oldest"},
    {"page_cap": 1},
    {"page_cap": 1, "next_drops": ("role",)},
    {"list_size": False},
    {"listing_repeat": True, "page_cap": 1},
    {"snippet_free_plan": "empty"},
)
WRITES: tuple[Quirk, ...] = (
    {"snippet_create_effect": "none"},
    {"snippet_put_effect": "none"},
    {"snippet_delete_effect": "none"},
    {"snippet_stays_public": True},
    {"snippet_write_body": "empty"},
    {"identical_put_commits": True},
    {"snippet_last_file": 200},
)
CHANGES: tuple[Quirk, ...] = (
    *({"snippet_title_change": rule} for rule in ("nfc", "nfd", "strip", "collapse", "escape", "lower")),
    *({"snippet_contents_change": rule} for rule in ("crlf", "final_newline", "bom")),
    {"snippet_title_length": 5},
    {"rename": "spaces"},
)
CHANNELS: tuple[Quirk, ...] = (
    *({"snippet_answers": form} for form in ("json_only", "json_406", "form_only")),
    *({"snippet_text": text} for text in ("8bit", "quoted-printable", "base64", "base64_canonical")),
    *({"snippet_text_damage": damage} for damage in ("crlf", "final_newline", "bom", "latin1", "blanks")),
    {"snippet_line_ends": "lf"},
    {"snippet_cut_closing": True},
    {"snippet_file_links": "documented"},
    {"snippet_revision_links": False},
)
quirks = leave_out((LISTINGS, WRITES, CHANGES, CHANNELS))


def encode(contents: dict[str, bytes]) -> list[dict[str, Any]]:
    """Return files in the format of the option."""
    return [{"name": name, "content_base64": base64.b64encode(data).decode()} for name, data in contents.items()]

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define all switches of the matrix: the behavior of the service during a task, and the expected messages.

Must not know any task. The name of a switch describes the service; `values` are the switches of the emulator.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.emulator import altering, renaming
from tests.emulator.snippets.parts import is_text

from .discovery import Request
from .scenario import Note, Scenario, World

Alike = Callable[[World], World]  # maps states that differ only by the switch to the same state

UPLOAD = (r"^POST artifacts", "uploads nothing")
DELETE = (r"^DELETE", "deletes nothing")
WRITE = (r"^(POST artifacts|DELETE)", "writes nothing")
LIST = (r"^GET (listing|snippets)", "no list")
STORAGE = (r"from storage", "not signed")
CREATE = (r"^POST snippets", "creates nothing")
CHANGE = (r"^PUT snippet", "changes nothing")
SEND = (r"^(POST snippets|PUT snippet)", "sends nothing")
ANY = (r"", "")
UNLISTED = r"not in the listing|still listed unchanged|but the listing says"
INCOMPLETE = r"incomplete|might be missing"
STORED_AS, STILL = r"was stored as|stored '.*' under the name", r"still exists"
WHICH = r"snippet_id"
EXPIRED = {"signed_url_cached": 60.0, "signed_url_cached_expired": True}
EMPTY = r"list (.* )?is empty|does not show|is not listed"


def as_it_is(world: World) -> World:
    """Return the state unchanged: the switch has no lasting effect."""
    return world


@dataclass(frozen=True)
class Switch:
    """Describe a switch.

    ``of``: part of the names of the affected plugins. ``needs``: a request that the task must send, and the reason otherwise.
    ``says``: a regular expression for the cause in a failure or, with ``warns``, in a warning after success.
    ``must``: the task must succeed. ``alike``: ignores the effect of the switch on names, titles or contents in comparisons
    during the task, and afterwards with ``stays``. ``asks``: a regular expression for the failure of the next runs if they
    need a decision of the user. ``oauth``: the task uses an OAuth consumer, which the emulator treats as a member.
    """

    name: str
    of: str
    values: dict[str, Any]
    needs: tuple[str, str]
    says: str = "never"
    must: bool = False
    warns: bool = False
    alike: Alike = as_it_is
    stays: bool = False
    asks: str = ""
    oauth: bool = False

    def concerns(self, scenario: Scenario) -> bool:
        """Return whether the switch belongs to the domain of the task."""
        return self.of in scenario.plugin

    def fits(self, requests: Sequence[Request]) -> str:
        """Return why the switch does not apply to a task with these requests, "" if it applies."""
        pattern, words = self.needs
        return "" if any(re.search(pattern, request.label) for request in requests) else words

    def prepare(self, scenario: Scenario) -> Scenario:
        """Return the task with the settings for this switch."""
        if not self.oauth:
            return scenario
        return replace(scenario, oauth=True, switches={**scenario.switches, "snippet_app_user_member": True})


def rename(rule: str) -> Alike:
    """Return a function that applies a rule for names to artifacts and to the lines of manifests."""

    def line(text: str) -> str:
        digest, gap, name = text.partition("  ")
        return digest + gap + renaming.apply_rule(rule, name)

    def data(name: str, content: bytes) -> bytes:
        return "\n".join(sorted(map(line, content.decode().splitlines()))).encode() if "SUMS" in name.upper() else content

    def alike(world: World) -> World:
        renamed = {renaming.apply_rule(rule, name): data(name, content) for name, content in world.artifacts.items()}
        return replace(world, artifacts=renamed)

    return alike


def without_suffixes(world: World) -> World:
    """Return the state without the files that the service stored under other names."""
    kept = {name: data for name, data in world.artifacts.items() if not re.search(r"_[A-Za-z0-9]{7}(\.|$)", name)}
    return replace(world, artifacts=kept)


def retitle(rule: str) -> Alike:
    """Return a function that applies a rule for titles."""
    change = html.unescape if rule == "escape" else altering.TITLES[rule]
    return lambda world: replace(world, notes=[replace(note, title=change(note.title)) for note in world.notes])


def one_of_each_title(world: World) -> World:
    """Return the state with only the newest snippet of each title."""
    notes = {note.title: note for note in reversed(world.notes)}
    return replace(world, notes=list(notes.values()))


def rewrite(rule: str) -> Alike:
    """Return a function that applies a rule for contents."""
    change = altering.STORED[rule]

    def note(one: Note) -> Note:
        return replace(one, files={name: change(data) if is_text(data) else data for name, data in one.files.items()})

    return lambda world: replace(world, notes=[note(one) for one in world.notes])


NAMES = {
    "django": "names become valid names of Django",
    "nfc": "names become NFC",
    "nfd": "names become NFD",
    "lower": "names become lower case",
}
TITLES = {
    "lower": "titles become lower case",
    "nfd": "titles become NFD",
    "collapse": "white space in titles is collapsed",
    "escape": "titles are escaped for HTML",
}
TEXTS = {"crlf": "text gets CR LF", "final_newline": "text gets a final newline", "bom": "text loses its byte order mark"}

PAGES = [
    Switch("pages repeat an item", "", {"listing_repeat": True, "page_cap": 1}, LIST, INCOMPLETE, warns=True),
    Switch("pages have no size", "", {"list_size": False, "page_cap": 1}, LIST, INCOMPLETE, warns=True),
    Switch("page links omit role and pagelen", "", {"next_drops": ("role", "pagelen"), "page_cap": 1}, LIST, must=True),
    Switch("pages have at most 50 items", "", {"pagelen_max": 50}, LIST, must=True),
    Switch("responses are compressed without request", "", {"api_encoding": "gzip"}, ANY, must=True),
    Switch("OAuth tokens expire after 1 request", "", {"token_ends_after_requests": 1}, ANY, must=True, oauth=True),
]
DOWNLOADS = [
    Switch("list lags by 2 readings", "download", {"listing_lag_reads": 2}, WRITE, must=True),
    Switch("list lags by 100 readings", "download", {"listing_lag_reads": 100}, WRITE, UNLISTED),
    Switch("list is empty (Free plan)", "download", {"downloads_free_plan": "empty"}, LIST, EMPTY, warns=True),
    Switch("uploads have no effect", "download", {"upload_effect": "none"}, UPLOAD, UNLISTED),
    Switch(
        "uploads get a suffix", "download", {"upload_effect": "suffix"}, UPLOAD, STORED_AS, alike=without_suffixes, stays=True
    ),
    Switch("deletes have no effect", "download", {"delete_effect": "none"}, DELETE, STILL),
    *(
        Switch(name, "download", {"rename": rule}, UPLOAD, STORED_AS, alike=rename(rule), stays=True)
        for rule, name in NAMES.items()
    ),
    Switch("names keep their case", "download", {"rename": "keep_case"}, UPLOAD, STORED_AS, alike=rename("lower"), stays=True),
    Switch("replaced artifacts keep their date", "download", {"created_on_moves": False}, UPLOAD, must=True),
    Switch("first signed URL has expired", "download", EXPIRED, STORAGE, r"403 Forbidden.*URL had already expired"),
]
NO_SNIPPETS = {"snippet_free_plan": "empty"}
SNIPPETS = [
    Switch("list lags by 2 readings", "snippet", {"snippet_lag_reads": 2}, LIST, must=True),
    Switch("list lags by 100 readings", "snippet", {"snippet_lag_reads": 100}, LIST, r"is not listed with the title", warns=True),
    Switch("list is empty (Free plan)", "snippet", NO_SNIPPETS, LIST, EMPTY, warns=True, alike=one_of_each_title, asks=WHICH),
    Switch("creates have no effect", "snippet", {"snippet_create_effect": "none"}, CREATE, r"404 Not Found"),
    Switch("changes have no effect", "snippet", {"snippet_put_effect": "none"}, CHANGE, r"had no effect"),
    Switch("deletes have no effect", "snippet", {"snippet_delete_effect": "none"}, DELETE, STILL),
    *(
        Switch(name, "snippet", {"snippet_title_change": rule}, SEND, r"has the title", alike=retitle(rule), asks=WHICH)
        for rule, name in TITLES.items()
    ),
    *(
        Switch(name, "snippet", {"snippet_contents_change": rule}, SEND, r"stored other bytes", alike=rewrite(rule))
        for rule, name in TEXTS.items()
    ),
]
SWITCHES = [*PAGES, *DOWNLOADS, *SNIPPETS]

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe snippets for results and diffs, without the network."""

from __future__ import annotations

import hashlib
import typing as t
from types import MappingProxyType

from .._outcome import ABSENT, UNCHANGED, Outcome, Result
from .._text import quoted
from .document import Snippet, SnippetState
from .plan import find_stored_names


class Change(t.NamedTuple):
    """The status of a task, and the state of the snippet before and after it, None if it does not exist or is unknown."""

    status: str
    before: SnippetState | None = None
    after: SnippetState | None = None


def report_change(change: Change, files: t.Mapping[str, bytes] = MappingProxyType({})) -> Outcome:
    """Return the outcome of a task. ``files``: the requested contents by name."""
    result: Result = {"status": change.status}
    warnings = []
    if change.after is not None:
        stored = find_stored_names(change.after.contents, files)
        result["snippet"] = describe_snippet(change.after, {there: name for name, there in stored.items()})
        warnings = [f"Bitbucket stored the file {quoted(name)} under the name {quoted(there)}" for name, there in stored.items()]
    changed = change.status not in (UNCHANGED, ABSENT)
    diffs = compare_states(change.before, change.after) if changed else []
    return Outcome(result, changed, warnings=warnings, diffs=diffs)


def describe_snippet(state: SnippetState, requested_names: t.Mapping[str, str] = MappingProxyType({})) -> Result:
    """Return a snippet for results. ``requested_names``: requested names of files by stored name."""
    files = []
    for stored, data in sorted(state.contents.items()):
        name = requested_names.get(stored, stored)
        link = (state.snippet.files or {}).get(stored)
        entry: Result = {"name": name, "size": len(data), "sha256": _sha256(data), "url": link}
        if name != stored:
            entry["stored_name"] = stored
        files.append(entry)
    return dict(describe_listed_snippet(state.snippet), files=files)


def describe_listed_snippet(snippet: Snippet) -> Result:
    """Return an item of a listing, which does not have files, for results."""
    return {
        "id": snippet.id or None,
        "title": snippet.title,
        "is_private": snippet.is_private,
        "url": snippet.url,
        "revision": snippet.revision,
        "created_on": snippet.created_on,
        "updated_on": snippet.updated_on,
    }


def compare_states(before: SnippetState | None, after: SnippetState | None) -> list[dict[str, str]]:
    """Return the diff for Ansible: an entry for title and visibility, and an entry for each differing file."""
    entries = [_diff_entry("snippet", _show_properties(before), _show_properties(after))]
    for name in sorted({*(before.contents if before else ()), *(after.contents if after else ())}):
        old, new = _show_file(before, name), _show_file(after, name)
        # An empty file that is added or removed must be visible.
        empty = f"{quoted(name)}: 0 bytes\n"
        entries.append(_diff_entry(name, _show_side(old, new, empty), _show_side(new, old, empty)))
    return [entry for entry in entries if entry["before"] != entry["after"]]


def _diff_entry(name: str, before: str, after: str) -> dict[str, str]:
    return {"before_header": name, "after_header": name, "before": before, "after": after}


def _show_side(text: str | None, other: str | None, empty: str) -> str:
    return empty if text == "" and other is None else text or ""


def _show_properties(state: SnippetState | None) -> str:
    if state is None:
        return ""
    return f"title: {state.snippet.title}\nis_private: {'true' if state.snippet.is_private else 'false'}\n"


def _show_file(state: SnippetState | None, name: str) -> str | None:
    """Return a file for a diff: the text of a text file, the digest of a binary file, None for a missing file."""
    if state is None or name not in state.contents:
        return None
    data = state.contents[name]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    return text if "\0" not in text else f"{quoted(name)}: {len(data)} bytes, sha256:{_sha256(data)}\n"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

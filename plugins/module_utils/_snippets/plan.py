# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deciding about a snippet: current state + wished state -> plan. Pure: knows no network.

A plan is sent in one request: only what differs, so that a change of the title alone uploads no file.
"""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass
from types import MappingProxyType

from .._errors import BadInput
from .._names import renamed_pattern
from .._text import quoted
from .document import Snippet


class SnippetState(t.NamedTuple):
    """A snippet with its contents, by file name."""

    snippet: Snippet
    contents: t.Mapping[str, bytes]


@dataclass(frozen=True)
class SnippetWish:
    """What shall be; None means: as it is. ``purge``: files that are not listed shall go, but never the last one."""

    title: str | None = None
    is_private: bool | None = None
    files: t.Mapping[str, bytes] | None = None
    purge: bool = False

    def __post_init__(self) -> None:
        if self.purge and not self.files:
            raise BadInput("purge needs files: a snippet never loses its last file")


class SnippetPlan(t.NamedTuple):
    """What differs: ``fields`` to send, ``uploads`` by name, names to ``remove``.

    ``later``: names to remove when the uploads have been read back, for they may be what an upload is stored as.
    """

    fields: t.Mapping[str, str] = MappingProxyType({})
    uploads: t.Mapping[str, bytes] = MappingProxyType({})
    remove: t.Sequence[str] = ()
    later: t.Sequence[str] = ()

    @property
    def changes(self) -> bool:
        """Whether anything is to be sent."""
        return bool(self.fields or self.uploads or self.remove)


def plan_snippet(current: SnippetState, wish: SnippetWish) -> SnippetPlan:
    """What to send so that the wish is met."""
    stored = stored_names(current.contents, wish.files or {})
    held = {wished: current.contents.get(stored.get(wished, wished)) for wished in wish.files or {}}
    uploads = {name: data for name, data in (wish.files or {}).items() if held[name] != data}
    kept = {stored.get(name, name) for name in wish.files or {}}
    extra = sorted(name for name in current.contents if name not in kept) if wish.purge else []
    later = [name for name in extra if _may_become(name, uploads)]
    remove = [name for name in extra if name not in later]
    return SnippetPlan(_fields(current.snippet, wish), uploads, remove, later)


def _may_become(name: str, uploads: t.Iterable[str]) -> bool:
    """Whether the service may store one of the uploads under this name: removed in the same request, it could be lost."""
    patterns = [renamed_pattern(upload) for upload in uploads]
    return any(pattern.match(name) for pattern in patterns if pattern)


def stored_names(contents: t.Mapping[str, bytes], wished: t.Mapping[str, bytes]) -> dict[str, str]:
    """Stored names by wished name, where the service has stored a file with a wished content under another name."""
    found: dict[str, str] = {}
    for name, data in wished.items():
        pattern = renamed_pattern(name)
        if pattern is None or name in contents:
            continue
        candidates = [other for other, held in contents.items() if pattern.match(other) and held == data and other not in wished]
        if len(candidates) == 1:
            found[name] = candidates[0]
    return found


def predicted(current: SnippetState | None, wish: SnippetWish, plan: SnippetPlan) -> SnippetState:
    """The state after the plan; what only the service can tell is None."""
    if current is None:
        private = True if wish.is_private is None else wish.is_private
        return SnippetState(Snippet("", wish.title or "", private), dict(wish.files or {}))
    contents = {name: data for name, data in current.contents.items() if name not in plan.remove and name not in plan.later}
    contents.update(plan.uploads)
    old = current.snippet
    committed = bool(plan.uploads or plan.remove)
    return SnippetState(
        Snippet(
            id=old.id,
            title=old.title if wish.title is None else wish.title,
            is_private=old.is_private if wish.is_private is None else wish.is_private,
            url=old.url,
            created_on=old.created_on,
            updated_on=None if plan.changes else old.updated_on,
            revision=None if committed else old.revision,
            files={name: None if committed else (old.files or {}).get(name) for name in contents},
        ),
        contents,
    )


def differences(before: SnippetState | None, after: SnippetState | None) -> list[dict[str, str]]:
    """Ansible's diff: one entry for title and visibility, and one for each file that differs; binaries by their digest."""
    found = [_entry("snippet", _properties(before), _properties(after))]
    names = sorted({*(before.contents if before else ()), *(after.contents if after else ())})
    for name in names:
        held, shall = _held(before, name), _held(after, name)
        # An empty file that comes or goes must be seen.
        empty = f"{quoted(name)}: 0 bytes\n"
        found.append(_entry(name, _side(held, shall, empty), _side(shall, held, empty)))
    return [entry for entry in found if entry["before"] != entry["after"]]


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def same_but_line_ends(one: bytes, other: bytes) -> bool:
    """Whether two texts differ in nothing but line ends, a missing one at the end included."""
    return _lines(one) == _lines(other)


def _lines(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n")


def _fields(snippet: Snippet, wish: SnippetWish) -> dict[str, str]:
    fields = {}
    if wish.title is not None and wish.title != snippet.title:
        fields["title"] = wish.title
    if wish.is_private is not None and wish.is_private != snippet.is_private:
        fields["is_private"] = form_bool(wish.is_private)
    return fields


def form_bool(value: bool) -> str:
    """A truth value as a form field has it."""
    return "true" if value else "false"


def _entry(name: str, before: str, after: str) -> dict[str, str]:
    return {"before_header": name, "after_header": name, "before": before, "after": after}


def _side(text: str | None, other: str | None, empty: str) -> str:
    return empty if text == "" and other is None else text or ""


def _properties(state: SnippetState | None) -> str:
    if state is None:
        return ""
    return f"title: {state.snippet.title}\nis_private: {form_bool(bool(state.snippet.is_private))}\n"


def _held(state: SnippetState | None, name: str) -> str | None:
    """A file as a diff shows it, None where it is not there."""
    if state is None or name not in state.contents:
        return None
    data = state.contents[name]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        return f"{quoted(name)}: {len(data)} bytes, sha256:{digest(data)}\n"
    return text

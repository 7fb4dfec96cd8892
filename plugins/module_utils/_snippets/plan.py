# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide what to change in a snippet: current state + requested state -> plan, without the network.

A plan is sent in one request. It has only the differences, so that a change of the title uploads no file.
"""

from __future__ import annotations

import html
import typing as t
import unicodedata
from types import MappingProxyType

from .._renames import SimilarNames, likely_names
from .document import Snippet, SnippetState

if t.TYPE_CHECKING:
    from .request import SnippetRequest

# The service might truncate a title that is too long. Shorter titles are not truncated, but often start alike.
_SHORTEST_CUT = 100
_END_PUNCTUATION = " .,;:!?\u2026"


class SnippetPlan(t.NamedTuple):
    """The ``properties`` to change (title, is_private), the ``uploads`` by name, and the names to ``remove``.

    ``remove_after_upload``: names to remove in a second request. An upload might be stored under such a name, so it must be
    read back first. ``replaced``: files that the uploads likely replace, because the service has stored them under other names.
    """

    properties: t.Mapping[str, t.Any] = MappingProxyType({})
    uploads: t.Mapping[str, bytes] = MappingProxyType({})
    remove: t.Sequence[str] = ()
    remove_after_upload: t.Sequence[str] = ()
    replaced: t.Sequence[str] = ()

    @property
    def changes(self) -> bool:
        """Return whether the plan has a difference to send."""
        return bool(self.properties or self.uploads or self.remove)


def plan_snippet(current: SnippetState, request: SnippetRequest) -> SnippetPlan:
    """Return the plan that makes the snippet as requested."""
    files = request.files or {}
    stored = find_stored_names(current.contents, files)
    uploads = {name: data for name, data in files.items() if current.contents.get(stored.get(name, name)) != data}
    kept = {stored.get(name, name) for name in files}
    extra = sorted(name for name in current.contents if name not in kept) if request.purge else []
    # An upload might be stored under such a name, and be lost by its removal in the same request.
    similar = SimilarNames(extra)
    late = sorted({name for upload in uploads for name in similar.find(upload)})
    remove = [name for name in extra if name not in late]
    replaced = find_replaced(current.contents.keys() - kept, uploads.keys() - current.contents.keys())
    return SnippetPlan(find_changed_properties(current.snippet, request), uploads, remove, late, replaced)


def find_replaced(others: t.Collection[str], uploads: t.Collection[str]) -> tuple[str, ...]:
    """Return the files that new uploads likely replace. ``others``: files that are not requested."""
    likely = (next((other for other in likely_names(name) if other in others), None) for name in uploads)
    return tuple(sorted({name for name in likely if name is not None}))


def find_changed_properties(snippet: Snippet, request: SnippetRequest) -> dict[str, t.Any]:
    """Return the requested title and visibility that differ from those of the snippet."""
    properties: dict[str, t.Any] = {}
    if request.title is not None and request.title != snippet.title:
        properties["title"] = request.title
    if request.is_private is not None and request.is_private != snippet.is_private:
        properties["is_private"] = request.is_private
    return properties


def find_stored_names(contents: t.Mapping[str, bytes], requested: t.Mapping[str, bytes]) -> dict[str, str]:
    """Return stored names by requested name, of files that the service stores under another name than requested.

    Such a file is the only one with a similar name that has the requested contents.
    """
    found: dict[str, str] = {}
    others = SimilarNames(name for name in contents if name not in requested)
    for name, data in requested.items():
        same = [] if name in contents else [other for other in others.find(name) if contents[other] == data]
        if len(same) == 1:
            found[name] = same[0]
    return found


def find_similar_title(title: str, snippets: t.Iterable[Snippet]) -> Snippet | None:
    """Return a snippet whose title might be the stored form of this one, or None.

    Such a title differs in Unicode normalization, case, white space, invisible characters, HTML escapes or final punctuation, or
    is the start of a long title.
    """
    wanted = _simplify(title)
    for snippet in snippets:
        simple = _simplify(snippet.title)
        if simple == wanted or (len(simple) >= _SHORTEST_CUT and wanted.startswith(simple)):
            return snippet
    return None


def predict_creation(request: SnippetRequest) -> SnippetState:
    """Return a new snippet. Values that only the service knows are None."""
    snippet = Snippet(id="", title=request.title or "", is_private=request.is_private is not False)
    return SnippetState(snippet, dict(request.files or {}))


def predict_update(current: SnippetState, plan: SnippetPlan) -> SnippetState:
    """Return the state after the plan. Values that only the service knows are None."""
    removed = {*plan.remove, *plan.remove_after_upload, *plan.replaced}
    contents = {name: data for name, data in current.contents.items() if name not in removed}
    contents.update(plan.uploads)
    new_revision = bool(plan.uploads or plan.remove)
    old = current.snippet
    snippet = old._replace(
        updated_on=None if plan.changes else old.updated_on,
        revision=None if new_revision else old.revision,
        files={name: None if new_revision else (old.files or {}).get(name) for name in contents},
        **plan.properties,
    )
    return SnippetState(snippet, contents)


def _simplify(title: str) -> str:
    for _unused in range(3):  # escapes can be escaped themselves
        title = html.unescape(title)
    for _unused in range(2):  # folding undoes the normal form of some characters
        title = unicodedata.normalize("NFKC", title).casefold()
    simple = " ".join("".join(char for char in title if char.isprintable() or char.isspace()).split())
    return simple.rstrip(_END_PUNCTUATION) or simple

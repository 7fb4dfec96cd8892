# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the snippets that bitbucket_snippet_info asks for."""

from __future__ import annotations

import base64
import typing as t

from .._outcome import Result
from .._patterns import Patterns
from .api import NoSuchSnippet, Snippets
from .document import SnippetState
from .find import list_snippets, require_absent
from .reading import read_snippet
from .report import describe_listed_snippet, describe_snippet


class SnippetQuery(t.NamedTuple):
    """The snippets to read: one by its ID, those with a title, those whose titles match, or all; and whether with contents."""

    snippet_id: str | None = None
    title: str | None = None
    patterns: t.Sequence[str] | None = None
    contents: bool = False


def query_snippets(snippets: Snippets, query: SnippetQuery) -> list[Result]:
    """Return the snippets as results show them. Read only the listings if neither ID, title nor contents are requested."""
    if query.snippet_id is not None:
        return _read(snippets, query.snippet_id, query.contents)
    patterns = Patterns(query.patterns)
    matching = [
        snippet
        for snippet in list_snippets(snippets)
        if (snippet.title == query.title if query.title is not None else patterns.match(snippet.title))
    ]
    if query.title is None and not query.contents:
        return [describe_listed_snippet(snippet) for snippet in matching]
    return [found for snippet in matching for found in _read(snippets, snippet.id, query.contents)]


def _read(snippets: Snippets, snippet_id: str, contents: bool) -> list[Result]:
    try:
        state = read_snippet(snippets, snippet_id, exact=True)
    except NoSuchSnippet as exc:
        require_absent(snippets, snippet_id, exc)
        return []
    return [_describe_contents(state) if contents else describe_snippet(state)]


def _describe_contents(state: SnippetState) -> Result:
    result = describe_snippet(state)
    for entry in result["files"]:
        data = state.contents[entry["name"]]
        try:
            entry["content"] = data.decode("utf-8")
        except UnicodeDecodeError:
            entry["content_base64"] = base64.b64encode(data).decode("ascii")
    return result

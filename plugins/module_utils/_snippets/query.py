# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading snippets for bitbucket_snippet_info. Knows no option parsing and no HTTP."""

from __future__ import annotations

import base64
import typing as t

from .._outcome import Result
from .._patterns import Patterns
from .api import NoSuchSnippet, Snippets
from .plan import SnippetState
from .report import described, described_without_files


class SnippetQuery(t.NamedTuple):
    """What to read: one by its id, those of a title, those whose titles match, or all; with their contents or without."""

    snippet_id: str | None = None
    title: str | None = None
    patterns: t.Sequence[str] | None = None
    contents: bool = False


def query_snippets(snippets: Snippets, query: SnippetQuery) -> list[Result]:
    """The snippets as results show them; one listing is enough where neither id, title nor contents are asked for."""
    if query.snippet_id is not None:
        return _read(snippets, query.snippet_id, query.contents)
    patterns = Patterns(query.patterns)
    meant = [
        snippet
        for snippet in snippets.listed()
        if (snippet.title == query.title if query.title is not None else patterns.match(snippet.title))
    ]
    if query.title is None and not query.contents:
        return [described_without_files(snippet) for snippet in meant]
    return [found for snippet in meant for found in _read(snippets, snippet.id, query.contents)]


def _read(snippets: Snippets, snippet_id: str, contents: bool) -> list[Result]:
    try:
        state = snippets.read(snippet_id, exact=True)
    except NoSuchSnippet as exc:
        snippets.require_absent(snippet_id, exc)
        return []
    return [_with_contents(state) if contents else described(state)]


def _with_contents(state: SnippetState) -> Result:
    result = described(state)
    for entry in result["files"]:
        data = state.contents[entry["name"]]
        try:
            entry["content"] = data.decode("utf-8")
        except UnicodeDecodeError:
            entry["content_base64"] = base64.b64encode(data).decode("ascii")
    return result

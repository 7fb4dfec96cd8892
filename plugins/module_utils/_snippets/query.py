# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the snippets that bitbucket_snippet_info requests."""

from __future__ import annotations

import base64
import typing as t

from .._errors import Gone
from .._outcome import Outcome, Result
from .._patterns import Patterns
from .._text import quoted
from .api import NoSuchSnippet, Snippets
from .document import SnippetState
from .find import list_once, list_snippets, prove_absent, warn_if_empty, warn_if_listed
from .reading import read_snippet
from .report import describe_listed_snippet, describe_snippet


class SnippetQuery(t.NamedTuple):
    """The snippets to read: by ID, by title, by patterns of titles, or all, with or without contents."""

    snippet_id: str | None = None
    title: str | None = None
    patterns: t.Sequence[str] | None = None
    contents: bool = False


def query_snippets(snippets: Snippets, query: SnippetQuery) -> Outcome:
    """Return the snippets for results. Only the listings are read if neither ID, title nor contents are requested."""
    if query.snippet_id is not None:
        return _query_one(snippets, query.snippet_id, query.contents)
    listing = list_snippets(snippets)
    warnings = warn_if_empty(listing)
    if listing.problem:
        warnings.append(f"The list of snippets might be incomplete: {listing.problem}")
    patterns = Patterns(query.patterns)
    matching = [
        snippet
        for snippet in listing.snippets
        if (snippet.title == query.title if query.title is not None else patterns.match(snippet.title))
    ]
    if query.title is None and not query.contents:
        return Outcome({"snippets": [describe_listed_snippet(snippet) for snippet in matching]}, warnings=warnings)
    found = []
    for snippet in matching:
        try:
            state = _read_listed(snippets, snippet.id, query.contents)
        except (NoSuchSnippet, Gone) as exc:
            if isinstance(exc, Gone) and query.title is not None:
                raise
            warnings.append(f"Snippet {quoted(snippet.id)} is not in the results, because it is listed but cannot be read: {exc}")
            continue
        if state and query.title in (None, state.snippet.title):
            found.append(_describe(state, query.contents))
    return Outcome({"snippets": found}, warnings=warnings)


def _read_listed(snippets: Snippets, snippet_id: str, exact: bool) -> SnippetState | None:
    """Return a listed snippet, or None if it was deleted. Raise NoSuchSnippet if it is still listed but not found."""

    def read() -> SnippetState | NoSuchSnippet | None:
        try:
            return read_snippet(snippets, snippet_id, exact=exact)
        except NoSuchSnippet as exc:
            return exc if snippet_id in list_once(snippets).ids else None

    state = snippets.retries.settle(read, lambda result: not isinstance(result, NoSuchSnippet))
    if isinstance(state, NoSuchSnippet):
        raise state
    return state


def _query_one(snippets: Snippets, snippet_id: str, contents: bool) -> Outcome:
    try:
        state = read_snippet(snippets, snippet_id, exact=contents)
    except NoSuchSnippet as exc:
        listing = prove_absent(snippets, snippet_id, exc)
        return Outcome({"snippets": []}, warnings=warn_if_listed(listing, snippet_id) + warn_if_empty(listing))
    return Outcome({"snippets": [_describe(state, contents)]})


def _describe(state: SnippetState, contents: bool) -> Result:
    result = describe_snippet(state)
    for entry in result["files"] if contents else ():
        data = state.contents[entry["name"]]
        try:
            entry["content"] = data.decode("utf-8")
        except UnicodeDecodeError:
            entry["content_base64"] = base64.b64encode(data).decode("ascii")
    return result

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a snippet with its contents, in one request if the service sends both in one multipart response.

Otherwise the response is the JSON document, and the contents come from the links in it.
"""

from __future__ import annotations

import typing as t
from types import MappingProxyType

from .._errors import RequestFailed
from .._text import quoted
from .api import MAX_FILE, Snippets
from .document import Snippet, SnippetState, parse_snippet
from .parts import BrokenResponse, SnippetParts, equal_but_line_ends, parse_form, parse_related

_NO_FILES: t.Mapping[str, bytes] = MappingProxyType({})


def read_snippet(
    snippets: Snippets, snippet_id: str, expected: t.Mapping[str, bytes] = _NO_FILES, exact: bool = False
) -> SnippetState:
    """Return a snippet with its contents; raises NoSuchSnippet.

    A multipart response might have changed the line ends of texts. A text that differs only in line ends from the
    ``expected`` contents is read again from its link; with ``exact`` each text is.
    """
    snippet, parts = _read_parts(snippets, snippet_id)
    contents = {}
    for name in snippet.files or {}:
        data = parts.contents.get(name)
        uncertain = name in parts.textual and (exact or _differs_in_line_ends(data, expected.get(name)))
        contents[name] = read_file(snippets, snippet, name, like=data) if data is None or uncertain else data
    return SnippetState(snippet, contents)


def read_file(snippets: Snippets, snippet: Snippet, name: str, limit: int = MAX_FILE, like: bytes | None = None) -> bytes:
    """Return at most ``limit`` bytes of a file; ``like``: the text to expect, except for line ends."""
    link = (snippet.files or {}).get(name)
    if not link:
        raise RequestFailed(f"The file {quoted(name)} of snippet {snippet.id} has no link")
    return snippets.get_file(link, limit, like)


def _read_parts(snippets: Snippets, snippet_id: str) -> tuple[Snippet, SnippetParts]:
    """Return the snippet, and the contents that came in the same response."""
    response = snippets.get_whole(snippet_id)
    kind = response.content_type.partition(";")[0].strip().lower()
    try:
        if kind == "multipart/related":
            parts = parse_related(response.content_type, response.body)
            return parse_snippet(parts.document, response.what, snippet_id), parts
        if kind == "multipart/form-data":
            parts = parse_form(response.content_type, response.body)
            # A form has no links, and so no revision.
            return snippets.get(snippet_id), parts
    except BrokenResponse:
        return snippets.get(snippet_id), SnippetParts({})
    return parse_snippet(snippets.parse_json(response), response.what, snippet_id), SnippetParts({})


def _differs_in_line_ends(data: bytes | None, expected: bytes | None) -> bool:
    return data is not None and expected is not None and data != expected and equal_but_line_ends(data, expected)

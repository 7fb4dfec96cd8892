# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a snippet with its contents, in one request if the service sends both in one multipart response.

Otherwise, the response is the JSON document, and the contents come from the links in it.
"""

from __future__ import annotations

import typing as t
from types import MappingProxyType

from .._errors import RequestFailed
from .._text import quoted
from .api import MAX_FILE, Snippets
from .document import Snippet, SnippetState, parse_snippet
from .parts import BrokenResponse, SnippetParts, are_equal_except_line_ends, parse_form, parse_related

_NO_FILES: t.Mapping[str, bytes] = MappingProxyType({})


def read_snippet(
    snippets: Snippets, snippet_id: str, expected: t.Mapping[str, bytes] = _NO_FILES, exact: bool = False
) -> SnippetState:
    """Return a snippet with its contents; raises NoSuchSnippet.

    Texts in a multipart response might be changed, and the link of a file returns the stored bytes. A text is read from its link
    if its line ends are not proved, if it differs from the ``expected`` contents, and with ``exact`` in any case.
    """
    snippet, parts = _read_parts(snippets, snippet_id)
    contents = {}
    for name in snippet.files or {}:
        sent = parts.contents.get(name)
        differs = name in parts.textual and (exact or expected.get(name, sent) != sent)
        if sent is None or differs or name in parts.doubtful:
            contents[name] = _read_stored(snippets, snippet, name, sent)
        else:
            contents[name] = sent
    return SnippetState(snippet, contents)


def read_file(snippets: Snippets, snippet: Snippet, name: str, limit: int = MAX_FILE) -> bytes:
    """Return at most ``limit`` bytes of a file from its link."""
    link = (snippet.files or {}).get(name)
    if not link:
        raise RequestFailed(f"The file {quoted(name)} of snippet {snippet.id} has no link")
    return snippets.get_file(link, limit)


def _read_stored(snippets: Snippets, snippet: Snippet, name: str, sent: bytes | None) -> bytes:
    """Return the bytes at the link of a file. They are read twice if they differ much from the bytes ``sent`` in the response."""

    def read_once() -> bytes:
        data = read_file(snippets, snippet, name)
        if sent is None or are_equal_except_line_ends(sent, data) or read_file(snippets, snippet, name) == data:
            return data
        what = f"the file {quoted(name)} of snippet {snippet.id}"
        raise RequestFailed(f"The link of {what} returned different contents when it was read again", transient=True)

    return snippets.retries.repeat(read_once)


def _read_parts(snippets: Snippets, snippet_id: str) -> tuple[Snippet, SnippetParts]:
    """Return the snippet, and the contents that came in the same response."""
    response = snippets.get_with_contents(snippet_id)
    kind = response.content_type.partition(";")[0].strip().lower()
    try:
        if kind == "multipart/related":
            parts = parse_related(response.content_type, response.body)
            return _parse_root(parts, response.what, snippet_id), parts
        if kind == "multipart/form-data":
            parts = parse_form(response.content_type, response.body)
            # A form has no links, and so no revision.
            return snippets.get(snippet_id), parts
    except BrokenResponse:
        return snippets.get(snippet_id), SnippetParts({})
    return parse_snippet(snippets.parse_json(response), response.what, snippet_id), SnippetParts({})


def _parse_root(parts: SnippetParts, what: str, snippet_id: str) -> Snippet:
    """Return the snippet in the document of a multipart response; raises BrokenResponse for another JSON object."""
    try:
        snippet = parse_snippet(parts.document, what, snippet_id)
    except RequestFailed as exc:
        raise BrokenResponse(str(exc)) from exc
    if snippet.files is None:
        raise BrokenResponse("The document in the multipart response names no files")
    return snippet

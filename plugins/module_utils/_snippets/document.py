# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse the JSON document of a snippet, without the network.

The specification lacks ``files`` and ``links`` and calls ``id`` an integer; real documents have both, and IDs are short texts
(fact sheet 2.2). No field holds the newest revision, so it is read from links.
"""

from __future__ import annotations

import re
import typing as t
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

from .._errors import RequestFailed
from .._text import quoted

_REVISION = re.compile(r"[0-9a-fA-F]{7,64}\Z")


class Snippet(t.NamedTuple):
    """A snippet without its contents.

    ``files``: the link to the contents of each file by name, or None for an item of a listing.
    """

    id: str
    title: str
    is_private: bool | None = None
    url: str | None = None
    created_on: str | None = None
    updated_on: str | None = None
    revision: str | None = None
    commits_link: str | None = None
    files: t.Mapping[str, str | None] | None = MappingProxyType({})


class SnippetState(t.NamedTuple):
    """A snippet with its contents by file name."""

    snippet: Snippet
    contents: t.Mapping[str, bytes]


class Listing(t.NamedTuple):
    """The unique snippets of one or more listings.

    ``problem``: why they might be incomplete, as a clause for messages, or an empty text.
    """

    snippets: t.Sequence[Snippet] = ()
    problem: str = ""

    @property
    def ids(self) -> list[str]:
        """Return the IDs of the snippets."""
        return [snippet.id for snippet in self.snippets]

    def join(self, other: Listing) -> Listing:
        """Return the snippets of this listing, and those that only the other listing has."""
        known = set(self.ids)
        more = [snippet for snippet in other.snippets if snippet.id not in known]
        return Listing([*self.snippets, *more], self.problem or other.problem)


def parse_snippet(document: t.Mapping[str, t.Any], what: str, expected_id: str | None = None) -> Snippet:
    """Return the snippet in a document, which is in the response to the request ``what``.

    Raise RequestFailed for a document without an ID, with another ID than expected, or with a title that is not a string.
    """
    snippet_id, title = _read_identity(document, what)
    if expected_id not in (None, snippet_id):
        raise RequestFailed(f"{what} returned another snippet, {quoted(snippet_id)}")
    files = document.get("files")
    links = _read_file_links(files) if isinstance(files, dict) else None
    private = document.get("is_private")
    return Snippet(
        id=snippet_id,
        title=title,
        is_private=private if isinstance(private, bool) else None,
        url=_read_link(document, "html"),
        created_on=_read_text(document.get("created_on")),
        updated_on=_read_text(document.get("updated_on")),
        revision=_find_revision(document, snippet_id, links or {}),
        commits_link=_read_link(document, "commits"),
        files=links,
    )


def parse_snippet_url(url: str) -> str | None:
    """Return the ID in ``…/snippets/{workspace}/{id}``, the Location of a new snippet, or None for any other URL."""
    segments = [segment for segment in _split_path(url) if segment]
    return segments[-1] if segments[-3:-2] == ["snippets"] else None


def _read_identity(document: t.Mapping[str, t.Any], what: str) -> tuple[str, str]:
    """Return ID and title. Raise RequestFailed for an invalid title, because the snippet would otherwise seem to be absent."""
    snippet_id, title = document.get("id"), document.get("title")
    if not isinstance(snippet_id, (str, int)) or isinstance(snippet_id, bool) or snippet_id == "":
        raise RequestFailed(f"{what} returned an invalid snippet: it has no id")
    if not isinstance(title, (str, type(None))):
        raise RequestFailed(f"{what} returned an invalid snippet: its title is not a string")
    return str(snippet_id), title or ""


def _read_file_links(files: t.Mapping[t.Any, t.Any]) -> dict[str, str | None]:
    return {str(name): _read_link(item, "self") for name, item in files.items()}


def _read_link(document: t.Any, name: str) -> str | None:
    links = document.get("links") if isinstance(document, dict) else None
    link = links.get(name) if isinstance(links, dict) else None
    return _read_text(link.get("href")) if isinstance(link, dict) else None


def _read_text(value: t.Any) -> str | None:
    return value if isinstance(value, str) else None


def _find_revision(document: t.Mapping[str, t.Any], snippet_id: str, files: t.Mapping[str, str | None]) -> str | None:
    """Return the revision in the links to the diff or the patch, else in the link of a file."""
    hrefs = [_read_link(document, "diff"), _read_link(document, "patch"), *files.values()]
    return next((found for found in (_read_revision(href, snippet_id) for href in hrefs if href) if found), None)


def _read_revision(href: str, snippet_id: str) -> str | None:
    """Return the revision in ``…/{id}/{revision}/diff`` or in the link of a file.

    That is ``…/{id}/{revision}/files/{name}`` or, as documented, ``…/{id}/files/{revision}/{name}``.
    """
    segments = _split_path(href)
    if snippet_id not in segments:
        return None
    rest = segments[segments.index(snippet_id) + 1 :]
    if rest[:1] == ["files"]:
        rest = rest[1:]
    return rest[0] if len(rest) > 1 and _REVISION.match(rest[0]) else None


def _split_path(url: str) -> list[str]:
    try:
        return [unquote(segment) for segment in urlsplit(url).path.split("/")]
    except ValueError:  # not a URL
        return []

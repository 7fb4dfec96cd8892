# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON document of a snippet as a value. Pure: knows no network and no multipart.

The specification lacks ``files`` and ``links`` and calls ``id`` an integer; real documents have both, and ids are short texts
(fact sheet 2.2). There is no field for the newest revision: it is read from links.
"""

from __future__ import annotations

import re
import typing as t
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

from .._errors import RequestFailed

_REVISION = re.compile(r"[0-9a-fA-F]{7,64}\Z")


class Snippet(t.NamedTuple):
    """A snippet without its contents. ``files``: the link to each file's contents by name, None in items of a listing."""

    id: str
    title: str
    is_private: bool | None = None
    url: str | None = None
    created_on: str | None = None
    updated_on: str | None = None
    revision: str | None = None
    commits_link: str | None = None
    files: t.Mapping[str, str | None] | None = MappingProxyType({})


def parse_snippet(document: t.Mapping[str, t.Any], what: str) -> Snippet:
    """The value of a document, which came as the answer to ``what``; raises RequestFailed for one that is no snippet.

    A title of a wrong type is an error: taken for none, it would make a snippet that is there look absent.
    """
    snippet_id, title = document.get("id"), document.get("title")
    if not isinstance(snippet_id, (str, int)) or isinstance(snippet_id, bool) or snippet_id == "":
        raise RequestFailed(f"{what} answered with what is no snippet: it has no id")
    if not isinstance(title, (str, type(None))):
        raise RequestFailed(f"{what} answered with a snippet whose title is no text: it cannot be trusted")
    files = document.get("files")
    links = _links(files) if isinstance(files, dict) else None
    private = document.get("is_private")
    return Snippet(
        id=str(snippet_id),
        title=title or "",
        is_private=private if isinstance(private, bool) else None,
        url=_href(document, "html"),
        created_on=_text(document.get("created_on")),
        updated_on=_text(document.get("updated_on")),
        revision=_revision(document, str(snippet_id), links or {}),
        commits_link=_href(document, "commits"),
        files=links,
    )


def snippet_id_in(location: str) -> str | None:
    """The id of a snippet whose address is ``…/snippets/{workspace}/{id}``, as the Location of a new one; else None."""
    try:
        segments = [unquote(segment) for segment in urlsplit(location).path.rstrip("/").split("/")]
    except ValueError:  # no URL at all
        return None
    return segments[-1] if segments[-3:-2] == ["snippets"] else None


def _links(files: t.Mapping[t.Any, t.Any]) -> dict[str, str | None]:
    return {str(name): _href(item, "self") for name, item in files.items()}


def _href(document: t.Any, name: str) -> str | None:
    links = document.get("links") if isinstance(document, dict) else None
    link = links.get(name) if isinstance(links, dict) else None
    return _text(link.get("href")) if isinstance(link, dict) else None


def _text(value: t.Any) -> str | None:
    return value if isinstance(value, str) else None


def _revision(document: t.Mapping[str, t.Any], snippet_id: str, files: t.Mapping[str, str | None]) -> str | None:
    """The newest revision, from the links to its diff or patch, else from a file's link in either form."""
    hrefs = [_href(document, "diff"), _href(document, "patch"), *files.values()]
    return next((found for found in (_revision_in(href, snippet_id) for href in hrefs if href) if found), None)


def _revision_in(href: str, snippet_id: str) -> str | None:
    """``…/{id}/{revision}/diff``, ``…/{id}/{revision}/files/{name}`` or, as documented, ``…/{id}/files/{revision}/{name}``."""
    try:
        segments = [unquote(segment) for segment in urlsplit(href).path.split("/")]
    except ValueError:  # no URL at all
        return None
    if snippet_id not in segments:
        return None
    rest = segments[segments.index(snippet_id) + 1 :]
    if rest[:1] == ["files"]:
        rest = rest[1:]
    return rest[0] if len(rest) > 1 and _REVISION.match(rest[0]) else None

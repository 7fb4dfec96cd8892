# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read all pages of a list, and find out whether the list is complete. Items can be objects of any kind.

The service creates each page separately. If others write at the same time, items can be skipped or repeated between pages.
A ``next`` URL might lack parameters of the request, and the maximum page length can change (fact sheet 10, observed and
documented).
"""

from __future__ import annotations

import typing as t
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from .._errors import BadRequest, NotFound, RequestFailed
from .connection import same_origin, without_query

_MAX_PAGES = 10000
_PAGE_LENGTH = "pagelen"

Page = t.Mapping[str, t.Any]
Item = t.Dict[str, t.Any]


class Listed(t.NamedTuple):
    """The items of all pages in order, including repeated items.

    ``is_complete``: whether every page states the number of items as ``size``, or the only page states none.
    ``problem``: why the list might be incomplete, as a clause for messages; empty for a complete list.
    ``sizes``: the ``size`` of each page, None if it states none; empty if a page could not be read.
    """

    items: list[Item]
    is_complete: bool
    problem: str
    sizes: t.Sequence[int | None] = ()


class Lists:
    """Read lists for one task. After the service refuses a page length, send none.

    ``get_json`` returns the document at a URL. ``scrub`` removes secrets from texts of the service.
    """

    def __init__(self, get_json: t.Callable[[str], Page], api_url: str, scrub: t.Callable[[str], str] = str) -> None:
        self._get_json = get_json
        self._api_url = api_url
        self._scrub = scrub
        self._sends_length = True

    def read_once(self, url: str) -> Listed:
        """Read the list at a URL once, by its ``next`` URLs (documented: clients must not construct them)."""
        shorter = _drop_page_length(url)
        if not self._sends_length or shorter == url:
            return self._read_pages(shorter)
        try:
            return self._read_pages(url)
        except BadRequest:
            listed = self._read_pages(shorter)
            self._sends_length = False
            return listed

    def _read_pages(self, first: str) -> Listed:
        url: str | None = first
        seen: set[str] = set()
        items: list[Item] = []
        sizes: list[int | None] = []
        while url:
            if url in seen or len(seen) >= _MAX_PAGES:
                raise RequestFailed(f"GET {without_query(url)}: the list does not end: a page repeats, or the list is too long")
            try:
                page = self._get_json(url)
            except (BadRequest, NotFound) as failure:
                if not seen or _PAGE_LENGTH in str(failure):
                    raise
                # The page no longer exists, for example after deletions.
                return Listed(items, False, f"a page of the list could not be read: {failure}")
            seen.add(url)
            items.extend(page_items(page, url, self._scrub))
            sizes.append(_read_size(page))
            url = next_page(page, url, self._api_url)
            url = url and restore_query(url, first)
        problem = find_problem(len(items), sizes)
        return Listed(items, not problem, problem, sizes)


def page_items(page: Page, url: str, scrub: t.Callable[[str], str] = str) -> list[Item]:
    """Return the items of a page, which must be objects. ``scrub`` removes secrets from texts of the service."""
    values = page.get("values")
    if not isinstance(values, list):
        raise RequestFailed(f"GET {without_query(url)} returned a page without a list of values")
    for item in values:
        if not isinstance(item, dict):
            from .refusals import advise, server_words

            # Workspaces on the Free plan get advertising here with status 200 (fact sheet 2.7, observed).
            words = scrub(server_words(str(item).encode("utf-8", "replace"))).rstrip(".")
            raise RequestFailed(
                f"GET {without_query(url)} returned a list whose items are not objects: {words}. {advise(402, '')}"
            )
    return values


def next_page(page: Page, url: str, api_url: str) -> str | None:
    """Return the URL of the next page, or None. It must have the API's origin, because credentials are sent to it."""
    following = page.get("next")
    if following is None:
        return None
    if not isinstance(following, str) or not same_origin(following, api_url):
        raise RequestFailed(f"GET {without_query(url)}: the URL of the next page is outside the API and is not followed")
    return following


def restore_query(url: str, first: str) -> str:
    """Return the URL of a page with the missing parameters of the first page. Without them, it would be a different list."""
    parts = urlsplit(url)
    present = {name for name, _unused in parse_qsl(parts.query, keep_blank_values=True)}
    sent = urlsplit(first).query.split("&")
    lost = [pair for pair in sent if pair and pair.partition("=")[0] not in present]
    return urlunsplit(parts._replace(query="&".join([pair for pair in (parts.query, *lost) if pair]))) if lost else url


def find_problem(count: int, sizes: t.Sequence[int | None]) -> str:
    """Return why a list with ``count`` items might be incomplete, given the sizes of its pages; empty if it is complete."""
    if len(sizes) == 1 and sizes[0] is None:
        return ""
    if None in sizes:
        return f"not all of its {len(sizes)} pages state the size of the list"
    stated = [str(size) for size in sorted(set(sizes), key=sizes.index)]
    if len(stated) > 1:
        return f"the pages state {' and '.join(stated)} items, but {count} were read"
    return "" if sizes[0] == count else f"the pages state {stated[0]} items, but {count} were read"


def _read_size(page: Page) -> int | None:
    size = page.get("size")
    return size if isinstance(size, int) and not isinstance(size, bool) else None


def _drop_page_length(url: str) -> str:
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if pair.partition("=")[0] != _PAGE_LENGTH]
    return urlunsplit(parts._replace(query="&".join(kept)))

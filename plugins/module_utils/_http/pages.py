# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One page of a paginated list: its items and the link to the next. Pure: knows no network.

Documented: the last page has no ``next``, and the link is to be followed, not constructed. It is followed with credentials,
so it must stay on the API's origin.
"""

from __future__ import annotations

import typing as t

from .._errors import RequestFailed
from .connection import origin
from .messages import advice, server_words

Page = t.Mapping[str, t.Any]


def page_items(page: Page, url: str) -> list[dict[str, t.Any]]:
    """The items of a page, which must be objects."""
    values = page.get("values")
    if not isinstance(values, list):
        raise RequestFailed(f"GET {without_query(url)} answered without a list of values")
    for item in values:
        if not isinstance(item, dict):
            # Workspaces on the Free plan get advertising here, with status 200 (fact sheet 2.7, observed).
            raise RequestFailed(
                f"GET {without_query(url)} answered with a list that holds no objects but:"
                f" {server_words(str(item).encode('utf-8', 'replace')).rstrip('.')}. {advice(402, '')}"
            )
    return values


def next_page(page: Page, url: str, api_url: str) -> str | None:
    """The URL of the page after this one, None at the end."""
    following = page.get("next")
    if following is None:
        return None
    if not isinstance(following, str) or not same_origin(following, api_url):
        raise RequestFailed(f"GET {without_query(url)}: the link to the next page leaves the API, it is not followed")
    return following


def without_query(url: str) -> str:
    """The URL as messages show it: its query may be a secret."""
    return url.split("?", 1)[0]


def same_origin(url: str, api_url: str) -> bool:
    """Whether a link of the API leads to its own origin, so that credentials may follow it."""
    try:
        return origin(url) == origin(api_url) and "@" not in url.split("/", 3)[2]
    except ValueError:
        return False

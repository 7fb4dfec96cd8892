# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Split a listing into pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from werkzeug import Response

from ..switches import Switches
from . import responses

DEFAULT_LENGTH = 10
MOST = 100
Item = TypeVar("Item")


def paged(
    items: Sequence[Item],
    shape: Callable[[Item], object],
    url: str,
    query: Mapping[str, str],
    switches: Switches,
    keep: Sequence[str] = ("pagelen",),
) -> Response:
    """Return one page. `url` is the listing's URL without a query; `keep` are the parameters that `next` repeats."""
    length, number = _number(query.get("pagelen", "10")), _number(query.get("page", "1"))
    if length is None or length > min(MOST, switches.pagelen_max):
        return responses.error(400, "Invalid pagelen")
    length = min(length or DEFAULT_LENGTH, switches.page_cap or MOST)
    start = ((number or 0) - 1) * length
    if start < 0 or (start and start >= len(items)):
        return responses.error(400, "Invalid page")
    assert number is not None
    page: dict[str, object] = {"pagelen": length}
    repeated = int(switches.listing_repeat and start > 0)
    page["values"] = [shape(one) for one in items[start - repeated : start + length]]
    if switches.list_page:
        page["page"] = number
    if switches.list_size:
        page["size"] = len(items)
    kept = "".join(f"{name}={query[name]}&" for name in keep if name in query and name not in switches.next_drops)
    if start + length < len(items):
        page["next"] = f"{url}?{kept}page={number + 1}"
    if number > 1:
        page["previous"] = f"{url}?{kept}page={number - 1}"
    return responses.document(page)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

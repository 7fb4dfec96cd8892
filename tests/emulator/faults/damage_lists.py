# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Define the kinds of faults that change the contents of JSON, mainly pages of a listing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from werkzeug import Response

from ..http import responses
from ..http.exchange import Exchange
from .damage import Damage


@dataclass
class WrongTypes(Damage):
    """Replace each text in a JSON response by a number, and each other simple value by a text. Keep the structure."""

    def after(self, exchange: Exchange, response: Response) -> Response:
        if not response.is_json:
            return response
        return responses.document(retyped(json.loads(response.get_data())), response.status_code)


def retyped(value: Any) -> Any:
    """Return the value with simple values of wrong types."""
    if isinstance(value, dict):
        return {name: retyped(member) for name, member in value.items()}
    if isinstance(value, list):
        return [retyped(item) for item in value]
    return len(value) if isinstance(value, str) else json.dumps(value)


class PageDamage(Damage):
    """Define the base of the kinds that change pages. Responses that are not a page with `values` remain unchanged."""

    def after(self, exchange: Exchange, response: Response) -> Response:
        if response.status_code != 200 or not response.is_json:
            return response
        page = json.loads(response.get_data())
        if isinstance(page, dict) and "values" in page:
            self.alter(exchange, page)
            return responses.document(page)
        return response

    def alter(self, exchange: Exchange, page: dict[str, Any]) -> None:
        """Change the page."""
        raise NotImplementedError


@dataclass
class ForeignNext(PageDamage):
    """Point `next` to another origin, which must not get the credentials."""

    url: str = "http://localhost:9/2.0/repositories/acme/widgets/downloads/?page=2"

    def alter(self, exchange: Exchange, page: dict[str, Any]) -> None:
        page["next"] = self.url


@dataclass
class RepeatingNext(PageDamage):
    """Point `next` to the same page."""

    def alter(self, exchange: Exchange, page: dict[str, Any]) -> None:
        query = exchange.request.query_string.decode("latin-1")
        page["next"] = exchange.origin + exchange.raw_path + ("?" + query if query else "")


@dataclass
class DuplicatePage(PageDamage):
    """Serve the items of a page again, as if an upload had shifted the pages between two requests.

    The first affected page is served unchanged; later ones get its items. Therefore, `times` must be 2 or more.
    """

    kept: list[Any] | None = None

    def alter(self, exchange: Exchange, page: dict[str, Any]) -> None:
        if self.kept is None:
            self.kept = page["values"]
        else:
            page["values"] = self.kept


@dataclass
class HiddenItem(PageDamage):
    """Remove the item with this `name` from a page and from its `size`, as if the server lagged behind."""

    name: str

    def alter(self, exchange: Exchange, page: dict[str, Any]) -> None:
        kept = [item for item in page["values"] if item.get("name") != self.name]
        page["size"] = page.get("size", 0) - len(page["values"]) + len(kept)
        page["values"] = kept

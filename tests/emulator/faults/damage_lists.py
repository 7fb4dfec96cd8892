# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Define the kinds of faults that change the contents of JSON, above all pages of a listing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from werkzeug import Response

from ..http import answers
from ..http.exchange import Exchange
from .damage import Damage


@dataclass
class WrongTypes(Damage):
    """Every text in a JSON answer becomes a number, every other simple value a text; shape and member names stay."""

    def after(self, exchange: Exchange, response: Response) -> Response:
        if not response.is_json:
            return response
        return answers.document(retyped(json.loads(response.get_data())), response.status_code)


def retyped(value: Any) -> Any:
    """The value with simple values of wrong types."""
    if isinstance(value, dict):
        return {name: retyped(member) for name, member in value.items()}
    if isinstance(value, list):
        return [retyped(item) for item in value]
    return len(value) if isinstance(value, str) else json.dumps(value)


class PageDamage(Damage):
    """The base: answers that are not a page with `values` are left alone."""

    def after(self, exchange: Exchange, response: Response) -> Response:
        if response.status_code != 200 or not response.is_json:
            return response
        page = json.loads(response.get_data())
        if isinstance(page, dict) and "values" in page:
            self.spoil(exchange, page)
            return answers.document(page)
        return response

    def spoil(self, exchange: Exchange, page: dict[str, Any]) -> None:
        """Change the page."""
        raise NotImplementedError


@dataclass
class ForeignNext(PageDamage):
    """`next` leads to another origin, where the credentials must not go."""

    url: str = "http://localhost:9/2.0/repositories/acme/widgets/downloads/?page=2"

    def spoil(self, exchange: Exchange, page: dict[str, Any]) -> None:
        page["next"] = self.url


@dataclass
class RepeatingNext(PageDamage):
    """`next` leads to this very page."""

    def spoil(self, exchange: Exchange, page: dict[str, Any]) -> None:
        query = exchange.request.query_string.decode("latin-1")
        page["next"] = exchange.origin + exchange.raw_path + ("?" + query if query else "")


@dataclass
class DuplicatePage(PageDamage):
    """The items of the first page that was seen are served again, as when an upload shifts the pages meanwhile.

    The first page that it hits is kept and served as it is; the later ones get its items. So `times` must be 2 or more.
    """

    kept: list[Any] | None = None

    def spoil(self, exchange: Exchange, page: dict[str, Any]) -> None:
        if self.kept is None:
            self.kept = page["values"]
        else:
            page["values"] = self.kept


@dataclass
class HiddenItem(PageDamage):
    """A page lacks the item with this `name`, and `size` does not count it: the list comes from a server that lags behind."""

    name: str

    def spoil(self, exchange: Exchange, page: dict[str, Any]) -> None:
        kept = [item for item in page["values"] if item.get("name") != self.name]
        page["size"] = page.get("size", 0) - len(page["values"]) + len(kept)
        page["values"] = kept

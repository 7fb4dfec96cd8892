# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse HTML pages: anchors, links and loaded resources. Must not depend on the theme."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

# Elements that a browser loads automatically, and the attribute with the URL.
LOADS = {"img": "src", "script": "src", "iframe": "src", "source": "src", "link": "href"}


@dataclass
class Page:
    """A page. `links`: targets of links; `loads`: URLs that the browser loads automatically."""

    path: Path
    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._page.anchors |= {values[name] for name in ("id", "name") if values.get(name)}
        if tag == "a" and "href" in values:
            self._page.links.append(values["href"])
        if tag in LOADS and values.get(LOADS[tag]):
            self._page.loads.append(values[LOADS[tag]])


def read(path: Path) -> Page:
    """Parse a page."""
    page = Page(path)
    _Reader(page).feed(path.read_text(encoding="utf-8"))
    return page


def read_all(folder: Path) -> dict[Path, Page]:
    """Return all pages of a site by their files."""
    return {path: read(path) for path in sorted(folder.rglob("*.html"))}

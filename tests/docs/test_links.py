# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that no internal link is broken, that pages load nothing from other sites, and that external links have expected targets.

The tests send no request.
"""

from __future__ import annotations

import urllib.parse
from pathlib import Path

import pytest

from tests.tools.tree import ROOT

from .pages import Page, read_all

# Ansible's and Atlassian's documentation, the project itself, and the theme's home at the end of each page.
OUTSIDE = {
    "docs.ansible.com",
    "galaxy.ansible.com",
    "developer.atlassian.com",
    "support.atlassian.com",
    "bitbucket.org",
    "github.com",
    "semver.org",
}


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """Return all pages."""
    return read_all(site)


def test_each_plugin_role_and_guide_has_a_page(pages: dict[Path, Page], site: Path) -> None:
    found = {str(path.relative_to(site)) for path in pages}
    for kind, suffix in (("modules", "module"), ("lookup", "lookup")):
        names = (path.stem for path in (ROOT / "plugins" / kind).glob("bitbucket_*.py"))
        assert {f"{name}_{suffix}.html" for name in names} <= found
    assert {f"{path.stem}_filter.html" for path in (ROOT / "plugins" / "filter").glob("*.py")} <= found
    assert {f"{path.name}_role.html" for path in (ROOT / "roles").glob("*/")} <= found
    assert {f"docsite/{path.stem}.html" for path in (ROOT / "docs" / "docsite" / "rst").glob("*.rst")} <= found
    assert {"index.html", "plugins.html", "search.html"} <= found


def test_internal_links_have_an_existing_page_and_anchor(pages: dict[Path, Page]) -> None:
    broken = [
        f"{page.path.name}: {link}" for page in pages.values() for link in inside(page.links) if not has_target(page, link, pages)
    ]
    assert broken == []
    assert sum(len(inside(page.links)) for page in pages.values()) > 1000


def test_pages_load_nothing_from_other_sites(pages: dict[Path, Page]) -> None:
    for page in pages.values():
        assert [load for load in page.loads if urllib.parse.urlsplit(load).netloc] == []
        missing = [load for load in page.loads if not target(page, load).exists()]
        assert missing == [], page.path


def test_external_links_have_expected_sites(pages: dict[Path, Page]) -> None:
    links = {link for page in pages.values() for link in page.links if urllib.parse.urlsplit(link).netloc}
    hosts = {urllib.parse.urlsplit(link).netloc for link in links}
    assert hosts <= OUTSIDE
    assert "docs.ansible.com" in hosts
    assert {urllib.parse.urlsplit(link).scheme for link in links} == {"https"}


def inside(links: list[str]) -> list[str]:
    """Return the internal links."""
    return [link for link in links if not urllib.parse.urlsplit(link).netloc]


def target(page: Page, link: str) -> Path:
    """Return the file of a link."""
    path = urllib.parse.unquote(urllib.parse.urlsplit(link).path)
    return (page.path.parent / path).resolve() if path else page.path


def has_target(page: Page, link: str, pages: dict[Path, Page]) -> bool:
    """Return whether the target of a link exists; "#" is the top of every page."""
    file = target(page, link)
    fragment = urllib.parse.unquote(urllib.parse.urlsplit(link).fragment)
    return fragment in pages[file].anchors if fragment else file.is_file()

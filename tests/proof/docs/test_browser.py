# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the site in a browser: pages, navigation and search work, and all content is readable on each screen in each theme."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

PATIENCE = 300
DESKTOP = (1280, 900)
PHONE = (390, 844)
# Return the elements that do not fit; empty if all content is reachable.
TOO_WIDE = """
const width = document.documentElement.clientWidth, found = [];
if (document.documentElement.scrollWidth > width) found.push('the page: ' + document.documentElement.scrollWidth);
for (const block of document.querySelectorAll('div.highlight pre, .table-wrapper')) {
  const scrolls = ['auto', 'scroll'].includes(getComputedStyle(block).overflowX)
    || ['auto', 'scroll'].includes(getComputedStyle(block.parentElement).overflowX);
  const box = block.getBoundingClientRect();
  if (box.right > width || box.left < 0 || (block.scrollWidth > block.clientWidth && !scrolls))
    found.push(block.className + ': ' + block.textContent.trim().slice(0, 40));
}
for (const table of document.querySelectorAll('table.ansible-option-table'))
  if (table.scrollWidth > table.parentElement.clientWidth) found.push('options: ' + table.textContent.trim().slice(0, 40));
return found;
"""
MISSING_IMAGES = """
return [...document.images].filter(image => !image.complete || !image.naturalWidth).map(image => 'missing image: ' + image.src);
"""
# Return the texts whose contrast is below 4.5, the minimum of the Web Content Accessibility Guidelines (level AA).
PALE = """
const parse = color => { const parts = color.match(/[\\d.]+/g).map(Number); return parts.length < 4 ? [...parts, 1] : parts; };
const blend = (top, below) => [0, 1, 2].map(part => top[part] * top[3] + below[part] * (1 - top[3]));
const background = node => {
  const layers = [];
  for (let each = node; each; each = each.parentElement) layers.unshift(parse(getComputedStyle(each).backgroundColor));
  return layers.reduce((below, top) => blend(top, below), [255, 255, 255]);
};
const linear = part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
const luminance = color => {
  const [red, green, blue] = color.map(part => linear(part / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const found = new Set(), texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const text = texts.currentNode.textContent.trim(), node = texts.currentNode.parentElement;
  if (!text || node.closest('svg, .visually-hidden') || !node.checkVisibility()) continue;
  const below = background(node), above = blend(parse(getComputedStyle(node).color), below);
  const [light, dark] = [luminance(above), luminance(below)].sort((one, other) => other - one);
  const contrast = (light + 0.05) / (dark + 0.05);
  if (contrast < 4.5) found.add('contrast ' + contrast.toFixed(2) + ': ' + text.slice(0, 40));
}
return [...found];
"""
SMALLEST = """
return Math.min(...[...document.querySelectorAll('div.highlight pre, p, td')]
  .map(each => parseFloat(getComputedStyle(each).fontSize)));
"""


def resize(browser: Chrome, size: tuple[int, int], dark: bool = False) -> None:
    """Set the size of the screen; a narrow one is a phone."""
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})


@pytest.fixture
def desktop(browser: Chrome) -> Chrome:
    """Return the browser with a wide screen."""
    resize(browser, DESKTOP)
    return browser


def wait(browser: Chrome, selector: str) -> list[WebElement]:
    """Wait for visible elements of a CSS selector, and return them."""

    def shown(_unused: Any) -> list[WebElement]:
        return [each for each in browser.find_elements(By.CSS_SELECTOR, selector) if each.is_displayed()]

    found: list[WebElement] = WebDriverWait(browser, PATIENCE).until(shown, f"no visible element of {selector}")
    return found


def complaints(browser: Any) -> list[str]:
    """Return the errors in the browser's log since the last call."""
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


def click(browser: Chrome, element: WebElement) -> None:
    """Scroll to an element, and click it."""
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
    element.click()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_each_page_opens_without_errors_and_all_content_is_readable(
    size: tuple[int, int], dark: bool, browser: Chrome, address: str, site: Path
) -> None:
    resize(browser, size, dark)
    complaints(browser)  # of other tests
    problems = {}
    for path in sorted(site.rglob("*.html")):
        browser.get(f"{address}/{path.relative_to(site)}")
        errors = complaints(browser)
        titles = browser.find_elements(By.CSS_SELECTOR, "article h1")
        empty = [] if (titles and titles[0].text) or path.stem == "search" else ["no title"]
        unreadable = [each for script in (TOO_WIDE, MISSING_IMAGES, PALE) for each in browser.execute_script(script)]
        problems[path.name] = errors + empty + unreadable
    assert len(problems) > 20
    assert {page: found for page, found in problems.items() if found} == {}


def test_text_on_a_phone_is_large_enough(browser: Chrome, address: str) -> None:
    resize(browser, PHONE)
    browser.get(f"{address}/docsite/guide_credentials.html")
    assert browser.execute_script(SMALLEST) >= 11


def test_sidebar_links_to_each_page(desktop: Chrome, address: str, site: Path) -> None:
    desktop.get(f"{address}/index.html")
    entries = {each.get_attribute("href"): each.text for each in wait(desktop, ".sidebar-tree a")}
    assert len(entries) == len(list(site.rglob("*.html"))) - len(["index", "search"])
    for link in list(entries)[::4]:
        desktop.get(f"{address}/index.html")
        [entry] = [each for each in wait(desktop, ".sidebar-tree a") if each.get_attribute("href") == link]
        click(desktop, entry)
        assert desktop.current_url == link
        assert wait(desktop, ".sidebar-tree .current-page > a")[0].text == entries[link]


def test_next_links_connect_all_guides(desktop: Chrome, address: str, site: Path) -> None:
    desktop.get(f"{address}/index.html")
    seen = [desktop.current_url]
    while following := desktop.find_elements(By.CSS_SELECTOR, "a.next-page"):
        click(desktop, following[0])
        seen.append(desktop.current_url)
    assert len(seen) == len(set(seen)) == len(list(site.rglob("*.html"))) - len(["search"])


def test_phone_has_a_menu(browser: Chrome, address: str) -> None:
    resize(browser, PHONE)
    browser.get(f"{address}/index.html")
    assert not [each for each in browser.find_elements(By.CSS_SELECTOR, ".sidebar-tree a") if each.rect["x"] >= 0]
    wait(browser, "header label[for=__navigation]")[0].click()
    WebDriverWait(browser, PATIENCE).until(lambda driver: wait(driver, ".sidebar-tree a")[0].rect["x"] >= 0)
    [entry] = [each for each in wait(browser, ".sidebar-tree a") if each.text == "Delete old releases"]
    entry.click()
    assert browser.current_url.endswith("/docsite/guide_retain.html")


def search(browser: Chrome, address: str, words: str) -> list[str]:
    """Enter words in the search field; return the found pages."""
    browser.get(f"{address}/docsite/guide_publish.html")
    wait(browser, "input.sidebar-search")[0].send_keys(words + Keys.ENTER)
    wait(browser, "#search-results .search-summary")
    summary = "#search-results .search-summary"
    WebDriverWait(browser, PATIENCE).until(lambda driver: "search" in driver.find_element(By.CSS_SELECTOR, summary).text.lower())
    return [
        each.get_attribute("href") or "" for each in browser.find_elements(By.CSS_SELECTOR, "#search-results ul.search li > a")
    ]


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("max_deletions", "bitbucket_download_prune_module.html"),
        ("app passwords", "docsite/guide_credentials.html"),
        ("molecule", "docsite/guide_testing.html"),
    ],
)
def test_search_finds_pages(words: str, page: str, desktop: Chrome, address: str) -> None:
    found = search(desktop, address, words)
    [link] = [each for each in found if page in each]
    desktop.get(link)
    assert words.split()[0] in desktop.find_element(By.CSS_SELECTOR, "article").text.lower()


def test_search_for_nonsense_finds_nothing(desktop: Chrome, address: str) -> None:
    assert search(desktop, address, "qqqzzzxxx") == []


def test_light_and_dark_differ(browser: Chrome, address: str) -> None:
    colors = []
    for dark in (False, True):
        resize(browser, DESKTOP, dark)
        browser.get(f"{address}/bitbucket_download_module.html")
        cell = browser.find_element(By.CSS_SELECTOR, "table.ansible-option-table .ansible-option-type")
        colors.append(
            (cell.value_of_css_property("color"), browser.find_element(By.TAG_NAME, "body").value_of_css_property("color"))
        )
    assert colors[0][0] != colors[1][0]
    assert colors[0][1] != colors[1][1]

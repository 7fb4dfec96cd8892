# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out how the artifact list is paged, and what its items contain."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from urllib.parse import urljoin, urlsplit

from ..downloads import Downloads, File
from ..errors import Blocked
from ..forms import Part
from ..probe import NO_RESULT, Seen, probe
from ..shapes import error, path_shape, query_names, shape
from ..wire import Response
from ..world import World

PAGES = ("listing: following pages, complete listings", "1.2 OBS, 10 OBS")


def three_files(world: World) -> list[File]:
    """Return three listed artifacts."""

    def make() -> list[File]:
        downloads = world.downloads()
        files = [downloads.upload(f"page-{number}.txt") for number in range(3)]
        for file in files:
            downloads.find(file)
        return files

    return world.share("three files", make)


def read_page(response: Response) -> dict[str, Any]:
    """Return a page whose items are objects; raise Blocked for another response."""
    page = response.json()
    if not response.good or not isinstance(page, dict) or not isinstance(page.get("values"), list):
        raise Blocked(f"cannot read a page: HTTP {response.status}")
    if not all(isinstance(item, dict) for item in page["values"]):
        raise Blocked("the items of a page are not objects")
    return page


def describe_link(world: World, requested_url: str, link: object) -> Seen:
    """Return the form of a link to another page."""
    if not isinstance(link, str):
        return {"form": "none"}
    home, there = urlsplit(requested_url), urlsplit(urljoin(requested_url, link))
    names = {world.settings.workspace: "(workspace)", world.settings.repository: "(repository)"}
    return {
        "form": "absolute" if urlsplit(link).netloc else "relative",
        "host": "same" if there[:2] == home[:2] else "other",
        "path": path_shape(there.path, names),
        "parameters": query_names(link),
    }


def describe_pages(world: World, url: str, first: Response, second: Response | None, pagelen: int) -> Seen:
    """Return the properties of two pages of a listing. ``pagelen`` is the requested length of the first."""
    page = read_page(first)
    found: dict[str, Any] = {
        "page": shape({name: value for name, value in page.items() if name not in ("values", "next")}),
        "full": len(page["values"]) == pagelen,
        "next": describe_link(world, url, page.get("next")),
    }
    if second is not None:
        after = read_page(second)
        keys = [str(item.get("name", item.get("id"))) for item in page["values"] + after["values"]]
        found["items once"] = len(keys) == len(set(keys))
        found["previous"] = describe_link(world, url, after.get("previous"))["form"]
        if "pagelen" in query_names(str(page.get("next"))):
            found["second page full"] = len(after["values"]) == pagelen or "next" not in after
    return found


def order_of(dates: list[object]) -> str:
    """Return the order of dates."""
    texts = [str(date) for date in dates]
    if len(set(texts)) < 2:
        return NO_RESULT
    return "newest first" if texts == sorted(texts, reverse=True) else "oldest first" if texts == sorted(texts) else "other"


@probe(
    "D09",
    "How is the artifact list paged?",
    PAGES[1],
    PAGES[0],
    switches=("page_cap", "next_drops=pagelen", "next_drops=role,pagelen", "list_size", "list_page", "listing_repeat"),
)
def ask_pages(world: World) -> Seen:
    """Get two pages of two items each."""
    three_files(world)
    downloads = world.downloads()
    url = downloads.url(query="pagelen=2")
    first = downloads.send("GET", query="pagelen=2")
    link = read_page(first).get("next")
    second = world.session.send("GET", urljoin(url, link), world.main) if isinstance(link, str) else None
    return describe_pages(world, url, first, second if second is not None and second.good else None, 2)


@probe("D09o", "What is the order of the artifact list?", "1.2 OBS", "newest artifacts: fetch, prune")
def ask_order(world: World) -> Seen:
    """Compare the dates of the items of this run."""
    files = three_files(world)
    items = world.downloads().items()
    names = {file.name for file in files}
    return {"order": order_of([item.get("created_on") for item in items if item.get("name") in names])}


@probe("D09i", "Which properties does an item of the artifact list have?", "1.2 OBS", "listing: name, size, date, counter")
def ask_item(world: World) -> Seen:
    """Get one item, without its user."""
    downloads = world.downloads()
    item = downloads.find(three_files(world)[0])
    own = dict(item)
    own.pop("user", None)
    link = ((item.get("links") or {}).get("self") or {}).get("href")
    names = {world.settings.workspace: "(workspace)", world.settings.repository: "(repository)", str(item.get("name")): "(name)"}
    path = path_shape(urlsplit(str(link)).path, names) if link else "none"
    return {"item": shape(own), "self": path, "user is given": "user" in item}


@probe(
    "D09l",
    "Which page lengths and page numbers are accepted?",
    "1.2 DOC, 10 DOC (no contract)",
    "listing: pagelen=100, less if that is refused",
    switches=("pagelen_max", "page_cap", "downloads_free_plan", "downloads_free_plan_post"),
    writes=False,
)
def ask_page_lengths(world: World) -> Seen:
    """Send one list for each."""
    downloads = world.downloads()
    found: dict[str, Any] = {}
    for label, query in (
        ("default", ""),
        ("100", "pagelen=100"),
        ("101", "pagelen=101"),
        ("0", "pagelen=0"),
        ("past the end", "page=1000"),
    ):
        found[label] = _page_status(downloads, query)
    return found


def _page_status(downloads: Downloads, query: str) -> Seen:
    response = downloads.send("GET", query=query)
    document = response.json()
    return error(response) | ({"pagelen": document.get("pagelen")} if response.good and isinstance(document, dict) else {})


@probe(
    "D44",
    "Do fields, q and sort change the artifact list?",
    "1.2 UNKNOWN, 10 OBS",
    "none yet: a cheaper listing",
)
def ask_parameters(world: World) -> Seen:
    """Send one list for each parameter."""
    file = three_files(world)[1]
    downloads = world.downloads()
    found: dict[str, Any] = {}
    response = downloads.send("GET", query="fields=values.name,next")
    values = read_page(response)["values"] if response.good else []
    found["fields"] = response.status if not response.good else "obeyed" if values and list(values[0]) == ["name"] else "ignored"
    response = downloads.send("GET", query=f"q=name%3D%22{file.name}%22")
    values = read_page(response)["values"] if response.good else []
    found["q"] = (
        response.status if not response.good else "obeyed" if [item.get("name") for item in values] == [file.name] else "ignored"
    )
    orders = []
    for sort in ("created_on", "-created_on"):
        response = downloads.send("GET", query=f"sort={sort}")
        orders.append(
            order_of([item.get("created_on") for item in read_page(response)["values"]]) if response.good else response.status
        )
    obeyed = orders == ["oldest first", "newest first"]
    found["sort"] = "obeyed" if obeyed else "ignored" if orders[0] == orders[1] and isinstance(orders[0], str) else orders[0]
    return found


@probe(
    "D45",
    "Which requests increase the download counter?",
    "1.4 UNKNOWN",
    "downloads in results, its documentation",
)
def ask_counter(world: World) -> Seen:
    """Read the counter after HEAD, after the redirect, after a transfer, and after a replacement."""
    downloads = world.downloads()
    file = downloads.upload("counted.txt")
    counts = [downloads.find(file).get("downloads")]
    downloads.send("HEAD", file.name)
    counts.append(downloads.find(file).get("downloads"))
    url = downloads.redirect(file.name)
    counts.append(downloads.find(file).get("downloads"))
    downloads.storage(url)
    counts.append(downloads.find(file).get("downloads"))
    steps = [after - before for before, after in pairwise(counts) if isinstance(after, int) and isinstance(before, int)]
    if len(steps) < 3:
        raise Blocked("items have no counter")
    new = File(file.name, world.content())
    downloads.post([Part("files", *new)])
    sight = downloads.wait(lambda seen: seen.sized(len(new.content)))
    after = [item.get("downloads") for item in sight.sized(len(new.content)) if item in sight.named(file.name)]
    kept = NO_RESULT if not after or not counts[-1] else "kept" if after[0] == counts[-1] else "starts again"
    return {"new": counts[0], "HEAD": steps[0], "redirect": steps[1], "transfer": steps[2], "after a replacement": kept}

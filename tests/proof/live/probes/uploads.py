# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out what an upload does: listing, response, replacement."""

from __future__ import annotations

from ..downloads import File, Item, size_of
from ..errors import Blocked
from ..forms import Part
from ..probe import NO_RESULT, Seen, probe
from ..shapes import media_type, shape
from ..wire import Response
from ..world import World


def describe_write(response: Response) -> Seen:
    """Return how the service confirms a write."""
    body = response.json()
    return {
        "status": response.status,
        "media type": media_type(response) if response.good else "(refused)",
        "body": "empty" if not response.raw else shape(body) if body is not None else "text",
        "Location": response.header("Location") is not None,
    }


@probe(
    "D01",
    "Does the artifact list show an upload at once, with its size?",
    "1.3 INF, 1.6 UNKNOWN",
    "publish: verification (NotStored), the order of the manifest",
    switches=("upload_effect=none", "listing_lag_reads", "listing_lag_seconds", "downloads_free_plan"),
)
def ask_listing_of_an_upload(world: World) -> Seen:
    """Upload a file, and read the list after 0, 1, 2 and 5 seconds."""
    downloads = world.downloads()
    file = downloads.upload("new.txt")
    page = downloads.send("GET").json()
    values = page.get("values") if isinstance(page, dict) else None
    texts = bool(values) and not any(isinstance(item, dict) for item in values or [])
    sight = downloads.wait(lambda seen: seen.sized(len(file.content)))
    return {"listed": sight.when, "items": "texts" if texts else "objects"}


@probe(
    "D10",
    "What does a POST of a new artifact return, and one of a replacement?",
    "1.3 OBS (conflict about 200 and 201)",
    "upload: an HTML page is not a success; emulator: upload_status",
    switches=("upload_status", "downloads_free_plan_post"),
)
def ask_response_to_an_upload(world: World) -> Seen:
    """Upload the same name twice."""
    downloads = world.downloads()
    name = world.name("response.txt")
    found: dict[str, object] = {}
    for label in ("new", "replacement"):
        found[label] = describe_write(downloads.post([Part("files", name, world.content())]))
    return found


@probe(
    "D02",
    "What does a replacement change: number of items, date, counter, contents?",
    "1.3 DOC, surprise 29 UNKNOWN",
    "recovery of uploads, age of artifacts in prune, changed contents",
    switches=("created_on_moves", "upload_effect=suffix", "listing_lag_reads", "listing_lag_seconds"),
)
def ask_replacement(world: World) -> Seen:
    """Replace an artifact by one of a different size, then by one of the same size."""
    downloads = world.downloads()
    first = downloads.upload("replaced.txt")
    before = downloads.find(first)
    second = File(first.name, world.content())
    downloads.post([Part("files", *second)])
    sight = downloads.wait(lambda seen: seen.sized(len(second.content)))
    if sight.when == "never":
        raise Blocked("a replacement is not listed")
    items = sight.named(first.name)
    found: dict[str, object] = {
        "listed": sight.when,
        "replaces": bool(sight.named(first.name)[0:1]) and not _first(sight.items, first),
    }
    found["items of the name"] = len(items)
    after = sight.sized(len(second.content))[0]
    found["date moves, other size"] = after.get("created_on") != before.get("created_on")
    third = File(first.name, world.content(len(second.content)))
    downloads.post([Part("files", *third)])
    moved = downloads.wait(lambda seen: _date(seen.named(first.name)) != after.get("created_on"))
    found["date moves, same size"] = moved.when != "never"
    found["contents"] = _contents(downloads.storage(downloads.redirect(first.name)).raw, first, third)
    return found


def _first(items: list[Item], first: File) -> bool:
    return any(size_of(item) == len(first.content) for item in items)


def _date(items: list[Item]) -> object:
    return items[0].get("created_on") if items else None


def _contents(raw: bytes, first: File, last: File) -> str:
    return "new" if raw == last.content else "old" if raw == first.content else NO_RESULT


@probe(
    "D36",
    "Can an artifact of zero bytes be stored, listed and fetched?",
    "1.3 UNKNOWN",
    "payloads and transfers of zero bytes",
)
def ask_empty_artifact(world: World) -> Seen:
    """Upload an empty file."""
    world.downloads().find(world.downloads().upload("not-empty.txt"))
    downloads = world.downloads()
    name = world.name("empty.txt")
    response = downloads.post([Part("files", name, b"")])
    if not response.good:
        return {"stored": False, "status": response.status}
    sight = downloads.wait(lambda seen: seen.named(name))
    if sight.when == "never":
        raise Blocked("the artifact is not listed")
    contents = downloads.storage(downloads.redirect(name))
    return {"stored": True, "size": size_of(sight.named(name)[0]) == 0, "fetched": contents.status, "bytes": len(contents.raw)}


@probe(
    "D34",
    "Which account is the user of an upload with an API token?",
    "1.2 UNKNOWN, 10 DOC",
    "uploaded_by",
    switches=("list_user",),
    needs=("api_token",),
)
def ask_user_of_api_token(world: World) -> Seen:
    """Upload a file, and list it."""
    return _ask_user(world, "api_token")


@probe(
    "D34a",
    "Which account is the user of an upload with an access token?",
    "1.2 UNKNOWN, 10 DOC",
    "uploaded_by",
    switches=("list_user",),
    needs=("access_token",),
)
def ask_user_of_access_token(world: World) -> Seen:
    """Upload a file, and list it."""
    return _ask_user(world, "access_token")


@probe(
    "D34o",
    "Which account is the user of an upload with an OAuth token?",
    "4 DOC (2026-05-04), 10",
    "uploaded_by",
    switches=("list_user",),
    needs=("oauth",),
)
def ask_user_of_oauth(world: World) -> Seen:
    """Upload a file, and list it."""
    return _ask_user(world, "oauth")


def _ask_user(world: World, kind: str) -> Seen:
    downloads = world.downloads(kind)
    user = downloads.find(downloads.upload(f"by-{kind.replace('_', '-')}.txt")).get("user")
    if isinstance(user, dict):
        world.names |= {value for value in user.values() if isinstance(value, str)} - {str(user.get("type"))}
    return {"user": shape(user)}

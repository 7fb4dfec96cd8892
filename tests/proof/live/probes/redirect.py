# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out how the API redirects to the storage host."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from ..downloads import Downloads, File
from ..errors import Blocked
from ..forms import Part
from ..probe import NO_RESULT, Seen, probe
from ..shapes import duration, life_of, media_type, path_shape, query_names, query_value
from ..world import World

STORAGE = ("_http: storage, redirects, retries", "1.4 OBS")


def stored_file(world: World) -> File:
    """Return an artifact with a redirect."""

    def make() -> File:
        file = world.downloads().upload("stored.txt")
        world.downloads().redirect(file.name)
        return file

    return world.share("stored file", make)


@probe(
    "S12",
    "Where does the API redirect to?",
    STORAGE[1],
    STORAGE[0],
    switches=("url_style", "redirect_body", "content_encoding", "signed_url_life", "signed_url_cached_expired"),
)
def ask_redirect(world: World) -> Seen:
    """Upload an artifact, and send a GET and a HEAD."""
    downloads = world.downloads()
    file = downloads.upload("redirect.txt")
    response = downloads.send("GET", file.name)
    location = response.header("Location")
    if response.status >= 400:
        raise Blocked("cannot find an uploaded artifact")
    if location is None:
        return {"status": response.status, "Location": "none"}
    url = urljoin(downloads.url(), location)
    world.session.secrets |= secrets_in(url)
    there, here = urlsplit(url), urlsplit(downloads.url())
    names = {world.settings.workspace: "(workspace)", world.settings.repository: "(repository)", file.name: "(name)"}
    head = downloads.send("HEAD", file.name)
    return {
        "status": response.status,
        "Location": "absolute" if urlsplit(location).netloc else "relative",
        "host": "the API's" if there[:2] == here[:2] else "another",
        "path": path_shape(there.path, names),
        "parameters": query_names(url),
        "life": duration(life_of(response, url)),
        "body": "some" if response.raw else "empty",
        "media type": media_type(response),
        "HEAD": {"status": head.status, "Location": head.header("Location") is not None},
    }


def secrets_in(url: str) -> set[str]:
    """Return the secrets in a signed URL."""
    found = (query_value(url, name) for name in ("Signature", "AWSAccessKeyId", "x-amz-security-token", "X-Amz-Signature"))
    return {value for value in found if value}


@probe(
    "S12c",
    "Does a second request return the same signed URL of an artifact?",
    "1.4 INF, 10 OBS (expired URLs)",
    "retries of transfers: at once, or later",
    switches=("signed_url_cached",),
)
def ask_again(world: World) -> Seen:
    """Send two GETs with a pause of two seconds, and one after a replacement."""
    downloads = world.downloads()
    file = downloads.upload("asked-again.txt")
    first = downloads.redirect(file.name)
    world.session.pause(2)
    second = downloads.redirect(file.name)
    downloads.post([Part("files", file.name, world.content())])
    world.session.pause(2)
    third = downloads.redirect(file.name)
    return {"after two seconds": _same(first, second), "after a replacement": _same(second, third)}


def _same(before: str, after: str) -> str:
    return "the same" if before == after else "another"


@probe(
    "S12u",
    "Does the first signed URL of an artifact return the uploaded bytes?",
    "10 OBS (expired URLs; listed with a size but zero bytes)",
    "transfers: retries, checks of length and digest",
    switches=("signed_url_cached_expired", "stored_damage"),
)
def ask_contents(world: World) -> Seen:
    """Upload and fetch an artifact."""
    downloads = world.downloads()
    file = downloads.upload("contents.bin", bytes(range(256)) * 5 + world.content())
    location = downloads.send("GET", file.name).header("Location")
    if location is None:
        raise Blocked("the API does not redirect")
    response = downloads.storage(urljoin(downloads.url(), location))
    if response.status != 200:
        return {"status": response.status}
    return {"status": 200, "bytes": describe_bytes(response.raw, file.content)}


def describe_bytes(found: bytes, sent: bytes) -> str:
    """Return how the bytes differ from the sent ones."""
    if found == sent:
        return "as sent"
    if not found:
        return "none"
    return "cut" if sent.startswith(found) else "others"


@probe(
    "S15",
    "What does a signed URL return after a replacement, and after a deletion?",
    "1.4 UNKNOWN",
    "size check and If-Range of resumed transfers",
    switches=("url_style",),
)
def ask_old_urls(world: World) -> Seen:
    """Replace one artifact, delete another, and fetch both with earlier signed URLs."""
    downloads = world.downloads()
    replaced, deleted = downloads.upload("old-url.txt"), downloads.upload("gone-url.txt")
    before, gone = downloads.redirect(replaced.name), downloads.redirect(deleted.name)
    if downloads.storage(before).raw != replaced.content:
        raise Blocked("the storage host does not return the sent contents")
    new = File(replaced.name, world.content())
    downloads.post([Part("files", *new)])
    if downloads.storage(downloads.redirect(new.name)).raw != new.content:
        raise Blocked("a replacement has no effect on the contents")
    found: dict[str, object] = {"after a replacement": _versions(downloads, before, replaced, new)}
    if not downloads.delete(deleted.name).good or downloads.send("GET", deleted.name).status < 400:
        return found | {"after a delete": NO_RESULT}
    return found | {"after a delete": _versions(downloads, gone, deleted, deleted)}


def _versions(downloads: Downloads, url: str, old: File, new: File) -> object:
    response = downloads.storage(url)
    if response.status != 200:
        return response.status
    return "the old bytes" if response.raw == old.content else "the new bytes" if response.raw == new.content else "other bytes"

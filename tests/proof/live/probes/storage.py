# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out what the storage host supports and refuses."""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import quote

from ..downloads import File
from ..errors import Blocked
from ..gate import MADE_UP
from ..probe import NO_RESULT, Seen, probe
from ..shapes import headers_present, media_type
from ..wire import Response
from ..world import World
from .redirect import stored_file

ETAG = re.compile(r'(W/)?"?([^"]*)"?')


def code_of(response: Response) -> str | None:
    """Return the code of an error document. Its other texts are never shown, because they might repeat credentials."""
    found = re.search(rb"<Code>([A-Za-z]{3,40})</Code>", response.raw)
    return found[1].decode() if found else None


def refusal(response: Response) -> Seen:
    """Return how the storage host refuses, or only the status of a success."""
    if response.status < 400:
        return {"status": response.status}
    return {"status": response.status, "code": code_of(response), "elements": elements_of(response)}


def elements_of(response: Response) -> list[str]:
    """Return the names of the elements of an error document."""
    names = {name.decode() for name in re.findall(rb"<([A-Za-z]{3,40})>", response.raw)}
    return sorted(names - {"Error", "RequestId", "HostId"})


def describe_etag(tag: str | None, content: bytes) -> str:
    """Return the kind of an ETag."""
    if tag is None:
        return "none"
    match = ETAG.fullmatch(tag)
    text = match[2] if match else tag
    weak = "weak, " if tag.startswith("W/") else ""
    quotes = "" if '"' in tag else "no quotes, "
    if text == hashlib.md5(content, usedforsecurity=False).hexdigest():
        return f"{weak}{quotes}the MD5"
    if re.fullmatch(r"[0-9a-f]{32}-\d+", text):
        return f"{weak}{quotes}32 hex digits and a number of parts"
    return f"{weak}{quotes}" + ("32 hex digits, not the MD5" if re.fullmatch(r"[0-9a-f]{32}", text) else "other text")


@probe(
    "S13",
    "Is the ETag the MD5 of the contents for all sizes?",
    "1.4 UNKNOWN",
    "compare: checksum with If-None-Match",
    switches=("etag",),
)
def ask_etag(world: World) -> Seen:
    """Upload 1 KiB, 9 MiB and 17 MiB, and read one byte of each."""
    downloads = world.downloads()
    found: dict[str, object] = {}
    for label, size in (("small", 1024), ("medium", world.sizes.medium), ("large", world.sizes.large)):
        file = downloads.upload(f"etag-{label}.bin", world.content(size))
        headers = {} if label == "small" else {"Range": "bytes=0-0"}
        response = downloads.storage(downloads.redirect(file.name), headers=headers)
        if response.status >= 400 or (label == "small" and response.raw != file.content):
            raise Blocked("the storage host does not return the sent contents")
        found[label] = describe_etag(response.header("ETag"), file.content)
        if label == "small":
            found["encryption"] = headers_present(response, ["x-amz-server-side-encryption"])
    return found


@probe(
    "S14",
    "Which conditions and ranges does the storage host support?",
    "1.4 DOC (AWS), INF",
    "compare: checksum, resumed transfers",
)
def ask_conditions(world: World) -> Seen:
    """Send GETs with If-None-Match, Range, If-Range and If-Match."""
    downloads = world.downloads()
    file = stored_file(world)
    url = downloads.redirect(file.name)
    whole = downloads.storage(url)
    if whole.raw != file.content:
        raise Blocked("the storage host does not return the sent contents")
    tag = whole.header("ETag")
    other = '"0123456789abcdef0123456789abcdef"'
    requests: dict[str, dict[str, str] | None] = {
        "If-None-Match, its ETag": {"If-None-Match": tag} if tag else None,
        "If-None-Match, its ETag as weak": {"If-None-Match": f"W/{tag.removeprefix('W/')}"} if tag else None,
        "If-None-Match, another": {"If-None-Match": other},
        "If-Match, another": {"If-Match": other} if tag else None,
        "Range": {"Range": "bytes=10-19"},
        "Range from the end": {"Range": "bytes=-10"},
        "Range past the end": {"Range": "bytes=99999999-"},
        "Range, If-Range its ETag": {"Range": "bytes=10-19", "If-Range": tag} if tag else None,
        "Range, If-Range another": {"Range": "bytes=10-19", "If-Range": other},
    }
    return {
        label: NO_RESULT if headers is None else _conditional(downloads.storage(url, headers=headers), file)
        for label, headers in requests.items()
    }


def _conditional(response: Response, file: File) -> Seen:
    found: dict[str, Any] = {"status": response.status, "headers": headers_present(response, ["Content-Range"])}
    if response.status == 206:
        expected = {"bytes 10-19/": file.content[10:20], "bytes ": response.raw}
        text = response.header("Content-Range") or ""
        start = next((start for start in expected if text.startswith(start)), None)
        found["bytes"] = "as requested" if start and expected[start] == response.raw and len(response.raw) == 10 else "others"
    return found if response.status != 304 else {"status": 304, "headers": ["ETag"] if response.header("ETag") else []}


@probe(
    "S38",
    "How does the storage host refuse an Authorization, another method and an unsigned Content-Type?",
    "1.4 OBS",
    "no header of the API is sent to the storage host; emulator",
)
def ask_refusals(world: World) -> Seen:
    """Send a made-up credential, a HEAD, a Content-Type, and a changed signature."""
    downloads = world.downloads()
    url = downloads.redirect(stored_file(world).name)
    changed = re.sub(r"(Signature=)[^&]+", r"\1bWFkZS11cA%3D%3D", url)
    return {
        "Authorization": refusal(downloads.storage(url, headers={"Authorization": MADE_UP})),
        "HEAD": {"status": downloads.storage(url, "HEAD").status},
        "Content-Type": refusal(downloads.storage(url, headers={"Content-Type": "application/json"})),
        "another signature": refusal(downloads.storage(changed)),
    }


@probe(
    "S39",
    "Which headers do responses with contents have?",
    "1.4 OBS",
    "Accept-Encoding: identity, no name from Content-Disposition",
    switches=("content_encoding",),
)
def ask_headers(world: World) -> Seen:
    """Get an archive, a text, and a file without extension."""
    downloads = world.downloads()
    found: dict[str, object] = {}
    for label in ("archive.tar.gz", "read-me.txt", "no-extension-文"):
        file = downloads.upload(label)
        response = downloads.storage(downloads.redirect(file.name))
        if response.status != 200:
            raise Blocked(f"the storage host returns HTTP {response.status}")
        found[label] = {
            "media type": media_type(response),
            "Content-Encoding": token(response.header("Content-Encoding")),
            "Content-Disposition": _disposition(response.header("Content-Disposition"), file.name),
            "headers": headers_present(response, ["Last-Modified", "Accept-Ranges", "Content-Length"]),
        }
    return found


def token(value: str | None) -> str:
    """Return the value of a header if it is one word."""
    return "none" if value is None else value if re.fullmatch(r"[A-Za-z]{1,12}", value) else "other"


def _disposition(value: str | None, name: str) -> str:
    if value is None:
        return "none"
    kind = "attachment" if value.lower().startswith("attachment") else "other"
    forms = {"the name": name, "the name, percent-encoded": quote(name, safe="")}
    form = next((label for label, text in forms.items() if text in value), "another name" if "filename" in value else "no name")
    return f"{kind}; {'filename*' if 'filename*' in value else 'filename'}: {form}"

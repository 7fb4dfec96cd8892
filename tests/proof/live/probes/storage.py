# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask what the storage host honors and refuses."""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import quote

from ..downloads import File
from ..errors import Blocked
from ..gate import MADE_UP
from ..probe import NO_ANSWER, Seen, probe
from ..shapes import headers_present, media_type
from ..wire import Answer
from ..world import World
from .redirect import stored_file

ETAG = re.compile(r'(W/)?"?([^"]*)"?')


def code_of(answer: Answer) -> str | None:
    """Return the code of an error document; its other texts are never shown, they might repeat a credential."""
    found = re.search(rb"<Code>([A-Za-z]{3,40})</Code>", answer.raw)
    return found[1].decode() if found else None


def refusal(answer: Answer) -> Seen:
    """Return how the storage host refuses; of a success the status alone."""
    if answer.status < 400:
        return {"status": answer.status}
    return {"status": answer.status, "code": code_of(answer), "elements": elements_of(answer)}


def elements_of(answer: Answer) -> list[str]:
    """Return the names of the elements of an error document."""
    names = {name.decode() for name in re.findall(rb"<([A-Za-z]{3,40})>", answer.raw)}
    return sorted(names - {"Error", "RequestId", "HostId"})


def describe_etag(tag: str | None, content: bytes) -> str:
    """Return what an ETag is."""
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
    "Is the ETag the MD5 of the contents, whatever their size?",
    "1.4 UNKNOWN",
    "compare: checksum by If-None-Match",
    switches=("etag",),
)
def ask_etag(world: World) -> Seen:
    """Uploads of 1 KiB, 9 MiB and 17 MiB; of each one byte is read."""
    downloads = world.downloads()
    found: dict[str, object] = {}
    for label, size in (("small", 1024), ("medium", world.sizes.medium), ("large", world.sizes.large)):
        file = downloads.upload(f"etag-{label}.bin", world.content(size))
        headers = {} if label == "small" else {"Range": "bytes=0-0"}
        answer = downloads.storage(downloads.redirect(file.name), headers=headers)
        if answer.status >= 400 or (label == "small" and answer.raw != file.content):
            raise Blocked("the storage host does not have the contents that were sent")
        found[label] = describe_etag(answer.header("ETag"), file.content)
        if label == "small":
            found["encryption"] = headers_present(answer, ["x-amz-server-side-encryption"])
    return found


@probe(
    "S14",
    "Which conditions and ranges does the storage host honor?",
    "1.4 DOC (AWS), INF",
    "compare: checksum, resumed transfers",
)
def ask_conditions(world: World) -> Seen:
    """GETs with If-None-Match, Range, If-Range and If-Match."""
    downloads = world.downloads()
    file = stored_file(world)
    url = downloads.redirect(file.name)
    whole = downloads.storage(url)
    if whole.raw != file.content:
        raise Blocked("the storage host does not have the contents that were sent")
    tag = whole.header("ETag")
    other = '"0123456789abcdef0123456789abcdef"'
    asked: dict[str, dict[str, str] | None] = {
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
        label: NO_ANSWER if headers is None else _conditional(downloads.storage(url, headers=headers), file)
        for label, headers in asked.items()
    }


def _conditional(answer: Answer, file: File) -> Seen:
    found: dict[str, Any] = {"status": answer.status, "headers": headers_present(answer, ["Content-Range"])}
    if answer.status == 206:
        expected = {"bytes 10-19/": file.content[10:20], "bytes ": answer.raw}
        text = answer.header("Content-Range") or ""
        start = next((start for start in expected if text.startswith(start)), None)
        found["bytes"] = "as asked for" if start and expected[start] == answer.raw and len(answer.raw) == 10 else "others"
    return found if answer.status != 304 else {"status": 304, "headers": ["ETag"] if answer.header("ETag") else []}


@probe(
    "S38",
    "How does the storage host refuse an Authorization, another method and a stray Content-Type?",
    "1.4 OBS",
    "the storage host gets no header of the API; emulator",
)
def ask_refusals(world: World) -> Seen:
    """Three requests with a made-up credential, HEAD and a Content-Type; one with a signature that was changed."""
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
    "Which headers do contents have?",
    "1.4 OBS",
    "Accept-Encoding: identity, no name from Content-Disposition",
    switches=("content_encoding",),
)
def ask_headers(world: World) -> Seen:
    """An archive, a text, and a file without extension."""
    downloads = world.downloads()
    found: dict[str, object] = {}
    for label in ("archive.tar.gz", "read-me.txt", "no-extension-文"):
        file = downloads.upload(label)
        answer = downloads.storage(downloads.redirect(file.name))
        if answer.status != 200:
            raise Blocked(f"the storage host answers {answer.status}")
        found[label] = {
            "media type": media_type(answer),
            "Content-Encoding": token(answer.header("Content-Encoding")),
            "Content-Disposition": _disposition(answer.header("Content-Disposition"), file.name),
            "headers": headers_present(answer, ["Last-Modified", "Accept-Ranges", "Content-Length"]),
        }
    return found


def token(value: str | None) -> str:
    """Return the value of a header that is one word."""
    return "none" if value is None else value if re.fullmatch(r"[A-Za-z]{1,12}", value) else "other"


def _disposition(value: str | None, name: str) -> str:
    if value is None:
        return "none"
    kind = "attachment" if value.lower().startswith("attachment") else "other"
    forms = {"the name": name, "the name, percent-encoded": quote(name, safe="")}
    form = next((label for label, text in forms.items() if text in value), "another name" if "filename" in value else "no name")
    return f"{kind}; {'filename*' if 'filename*' in value else 'filename'}: {form}"

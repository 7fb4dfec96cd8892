# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What others can send us, as functions of bytes: each may raise the collection's own error and nothing else.

Knows the pure readers of the collection. Knows no fuzzer, no network and no Ansible.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass

import requests
import urllib3.exceptions
import urllib3.util

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.artifact import newest_first, parse_artifact
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError
from ansible_collections.releng.bitbucket.plugins.module_utils._files.destination import Destination
from ansible_collections.releng.bitbucket.plugins.module_utils._http.connection import origin, same_origin
from ansible_collections.releng.bitbucket.plugins.module_utils._http.listing import next_page, page_items
from ansible_collections.releng.bitbucket.plugins.module_utils._http.refusals import (
    required_scopes,
    server_words,
    storage_words,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._http.response import Response
from ansible_collections.releng.bitbucket.plugins.module_utils._http.storage import redirect_target
from ansible_collections.releng.bitbucket.plugins.module_utils._manifest.manifest import parse as parse_manifest
from ansible_collections.releng.bitbucket.plugins.module_utils._manifest.manifest import render as render_manifest
from ansible_collections.releng.bitbucket.plugins.module_utils._names import is_plain, path_segment
from ansible_collections.releng.bitbucket.plugins.module_utils._renames import renamed_pattern
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.document import parse_snippet
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.parts import parse_form, parse_related
from ansible_collections.releng.bitbucket.plugins.module_utils._text import MAX_WORDS, quoted

from . import words

API = "https://api.bitbucket.example/2.0"


@dataclass(frozen=True)
class Target:
    """``read`` takes an input; ``seeds`` are inputs that make sense, ``words`` are pieces of such inputs."""

    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...] = ()


def bear(read: Callable[[bytes], object], data: bytes) -> None:
    """Read the data; the collection's own error is a good answer to bad data, every other exception passes through."""
    try:
        read(data)
    except BitbucketError as refusal:
        if not str(refusal).strip():
            raise AssertionError("an error without words") from refusal


def related(data: bytes) -> None:
    """The first line is the content type, the rest a multipart/related body."""
    parts = parse_related(*_headed(data))
    assert set(parts.contents) <= set(parts.document.get("files", ())), "contents of a file that the document does not name"
    assert parts.textual <= parts.contents.keys()


def form(data: bytes) -> None:
    """The first line is the content type, the rest a multipart/form-data body."""
    parts = parse_form(*_headed(data))
    assert all(isinstance(text, str) for text in parts.document.values())


def manifest(data: bytes) -> None:
    """A checksum manifest, whose lines survive being written and read again."""
    digests = parse_manifest(data.decode("utf-8", "replace"))
    assert parse_manifest(render_manifest(digests)) == digests


def error_body(data: bytes) -> None:
    """The body of an error answer, whose words are one short printable line."""
    for said in (
        server_words(data),
        storage_words(data),
        required_scopes(data, {"X-Accepted-OAuth-Scopes": data.decode("latin-1")}),
    ):
        assert said.isprintable()
        assert len(said) <= MAX_WORDS


def listing(data: bytes) -> None:
    """A page of Downloads: its items in their order, and where the next page is."""
    page = _object(data)
    artifacts = [parse_artifact(item) for item in page_items(page, API)]
    for artifact in newest_first(artifacts):
        name = artifact.name
        if is_plain(name):
            assert "/" not in path_segment(name)
    following = next_page(page, API, API)
    assert following is None or _goes_to(following) in (None, _goes_to(API))


def snippet(data: bytes) -> None:
    """A snippet's document."""
    found = parse_snippet(_object(data), "GET it")
    assert found.id


def name(data: bytes) -> None:
    """A name, and after a line feed what a service may have made of it."""
    asked, _unused, stored = data.decode("utf-8", "surrogateescape").partition("\n")
    assert quoted(asked).isprintable()
    pattern = renamed_pattern(asked)
    if pattern is not None:
        pattern.match(stored)
    path = Destination("/").path_for(asked)
    assert path == "/" + asked, "a name that leaves its directory"
    assert "/" not in path_segment(asked)


def location(data: bytes) -> None:
    """A Location header, which leads to http or https and holds no user info, or is refused."""
    target = redirect_target("GET", API, response_with(302, "Location", data.decode("latin-1")).location)
    assert target.lower().startswith("https:")
    origin(target)


def link(data: bytes) -> None:
    """A link that credentials may follow leads where the HTTP library will go, too."""
    url = data.decode("utf-8", "replace")
    if same_origin(url, API):
        assert _goes_to(url) in (None, _goes_to(API))


def headers(data: bytes) -> None:
    """Retry-After, Date, Content-Length and Content-Encoding, as an HTTP library hands them on."""
    value = data.decode("latin-1")
    retry_after, length = response_with(503, "Retry-After", value).retry_after, response_with(503, "Content-Length", value).length
    assert retry_after is None or retry_after >= 0
    assert length is None or length >= 0
    date = response_with(200, "Date", value).date
    assert date is None or math.isfinite(date)
    assert all(response_with(200, "Content-Encoding", value).codings)


def response_with(status: int, header: str, value: str) -> Response:
    """Return a response with one header, as an HTTP library passes it on."""
    response = requests.Response()
    response.status_code, response.headers[header] = status, value
    return Response(response, "GET", 1)


def _headed(data: bytes) -> tuple[str, bytes]:
    head, _unused, body = data.partition(b"\n")
    return head.decode("latin-1"), body


def _object(data: bytes) -> dict[str, object]:
    """The JSON object in the data, as the client would have read it; nothing where there is none."""
    try:
        document = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _goes_to(url: str) -> tuple[str | None, str | None, int | None] | None:
    """Scheme, host and port that the HTTP library would connect to; None where it refuses the URL."""
    try:
        ready = requests.Request("GET", url).prepare().url or ""
        parts = urllib3.util.parse_url(ready)
    except (requests.RequestException, urllib3.exceptions.HTTPError, UnicodeError):
        return None
    if not ready.lower().startswith(("http://", "https://")):
        return None  # no adapter is mounted there
    assert parts.auth is None, f"user info in {url!r}"
    return parts.scheme, parts.host, parts.port or {"https": 443, "http": 80}.get(parts.scheme or "")


TARGETS = {
    "related": Target(related, words.RELATED, words.MULTIPART),
    "form": Target(form, words.FORM, words.MULTIPART),
    "manifest": Target(manifest, words.MANIFESTS, words.MANIFEST),
    "error_body": Target(error_body, words.ERRORS, words.JSON),
    "listing": Target(listing, words.LISTINGS, words.JSON),
    "snippet": Target(snippet, words.SNIPPETS, words.JSON),
    "name": Target(name, words.RENAMED, words.NAME),
    "location": Target(location, words.LOCATIONS, words.URL),
    "link": Target(link, words.LINKS, words.URL),
    "headers": Target(headers, words.VALUES, words.VALUE),
}

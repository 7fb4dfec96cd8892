# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the parsers of received data as functions of bytes. Each can raise only the collection's own error.

Must not know a fuzzer, the network, or Ansible.
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
    """Describe a target: ``read`` parses an input, ``seeds`` are valid inputs, ``words`` are parts of valid inputs."""

    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...] = ()


def parse_or_refuse(read: Callable[[bytes], object], data: bytes) -> None:
    """Parse the data. Accept the collection's own error, and let other exceptions pass."""
    try:
        read(data)
    except BitbucketError as refusal:
        if not str(refusal).strip():
            raise AssertionError("an error without a message") from refusal


def related(data: bytes) -> None:
    """Parse the first line as content type and the rest as a multipart/related body."""
    parts = parse_related(*_headed(data))
    assert set(parts.contents) <= set(parts.document.get("files", ())), "contents of a file that is not in the document"
    assert parts.textual <= parts.contents.keys()


def form(data: bytes) -> None:
    """Parse the first line as content type and the rest as a multipart/form-data body."""
    parts = parse_form(*_headed(data))
    assert all(isinstance(text, str) for text in parts.document.values())


def manifest(data: bytes) -> None:
    """Parse a checksum manifest, whose lines must be the same after writing and parsing."""
    digests = parse_manifest(data.decode("utf-8", "replace"))
    assert parse_manifest(render_manifest(digests)) == digests


def error_body(data: bytes) -> None:
    """Parse the body of an error response, whose message must be one short printable line."""
    for said in (
        server_words(data),
        storage_words(data),
        required_scopes(data, {"X-Accepted-OAuth-Scopes": data.decode("latin-1")}),
    ):
        assert said.isprintable()
        assert len(said) <= MAX_WORDS


def listing(data: bytes) -> None:
    """Parse a page of Downloads: its items in order, and the next page."""
    page = _object(data)
    artifacts = [parse_artifact(item) for item in page_items(page, API)]
    for artifact in newest_first(artifacts):
        name = artifact.name
        if is_plain(name):
            assert "/" not in path_segment(name)
    following = next_page(page, API, API)
    assert following is None or _goes_to(following) in (None, _goes_to(API))


def snippet(data: bytes) -> None:
    """Parse the document of a snippet."""
    found = parse_snippet(_object(data), "GET it")
    assert found.id


def name(data: bytes) -> None:
    """Check a name, and after a line feed the name that a service might have stored."""
    requested, _unused, stored = data.decode("utf-8", "surrogateescape").partition("\n")
    assert quoted(requested).isprintable()
    pattern = renamed_pattern(requested)
    if pattern is not None:
        pattern.match(stored)
    path = Destination("/").path_for(requested)
    assert path == "/" + requested, "the name leads to another directory"
    assert "/" not in path_segment(requested)


def location(data: bytes) -> None:
    """Parse a Location header, which must be an http or https URL without user info, or be refused."""
    target = redirect_target("GET", API, response_with(302, "Location", data.decode("latin-1")).location)
    assert target.lower().startswith("https:")
    origin(target)


def link(data: bytes) -> None:
    """Check that a link that may receive credentials leads to the same host in the HTTP library."""
    url = data.decode("utf-8", "replace")
    if same_origin(url, API):
        assert _goes_to(url) in (None, _goes_to(API))


def headers(data: bytes) -> None:
    """Parse Retry-After, Date, Content-Length and Content-Encoding in the form of an HTTP library."""
    value = data.decode("latin-1")
    retry_after, length = response_with(503, "Retry-After", value).retry_after, response_with(503, "Content-Length", value).length
    assert retry_after is None or retry_after >= 0
    assert length is None or length >= 0
    date = response_with(200, "Date", value).date
    assert date is None or math.isfinite(date)
    assert all(response_with(200, "Content-Encoding", value).codings)


def response_with(status: int, header: str, value: str) -> Response:
    """Return a response with one header in the form of an HTTP library."""
    response = requests.Response()
    response.status_code, response.headers[header] = status, value
    return Response(response, "GET", 1)


def _headed(data: bytes) -> tuple[str, bytes]:
    head, _unused, body = data.partition(b"\n")
    return head.decode("latin-1"), body


def _object(data: bytes) -> dict[str, object]:
    """Return the JSON object in the data like the client, or an empty one."""
    try:
        document = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _goes_to(url: str) -> tuple[str | None, str | None, int | None] | None:
    """Return scheme, host and port to which the HTTP library would connect, None if it refuses the URL."""
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

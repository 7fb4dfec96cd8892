# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provide a client for snippets, and an independent reader of multipart responses: the `email` package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import collapse_rfc2231_value
from typing import Any
from urllib.parse import quote

import requests

from .. import Emulator
from .client import Client

RELATED, FORM = "multipart/related", "multipart/form-data"


class Snippets(Client):
    """Send requests to the snippets of a workspace, by default acme. A path starts with an ID."""

    def __init__(self, emulator: Emulator, workspace: str = "acme") -> None:
        super().__init__(emulator)
        self.url = f"{emulator.api_url}/snippets/{workspace}"

    def ask(self, method: str, *path: str, **more: Any) -> requests.Response:
        """Send a request with encoded segments of the path."""
        url = "/".join([self.url, *(quote(segment, safe="") for segment in path)])
        return self.session.request(method, url, timeout=10, allow_redirects=False, **more)

    def create(self, contents: Mapping[str, bytes], **fields: Any) -> requests.Response:
        """Create a snippet with form-data."""
        return self.ask("POST", data=fields, files=as_files(contents))

    def update(self, *path: str, files: Mapping[str, bytes] | None = None, **fields: Any) -> requests.Response:
        """Update a snippet with form-data; `removed` are names of files to delete."""
        removed = fields.pop("removed", [])
        texts = [(name, (None, value)) for name, value in [*fields.items(), *(("files", name) for name in removed)]]
        return self.ask("PUT", *path, files=[*texts, *as_files(files or {})])

    def show(self, *path: str, accept: str | None = None) -> requests.Response:
        """Get a snippet in one of the forms."""
        return self.ask("GET", *path, headers={"Accept": accept} if accept else None)

    def send_related(self, method: str, *path: str, parts: list[bytes], **more: Any) -> requests.Response:
        """Send a multipart/related request with the boundary "b" and complete parts."""
        body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"
        kind = {"Content-Type": f'{RELATED}; boundary="b"' + more.pop("options", "")}
        return self.ask(method, *path, data=body, headers=kind, **more)


def as_files(files: Mapping[str, bytes]) -> list[tuple[str, tuple[str, bytes]]]:
    """Return the files in the format of `requests`."""
    return [("file", (name, content)) for name, content in files.items()]


def json_part(document: Any, *head: str) -> bytes:
    """Return the part with the properties."""
    return file_part(json.dumps(document).encode(), "Content-Type: application/json", *head)


def file_part(content: bytes, *head: str) -> bytes:
    """Return a part with these header lines."""
    return "\r\n".join([*head, "", ""]).encode() + content


@dataclass
class Read:
    """Hold the contents of a response: the JSON of its first part or the fields, and the files."""

    document: dict[str, Any]
    files: dict[str, bytes]
    heads: dict[str, EmailMessage]
    defects: list[Any]


def filename_of(part: EmailMessage) -> str | None:
    """Return the file name of a part; `get_filename` would remove pairs of angle brackets from it."""
    value = part.get_param("filename", header="content-disposition")
    return collapse_rfc2231_value(value) if isinstance(value, tuple) else value


def read(response: requests.Response) -> Read:
    """Parse a multipart response."""
    raw = b"Content-Type: " + response.headers["Content-Type"].encode("latin-1") + b"\r\n\r\n" + response.content
    message = BytesParser(policy=policy.HTTP).parsebytes(raw)
    found = Read({}, {}, {}, list(message.defects))
    for part in message.iter_parts():
        assert isinstance(part, EmailMessage)
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""  # an embedded message is not read
        name = filename_of(part)
        if name is None and part.get_content_type() == "application/json":
            found.document = json.loads(content)
        elif name is None:
            found.document[str(part.get_param("name", header="content-disposition"))] = content.decode()
        else:
            name = name.encode("utf-8", "surrogateescape").decode("utf-8")
            found.files[name], found.heads[name] = content, part
    return found

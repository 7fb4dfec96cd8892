# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain client for snippets, and a reader of multipart answers that is not the emulator's: the `email` package."""

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
    """Requests to the snippets of acme, or of another workspace; a path is an id and what follows it."""

    def __init__(self, emulator: Emulator, workspace: str = "acme") -> None:
        super().__init__(emulator)
        self.url = f"{emulator.api_url}/snippets/{workspace}"

    def ask(self, method: str, *path: str, **more: Any) -> requests.Response:
        """A request; the segments of the path are encoded."""
        url = "/".join([self.url, *(quote(segment, safe="") for segment in path)])
        return self.session.request(method, url, timeout=10, allow_redirects=False, **more)

    def create(self, contents: Mapping[str, bytes], **fields: Any) -> requests.Response:
        """POST as form-data."""
        return self.ask("POST", data=fields, files=as_files(contents))

    def update(self, *path: str, files: Mapping[str, bytes] | None = None, **fields: Any) -> requests.Response:
        """PUT as form-data; `files` beside the contents are names in `removed`."""
        removed = fields.pop("removed", [])
        texts = [(name, (None, value)) for name, value in [*fields.items(), *(("files", name) for name in removed)]]
        return self.ask("PUT", *path, files=[*texts, *as_files(files or {})])

    def show(self, *path: str, accept: str | None = None) -> requests.Response:
        """GET in one of the forms."""
        return self.ask("GET", *path, headers={"Accept": accept} if accept else None)

    def send_related(self, method: str, *path: str, parts: list[bytes], **more: Any) -> requests.Response:
        """A multipart/related request with the boundary "b" of parts that have their heads."""
        body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"
        kind = {"Content-Type": f'{RELATED}; boundary="b"' + more.pop("options", "")}
        return self.ask(method, *path, data=body, headers=kind, **more)


def as_files(files: Mapping[str, bytes]) -> list[tuple[str, tuple[str, bytes]]]:
    """For `requests`."""
    return [("file", (name, content)) for name, content in files.items()]


def json_part(document: Any, *head: str) -> bytes:
    """The part with the properties."""
    return file_part(json.dumps(document).encode(), "Content-Type: application/json", *head)


def file_part(content: bytes, *head: str) -> bytes:
    """A part with these lines for a head."""
    return "\r\n".join([*head, "", ""]).encode() + content


@dataclass
class Read:
    """What an answer holds: the JSON of its first part or the fields, and the files."""

    document: dict[str, Any]
    files: dict[str, bytes]
    heads: dict[str, EmailMessage]
    defects: list[Any]


def filename_of(part: EmailMessage) -> str | None:
    """Return the file name of a part; `get_filename` would remove pairs of angle brackets from it."""
    value = part.get_param("filename", header="content-disposition")
    return collapse_rfc2231_value(value) if isinstance(value, tuple) else value


def read(answer: requests.Response) -> Read:
    """Parse a multipart answer."""
    raw = b"Content-Type: " + answer.headers["Content-Type"].encode("latin-1") + b"\r\n\r\n" + answer.content
    message = BytesParser(policy=policy.HTTP).parsebytes(raw)
    found = Read({}, {}, {}, list(message.defects))
    for part in message.iter_parts():
        assert isinstance(part, EmailMessage)
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""  # a message within is not read back
        name = filename_of(part)
        if name is None and part.get_content_type() == "application/json":
            found.document = json.loads(content)
        elif name is None:
            found.document[str(part.get_param("name", header="content-disposition"))] = content.decode()
        else:
            name = name.encode("utf-8", "surrogateescape").decode("utf-8")
            found.files[name], found.heads[name] = content, part
    return found

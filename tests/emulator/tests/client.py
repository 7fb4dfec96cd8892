# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provide a client for the emulator's tests that does not retry, follow redirects, or read the environment."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

import requests

from .. import Emulator


class Client:
    """Send requests to the Downloads of a repository, by default acme/widgets."""

    def __init__(self, emulator: Emulator, repository: str = "acme/widgets") -> None:
        self.emulator = emulator
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (emulator.user, emulator.api_token)
        self.url = f"{emulator.api_url}/repositories/{repository}/downloads"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.session.close()

    def call(self, method: str, name: str | None = None, **more: Any) -> requests.Response:
        """Send a request to the listing or to one artifact."""
        url = self.url if name is None else f"{self.url}/{quote(name, safe='')}"
        return self.session.request(method, url, timeout=10, allow_redirects=False, **more)

    def bare(self, method: str, url: str, **more: Any) -> requests.Response:
        """Send a request without credentials."""
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, url, timeout=10, allow_redirects=False, **more)

    def list(self, **query: Any) -> requests.Response:
        """Get the listing."""
        return self.call("GET", params=query)

    def upload(self, *files: tuple[str, bytes], field: str = "files") -> requests.Response:
        """Upload files with names and contents."""
        return self.call("POST", files=[(field, item) for item in files])

    def location(self, name: str) -> str:
        """Return the signed URL of an artifact."""
        response = self.call("GET", name)
        assert response.status_code == 302, response.text
        return response.headers["Location"]

    def fetch(self, name: str, **headers: str) -> requests.Response:
        """Download an artifact from both hosts."""
        return self.bare("GET", self.location(name), headers=headers)

    def connect(self, timeout: float = 5) -> socket.socket:
        """Open a raw connection to the API host."""
        parts = urlsplit(self.url)
        return socket.create_connection((parts.hostname, parts.port), timeout=timeout)

    def head_of_post(self, length: int | None, content_type: str = "multipart/form-data; boundary=b") -> bytes:
        """Return the request line and the headers of an upload, for raw connections."""
        authorization = requests.Request("POST", self.url, auth=self.session.auth).prepare().headers["Authorization"]
        lines = [f"POST {urlsplit(self.url).path} HTTP/1.1", f"Host: {urlsplit(self.url).netloc}"]
        lines += [f"Authorization: {authorization}", f"Content-Type: {content_type}"]
        lines += [] if length is None else [f"Content-Length: {length}"]
        return "\r\n".join([*lines, "", ""]).encode()


def part(name: str, content: bytes, *headers: str, field: str = "files") -> bytes:
    """Return a part of a body with the boundary "b"; `name` is not encoded."""
    lines = ["--b", f'Content-Disposition: form-data; name="{field}"; filename="{name}"', *headers, "", ""]
    return "\r\n".join(lines).encode() + content + b"\r\n"


END = b"--b--\r\n"


def read_response(connection: socket.socket) -> bytes:
    """Return all bytes until the server closes the connection."""
    blocks = []
    while block := connection.recv(65536):
        blocks.append(block)
    return b"".join(blocks)

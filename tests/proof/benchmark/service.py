# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the emulator in a separate process, so that its CPU time and its interpreter lock do not affect the measurements."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

from tests.tools.tree import ROOT

from .process import WrongResult

START_SECONDS = 30
# The public repository.
PUBLIC = "open"


@dataclass(frozen=True)
class Stored:
    """Describe a stored snippet with its URL and the URLs of its files by name."""

    id: str
    url: str
    files: dict[str, str]


class Service:
    """Control a running emulator. `variables` are the environment variables that it prints at its start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._direct = build_opener(ProxyHandler({}))
        self.variables: dict[str, str] = {}

    def __enter__(self) -> Service:
        env_file = self._folder / "emulator.env"
        command = [sys.executable, "-m", "tests.emulator", "--env-file", str(env_file)]
        settings = {**os.environ, "TMPDIR": str(self._folder)}
        self._process = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=subprocess.DEVNULL)
        self.variables = self._wait_for(env_file)
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait()

    def _wait_for(self, env_file: Path) -> dict[str, str]:
        end = time.monotonic() + START_SECONDS
        while not env_file.exists():
            if self._process.poll() is not None or time.monotonic() > end:
                self._process.kill()
                raise WrongResult("the emulator did not start")
            time.sleep(0.05)
        lines = shlex.split(env_file.read_text(encoding="utf-8"), comments=False)
        return dict(word.split("=", 1) for word in lines if "=" in word)

    @property
    def downloads(self) -> str:
        """Return the URL of the repository's Downloads."""
        return "{BITBUCKET_API_URL}/repositories/{BITBUCKET_WORKSPACE}/{BITBUCKET_REPO_SLUG}/downloads".format(**self.variables)

    @property
    def user(self) -> str:
        """Return the user name of the publisher; `token` is the password."""
        return self.variables["BITBUCKET_USERNAME"]

    @property
    def token(self) -> str:
        """Return the API token of `user`."""
        return self.variables["BITBUCKET_API_TOKEN"]

    def anonymous_options(self) -> dict[str, str]:
        """Return the connection options of our modules without credentials."""
        names = {"api_url": "API_URL", "workspace": "WORKSPACE", "repository": "REPO_SLUG"}
        return {option: self.variables[f"BITBUCKET_{name}"] for option, name in names.items()}

    def options(self) -> dict[str, str]:
        """Return the connection options of our modules."""
        return self.anonymous_options() | {"user": self.user, "api_token": self.token}

    def make_public(self) -> str:
        """Create an empty public repository; return its slug."""
        wanted = {"workspace": self.variables["BITBUCKET_WORKSPACE"], "repository": PUBLIC, "private": False}
        self._call("POST", "repositories", json.dumps(wanted).encode())
        self._call("DELETE", self._place(PUBLIC))
        return PUBLIC

    def public_url(self, name: str) -> str:
        """Return the URL of an artifact in the public repository."""
        place = "{BITBUCKET_API_URL}/repositories/{BITBUCKET_WORKSPACE}".format(**self.variables)
        return f"{place}/{PUBLIC}/downloads/{quote(name)}"

    def warm(self, name: str) -> None:
        """Read one byte of a public artifact, so that the storage host calculates its ETag, an MD5 of the content."""
        with self._direct.open(Request(self.public_url(name), headers={"Range": "bytes=0-0"}), timeout=120) as response:
            response.read()

    def artifacts(self, repository: str | None = None) -> dict[str, dict[str, Any]]:
        """Return the stored artifacts by name, with `size` and `sha256`."""
        return {artifact["name"]: artifact for artifact in self._call("GET", self._place(repository))}

    def put(self, name: str, content: bytes) -> None:
        """Store an artifact without a counted request."""
        self._call("PUT", f"{self._place()}/{quote(name)}", content)

    def make_snippet(self, title: str, files: dict[str, str]) -> Stored:
        """Create a snippet without a counted request."""
        workspace = self.variables["BITBUCKET_WORKSPACE"]
        wanted = {"title": title, "files": files}
        made = self._call("PUT", f"snippets/{workspace}", json.dumps(wanted).encode())
        url = f"{self.variables['BITBUCKET_API_URL']}/snippets/{workspace}/{made['id']}"
        return Stored(made["id"], url, {name: f"{url}/{made['revision']}/files/{quote(name)}" for name in files})

    def empty(self) -> None:
        """Delete all artifacts."""
        self._call("DELETE", self._place())

    def latency(self, seconds: float) -> None:
        """Set the delay of all responses of both hosts."""
        self._call("POST", "switches", json.dumps({"latency": seconds, "storage_latency": seconds}).encode())

    def forget_requests(self) -> None:
        """Clear the journal."""
        self._call("DELETE", "journal")

    def requests(self) -> int:
        """Return the number of requests to the API and the storage host since the journal was cleared."""
        return len(self.journal())

    def journal(self) -> list[dict[str, Any]]:
        """Return these requests, oldest first."""
        return list(self._call("GET", "journal"))

    def add_fault(self, kind: str, **arguments: Any) -> None:
        """Add a fault to the next response of the storage host, or to `times` responses."""
        self.clear_faults()
        self._call("POST", "faults", json.dumps({"kind": kind, "host": "storage", **arguments}).encode())

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._call("DELETE", "faults")

    def _place(self, repository: str | None = None) -> str:
        return f"artifacts/{self.variables['BITBUCKET_WORKSPACE']}/{repository or self.variables['BITBUCKET_REPO_SLUG']}"

    def _call(self, method: str, path: str, body: bytes | None = None) -> Any:
        request = Request(f"{self.variables['EMULATOR_CONTROL_URL']}/{path}", data=body, method=method)
        with self._direct.open(request, timeout=120) as response:
            return json.loads(response.read() or b"null")

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator in a process of its own, so that neither its CPU time nor its interpreter lock is anyone else's."""

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
# The one that anybody may read.
PUBLIC = "open"


@dataclass(frozen=True)
class Stored:
    """A snippet of the service, and the API's URLs of it and of its files by name."""

    id: str
    url: str
    files: dict[str, str]


class Service:
    """A running emulator, steered by its control paths. `variables` are those it prints at its start."""

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
        """URL of the repository's Downloads."""
        return "{BITBUCKET_API_URL}/repositories/{BITBUCKET_WORKSPACE}/{BITBUCKET_REPO_SLUG}/downloads".format(**self.variables)

    @property
    def user(self) -> str:
        """Who publishes, with `token` as the password."""
        return self.variables["BITBUCKET_USERNAME"]

    @property
    def token(self) -> str:
        """The API token of `user`."""
        return self.variables["BITBUCKET_API_TOKEN"]

    def anonymous_options(self) -> dict[str, str]:
        """The connection options of our modules without credentials."""
        names = {"api_url": "API_URL", "workspace": "WORKSPACE", "repository": "REPO_SLUG"}
        return {option: self.variables[f"BITBUCKET_{name}"] for option, name in names.items()}

    def options(self) -> dict[str, str]:
        """The connection options of our modules."""
        return self.anonymous_options() | {"user": self.user, "api_token": self.token}

    def make_public(self) -> str:
        """Make a repository that anybody may read, with nothing in it; returns its slug."""
        wanted = {"workspace": self.variables["BITBUCKET_WORKSPACE"], "repository": PUBLIC, "private": False}
        self._call("POST", "repositories", json.dumps(wanted).encode())
        self._call("DELETE", self._place(PUBLIC))
        return PUBLIC

    def public_url(self, name: str) -> str:
        """The API's URL of an artifact in the public repository."""
        place = "{BITBUCKET_API_URL}/repositories/{BITBUCKET_WORKSPACE}".format(**self.variables)
        return f"{place}/{PUBLIC}/downloads/{quote(name)}"

    def warm(self, name: str) -> None:
        """Read one byte of a public artifact, so that the storage host has made its ETag, an MD5 of everything."""
        with self._direct.open(Request(self.public_url(name), headers={"Range": "bytes=0-0"}), timeout=120) as answer:
            answer.read()

    def artifacts(self, repository: str | None = None) -> dict[str, dict[str, Any]]:
        """What is stored, by name, with `size` and `sha256`."""
        return {artifact["name"]: artifact for artifact in self._call("GET", self._place(repository))}

    def put(self, name: str, content: bytes) -> None:
        """Store an artifact without a request that counts."""
        self._call("PUT", f"{self._place()}/{quote(name)}", content)

    def make_snippet(self, title: str, files: dict[str, str]) -> Stored:
        """Make a snippet without a request that counts."""
        workspace = self.variables["BITBUCKET_WORKSPACE"]
        wanted = {"title": title, "files": files}
        made = self._call("PUT", f"snippets/{workspace}", json.dumps(wanted).encode())
        url = f"{self.variables['BITBUCKET_API_URL']}/snippets/{workspace}/{made['id']}"
        return Stored(made["id"], url, {name: f"{url}/{made['revision']}/files/{quote(name)}" for name in files})

    def empty(self) -> None:
        """Remove all artifacts."""
        self._call("DELETE", self._place())

    def latency(self, seconds: float) -> None:
        """Let both hosts wait that long before every answer."""
        self._call("POST", "switches", json.dumps({"latency": seconds, "storage_latency": seconds}).encode())

    def forget_requests(self) -> None:
        """Empty the journal."""
        self._call("DELETE", "journal")

    def requests(self) -> int:
        """How many requests the API and the storage host have had since the journal was emptied."""
        return len(self.journal())

    def journal(self) -> list[dict[str, Any]]:
        """Those requests, oldest first."""
        return list(self._call("GET", "journal"))

    def spoil(self, kind: str, **arguments: Any) -> None:
        """Let the emulator spoil the next answer of the storage host, and only that unless `times` says otherwise."""
        self.repair()
        self._call("POST", "faults", json.dumps({"kind": kind, "host": "storage", **arguments}).encode())

    def repair(self) -> None:
        """Let the emulator spoil nothing more."""
        self._call("DELETE", "faults")

    def _place(self, repository: str | None = None) -> str:
        return f"artifacts/{self.variables['BITBUCKET_WORKSPACE']}/{repository or self.variables['BITBUCKET_REPO_SLUG']}"

    def _call(self, method: str, path: str, body: bytes | None = None) -> Any:
        request = Request(f"{self.variables['EMULATOR_CONTROL_URL']}/{path}", data=body, method=method)
        with self._direct.open(request, timeout=120) as answer:
            return json.loads(answer.read() or b"null")

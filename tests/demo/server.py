# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulator as a process of its own: started, asked for what it saw, and stopped.

Knows the emulator's command line and control paths. Knows nothing of Ansible.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tests.tools.tree import ROOT

from . import processes

PATIENCE = 600  # seconds for its start on a busy machine
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Traffic:
    """What arrived since the last look: bytes of uploads, requests to the API, requests to the storage host."""

    uploaded: int
    api: int
    storage: int


class EmulatorProcess:
    """A context manager; `variables` is the environment that reaches the emulator."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "emulator.env"
        self._log = folder / "emulator.log"
        self.variables: dict[str, str] = {}

    def __enter__(self) -> EmulatorProcess:
        with self._log.open("w", encoding="utf-8") as log:
            command = [sys.executable, "-m", "tests.emulator", "--env-file", str(self._file)]
            self._process = processes.start(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log)
        try:
            self._await()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process."""
        processes.stop(self._process)

    def make_repository(self, slug: str) -> None:
        """Make a second repository in the workspace."""
        document = {"workspace": self.variables["BITBUCKET_WORKSPACE"], "repository": slug}
        self._control("POST", "repositories", json.dumps(document).encode())

    def digests(self, slug: str = "") -> dict[str, str]:
        """Return name and SHA-256 of every artifact in a repository, by default in that of the environment."""
        workspace, default = self.variables["BITBUCKET_WORKSPACE"], self.variables["BITBUCKET_REPO_SLUG"]
        found = json.loads(self._control("GET", f"artifacts/{workspace}/{slug or default}"))
        return {item["name"]: item["sha256"] for item in found}

    def content(self, name: str) -> bytes:
        """What an artifact holds."""
        return self._control("GET", self._path("contents", name))

    def put(self, name: str, content: bytes, created_on: str = "") -> None:
        """Put an artifact there, as if somebody had published it at that date; now, without one."""
        query = urllib.parse.urlencode({"created_on": created_on} if created_on else {})
        self._control("PUT", f"{self._path('artifacts', name)}?{query}", content)

    def snippets(self) -> dict[str, dict[str, str]]:
        """Name and SHA-256 of the files of every snippet, by its title; titles are expected to differ."""
        found = json.loads(self._control("GET", f"snippets/{self.variables['BITBUCKET_WORKSPACE']}"))
        return {one["title"]: {name: file["sha256"] for name, file in one["files"].items()} for one in found}

    def traffic(self) -> Traffic:
        """What arrived since this was last called."""
        journal = json.loads(self._control("GET", "journal"))
        self._control("DELETE", "journal")
        api = [entry for entry in journal if entry["host"] == "api"]
        uploaded = sum(entry["body_bytes"] for entry in api if entry["method"] == "POST")
        return Traffic(uploaded, len(api), sum(entry["host"] == "storage" for entry in journal))

    def _path(self, kind: str, *names: str) -> str:
        return "/".join((kind, self.variables["BITBUCKET_WORKSPACE"], self.variables["BITBUCKET_REPO_SLUG"], *names))

    def _control(self, method: str, path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(f"{self.variables['EMULATOR_CONTROL_URL']}/{path}", body, method=method)
        with DIRECT.open(request, timeout=PATIENCE) as answer:
            content: bytes = answer.read()
            return content

    def _await(self) -> None:
        end = time.monotonic() + PATIENCE
        while not self._file.exists():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"The emulator did not start:\n{self._log.read_text(encoding='utf-8')}")
            time.sleep(0.05)
        pairs = (word.partition("=") for word in shlex.split(self._file.read_text(encoding="utf-8")) if word != "export")
        self.variables = {name: value for name, _unused, value in pairs}

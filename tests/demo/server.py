# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start the emulator as a separate process, query its state and journal, and stop it."""

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

PATIENCE = 600  # seconds for the start on a busy machine
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Traffic:
    """Count the traffic since the last call: uploaded bytes, requests to the API, and requests to the storage host."""

    uploaded: int
    api: int
    storage: int


class EmulatorProcess:
    """Run the emulator in a context; `variables` are the environment variables with which clients reach it."""

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
        """Stop the process."""
        processes.stop(self._process)

    def make_repository(self, slug: str) -> None:
        """Create another repository in the workspace."""
        document = {"workspace": self.variables["BITBUCKET_WORKSPACE"], "repository": slug}
        self._control("POST", "repositories", json.dumps(document).encode())

    def digests(self, slug: str = "") -> dict[str, str]:
        """Return name and SHA-256 of each artifact in a repository, by default the one in the environment."""
        workspace, default = self.variables["BITBUCKET_WORKSPACE"], self.variables["BITBUCKET_REPO_SLUG"]
        found = json.loads(self._control("GET", f"artifacts/{workspace}/{slug or default}"))
        return {item["name"]: item["sha256"] for item in found}

    def content(self, name: str) -> bytes:
        """Return the content of an artifact."""
        return self._control("GET", self._path("contents", name))

    def put(self, name: str, content: bytes, created_on: str = "") -> None:
        """Store an artifact with the given creation date, by default now."""
        query = urllib.parse.urlencode({"created_on": created_on} if created_on else {})
        self._control("PUT", f"{self._path('artifacts', name)}?{query}", content)

    def snippets(self) -> dict[str, dict[str, str]]:
        """Return name and SHA-256 of the files of each snippet by its title. Titles must be unique."""
        found = json.loads(self._control("GET", f"snippets/{self.variables['BITBUCKET_WORKSPACE']}"))
        return {one["title"]: {name: file["sha256"] for name, file in one["files"].items()} for one in found}

    def traffic(self) -> Traffic:
        """Return the traffic since the last call."""
        journal = json.loads(self._control("GET", "journal"))
        self._control("DELETE", "journal")
        api = [entry for entry in journal if entry["host"] == "api"]
        uploaded = sum(entry["body_bytes"] for entry in api if entry["method"] == "POST")
        return Traffic(uploaded, len(api), sum(entry["host"] == "storage" for entry in journal))

    def _path(self, kind: str, *names: str) -> str:
        return "/".join((kind, self.variables["BITBUCKET_WORKSPACE"], self.variables["BITBUCKET_REPO_SLUG"], *names))

    def _control(self, method: str, path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(f"{self.variables['EMULATOR_CONTROL_URL']}/{path}", body, method=method)
        with DIRECT.open(request, timeout=PATIENCE) as response:
            content: bytes = response.read()
            return content

    def _await(self) -> None:
        end = time.monotonic() + PATIENCE
        while not self._file.exists():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"The emulator did not start:\n{self._log.read_text(encoding='utf-8')}")
            time.sleep(0.05)
        pairs = (word.partition("=") for word in shlex.split(self._file.read_text(encoding="utf-8")) if word != "export")
        self.variables = {name: value for name, _unused, value in pairs}

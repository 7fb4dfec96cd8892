# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give the parts of the benchmark the service, files of random bytes, and programs to measure."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .payload import build_module
from .process import Program, WrongResult
from .rounds import Rounds
from .service import Service

MIB = 1 << 20
BLOCK = 1 * MIB
# Only read and hash, with the block size of a streaming upload.
HASHING = """
import hashlib, sys
digest, block = hashlib.sha256(), memoryview(bytearray(1 << 18))
with open(sys.argv[1], "rb", buffering=0) as source:
    while count := source.readinto(block):
        digest.update(block[:count])
print(digest.hexdigest())
"""


@dataclass(frozen=True)
class Sample:
    """Describe a file of random bytes."""

    path: Path
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """Return the base name, which is the name of the artifact."""
        return self.path.name


@dataclass
class Bench:
    """Hold one run of the benchmark. `folder` is deleted at the end; `runs` overrides the defaults of the parts."""

    service: Service
    folder: Path
    quick: bool = False
    runs: int | None = None
    _samples: dict[tuple[int, str], Sample] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """Print the progress on stderr."""
        print(f"  {text}", file=sys.stderr, flush=True)

    def sample(self, size: int, name: str | None = None) -> Sample:
        """Return a file with this number of random bytes, created once and synchronized to disk."""
        name = name or f"random-{size}.bin"
        if (size, name) not in self._samples:
            digest = hashlib.sha256()
            path = self.folder / name
            with path.open("wb") as stream:
                for start in range(0, size, BLOCK):
                    block = os.urandom(min(BLOCK, size - start))
                    digest.update(block)
                    stream.write(block)
                stream.flush()
                os.fsync(stream.fileno())
            self._samples[size, name] = Sample(path, size, digest.hexdigest())
        return self._samples[size, name]

    def rounds(self, programs: Mapping[str, Program], runs: int) -> Rounds:
        """Run the programs in turn."""
        contestants = {name: (lambda program=program: program.run(self.folder)) for name, program in programs.items()}
        return Rounds(contestants, self.runs or runs, self.say)

    def module(
        self,
        name: str,
        arguments: dict[str, Any],
        changed: bool = False,
        prepare: Callable[[], None] = lambda: None,
        stored: Sample | None = None,
        also: Callable[[str], None] = lambda printed: None,
    ) -> Program:
        """Return the run of a module like on a managed host. It must succeed with this `changed`. `also` is a further check."""
        path = build_module(name, arguments, self.folder)

        def check(printed: str) -> None:
            result = json.loads(printed)
            if result.get("failed") or bool(result.get("changed")) != changed:
                raise WrongResult(f"{name} did not return changed={changed}: {printed[:2000]}")
            self._require_stored(stored)
            also(printed)

        return Program([sys.executable, str(path)], check, prepare)

    def ours(self, arguments: dict[str, Any], **expected: Any) -> Program:
        """Return the run of bitbucket_download with these options and those of the connection."""
        return self.module("releng.bitbucket.bitbucket_download", self.service.options() | arguments, **expected)

    def uri(self, arguments: dict[str, Any], **expected: Any) -> Program:
        """Return the run of ansible.builtin.uri on the repository's Downloads."""
        login = {"url_username": self.service.user, "url_password": self.service.token, "force_basic_auth": True}
        return self.module("ansible.builtin.uri", {"url": self.service.downloads, **login, **arguments}, **expected)

    def upload(self, sample: Sample) -> Program:
        """Return the run of our module that publishes a new file."""
        options = {"src": [str(sample.path)], "overwrite": "always"}
        return self.ours(options, changed=True, prepare=self.service.empty, stored=sample)

    def curl_upload(self, sample: Sample) -> Program | None:
        """Return the run of curl that publishes a new file, None without curl."""
        curl = shutil.which("curl")
        if curl is None:
            return None
        settings = self.folder / "curl.conf"
        settings.write_text(f'user = "{self.service.user}:{self.service.token}"\n', encoding="utf-8")
        form = ["-F", f"files=@{sample.path}", self.service.downloads]
        return Program(
            [curl, "-q", "--silent", "--show-error", "--fail", "--noproxy", "*", "-K", str(settings), *form],
            lambda printed: self._require_stored(sample),
            self.service.empty,
        )

    def sha256(self, sample: Sample) -> Program:
        """Return the run of a plain SHA-256 of a file with Python's hashlib."""

        def check(printed: str) -> None:
            if printed.strip() != sample.sha256:
                raise WrongResult(f"the SHA-256 of {sample.name} is wrong")

        return Program([sys.executable, "-I", "-c", HASHING, str(sample.path)], check)

    def _require_stored(self, sample: Sample | None) -> None:
        found = self.service.artifacts().get(sample.name, {}) if sample else {}
        if sample and (found.get("size"), found.get("sha256")) != (sample.size, sample.sha256):
            raise WrongResult(f"the stored {sample.name} differs from the file on disk: {found}")

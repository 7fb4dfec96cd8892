# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run modules in this process on a separate emulator, with a clock that only pauses advance."""

from __future__ import annotations

import io
import tempfile
import time
from contextlib import redirect_stdout
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest import mock

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.releng.bitbucket.plugins.module_utils._http.retries import Clock
from tests.emulator import Emulator
from tests.emulator.downloads.state import Repository
from tests.emulator.journal import Entry
from tests.emulator.switches import Switches
from tests.helpers.modules import ModuleRunner


class Stored(NamedTuple):
    """Describe an artifact of the service. ``size`` is the sent size; ``key`` identifies the upload."""

    content: bytes
    size: int
    created_on: datetime
    key: str


State = dict[str, Stored]


class Run(NamedTuple):
    """Describe a run of a module: its result, its warnings, and its requests."""

    result: dict[str, Any]
    warnings: list[str]
    entries: list[Entry]

    @property
    def failed(self) -> bool:
        """Return whether the task failed."""
        return bool(self.result.get("failed"))

    @property
    def speaks(self) -> bool:
        """Return whether the task reports a problem."""
        return self.failed or bool(self.warnings)

    @property
    def writes(self) -> list[str]:
        """Return the methods and paths of the write requests."""
        return [f"{entry.method} {entry.path}" for entry in self.entries if entry.host == "api" and entry.method not in READS]

    def require_honest_check_mode(self, predicted: Run, is_undisturbed: bool) -> None:
        """Require that check mode wrote nothing and, if undisturbed, failed only if this run failed without writing."""
        assert not predicted.writes, f"check mode sent {predicted.writes}"
        if is_undisturbed and predicted.failed:
            assert self.failed, f"check mode failed, but the run did not: {predicted.result['msg']}"
            assert not self.writes, f"check mode failed, but the run sent {self.writes}"


PATIENCE = 10.0  # seconds for a request to end
READS = ("GET", "HEAD")


class Screen:
    """Collect the output of modules, with the ``readouterr`` of pytest's ``capsys``."""

    def __init__(self) -> None:
        self.text = io.StringIO()

    def readouterr(self) -> SimpleNamespace:
        """Return what was printed since the last call."""
        printed = self.text.getvalue()
        self.text.seek(0)
        self.text.truncate()
        return SimpleNamespace(out=printed, err="")


class World:
    """Provide an emulator, a folder of local files, and a way to run modules to one example of a machine."""

    def __init__(self, emulator: Emulator) -> None:
        emulator.reset()
        self.emulator = emulator
        self._slept = 0.0
        self._screen = Screen()
        self._folder = tempfile.TemporaryDirectory(prefix="model-")
        self.folder = Path(self._folder.name)
        self._run = ModuleRunner(emulator, self._screen, Clock(lambda: self._slept, self._sleep, lambda least, most: most))

    def close(self) -> None:
        """Delete the local files."""
        self._folder.cleanup()

    @property
    def repository(self) -> Repository:
        """Return the repository of all operations."""
        return self.emulator.repository()

    @property
    def changed_switches(self) -> set[str]:
        """Return the names of the switches with values other than the default."""
        default = Switches().as_dict()
        return {name for name, value in self.emulator.switches.as_dict().items() if value != default[name]}

    def _sleep(self, seconds: float) -> None:
        self._slept += seconds
        self.emulator.clock.advance(seconds)

    def snapshot(self, slug: str = "widgets") -> State:
        """Return all artifacts of a repository."""
        found = self.emulator.repository(slug=slug).artifacts
        return {name: Stored(one.content, one.size, one.created_on, one.key) for name, one in sorted(found.items())}

    def settle(self, slug: str = "widgets") -> None:
        """Make the listings show every write."""
        self.emulator.repository(slug=slug).end_lag()
        self.emulator.snippets.end_lag()

    def write(self, files: dict[str, bytes]) -> list[str]:
        """Write local files; return their paths."""
        source = self.folder / "dist"
        source.mkdir(exist_ok=True)
        for name, content in files.items():
            (source / name).write_bytes(content)
        return [str(source / name) for name in files]

    def run(self, module: str, check: bool = False, **options: Any) -> Run:
        """Run a module, and require that its output and warnings contain no secret."""
        before, warnings = len(self.emulator.journal), list[str]()
        with (
            redirect_stdout(self._screen.text),
            mock.patch.object(AnsibleModule, "warn", lambda _module, text, *_rest, **_more: warnings.append(text)),
        ):
            result = self._run(module, check=check, diff=True, **options)
        entries = list(self.emulator.journal)[before:]
        self._wait(entries)
        self._require_no_secrets(self._run.output + "\n".join(warnings))
        return Run(result, warnings, entries)

    def _wait(self, entries: list[Entry]) -> None:
        """Wait until the service has ended all requests. A request with a dropped connection might still run."""
        deadline = time.monotonic() + PATIENCE
        while any(entry.ended is None for entry in entries):
            assert time.monotonic() < deadline, "a request did not end"
            time.sleep(0.001)

    def _require_no_secrets(self, text: str) -> None:
        emulator = self.emulator
        for secret in (emulator.api_token, emulator.access_token, emulator.client_secret, emulator.signer.session, "Signature="):
            printed = text.replace('"api_token": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"', "")
            assert secret not in printed, f"a secret is printed: {secret[:12]}..."

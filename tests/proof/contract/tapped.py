# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run modules and lookups in this process against an emulator behind a tap. Must not know scenarios or the specification."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.lookup.helpers import Looker, SnippetLooker
from tests.proof.contract.tap import Exchange, Tap

# Seconds. After a timeout on a busy machine, the record would contain a request twice.
PATIENCE = 600


class TappedEmulator(Emulator):
    """Run an emulator whose API, token endpoint and links use a tap."""

    tap: Tap | None = None

    def start(self) -> Emulator:
        """Start the emulator and the tap."""
        super().start()
        self.tap = Tap(super().origin).__enter__()
        return self

    def stop(self) -> None:
        """Stop both."""
        if self.tap:
            self.tap.__exit__(None, None, None)
        super().stop()

    @property
    def origin(self) -> str:
        """Return scheme, host and port of the tap."""
        return self.tap.origin if self.tap else super().origin


class Printed:
    """Replace pytest's capsys outside of tests."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    def readouterr(self) -> SimpleNamespace:
        """Return the output since the last call."""
        text = self._stream.getvalue()
        self._stream.seek(0)
        self._stream.truncate()
        return SimpleNamespace(out=text, err="")


class World:
    """Give a scenario an emulator, an empty folder, and methods to run modules and lookups."""

    def __init__(self) -> None:
        self.emulator = TappedEmulator()
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> World:
        self._stack.enter_context(self.emulator)
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        stream = self._stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        self._run = ModuleRunner(self.emulator, Printed(stream))
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    @property
    def tap(self) -> Tap:
        """Return the tap."""
        assert self.emulator.tap
        return self.emulator.tap

    def look(self, *terms: str, **options: Any) -> list[Any]:
        """Run the lookup bitbucket_download."""
        return Looker(self.emulator)(*terms, timeout=PATIENCE, **options)

    def look_into_snippets(self, *terms: str, **options: Any) -> list[Any]:
        """Run the lookup bitbucket_snippet."""
        return SnippetLooker(self.emulator)(*terms, timeout=PATIENCE, **options)

    def file(self, name: str, content: bytes | str = b"content") -> str:
        """Write a file, and return its path."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def ok(self, module: str, **options: Any) -> dict[str, Any]:
        """Run a module that must succeed. Modules of snippets get no repository."""
        return self._run.ok(module, **self._fitting(module, options))

    def failure(self, module: str, **options: Any) -> str:
        """Run a module that must fail, and return its message."""
        return self._run.failure(module, **self._fitting(module, options))

    def fails(self, module: str, status: int, **options: Any) -> None:
        """Run a module that must fail with this status."""
        message = self.failure(module, **options)
        assert f"HTTP {status} " in message, message

    def _fitting(self, module: str, options: dict[str, Any]) -> dict[str, Any]:
        own: dict[str, Any] = {"repository": None} if module.startswith("bitbucket_snippet") else {}
        return {"timeout": PATIENCE, **own, **options}


Scenario = Callable[[World], None]


def record(scenarios: Iterable[Scenario]) -> list[Exchange]:
    """Run each scenario in a separate world; return all exchanges in order."""
    found = []
    for scenario in scenarios:
        with World() as world:
            scenario(world)
            assert world.tap.exchanges, f"{scenario.__name__} sent no request"
            found += world.tap.exchanges
    return found

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start modules as processes that a test can interrupt."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.emulator import Emulator
from tests.helpers.connection import connection
from tests.helpers.modules import MODULES
from tests.helpers.serving import serving
from tests.tools.tree import link_checkout

# Seconds for a process to start or end on a busy machine; the servers of the tests wait longer.
PATIENCE = 600
FOR_EVER = 3 * PATIENCE


def until(condition: Callable[[], object], what: str) -> None:
    """Wait until the condition is true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited for {what}"
        threading.Event().wait(0.01)


class ModuleProcess:
    """A module that runs by ``python -m`` and reads its arguments from standard input, as Ansible's wrapper passes them."""

    def __init__(self, module: str, arguments: dict[str, Any], folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", MODULES + module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(link_checkout())},
        )
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
        self.process.stdin.close()
        self.process.stdin = None

    def send(self, name: str) -> None:
        """Send a signal to the process."""
        assert self.process.poll() is None, "the process has ended already"
        self.process.send_signal(getattr(signal, name))

    def end(self) -> str:
        """Wait for the end; return the output, which is empty if the process was killed."""
        printed, errors = self.process.communicate(timeout=PATIENCE)
        assert b"Traceback" not in errors, errors.decode()
        return printed.decode()

    def result(self) -> dict[str, Any]:
        """Wait for the end; return the result."""
        found: dict[str, Any] = json.loads(self.end())
        found.pop("invocation", None)
        return found

    def __enter__(self) -> ModuleProcess:
        return self

    def __exit__(self, *unused: object) -> None:
        self.process.kill()
        self.process.communicate()


class Starter:
    """Start a module as a process with the connection of the emulator: ``start("bitbucket_download_fetch", name=…)``."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self._emulator = emulator
        self._folder = folder

    def __call__(self, module: str, **options: Any) -> ModuleProcess:
        options = {**connection(self._emulator), "timeout": FOR_EVER, **options}
        arguments = {name: value for name, value in options.items() if value is not None}
        return ModuleProcess(module, arguments, self._folder)

    def ok(self, module: str, **options: Any) -> dict[str, Any]:
        """Run a module, which must succeed; return the result."""
        with self(module, **options) as process:
            result = process.result()
        assert not result.get("failed"), result
        return result


class HalfWay:
    """The state of a proxy that stops a request: ``held`` is set once a connection has sent the bytes."""

    def __init__(self) -> None:
        self.held = threading.Event()
        self.api_url = ""


@contextmanager
def half_way(api_url: str, after: int) -> Iterator[HalfWay]:
    """Forward to the emulator until a connection has sent this many bytes, then stop reading from it."""
    target = urlsplit(api_url)
    state = HalfWay()
    over = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        """Handle a connection."""

        def handle(self) -> None:
            """Forward, then hold the connection."""
            sent = 0
            with suppress(OSError), socket.create_connection((str(target.hostname), int(target.port or 80))) as inner:
                while sent < after:
                    for source in select.select([self.request, inner], [], [])[0]:
                        data = source.recv(65536)
                        if not data:
                            return
                        sent += len(data) if source is self.request else 0
                        (inner if source is self.request else self.request).sendall(data)
                state.held.set()
                over.wait(FOR_EVER)

    with serving(Handler) as port:
        state.api_url = f"http://127.0.0.1:{port}{target.path}"
        try:
            yield state
        finally:
            over.set()

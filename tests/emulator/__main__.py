# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the emulator as a command: print `export NAME=value` lines, then serve until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from .emulator import Emulator


def variables(emulator: Emulator) -> dict[str, str]:
    """Return the environment variables of a publisher, and variables for tests with names in EMULATOR_."""
    return emulator.environment() | {
        "EMULATOR_CONTROL_URL": emulator.control_url,
        "EMULATOR_STORAGE_URL": emulator.storage_url,
        "EMULATOR_ACCESS_TOKEN": emulator.access_token,
        "EMULATOR_CLIENT_ID": emulator.client_id,
        "EMULATOR_CLIENT_SECRET": emulator.client_secret,
        "EMULATOR_PID": str(os.getpid()),
    }


def write_atomically(path: Path, text: str) -> None:
    """Write a file atomically, because other processes wait until it exists."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with open(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    Path(name).replace(path)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.emulator", description="Emulate Bitbucket Cloud on loopback.")
    parser.add_argument("--port", type=int, default=0, help="port of the API; 0 selects a free one")
    parser.add_argument("--storage-port", type=int, default=0, help="port of the storage host; 0 selects a free one")
    parser.add_argument("--workspace", default="acme")
    parser.add_argument("--repository", default="widgets")
    parser.add_argument("--public", action="store_true", help="make the repository public")
    parser.add_argument("--latency", type=float, default=0.0, help="delay of each response of both hosts, in seconds")
    parser.add_argument("--env-file", type=Path, help="also write the export lines to this file, atomically")
    parser.add_argument("--switch", action="append", default=[], metavar="NAME=JSON", help="set a switch; can be repeated")
    return parser.parse_args(arguments)


def read_switches(texts: list[str]) -> dict[str, Any]:
    """Return the switches of the command line by name. A value that is not JSON is text."""
    found: dict[str, Any] = {}
    for text in texts:
        name, _unused, value = text.partition("=")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    options = parse(arguments)
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_unused: done.set())
    emulator = Emulator(options.port, options.storage_port, options.workspace, options.repository, private=not options.public)
    emulator.switches.latency = emulator.switches.storage_latency = options.latency
    emulator.switches.update(read_switches(options.switch))
    with emulator:
        text = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables(emulator).items())
        if options.env_file:
            write_atomically(options.env_file, text)
        sys.stdout.write(text)
        sys.stdout.flush()
        done.wait()
    if options.env_file:
        options.env_file.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

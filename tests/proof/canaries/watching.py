# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observe the arguments of a play's processes, all files in some folders, and the system log, like another user of the machine.

Must not know any module or secret.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.helpers.repeating import repeatedly

# Mount a separate /dev with the socket $1/log as the system log, then run the other words as the command.
_NAMESPACE = """
set -eu
own=$1/dev; shift; mkdir "$own"; mount -t tmpfs none "$own"
for name in null zero full random urandom tty; do touch "$own/$name"; mount --bind "/dev/$name" "$own/$name"; done
for name in pts shm; do mkdir "$own/$name"; mount --rbind "/dev/$name" "$own/$name"; done
ln -s /proc/self/fd "$own/fd"; touch "$own/log"; mount --bind "$own/../log" "$own/log"; mount --rbind "$own" /dev
exec "$@"
"""


@dataclass
class Watcher:
    """Collect observations.

    ``arguments``: all command lines. ``files``: all contents of files by path. ``core_limits``: command lines with the maximum
    size of a core dump in bytes. Only processes with one of the folders in their environment count: a play passes it on to
    all processes that it starts.
    """

    folders: tuple[Path, ...]
    arguments: set[str] = field(default_factory=set)
    files: dict[str, set[str]] = field(default_factory=dict)
    core_limits: set[tuple[str, str]] = field(default_factory=set)
    _environments: set[str] = field(default_factory=set)
    _seen: set[tuple[str, int, int]] = field(default_factory=set)

    def look(self) -> None:
        """Take a sample."""
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with suppress(OSError):
                    self._read_arguments(Path("/proc", entry))
        for folder in self.folders:
            for place, _unused, names in os.walk(folder):
                for name in names:
                    with suppress(OSError):
                        self._read(Path(place, name))

    def command_lines(self) -> dict[str, str]:
        """Return each command line with a name, so that a failed test shows it."""
        return {f"process {words}": words for words in self.arguments}

    def environments(self) -> dict[str, str]:
        """Return each environment with a name."""
        return {f"environment {text}": text for text in self._environments}

    def _read_arguments(self, process: Path) -> None:
        words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        environment = (process / "environ").read_bytes()
        if any(os.fsencode(folder) in environment for folder in self.folders):
            self.arguments.add(words)
            self._environments.add(environment.replace(b"\0", b"\n").decode("latin-1"))
            limits = (process / "limits").read_text("utf-8").split("Max core file size")[1]
            self.core_limits.add((words, limits.split()[0]))

    def _read(self, path: Path) -> None:
        status = path.lstat()
        version = str(path), status.st_mtime_ns, status.st_size
        if path.is_file() and not path.is_symlink() and version not in self._seen:
            self._seen.add(version)
            self.files.setdefault(str(path), set()).add(path.read_bytes().decode("latin-1"))


@contextmanager
def watching(*folders: Path) -> Iterator[Watcher]:
    """Take samples repeatedly in this block, and one at its end."""
    if not os.path.exists("/proc/self/cmdline"):
        pytest.skip("needs /proc to read the arguments of processes")
    watcher = Watcher(folders)
    try:
        with repeatedly(watcher.look, 0.02):
            yield watcher
    finally:
        watcher.look()


@dataclass
class SystemLog:
    """Describe a system log. ``prefix``: words to put before a command; ``lines``: the log of the command and its children."""

    prefix: list[str]
    lines: list[str] = field(default_factory=list)


@contextmanager
def system_log(folder: Path) -> Iterator[SystemLog]:
    """Provide a system log for one command, in a separate mount namespace."""
    program = shutil.which("unshare")
    log = SystemLog([str(program), "--mount", "sh", "-c", _NAMESPACE, "sh", str(folder)])
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        # The path of a socket must be short, regardless of the folder.
        here = os.open(folder, os.O_RDONLY)
        listener.bind(f"/proc/self/fd/{here}/log")
        os.close(here)
        listener.settimeout(0.1)
        _require_namespaces(program, log, folder)

        def listen() -> None:
            with suppress(TimeoutError):
                log.lines.append(listener.recv(65536).decode("utf-8", "replace"))

        with repeatedly(listen):
            yield log


def _require_namespaces(program: str | None, log: SystemLog, folder: Path) -> None:
    if program is None:
        pytest.skip("needs unshare, for a mount namespace with a separate system log")
    done = subprocess.run([*log.prefix, "true"], capture_output=True, text=True, check=False)
    (folder / "dev").rmdir()
    if done.returncode:
        pytest.skip(f"this process cannot create a mount namespace: {done.stderr.strip()}")

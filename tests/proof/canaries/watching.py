# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whoever else is on the machine: sees the arguments of a play's processes, every file in some folders and the system log.

Knows Linux, no module and no secret.
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

# A /dev of its own with the socket $1/log as the system log; then the rest of the words is the command.
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
    """``arguments``: every command line that was seen; ``files``: every text of a file that was seen, by path; ``core_limits``:
    command lines with the bytes that a core dump of the process can have.

    Command lines are those of processes whose environment names one of the folders: what a play starts has them from the play,
    and what else runs on the machine is not ours to judge.
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
        """Each command line by its own name, so that a test that refuses one shows which."""
        return {f"process {words}": words for words in self.arguments}

    def environments(self) -> dict[str, str]:
        """Each environment by its own name."""
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
    """Look again and again for the length of the block, and once more at its end."""
    if not os.path.exists("/proc/self/cmdline"):
        pytest.skip("the arguments of processes are read from /proc, which is not here")
    watcher = Watcher(folders)
    try:
        with repeatedly(watcher.look, 0.02):
            yield watcher
    finally:
        watcher.look()


@dataclass
class SystemLog:
    """``prefix``: words to put before a command; ``lines``: what it and its children then wrote to the system log."""

    prefix: list[str]
    lines: list[str] = field(default_factory=list)


@contextmanager
def system_log(folder: Path) -> Iterator[SystemLog]:
    """A system log for one command, in a mount namespace of its own."""
    program = shutil.which("unshare")
    log = SystemLog([str(program), "--mount", "sh", "-c", _NAMESPACE, "sh", str(folder)])
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        # The path of a socket must be short, whatever the folder is called.
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
        pytest.skip("unshare is not here, and without a mount namespace there is no system log of one command")
    done = subprocess.run([*log.prefix, "true"], capture_output=True, text=True, check=False)
    (folder / "dev").rmdir()
    if done.returncode:
        pytest.skip(f"this process may not make a mount namespace: {done.stderr.strip()}")

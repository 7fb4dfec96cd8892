# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting processes so that none outlives us, however early a signal comes. Knows no single program."""

from __future__ import annotations

import signal
import subprocess
import sys
from types import FrameType
from typing import Any

_running: list[subprocess.Popen[str]] = []
# Signals that came while a process was being started, and wait until it is known.
_late: list[int] = []
_starting = False


def start(command: list[str], **options: Any) -> subprocess.Popen[str]:
    """Start a process in a session of its own, so that an interrupt from the keyboard leaves the stopping to us."""
    global _starting
    _starting = True
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, text=True, **options)
        _running.append(process)
    finally:
        _starting = False
    if _late:
        sys.exit(128 + _late[0])
    return process


def stop(process: subprocess.Popen[str]) -> None:
    """End a process, by force if it does not listen."""
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def stop_all() -> None:
    """End what still runs, the latest first; signals are ignored from here on."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    while _running:
        stop(_running.pop())


def exit_on_signals() -> None:
    """Let the usual signals end the program by SystemExit, but never in the middle of a start."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _exit)


def _exit(number: int, frame: FrameType | None) -> None:
    if not _starting:
        sys.exit(128 + number)
    _late.append(number)

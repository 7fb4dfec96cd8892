# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start processes that never outlive the demo, even if a signal arrives during a start."""

from __future__ import annotations

import signal
import subprocess
import sys
from types import FrameType
from typing import Any

_running: list[subprocess.Popen[str]] = []
# Signals that arrived during a start. They are handled once the new process is registered.
_late: list[int] = []
_starting = False


def start(command: list[str], **options: Any) -> subprocess.Popen[str]:
    """Start a process in a new session, so that a keyboard interrupt reaches only the demo."""
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
    """Terminate a process. Kill it if it still runs after a minute."""
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def stop_all() -> None:
    """Stop all running processes, newest first. Ignore signals from then on."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    while _running:
        stop(_running.pop())


def exit_on_signals() -> None:
    """Make the usual signals raise SystemExit, but never during a start."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _exit)


def _exit(number: int, frame: FrameType | None) -> None:
    if not _starting:
        sys.exit(128 + number)
    _late.append(number)

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signals that tell a task to stop become an exception, so that it cleans up behind itself. Knows no task."""

from __future__ import annotations

import contextlib
import signal
import threading
import typing as t

from .._errors import Stopped

# A job that is cancelled, Ctrl-C, and a terminal or SSH connection that has gone.
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@contextlib.contextmanager
def stopped_by_signals() -> t.Iterator[None]:
    """A context in which these signals raise Stopped in the main thread; one that is ignored, as by nohup, stays so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    heeded = {number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)}
    try:
        for number in heeded:
            signal.signal(number, _stop)
        yield
    finally:
        for number, handler in heeded.items():
            signal.signal(number, handler)


def _stop(number: int, _unused: object) -> t.NoReturn:
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)  # once is enough, cleaning up shall not be interrupted
    raise Stopped(f"The task was stopped by {signal.Signals(number).name}. What it had done by then stays; run it again")

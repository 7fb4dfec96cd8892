# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""End a task on a signal with one exception in its main thread, even while other threads work."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._ansible.module import stop_on_signals
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import Stopped
from ansible_collections.releng.bitbucket.plugins.module_utils._parallel import run_all

NAMES = ["SIGTERM", "SIGINT", "SIGHUP"]


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """Restore the signal handlers of the test run."""
    before = {name: signal.getsignal(getattr(signal, name)) for name in NAMES}
    yield
    for name, handler in before.items():
        signal.signal(getattr(signal, name), handler)


def send(name: str) -> None:
    os.kill(os.getpid(), getattr(signal, name))


def send_and_wait(name: str) -> None:
    """Send the signal to a task that would run for several more seconds."""
    with stop_on_signals():
        send(name)
        time.sleep(5)


@pytest.mark.parametrize("name", NAMES)
def test_signal_raises_and_the_handler_is_restored(name: str) -> None:
    before = signal.getsignal(getattr(signal, name))
    with pytest.raises(Stopped, match=f"^The task was stopped by {name}"):
        send_and_wait(name)
    assert signal.getsignal(getattr(signal, name)) is before


def test_further_signals_do_not_interrupt_the_cleanup() -> None:
    cleaned: list[str] = []

    def task() -> None:
        try:
            send("SIGTERM")
            time.sleep(5)
        finally:
            send("SIGTERM")
            send("SIGINT")
            time.sleep(0.01)
            cleaned.append("temporary file")

    with pytest.raises(Stopped), stop_on_signals():
        task()
    assert cleaned == ["temporary file"]


def test_ignored_signal_is_still_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with stop_on_signals():
        send("SIGHUP")
        time.sleep(0.01)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_handlers_are_unchanged_in_another_thread() -> None:
    found: list[object] = []

    def record_handler() -> None:
        with stop_on_signals():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=record_handler)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGTERM)]


def test_signal_does_not_wait_for_hanging_threads_or_start_further_items() -> None:
    begun: list[int] = []
    released = threading.Event()

    def hang(number: int) -> None:
        begun.append(number)
        if len(begun) == 2:
            send("SIGTERM")
        released.wait(60)

    with pytest.raises(Stopped), stop_on_signals():
        run_all(hang, range(9), 2)
    assert not released.is_set()
    released.set()
    time.sleep(0.05)
    assert sorted(begun) == [0, 1]

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Share values between processes that are forked as Ansible forks them. Each test ends its processes."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.plugin_utils._control.memory import RunMemory

FORK = multiprocessing.get_context("fork")
LONG = 20  # Seconds; no test takes that long.
JSON = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=3)
KEYS = st.lists(st.text() | st.integers() | st.none(), max_size=3)


@pytest.fixture(params=["memory", "file"])
def memory(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RunMemory:
    """Return a memory in each kind of storage."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if request.param == "file":
        monkeypatch.delattr(os, "memfd_create")
    return RunMemory()


def start(*actions: Callable[[], object]) -> list[BaseProcess]:
    """Start each action in a separate process."""
    processes: list[BaseProcess] = [FORK.Process(target=action, daemon=True) for action in actions]
    for process in processes:
        process.start()
    return processes


def finish(processes: list[BaseProcess]) -> None:
    """Wait for processes, which must succeed."""
    for process in processes:
        process.join(LONG)
    exits = [process.exitcode for process in processes]
    for process in processes:
        process.kill()
    assert exits == [0] * len(processes)


def run(*actions: Callable[[], object]) -> None:
    """Run each action in a separate process; all must succeed."""
    finish(start(*actions))


def wait_until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_missing_value_is_none(memory: RunMemory) -> None:
    assert memory.get(["a"]) is None
    memory.set(["a"], 1)
    assert (memory.get(["b"]), memory.get(["a", None]), memory.get([])) == (None, None, None)


@given(values=st.lists(st.tuples(KEYS, JSON), max_size=8))
def test_last_value_of_each_key_is_returned(values: list[tuple[list[Any], Any]]) -> None:
    writer, reader = RunMemory(), RunMemory()
    os.close(reader._file)
    reader._file = writer._file
    for number, (key, value) in enumerate(values):
        writer.set(key, value)
        if number % 2:
            assert reader.get(key) == value
    last = {repr(key): (key, value) for key, value in values}
    assert [reader.get(key) for key, _value in last.values()] == [value for _key, value in last.values()]
    os.close(writer._file)


def test_processes_see_values_of_other_processes(memory: RunMemory) -> None:
    memory.set(["from", "parent"], "before")

    def child() -> None:
        assert memory.get(["from", "parent"]) == "before"
        memory.set(["from", "child"], {"text": "tab\t, line\n, ü"})
        wait_until(lambda: memory.get(["from", "parent"]) == "later")

    processes = start(child)
    wait_until(lambda: memory.get(["from", "child"]) == {"text": "tab\t, line\n, ü"})
    memory.set(["from", "parent"], "later")
    finish(processes)


def test_values_of_many_processes_are_all_kept(memory: RunMemory) -> None:
    def child(number: int) -> Callable[[], None]:
        def write() -> None:
            for count in range(50):
                memory.set([number, count], [number, "x" * (count * 97 % 9000)])

        return write

    run(*[child(number) for number in range(6)])
    assert all(memory.get([number, count]) == [number, "x" * (count * 97 % 9000)] for number in range(6) for count in range(50))


def count_up(memory: RunMemory, key: list[str], times: int) -> None:
    for _unused in range(times):
        with memory.lock(key):
            count = memory.get(key) or 0
            time.sleep(0.001)
            memory.set(key, count + 1)


def in_threads(action: Callable[[], object], count: int) -> None:
    threads = [threading.Thread(target=action, daemon=True) for _unused in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
        assert not thread.is_alive()


def test_lock_excludes_processes_and_threads(memory: RunMemory) -> None:
    key = ["count"]
    run(*[lambda: in_threads(lambda: count_up(memory, key, 10), 3)] * 3)
    in_threads(lambda: count_up(memory, key, 10), 3)
    assert memory.get(key) == 120


def test_locks_of_different_keys_do_not_block_each_other(memory: RunMemory) -> None:
    with memory.lock(["a"]):
        run(lambda: memory.lock(["b"]).__enter__(), lambda: memory.set(["a"], 1))
        with memory.lock(["b"]):
            assert memory.get(["a"]) == 1


def test_threads_of_two_processes_that_wait_for_each_other_do_not_fail(memory: RunMemory) -> None:
    """The system reports a deadlock: each process holds one key and waits for the other one in another thread."""

    def child(own: str, other: str) -> Callable[[], None]:
        def hold(name: str) -> None:
            with memory.lock([name]):
                memory.set(["held", name], True)
                wait_until(lambda: memory.get(["held", "a"]) and memory.get(["held", "b"]))
                time.sleep(0.3)

        def wait(failures: list[BaseException]) -> None:
            wait_until(lambda: memory.get(["held", "a"]) and memory.get(["held", "b"]))
            try:
                with memory.lock([other]):
                    pass
            except OSError as exc:
                failures.append(exc)

        def both() -> None:
            failures: list[BaseException] = []
            threads = [threading.Thread(target=hold, args=[own]), threading.Thread(target=wait, args=[failures])]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert not failures

        return both

    run(child("a", "b"), child("b", "a"))


def test_other_failures_of_a_lock_are_errors(memory: RunMemory) -> None:
    os.close(memory._file)
    with pytest.raises(OSError, match="Bad file descriptor") as caught, memory.lock(["a"]):
        pass
    assert caught.value.errno == errno.EBADF


def test_lock_of_a_killed_process_is_released(memory: RunMemory) -> None:
    def child() -> None:
        with memory.lock(["a"]):
            memory.set(["held"], True)
            time.sleep(LONG)

    (process,) = start(child)
    wait_until(lambda: memory.get(["held"]))
    os.kill(process.pid or 0, signal.SIGKILL)
    with memory.lock(["a"]):
        process.join(LONG)
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("length", range(1, 17))
def test_incomplete_record_of_a_killed_process_is_ignored(memory: RunMemory, length: int) -> None:
    """Wherever the record ends, the key has its old or its new value, and later records are complete."""
    key = ["a"]
    memory.set(key, 100)
    begun = b'\n["a"]\t12345\t\n'[:length]

    def child() -> None:
        os.pwrite(memory._file, begun, os.fstat(memory._file).st_size)
        os.kill(os.getpid(), signal.SIGKILL)

    (process,) = start(child)
    process.join(LONG)
    assert process.exitcode == -signal.SIGKILL
    known = [memory.get(key)]
    memory.set(["b"], 2)
    known.append(memory.get(key))
    assert known in ([100, 100], [100, 12345], [12345, 12345])
    assert memory.get(["b"]) == 2
    memory.set(key, 3)
    assert memory.get(key) == 3


@given(garbage=st.lists(st.binary(max_size=40), max_size=4))
def test_garbage_does_not_damage_values(garbage: list[bytes]) -> None:
    memory = RunMemory()
    for number, data in enumerate(garbage):
        os.pwrite(memory._file, data, os.fstat(memory._file).st_size)
        assert memory.get(["missing"]) is None
        memory.set(["key", number], number)
    assert [memory.get(["key", number]) for number in range(len(garbage))] == list(range(len(garbage)))
    os.close(memory._file)


def test_memory_has_no_file_in_a_folder(memory: RunMemory, tmp_path: Path) -> None:
    memory.set(["a"], "secret")
    assert list(tmp_path.iterdir()) == []
    assert os.fstat(memory._file).st_nlink == 0


def test_child_programs_do_not_inherit_the_memory(memory: RunMemory) -> None:
    assert not os.get_inheritable(memory._file)


def test_refused_memory_is_replaced_by_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_name: str) -> int:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(os, "memfd_create", refuse)
    memory = RunMemory()
    memory.set(["a"], 1)
    assert memory.get(["a"]) == 1

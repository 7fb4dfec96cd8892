# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Share values between all processes of one Ansible run, in memory or in an unlinked file.

Ansible runs each task of each host in a separate process, forked from one that has loaded the action plugin. All of them inherit
the file that is opened when this module is imported. Nothing remains on disk, even if the run is killed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import tempfile
import threading
import time
import typing as t

# The byte to lock while appending. Each key has a different one.
_APPENDING = 0
_PAUSE = 0.02

Key = t.Sequence[t.Union[str, int, None]]


class RunMemory:
    """Values by key, both as JSON. A new value of a key replaces the old one.

    Records are lines that end with an empty field. They are only appended and never changed, so an incomplete record of a killed
    process is ignored.
    """

    def __init__(self) -> None:
        self._file = _open_unnamed()
        self._position = 0
        self._records: dict[bytes, bytes] = {}
        self._lock = threading.Lock()
        self._locks: dict[int, threading.Lock] = {}

    def get(self, key: Key) -> t.Any:
        """Return the value of a key, or None."""
        with self._lock:
            self._read_on()
            record = self._records.get(_render(key).encode("ascii"))
        return None if record is None else json.loads(record)

    def set(self, key: Key, value: t.Any) -> None:
        """Set the value of a key."""
        record = f"\n{_render(key)}\t{json.dumps(value)}\t\n".encode("ascii")
        with self._lock, self._exclude(_APPENDING):
            position = os.fstat(self._file).st_size
            while record:
                written = os.pwrite(self._file, record, position)
                record, position = record[written:], position + written

    def lock(self, key: Key) -> t.ContextManager[None]:
        """Return a context that only one thread in all processes of the run can enter for this key at a time."""
        number = int.from_bytes(hashlib.sha256(_render(key).encode("ascii")).digest()[:6], "big")
        return self._exclude(1 + number)

    @contextlib.contextmanager
    def _exclude(self, number: int) -> t.Iterator[None]:
        # lockf excludes only other processes. flock does not work, because processes that inherit an open file share its lock.
        with self._locks.setdefault(number, threading.Lock()):
            self._lock_byte(number)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, number)

    def _lock_byte(self, number: int) -> None:
        while True:
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX, 1, number)
                return
            except OSError as exc:
                # The kernel reports a deadlock if two processes wait for each other, even if other threads can continue.
                if exc.errno != errno.EDEADLK:
                    raise
            time.sleep(_PAUSE)

    def _read_on(self) -> None:
        new = os.pread(self._file, os.fstat(self._file).st_size - self._position, self._position)
        complete = new.rpartition(b"\n")[0]
        for line in complete.split(b"\n"):
            key, *rest = line.split(b"\t")
            if len(rest) == 2 and not rest[1]:
                self._records[key] = rest[0]
        self._position += len(complete)


def _open_unnamed() -> int:
    with contextlib.suppress(AttributeError, OSError):  # not supported or not allowed on every system
        return os.memfd_create("releng.bitbucket")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _render(key: Key) -> str:
    return json.dumps(key)


RUN = RunMemory()

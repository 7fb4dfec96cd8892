# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pass the state of transfers from a module to its action plugin, in a file that the action plugin creates.

Errors such as a full disk or a missing file never fail a task.
"""

from __future__ import annotations

import contextlib
import io
import json
import threading
import typing as t

from .._meter import Meter, Sample

INTERVAL = 1.0  # seconds
_MOST_BYTES = 256 * 1024


@contextlib.contextmanager
def write_samples(meter: Meter, path: str | None, interval: float = INTERVAL) -> t.Iterator[None]:
    """Write the running transfers to an existing file repeatedly while the context is active. Without a path, write nothing."""
    if not path:
        yield
        return
    stopped = threading.Event()
    with contextlib.suppress(RuntimeError):  # no thread could be started
        threading.Thread(target=_write, args=(meter, path, stopped, interval), daemon=True).start()
    try:
        yield
    finally:
        stopped.set()


def read_samples(path: str) -> list[Sample]:
    """Return the transfers in the file. Return none if they cannot be read, for example during a write."""
    try:
        with open(path, "rb") as source:
            items = json.loads(source.readline(_MOST_BYTES))
        return [
            Sample(int(number), str(name), int(done), int(total), float(seconds)) for number, name, done, total, seconds in items
        ]
    except (OSError, ValueError, TypeError):
        return []


def _write(meter: Meter, path: str, stopped: threading.Event, interval: float) -> None:
    with contextlib.suppress(OSError), open(path, "r+b", buffering=0) as sink:
        while not stopped.wait(interval):
            with contextlib.suppress(OSError):
                _replace(sink, f"{json.dumps(meter.read())}\n".encode("ascii"))


def _replace(sink: io.FileIO, line: bytes) -> None:
    """Overwrite the line. Readers use only the text before the line break."""
    sink.seek(0)
    sink.write(line)
    sink.truncate()

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show the progress of transfers on the control node while a task runs."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
import typing as t

from ansible import constants, context
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils._ansible.meter_file import read_samples
from ..module_utils._meter import Sample
from ..module_utils._text import quoted
from ._lines import Lines

VARIABLE = "BITBUCKET_PROGRESS"

_SETTINGS: t.Any = constants  # Ansible sets its constants during import
_CALLBACKS = ("default", "ansible.builtin.default")
_PAUSE = 1.0  # seconds between two checks

Show = t.Callable[[str], object]
Read = t.Callable[[], t.Sequence[Sample]]


@contextlib.contextmanager
def show_progress_of_module(action: ActionBase, host: str) -> t.Iterator[dict[str, str]]:
    """Show the progress of the module that the action executes in this context. Yield the values for the module.

    Show nothing and yield no values if the module does not run on the control node or cannot write a file there.
    """
    if not (_is_local(action) and _is_wanted(action)):
        yield {}
        return
    try:
        descriptor, path = tempfile.mkstemp(prefix="bitbucket-progress-", dir=_SETTINGS.DEFAULT_LOCAL_TMP)
    except OSError:
        yield {}
        return
    os.close(descriptor)
    try:
        with _show(lambda: read_samples(path), host):
            yield {"progress": path}
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)


@contextlib.contextmanager
def show_progress(action: ActionBase, host: str, read: Read) -> t.Iterator[None]:
    """Show the progress of transfers of this process while the context is active. ``read``: returns the samples."""
    if not _is_wanted(action):
        yield
        return
    with _show(read, host):
        yield


def is_wanted(choice: str, callback: str, has_playbook: bool) -> bool:
    """Return whether to print lines. ``choice``: the value of the variable. ``callback``: the stdout callback.

    Other callbacks might print JSON. The command ``ansible`` prints one line for each result.
    """
    if choice in ("none", "lines"):
        return choice == "lines"
    return callback in _CALLBACKS and has_playbook


def _is_wanted(action: ActionBase) -> bool:
    choice = os.environ.get(VARIABLE, "")
    if choice not in ("", "none", "lines"):
        Display().warning(f"{VARIABLE} must be none or lines, not {quoted(choice)}. The value is ignored")
    wanted = is_wanted(choice, _SETTINGS.DEFAULT_STDOUT_CALLBACK, "module_name" not in context.CLIARGS)
    return wanted and not action._task.no_log


def _is_local(action: ActionBase) -> bool:
    """Return whether the module runs on the control node while the action waits, and can write files of this user."""
    return action._connection.transport == "local" and not action._task.async_val and not action._is_become_unprivileged()


@contextlib.contextmanager
def _show(read: Read, host: str) -> t.Iterator[None]:
    def show(line: str) -> None:
        Display().display(f"progress: [{host}] {line}")

    stopped = threading.Event()
    thread = threading.Thread(target=show_lines, args=(read, show, stopped.wait), daemon=True)
    with contextlib.suppress(RuntimeError):  # progress is optional if no thread can be started
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        if thread.ident is not None:
            thread.join()


def show_lines(
    read: Read,
    show: Show,
    wait: t.Callable[[float], bool],
    monotonic: t.Callable[[], float] = time.monotonic,
) -> None:
    """Show the lines of a task when they are due, until ``wait``, called with seconds, returns True."""
    lines = Lines()
    while not wait(_PAUSE):
        for line in lines.render(monotonic(), read()):
            show(line)

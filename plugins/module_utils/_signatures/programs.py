# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the programs that sign and verify, in a private directory and without the environment of the task."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import tempfile
import typing as t

from .._errors import BitbucketError
from .._text import one_line


class Completed(t.NamedTuple):
    """The result of a program: its exit status, which proves nothing on its own, and its output."""

    status: int
    output: bytes
    messages: bytes

    def explain(self) -> str:
        """Return the last line of its messages, or else its exit status."""
        lines = self.messages.decode("utf-8", "replace").splitlines()
        words = [line for line in map(one_line, lines) if line]
        return words[-1] if words else f"it printed nothing and ended with exit status {self.status}"


class Folder:
    """A directory that only this user can read, for public keys, documents and signatures. Secrets are never written."""

    def __init__(self, path: str) -> None:
        self.path = path

    def write(self, name: str, data: bytes) -> str:
        """Write a file, and return its path."""
        path = os.path.join(self.path, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sink:
            sink.write(data)
        return path


@contextlib.contextmanager
def private_folder() -> t.Iterator[Folder]:
    """Create a directory with mode 0700, and remove it with its contents at the end."""
    try:
        path = tempfile.mkdtemp(prefix="releng-")
    except OSError as exc:
        raise BitbucketError(f"Cannot create a temporary directory for signatures: {exc.strerror}") from exc
    try:
        yield Folder(path)
    except OSError as exc:
        raise BitbucketError(f"Cannot write to the temporary directory {path}: {exc.strerror}") from exc
    finally:
        shutil.rmtree(path, ignore_errors=True)


def forbid_core_dumps() -> None:
    """Disable core dumps of this process and of the programs that it starts, because they could contain a passphrase."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def find_program(name: str) -> str | None:
    """Return the path of a program, or None if it is not installed."""
    return shutil.which(name, path=_search_path())


def _search_path() -> str:
    """Return PATH without relative and empty entries, because other users might be able to write to the current directory."""
    return os.pathsep.join(filter(os.path.isabs, os.environ.get("PATH", os.defpath).split(os.pathsep)))


def run(
    command: t.Sequence[str],
    data: bytes,
    environment: t.Mapping[str, str],
    descriptors: t.Sequence[int] = (),
) -> Completed:
    """Run a program with ``data`` as its standard input, without a terminal for questions.

    Its environment has only PATH, the C locale and ``environment``, and therefore no credentials of the task and no GnuPG
    settings of the user. ``descriptors``: open files that it inherits.
    """
    try:
        # Not run_command: it passes on the environment of the task, and lookups have no module.
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            command,
            input=data,
            capture_output=True,
            env={"PATH": _search_path(), "LC_ALL": "C", **environment},
            pass_fds=descriptors,
            start_new_session=True,
            check=False,
        )
    except OSError as exc:
        raise BitbucketError(f"Cannot run {command[0]}: {exc.strerror}") from exc
    return Completed(done.returncode, done.stdout, done.stderr)

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide two hosts behind SSH, a Python without libraries, and the released and the installed collection."""

from __future__ import annotations

import venv
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from .control import build, install
from .fleet import Fleet
from .sshd import CannotStart, SshServer, locked_in

# Unused addresses of this machine.
ADDRESSES = {"first": "127.0.0.2", "second": "127.0.0.3"}


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Return the hosts ``first`` and ``second``; skip the test if no SSH server can start."""
    with ExitStack() as stack:
        stack.enter_context(locked_in())
        try:
            servers = {host: SshServer(tmp_path / f"sshd-{host}", address) for host, address in ADDRESSES.items()}
            for server in servers.values():
                stack.enter_context(server.running())
        except CannotStart as exc:
            pytest.skip(f"needs two hosts behind SSH: {exc}")
        yield Fleet(tmp_path, servers)


@pytest.fixture
def bare_python(tmp_path: Path) -> str:
    """Return a Python with only its standard library."""
    folder = tmp_path / "bare"
    venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
    return str(folder / "bin" / "python3")


@pytest.fixture(scope="session")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tarball of a release."""
    return build(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="session")
def installed(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a path for Ansible with the collection, installed from the tarball."""
    return install(tmp_path_factory.mktemp("installed"), str(tarball))

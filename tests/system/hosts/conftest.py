# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures: two hosts behind SSH, a Python without any library, and the collection as it is released and installed.

Knows how they are made, not what runs there.
"""

from __future__ import annotations

import venv
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from .control import build, install
from .fleet import Fleet
from .sshd import CannotStart, SshServer, locked_in

# Addresses of this machine that nothing else listens on.
ADDRESSES = {"first": "127.0.0.2", "second": "127.0.0.3"}


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """The hosts ``first`` and ``second``; skipped where no SSH server can be started."""
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
    """A Python that has nothing but its standard library."""
    folder = tmp_path / "bare"
    venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
    return str(folder / "bin" / "python3")


@pytest.fixture(scope="session")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The collection as a release."""
    return build(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="session")
def installed(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A path for Ansible with the collection as it is installed from the tarball."""
    return install(tmp_path_factory.mktemp("installed"), str(tarball))

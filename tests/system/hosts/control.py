# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the control node: settings for its programs, and the collection as users install it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.tools.tree import ROOT

BIN = Path(sys.executable).parent


def settings(folder: Path, collections: str = "") -> dict[str, str]:
    """Return the complete environment of a control node with files in this folder, without the caller's variables.

    ``collections``: a path that contains `ansible_collections`; by default the one with the checkout.
    """
    folder.mkdir(exist_ok=True)
    (folder / "ansible.cfg").touch()
    return {
        "PATH": os.pathsep.join([str(BIN), os.defpath]),
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": collections or os.environ["ANSIBLE_COLLECTIONS_PATH"],
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_TIMEOUT": "600",
    }


def run(program: str, *words: str, environment: Mapping[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a Python program of the tests' environment, such as ``ansible_runner``, by the name of its package."""
    return subprocess.run(
        [sys.executable, "-m", program, *words],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def require_ok(done: subprocess.CompletedProcess[str]) -> str:
    """Return the output of the program, which must have succeeded without a warning."""
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed
    assert "WARNING" not in printed, printed
    return done.stdout


def build(folder: Path) -> Path:
    """Build the collection's tarball in this folder."""
    words = ("galaxy", "collection", "build", "--output-path", str(folder), str(ROOT))
    require_ok(run("ansible", *words, environment=settings(folder / "home"), folder=folder))
    (tarball,) = folder.glob("releng-bitbucket-*.tar.gz")
    return tarball


def install(folder: Path, *what: str) -> str:
    """Install collections below this folder without a network; return the path for Ansible."""
    target = folder / "collections"
    words = ("galaxy", "collection", "install", "--offline", "--collections-path", str(target), *what)
    require_ok(run("ansible", *words, environment=settings(folder / "home", str(target)), folder=folder))
    return str(target)

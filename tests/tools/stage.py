# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copy the checkout to the path that ansible-test requires: `ansible_collections/releng/bitbucket`, as a git root.

A link does not work, because ansible-test resolves it. Without its own git root, a copy in an ignored folder is ignored
as well, and ansible-test passes without a test.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from .tree import BUILD, ROOT

SKIPPED = {".git", ".ansible", ".venv", "build", "collections", "dist", "output", "__pycache__"}


def stage(name: str) -> Path:
    """Copy the checkout to build/stage/<name>, and return the folder of the collection there."""
    top = BUILD / "stage" / name
    shutil.rmtree(top, ignore_errors=True)
    copy = top / "ansible_collections" / "releng" / "bitbucket"
    for path in list_files():
        target = copy / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target, follow_symlinks=False)
    _git(copy, "init", "--quiet")
    return copy


def list_files() -> list[Path]:
    """Return the files of the checkout as relative paths, without build results."""
    return _list_by_git() or list(_list_by_walk())


def _list_by_git() -> list[Path]:
    """Return the relative paths of tracked and new files of git; an empty list outside a repository."""
    if not (ROOT / ".git").exists():
        return []
    listing = _git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    paths = [Path(name) for name in listing.split("\0") if name]
    return [path for path in paths if os.path.lexists(ROOT / path)]


def _list_by_walk() -> Iterable[Path]:
    for folder, names, files in os.walk(ROOT):
        names[:] = [name for name in names if name not in SKIPPED]
        yield from (Path(folder, name).relative_to(ROOT) for name in files if not name.endswith((".pyc", ".tar.gz")))


def _git(folder: Path, *words: str) -> str:
    """Run git in the folder, and return its output; an empty text if git is missing or fails."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    command = ["git", "-c", "safe.directory=*", "-C", str(folder), *words]
    try:
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""

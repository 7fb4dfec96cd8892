# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where things lie in a checkout, and the tree in which Ansible finds it under the collection's name.

A checkout may have any name; Ansible wants `ansible_collections/releng/bitbucket`. A link gives both.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
TREE = BUILD / "tree"


def link_checkout() -> Path:
    """Return a folder for ANSIBLE_COLLECTIONS_PATH that holds this checkout."""
    parent = TREE / "ansible_collections" / "releng"
    parent.mkdir(parents=True, exist_ok=True)
    link = parent / "bitbucket"
    # Relative: a checkout that is moved takes its tree along.
    target = Path("..", "..", "..", "..")
    if not link.is_symlink():
        # Another worker may be faster.
        with suppress(FileExistsError):
            link.symlink_to(target, target_is_directory=True)
    return TREE

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the paths of a checkout, and a tree in which Ansible finds it under the name of the collection.

A checkout can have any name, but Ansible requires `ansible_collections/releng/bitbucket`. A link provides that path.
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
    # A relative link still works after the checkout is moved.
    target = Path("..", "..", "..", "..")
    if not link.is_symlink():
        # Another worker might have created it at the same time.
        with suppress(FileExistsError):
            link.symlink_to(target, target_is_directory=True)
    return TREE

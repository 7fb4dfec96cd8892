# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prepare a process for the tasks of the matrix before it imports the collection."""

from __future__ import annotations

import os

from ansible.plugins.loader import init_plugin_loader

from tests.tools.tree import link_checkout


def prepare() -> None:
    """Make the collection importable, and isolate the tasks from the caller's settings."""
    for name in list(os.environ):
        if name.startswith("BITBUCKET_") or name.lower().endswith("_proxy") or name.endswith("_CA_BUNDLE"):
            del os.environ[name]
    tree = str(link_checkout())
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = tree
    init_plugin_loader([tree])

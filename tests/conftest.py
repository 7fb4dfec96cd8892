# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let tests import the collection by its full name from a checkout of any name.

Under ansible-test, and where the collection is installed, this stands aside.
"""

from __future__ import annotations

import importlib.util
import os

import hypothesis


def _is_importable() -> bool:
    try:
        return importlib.util.find_spec("ansible_collections.releng.bitbucket") is not None
    except ImportError:
        return False


def _use_checkout() -> None:
    """Show the checkout to Ansible's own loader, here and in programs that tests start."""
    from ansible.plugins.loader import init_plugin_loader

    from tests.tools.tree import link_checkout

    tree = str(link_checkout())
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = tree
    init_plugin_loader([tree])


# A machine that others use as well must not fail a test for being slow; CI looks for no new examples, developers do.
hypothesis.settings.register_profile("default", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("ci", hypothesis.settings.get_profile("default"), derandomize=True, database=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "default")

if not _is_importable():
    _use_checkout()

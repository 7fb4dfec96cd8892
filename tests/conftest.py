# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the collection in a checkout of any name, and keep the machine's settings out of the tests.

Under ansible-test, and if the collection is installed, its own path is left unchanged.
"""

from __future__ import annotations

import importlib.util
import os
import signal

import hypothesis
import pytest


def _is_importable() -> bool:
    try:
        return importlib.util.find_spec("ansible_collections.releng.bitbucket") is not None
    except ImportError:
        return False


def _use_checkout() -> None:
    """Make the checkout available to Ansible's loader, here and in programs that tests start."""
    from ansible.plugins.loader import init_plugin_loader

    from tests.tools.tree import link_checkout

    tree = str(link_checkout())
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = tree
    init_plugin_loader([tree])


# A busy machine must not fail a test because of its speed. CI generates no new examples; developers do.
hypothesis.settings.register_profile("default", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("ci", hypothesis.settings.get_profile("default"), derandomize=True, database=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "default")

if not _is_importable():
    _use_checkout()


@pytest.fixture(autouse=True, scope="session")
def _restore_signals() -> None:
    """Restore the handling of SIGINT and SIGHUP in background runs, because tests send these signals."""
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Remove credentials, proxies and the home directory of the machine from the environment of each test."""
    for name in list(os.environ):
        if name.startswith("BITBUCKET_") or name.lower().endswith("_proxy") or name.endswith("_CA_BUNDLE"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide a playbook for roles, connected to the emulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.openpgp import gnupg
from tests.helpers.release_keys import key, other_key
from tests.helpers.ssh_signing import ssh_key, untrusted_ssh_key
from tests.system.via.conftest import bare_python

from .helpers import RolePlaybook

__all__ = ["bare_python", "gnupg", "key", "other_key", "ssh_key", "untrusted_ssh_key"]


@pytest.fixture
def playbook(emulator: Emulator, tmp_path: Path) -> RolePlaybook:
    """Return an empty playbook: ``playbook.use("first", "publish_artifacts", {...})``, then ``playbook.run()``."""
    return RolePlaybook(emulator, tmp_path)

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Share the fixtures of the examples, and the installed collection."""

from __future__ import annotations

from tests.helpers.openpgp import gnupg
from tests.helpers.ssh_signing import ssh_key
from tests.system.examples.conftest import runner, world
from tests.system.hosts.conftest import installed, tarball

__all__ = ["gnupg", "installed", "runner", "ssh_key", "tarball", "world"]

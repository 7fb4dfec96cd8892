# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Share the fixtures with all tests in this folder."""

from __future__ import annotations

from tests.helpers.fixtures import dist, emulator, fetch, run, warnings
from tests.helpers.openpgp import gnupg
from tests.helpers.release_keys import key, other_key
from tests.helpers.ssh_signing import ssh_key, untrusted_ssh_key

__all__ = ["dist", "emulator", "fetch", "gnupg", "key", "other_key", "run", "ssh_key", "untrusted_ssh_key", "warnings"]

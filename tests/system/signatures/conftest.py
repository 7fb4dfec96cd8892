# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Share the generated keys with all tests in this folder."""

from __future__ import annotations

from tests.helpers.openpgp import gnupg
from tests.helpers.ssh_signing import locked_ssh_key, ssh_key, untrusted_ssh_key

__all__ = ["gnupg", "locked_ssh_key", "ssh_key", "untrusted_ssh_key"]

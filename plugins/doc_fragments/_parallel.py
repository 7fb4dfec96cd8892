# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Document the options for several transfers at the same time."""

from __future__ import annotations


class ModuleDocFragment:
    """DOCUMENTATION: modules that transfer; others describe it on their own.

    LIMIT_RATE: modules with a limit. PROGRESS: modules with progress.
    """

    DOCUMENTATION = r"""
options:
  parallel:
    description:
      - How many transfers may be under way at once, from 1 to 16.
    type: int
    default: 4
"""

    PROGRESS = r"""
options: {}
notes:
  - If the module runs on the control node, C(ansible-playbook) shows the progress of transfers with the callback C(default), for
    the first time after 10 seconds. Set the environment variable E(BITBUCKET_PROGRESS) on the control node to V(none) to turn
    that off, or to V(lines) to show it with every callback and for the command C(ansible) too.
"""

    LIMIT_RATE = r"""
options:
  limit_rate:
    description:
      - Maximum number of bytes a second for all transfers of the task together, for example V(10M), V(500k) or V(2000000).
      - The units are C(k), C(M) and C(G), powers of 1024, in lower or upper case.
      - Counts the contents of artifacts that are sent, fetched or read to compare, including repeated and resumed transfers.
        Listings and other requests without contents are not slowed down.
      - Waiting for the rate does not count for O(max_wait) and O(timeout).
      - Applies to each host of the task separately. Without this option there is no limit.
    type: str
    version_added: 1.1.0
"""

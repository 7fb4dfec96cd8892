# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Document the options for concurrent transfers."""

from __future__ import annotations


class ModuleDocFragment:
    """DOCUMENTATION: modules with O(parallel); some describe it themselves.

    LIMIT_RATE: modules with a rate limit. PROGRESS: modules that show progress.
    """

    DOCUMENTATION = r"""
options:
  parallel:
    description:
      - Maximum number of transfers at the same time, from 1 to 16.
    type: int
    default: 4
"""

    PROGRESS = r"""
options: {}
notes:
  - If the module runs on the control node, C(ansible-playbook) shows the progress of transfers that take longer than 10 seconds.
    By default, this works only with the callback C(default). To change this, set the environment variable E(BITBUCKET_PROGRESS)
    on the control node. With V(none), no progress is shown. With V(lines), progress is shown with all callbacks and with the
    command C(ansible). The module shows no progress with C(async) and C(no_log), and with C(become) for a user other than root.
"""

    LIMIT_RATE = r"""
options:
  limit_rate:
    description:
      - Maximum number of bytes per second for all transfers of the task together, for example V(10M), V(500k) or V(2000000).
      - The units are C(k), C(M) and C(G), powers of 1024, in lower or upper case.
      - The limit applies to contents of artifacts that are sent, fetched or read for a comparison, including retries. Other
        requests, such as listings, are not limited.
      - Time spent waiting for the limit does not count toward O(max_wait) and O(timeout).
      - The limit applies to each host of the task separately. Without this option, there is no limit.
    type: str
    version_added: 1.1.0
"""

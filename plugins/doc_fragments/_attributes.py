# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Document the attributes of modules."""

from __future__ import annotations


class ModuleDocFragment:
    """DOCUMENTATION: modules that write. INFO_MODULE: modules that only read. ACTION_GROUP: all modules."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in check mode and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check mode), when in diff mode.
    support: full
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
"""

    INFO_MODULE = r"""
attributes:
  check_mode:
    description: Can run in check mode and return changed status prediction without modifying target.
    support: full
    details:
      - This module changes nothing.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check mode), when in diff mode.
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
    details:
      - This module changes nothing.
"""

    ACTION_GROUP = r"""
attributes:
  action_group:
    description: Use C(group/releng.bitbucket.bitbucket) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - releng.bitbucket.bitbucket
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
    details:
      - If the task does not set an option of the connection, such as the workspace, the action plugin sets it from the variable
        C(bitbucket_<option>) of the host.
  async:
    description: Supports being used with the C(async) keyword.
    support: full
  platform:
    description: Target OS/families that can be operated against.
    support: full
    platforms: posix
"""

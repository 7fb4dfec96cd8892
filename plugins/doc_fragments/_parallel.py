# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Document the option of the modules that do several things at the same time."""

from __future__ import annotations


class ModuleDocFragment:
    """DOCUMENTATION: modules that transfer; others describe what they do at the same time."""

    DOCUMENTATION = r"""
options:
  parallel:
    description:
      - How many transfers may be under way at once, from 1 to 16.
    type: int
    default: 4
"""

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Document the options that select artifacts by their names."""

from __future__ import annotations


class ModuleDocFragment:
    """DOCUMENTATION: modules that select artifacts; each describes its ``patterns``. NEWEST: modules that describe ``newest``."""

    DOCUMENTATION = r"""
options:
  patterns:
    type: list
    elements: str
    aliases: [pattern]
  excludes:
    description:
      - Patterns of names to exclude. Uses the same syntax as O(patterns).
    type: list
    elements: str
    aliases: [exclude]
  use_regex:
    description:
      - Whether O(patterns) and O(excludes) are regular expressions.
    type: bool
    default: false
"""

    NEWEST = r"""
options:
  newest:
    type: int
"""

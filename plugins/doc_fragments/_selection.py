# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Document the options that select artifacts by name."""

from __future__ import annotations


class ModuleDocFragment:
    """DOCUMENTATION: modules that select artifacts; each describes ``patterns``. NEWEST: modules that describe ``newest``.

    ORDER: modules that describe ``prereleases``.
    """

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

    ORDER = r"""
options:
  order:
    description:
      - Which artifacts are the newest. With V(date), those uploaded last. With V(version), those with the highest version,
        whatever their dates are. So a late patch of an old release does not become the newest.
      - Without O(group_by), the version consists of numbers joined by dots, an ISO date, or a number after C(v), whichever comes
        first in the name. For example, the version in C(widgets-1.4.2-linux-x86_64.tar.gz) is C(1.4.2).
      - A pre-release such as C(-rc.1) or C(rc1) belongs to the version. A pre-release starts with one of the words alpha, beta,
        pre, prerelease, preview, rc, cr, dev, devel, develop, development, snapshot, nightly, canary and next, or with a, b or c
        and a number.
      - With O(group_by), the complete text of the group is the version. In this case, any text after three numbers and a hyphen,
        as in C(1.4.2-hotfix), is a pre-release. A text without a number is not a version.
      - Versions are compared by the precedence of Semantic Versioning 2.0. Numbers within words are compared as numbers, so
        C(rc2) is lower than C(rc10). Other texts of a group with a number, such as C(build7), are in natural order, below all
        versions. If two versions are equal, the date decides.
      - Names without a version come last, and are never pruned by version.
    type: str
    choices: [date, version]
    default: date
    version_added: 1.1.0
  prereleases:
    description:
      - Whether to include pre-releases, with both values of O(order).
    type: bool
    default: true
    version_added: 1.1.0
"""

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hand values from an action plugin to its module past AnsibleModule, which would show them in results and the system log.

They travel as an argument of their own, which no user can set. Nothing secret is among them unless the task has it anyway.
"""

from __future__ import annotations

import typing as t

_ARGUMENT = "_control_node"

Values = t.Mapping[str, t.Any]


def add_values(arguments: t.Mapping[str, t.Any], values: Values) -> dict[str, t.Any]:
    """Return the arguments of a module with the values; an argument of a user that looks like them will be refused."""
    if _ARGUMENT in arguments:
        return {**arguments, _ARGUMENT: False}
    return {**arguments, _ARGUMENT: dict(values)} if values else dict(arguments)


def take_values(arguments: dict[str, t.Any]) -> Values:
    """Return the values, which are removed from the arguments; AnsibleModule refuses what is no such value."""
    values = arguments.get(_ARGUMENT)
    if not isinstance(values, dict):
        return {}
    del arguments[_ARGUMENT]
    return values

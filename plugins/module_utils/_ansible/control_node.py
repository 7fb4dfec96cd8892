# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pass values from an action plugin to its module without AnsibleModule, which would show them in results and the system log.

A separate argument that users cannot set carries them. They contain no secrets that the task does not have anyway.
"""

from __future__ import annotations

import typing as t

_ARGUMENT = "_control_node"

Values = t.Mapping[str, t.Any]


def add_values(arguments: t.Mapping[str, t.Any], values: Values) -> dict[str, t.Any]:
    """Return the arguments of a module with the values. The module refuses the same argument from a user."""
    if _ARGUMENT in arguments:
        return {**arguments, _ARGUMENT: False}
    return {**arguments, _ARGUMENT: dict(values)} if values else dict(arguments)


def take_values(arguments: dict[str, t.Any]) -> Values:
    """Remove the values from the arguments and return them. AnsibleModule refuses anything else under this name."""
    values = arguments.get(_ARGUMENT)
    if not isinstance(values, dict):
        return {}
    del arguments[_ARGUMENT]
    return values

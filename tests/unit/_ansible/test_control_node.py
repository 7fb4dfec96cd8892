# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pass values to a module outside its arguments."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._ansible.control_node import add_values, take_values


def test_values_are_removed_from_the_arguments() -> None:
    values = {"progress": "/tmp/x"}
    arguments = add_values({"name": "app"}, values)
    assert take_values(arguments) == values
    assert arguments == {"name": "app"}


def test_arguments_are_unchanged_without_values() -> None:
    arguments = add_values({"name": "app"}, {})
    assert arguments == {"name": "app"}
    assert take_values(arguments) == {}


@pytest.mark.parametrize("given", [{"progress": "/etc/passwd"}, {}, None, "x"])
def test_ansible_still_refuses_the_same_argument_from_a_user(given: Any) -> None:
    arguments = add_values({"_control_node": given}, {"progress": "/tmp/x"})
    assert take_values(arguments) == {}
    assert list(arguments) == ["_control_node"]

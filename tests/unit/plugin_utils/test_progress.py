# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide whether to show progress, and show it. Tests with real playbooks check which tasks show it."""

from __future__ import annotations

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._meter import Sample
from ansible_collections.releng.bitbucket.plugins.plugin_utils._progress import is_wanted, show_lines


@pytest.mark.parametrize(
    ("choice", "callback", "has_playbook", "wanted"),
    [
        ("", "default", True, True),
        ("", "ansible.builtin.default", True, True),
        ("", "default", False, False),
        ("", "minimal", True, False),
        ("", "ansible.posix.json", True, False),
        ("", "awx_display", True, False),
        ("none", "default", True, False),
        ("lines", "default", True, True),
        ("lines", "minimal", False, True),
        ("often", "default", True, True),
        ("often", "minimal", True, False),
    ],
)
def test_lines_are_shown_for_readable_callbacks_unless_the_variable_says_otherwise(
    choice: str, callback: str, has_playbook: bool, wanted: bool
) -> None:
    assert is_wanted(choice, callback, has_playbook) is wanted


def test_lines_are_shown_when_due_until_the_task_ends() -> None:
    now = 0.0
    shown: list[tuple[float, str]] = []

    def wait(seconds: float) -> bool:
        nonlocal now
        now += seconds
        return now > 25

    show_lines(lambda: [Sample(1, "app", int(now), 100, now)], lambda line: shown.append((now, line[:15])), wait, lambda: now)
    assert shown == [(10.0, "app: 10 B of 10"), (20.0, "app: 20 B of 10")]

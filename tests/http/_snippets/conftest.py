# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Share the fixtures with all tests in this folder."""

from __future__ import annotations

import pytest
from ansible.module_utils.basic import AnsibleModule


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the warnings of modules, which ansible-core would print in the process of a test."""
    found: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda module, warning: found.append(warning))
    return found

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inspect arguments before AnsibleModule converts them. The tests of the modules cover the refused texts."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._ansible.arguments import signed_by_argument_spec
from ansible_collections.releng.bitbucket.plugins.module_utils._ansible.given import Given

LINE = 'jo@example.com namespaces="file,git" ssh-ed25519 AAAA'


@pytest.mark.parametrize(("value", "expected"), [(None, []), ([], []), ("", [""]), (LINE, [LINE]), ([LINE], [LINE])])
def test_signed_by_is_never_omitted_or_split(value: Any, expected: list[str]) -> None:
    """A variable without a value must not turn the verification off."""
    given = Given(signed_by_argument_spec(), {"signed_by": value})
    assert (given.arguments, given.refusal) == ({"signed_by": expected}, "")
    assert Given(signed_by_argument_spec(), {}).arguments == {}

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare two repositories by the option values that name them."""

from __future__ import annotations

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._copy.repositories import Place, compare_places

ONE, OTHER = "{0d1e-5a}", "{77c2-b4}"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("acme", "widgets"), ("acme", "widgets"), True),
        (("acme", "widgets"), ("ACME", "Widgets"), True),
        (("acme", "widgets"), ("acme", "staging"), False),
        (("acme", "widgets"), ("builds", "widgets"), False),
        (("acme", ONE), ("acme", ONE.upper()), True),
        (("acme", ONE), (OTHER, ONE), True),
        (("acme", ONE), ("builds", OTHER), False),
        ((ONE, "widgets"), (ONE.upper(), "widgets"), True),
        ((ONE, "widgets"), (OTHER, "widgets"), False),
        ((ONE, "widgets"), ("acme", "staging"), False),
        ((ONE, "widgets"), ("acme", "widgets"), None),
        (("acme", ONE), ("acme", "widgets"), None),
        (("acme", ONE), ("builds", "widgets"), False),
        ((OTHER, ONE), ("acme", "widgets"), None),
    ],
    ids=str,
)
def test_repositories_are_compared_without_requests_if_possible(
    one: tuple[str, str], other: tuple[str, str], same: bool | None
) -> None:
    assert compare_places(Place(*one), Place(*other)) is same
    assert compare_places(Place(*other), Place(*one)) is same

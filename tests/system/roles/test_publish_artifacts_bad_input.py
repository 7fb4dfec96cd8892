# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role publish_artifacts refuses what makes no sense, in words, before any request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator

from .conftest import RolePlayer

ROLE = "publish_artifacts"
NEEDS_KEEP = (
    "publish_artifacts_patterns and publish_artifacts_group_by need publish_artifacts_keep: say how many releases to keep."
)
FILES = {"publish_artifacts_files": ["dist/*"]}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "missing required arguments: publish_artifacts_files"),
        (
            {"publish_artifacts_files": []},
            "publish_artifacts_files is empty: name the files to publish, or a pattern such as dist/*.",
        ),
        (
            FILES | {"publish_artifacts_keep": 3},
            "publish_artifacts_keep needs publish_artifacts_patterns: say which artifacts may be deleted, for example widgets-*.",
        ),
        (
            FILES | {"publish_artifacts_patterns": ["*"]},
            NEEDS_KEEP,
        ),
        (
            FILES | {"publish_artifacts_group_by": "(x)"},
            NEEDS_KEEP,
        ),
        (
            FILES | {"publish_artifacts_notes": "Faster."},
            "publish_artifacts_notes needs publish_artifacts_notes_title: the title finds the snippet that holds the notes.",
        ),
        (
            FILES | {"publish_artifacts_overwrite": "sometimes"},
            "value of publish_artifacts_overwrite must be one of: different, always, never, refuse, got: sometimes",
        ),
        (FILES | {"publish_artifacts_max_deletions": 3}, "publish_artifacts_max_deletions needs publish_artifacts_keep: say how"),
        (FILES | {"publish_artifacts_keep": "many", "publish_artifacts_patterns": ["*"]}, "publish_artifacts_keep"),
    ],
)
def test_is_refused_before_any_request(play: RolePlayer, emulator: Emulator, variables: dict[str, Any], words: str) -> None:
    assert words in play.failure(ROLE, variables)
    assert list(emulator.journal) == []


@pytest.mark.parametrize(
    ("retention", "words"),
    [
        ({"publish_artifacts_keep": -1}, "keep must be 0 or more, not -1"),
        ({"publish_artifacts_keep": 1, "publish_artifacts_group_by": "("}, "group_by: '(' is not a regular expression"),
        ({"publish_artifacts_keep": 1, "publish_artifacts_group_by": "x"}, "group_by must have exactly one group, 'x' has 0"),
    ],
)
def test_rules_of_retention_are_checked_before_anything_is_sent(
    play: RolePlayer, emulator: Emulator, dist: Path, retention: dict[str, Any], words: str
) -> None:
    (dist / "app.tgz").write_bytes(b"the archive")
    variables = {"publish_artifacts_files": [f"{dist}/*"], "publish_artifacts_patterns": ["*"]} | retention
    assert words in play.failure(ROLE, variables)
    assert emulator.repository().names() == []

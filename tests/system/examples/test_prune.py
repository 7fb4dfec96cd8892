# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that the variables of prune.yml decide which releases it deletes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.demo.runner import PlaybookRunner
from tests.emulator import Emulator
from tests.tools.tree import ROOT

from .helpers import RELEASED, read_repository, writes

PLAYBOOK = ROOT / "playbooks" / "prune.yml"
AGES = {"widgets-1.1.0.tar.gz": 90, "widgets-1.2.0.tar.gz": 60, "widgets-1.3.0.tar.gz": 40, "widgets-1.3.0.zip": 20}


@pytest.fixture
def aged(world: Emulator) -> Emulator:
    """Set the dates of the releases to the ages in AGES, in days; the manifest is newer than all releases."""
    repository = world.repository()
    for name, days in AGES.items():
        repository.put(name, RELEASED[name], created_on=world.clock.now() - timedelta(days=days))
    return world


def deleted(result: dict[str, Any]) -> set[str]:
    """Return the names of the artifacts that a run would delete."""
    return {artifact["name"] for artifact in result["artifacts"] if artifact["status"] == "deleted"}


CASES: list[tuple[dict[str, str], set[str]]] = [
    ({}, {"widgets-1.1.0.tar.gz", "widgets-1.2.0.tar.gz"}),
    ({"release_keep": "3"}, {"widgets-1.1.0.tar.gz"}),
    ({"release_age": "75d"}, {"widgets-1.1.0.tar.gz"}),
    # A release is as old as its newest file: the archive of 1.3.0 alone would be old enough.
    ({"release_keep": "1", "release_age": "30d"}, {"widgets-1.1.0.tar.gz", "widgets-1.2.0.tar.gz"}),
    ({"release_group": "(zip)", "release_keep": "0"}, {"widgets-1.3.0.zip"}),
]


def test_variables_reach_the_rules_of_retention(runner: PlaybookRunner, aged: Emulator, tmp_path: Path) -> None:
    """Import the playbook with each set of variables in check mode, and last with a limit that it would exceed."""
    imports = [{"import_playbook": str(PLAYBOOK), "vars": values} for values, _unused in CASES]
    limited = {"import_playbook": str(PLAYBOOK), "vars": {"release_limit": "1"}}
    playbook = tmp_path / "cases.yml"
    playbook.write_text(yaml.safe_dump([*imports, limited]), encoding="utf-8")
    before = read_repository(aged)
    done = runner.run(playbook, words=["--check", "--diff"])
    assert done.code == 2, done.output
    results = [task["result"] for task in done.tasks if task["action"].endswith("bitbucket_download_prune")]
    assert [deleted(result) for result in results[:-1]] == [gone for _unused, gone in CASES]
    assert "max_deletions" in results[-1]["msg"]
    assert writes(aged) == []
    assert read_repository(aged) == before

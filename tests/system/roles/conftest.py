# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playing a role in a playbook of its own, connected to the emulator. Knows no single role."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.demo.player import Played, Player
from tests.emulator import Emulator


class RolePlayer:
    """Plays a role with variables in a real `ansible-playbook`. What it registers is shown with `-v` and recorded."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self._emulator = emulator
        self._folder = folder

    def __call__(self, role: str, variables: dict[str, Any], *words: str, **play: Any) -> Played:
        """One run; `words` go to the command line. Keywords of `play` join the play, `environment` replaces the emulator's."""
        environment = play.pop("environment", self._emulator.environment())
        task = {"name": "Use the role", "ansible.builtin.include_role": {"name": f"releng.bitbucket.{role}"}, "vars": variables}
        content = {"name": "Play", "hosts": "localhost", "gather_facts": False, "tasks": [task, *play.pop("after", ())], **play}
        playbook = self._folder / "play.yml"
        # JSON is YAML, and no text in it needs care.
        playbook.write_text(json.dumps([content]), encoding="utf-8")
        return Player(self._folder, environment).play(playbook, *words)

    def ok(self, role: str, variables: dict[str, Any], *words: str, **play: Any) -> Played:
        """One run that must succeed, and of which nobody warns."""
        played = self(role, variables, *words, **play)
        assert played.code == 0, played.output
        assert played.warnings == [], played.output
        return played

    def failure(self, role: str, variables: dict[str, Any], *words: str, **play: Any) -> str:
        """One run that must fail; returns the message of the task that did."""
        played = self(role, variables, *words, **play)
        assert played.code != 0, played.output
        message: str = played.tasks[-1]["result"]["msg"]
        return message


@pytest.fixture
def play(emulator: Emulator, tmp_path: Path) -> RolePlayer:
    """Play a role: ``play("publish_artifacts", {...})``. See RolePlayer."""
    return RolePlayer(emulator, tmp_path)

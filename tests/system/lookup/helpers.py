# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run real playbooks with lookups, in the ansible-core of the tests and in others.

``ANSIBLE_CORE_PYTHONS`` names further interpreters, separated as in PATH; each has an ansible-core, requests and PyYAML.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.command_line import BASE

OTHERS = [path for path in os.environ.get("ANSIBLE_CORE_PYTHONS", "").split(os.pathsep) if path]
NONE_GIVEN = pytest.param(
    "", id="others", marks=pytest.mark.skip(reason="ANSIBLE_CORE_PYTHONS names no interpreters with other ansible-cores")
)
# Parametrizes a test by the interpreter that runs Ansible.
each_ansible = pytest.mark.parametrize(
    "python",
    [pytest.param(sys.executable, id="this"), *([pytest.param(path, id=path) for path in OTHERS] or [NONE_GIVEN])],
)

Done = subprocess.CompletedProcess[str]


def play(
    folder: Path,
    tasks: list[dict[str, Any]],
    *flags: str,
    environment: Mapping[str, str],
    variables: Mapping[str, Any] | None = None,
    python: str = sys.executable,
) -> Done:
    """Run tasks on localhost with a playbook in JSON, which is YAML. ``pipe`` runs in the folder of the playbook."""
    playbook = folder / "play.yml"
    head = {"hosts": "localhost", "gather_facts": False, "vars": dict(variables or {})}
    playbook.write_text(json.dumps([{**head, "tasks": tasks}], indent=1))
    return subprocess.run(
        [python, "-m", "ansible", "playbook", str(playbook), "-e", f"ansible_python_interpreter={sys.executable}", *flags],
        env={**os.environ, **BASE, "ANSIBLE_HOME": os.environ["HOME"] + "/.ansible", **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-playbook with action plugins and all their processes, on hosts that are local folders."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.tools.tree import link_checkout

from .bench import Bench
from .process import Program, WrongResult

LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}


def playbook(
    bench: Bench,
    name: str,
    tasks: Sequence[Mapping[str, Any]],
    hosts: Mapping[str, Mapping[str, Any]],
    check: Callable[[str], None] = lambda printed: None,
    prepare: Callable[[], None] = lambda: None,
) -> Program:
    """Return a run of these tasks on hosts, given as variables by name. Ansible has isolated settings and writes to a folder."""
    env = shutil.which("env")
    if env is None:
        raise WrongResult("env is not on the PATH")
    folder = bench.folder / f"playbook-{name}"
    folder.mkdir()
    play = [{"hosts": "all", "gather_facts": False, "tasks": list(tasks)}]
    (folder / "play.yml").write_text(json.dumps(play), encoding="utf-8")
    inventory = {"all": {"hosts": hosts, "vars": LOCAL | {"ansible_remote_tmp": str(folder / "tmp")}}}
    (folder / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
    (folder / "ansible.cfg").touch()
    settings = {
        "ANSIBLE_CONFIG": folder / "ansible.cfg",
        "ANSIBLE_HOME": folder,
        "ANSIBLE_COLLECTIONS_PATH": link_checkout(),
        "ANSIBLE_RETRY_FILES_ENABLED": "false",
        "LC_ALL": "C.UTF-8",
    }
    words = [f"{setting}={value}" for setting, value in settings.items()]
    command = [
        env,
        *words,
        sys.executable,
        "-m",
        "ansible",
        "playbook",
        str(folder / "play.yml"),
        "-i",
        str(folder / "hosts.json"),
    ]
    return Program(command, check, prepare)

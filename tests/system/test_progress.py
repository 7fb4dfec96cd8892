# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test which transfers on the control node show progress, in real runs that last longer than the first ten seconds."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.command_line import ad_hoc, ansible_program
from tests.helpers.connection import connection

FETCH = "releng.bitbucket.bitbucket_download_fetch"
UPLOAD = "releng.bitbucket.bitbucket_download"
KIB = 1024
RATE = "100k"
SIZE = 2400 * KIB  # 24 seconds: a busy machine may show the first line late

LINE = re.compile(
    r"progress: \[(?P<host>.+)\] (?P<name>.+): [0-9.]+ [KM]iB of (?P<total>[0-9.]+ [KM]iB) \((?P<percent>[0-9]+)%\),"
    r" [0-9.]+ KiB/s, [0-9]+ s left"
)
# For Ansible, this program runs the command as another user.
SUDO = """#!/bin/sh
while [ "$1" != /bin/sh ]; do shift; done
exec "$@"
"""
JSON_CALLBACK = """
import json
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = "{name: document, type: stdout, short_description: x, description: x}"


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "document"

    def v2_runner_on_ok(self, result):
        print(json.dumps({"host": result._host.get_name()}))
"""

Done = subprocess.CompletedProcess[str]
Host = dict[str, Any]


class Play:
    """Run one playbook with several hosts, all of which are the control node, with the strategy free."""

    def __init__(self, emulator: Emulator, place: Path) -> None:
        self.emulator = emulator
        self.place = place
        emulator.repository().put("app.tgz", os.urandom(SIZE))
        for name, size in (("first.tgz", SIZE // 8), ("second.tgz", SIZE // 8 * 7)):
            (place / name).write_bytes(os.urandom(size))

    def run(self, tasks: list[dict[str, Any]], hosts: dict[str, Host], **environment: str) -> Done:
        """Run the tasks on each host; the variables of a host are those of the tasks."""
        folder = tempfile.mkdtemp(dir=self.place)
        local = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "ansible_async_dir": f"{folder}/jobs",
        }
        inventory = {"all": {"hosts": hosts, "vars": local}}
        Path(folder, "hosts.yml").write_text(json.dumps(inventory))
        head = {"hosts": "all", "gather_facts": False, "strategy": "free"}
        Path(folder, "play.yml").write_text(json.dumps([{**head, "tasks": tasks}]))
        settings = {"ANSIBLE_FORKS": "10", "BITBUCKET_PROGRESS": "", **environment}
        return ansible_program("ansible-playbook", "-i", f"{folder}/hosts.yml", f"{folder}/play.yml", environment=settings)

    def fetch(self, **keywords: Any) -> dict[str, Any]:
        """Return the task that fetches an artifact."""
        options = {"name": "{{ artifact | default('app.tgz') }}", "via": "{{ how | default('host') }}"}
        dest = f"{self.place}/{{{{ inventory_hostname }}}}.tgz"
        return {FETCH: {**self.options, **options, "dest": dest}, **keywords}

    @property
    def options(self) -> dict[str, Any]:
        """Return the options of the connection."""
        return {**connection(self.emulator), "limit_rate": RATE}


@pytest.fixture
def play(emulator: Emulator, tmp_path: Path) -> Play:
    """Return the runner of playbooks."""
    return Play(emulator, tmp_path)


def lines(done: Done) -> list[dict[str, str]]:
    """Return the lines of progress of a run, which must succeed."""
    assert done.returncode == 0, done.stdout + done.stderr
    assert "progress" not in done.stderr
    found = [line for line in done.stdout.splitlines() if line.startswith("progress")]
    matches = [LINE.fullmatch(line) for line in found]
    assert None not in matches, found
    return [match.groupdict() for match in matches if match]


def at_the_same_time(*runs: Callable[[], Done]) -> list[Done]:
    """Return the results of runs that mostly wait."""
    with ThreadPoolExecutor(len(runs)) as pool:
        return [each.result() for each in [pool.submit(run) for run in runs]]


def test_users_cannot_set_the_values_of_an_action_plugin(play: Play) -> None:
    task = play.fetch(register="r", ignore_errors=True)
    task[FETCH]["_control_node"] = {"progress": f"{play.place}/first.tgz"}
    conditions = [
        "r is failed",
        "r.msg is search('^Unsupported parameters for .*: _control_node. Supported parameters include: ')",
    ]
    done = play.run([task, {"ansible.builtin.assert": {"that": conditions}}], {"localhost": {}})
    assert done.returncode == 0, done.stdout + done.stderr


def test_unknown_setting_has_a_warning(play: Play) -> None:
    done = play.run([{UPLOAD: {**play.options, "state": "absent", "name": "x"}}], {"localhost": {}}, BITBUCKET_PROGRESS="often")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "BITBUCKET_PROGRESS must be none or lines, not 'often'. The value is ignored" in " ".join(done.stderr.split())


def test_show_progress_of_transfers_by_the_control_node(play: Play) -> None:
    """If a request has several files, the line shows the current one."""
    hosts: dict[str, Host] = {
        "publisher": {"job": "publish"},
        "fetcher": {"job": "fetch"},
        "remote": {"job": "fetch", "ansible_connection": "ssh", "executor": "localhost"},
        "quick": {"job": "fetch", "artifact": "quick.tgz"},
        "asynchronous": {"job": "fetch", "timeout": 600},
        "silent": {"job": "fetch", "hidden": True},
        "linked": {"job": "fetch", "how": "link"},
        "supplied": {"job": "fetch", "how": "controller"},
    }
    play.emulator.repository().put("quick.tgz", os.urandom(100 * KIB))
    publish = {UPLOAD: {**play.options, "src": f"{play.place}/*.tgz"}, "when": "job == 'publish'"}
    keywords = {"when": "job == 'fetch'", "no_log": "{{ hidden | default(false) }}", "async": "{{ timeout | default(0) }}"}
    keywords["delegate_to"] = "{{ executor | default(inventory_hostname) }}"
    done = play.run([publish, play.fetch(**keywords)], hosts)
    found = lines(done)
    assert {(each["host"], each["name"], each["total"]) for each in found} == {
        ("fetcher", "app.tgz", "2.3 MiB"),
        ("remote", "app.tgz", "2.3 MiB"),
        ("linked", "app.tgz", "2.3 MiB"),
        ("supplied", "app.tgz", "2.3 MiB"),
        ("publisher", "second.tgz", "2.1 MiB"),
    }
    assert all(0 < int(each["percent"]) <= 100 for each in found)
    assert [name for name in os.listdir(os.environ["HOME"] + "/.ansible/tmp") if "local" in name] == []


def test_show_progress_only_in_readable_output(play: Play) -> None:
    """Single-line and JSON output has no progress unless a variable requests it. A variable can also disable it."""
    (play.place / "callbacks").mkdir()
    (play.place / "callbacks" / "document.py").write_text(JSON_CALLBACK)
    document = {"ANSIBLE_CALLBACK_PLUGINS": f"{play.place}/callbacks", "ANSIBLE_STDOUT_CALLBACK": "document"}
    arguments = json.dumps({"name": "app.tgz", "dest": f"{play.place}/adhoc.tgz", "limit_rate": RATE})
    environment = {**play.emulator.environment(), "BITBUCKET_PROGRESS": ""}

    def command(**settings: str) -> Done:
        return ad_hoc("bitbucket_download_fetch", arguments, "-o", environment={**environment, **settings})

    plain, json_lines, none, one_line, forced = at_the_same_time(
        lambda: play.run([play.fetch()], {"plain": {}}),
        lambda: play.run([play.fetch()], {"json": {}}, **document),
        lambda: play.run([play.fetch()], {"none": {}}, BITBUCKET_PROGRESS="none"),
        command,
        lambda: command(BITBUCKET_PROGRESS="lines"),
    )
    assert {each["host"] for each in lines(plain)} == {"plain"}
    assert json.loads(json_lines.stdout) == {"host": "json"}
    assert lines(none) == []
    assert one_line.stdout.startswith("localhost | CHANGED => {")
    assert one_line.stdout.count("\n") == 1
    assert {each["name"] for each in lines(forced)} == {"app.tgz"}


def test_show_no_progress_of_a_task_that_runs_as_another_user(play: Play) -> None:
    """Such a user cannot write the file with the progress; root can."""
    sudo = play.place / "sudo"
    sudo.write_text(SUDO)
    sudo.chmod(0o755)
    become = {"ansible_become_method": "sudo", "ansible_become_exe": str(sudo)}
    hosts = {user: {**become, "ansible_become_user": user} for user in ("nobody", "root")}
    done = play.run([play.fetch(become=True)], hosts, ANSIBLE_PIPELINING="1")
    assert {each["host"] for each in lines(done)} == {"root"}
    assert sorted(path.name for path in play.place.glob("*o*.tgz")) == ["nobody.tgz", "root.tgz", "second.tgz"]

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test each module and lookup in a real playbook with each kind of credential: no secret is in the output, in the arguments of
processes, in files, or in the system log.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.emulator import Emulator
from tests.helpers.command_line import BASE
from tests.helpers.leaks import secrets_of
from tests.http._downloads.helpers import MANIFEST, lines, widgets
from tests.proof.canaries.watching import Watcher, system_log, watching

PREFIX = "releng.bitbucket.bitbucket_"
DOWNLOAD = "{{ lookup('releng.bitbucket.bitbucket_download', 'VERSION') }}"
SNIPPET = "{{ lookup('releng.bitbucket.bitbucket_snippet', 'notes.md', title='Notes') }}"


def kind_of(emulator: Emulator, kind: str) -> dict[str, str]:
    """Return the options of a kind of credential."""
    return {
        "access token": {"access_token": emulator.access_token},
        "API token": {"user": emulator.user, "api_token": emulator.api_token},
        "OAuth": {"client_id": emulator.client_id, "client_secret": emulator.client_secret},
    }[kind]


def secrets(emulator: Emulator) -> list[str]:
    """Return all secrets, also in the form for URLs. The signed values include the storage host's session."""
    found = [*secrets_of(emulator), emulator.signer.session]
    return [*found, *(quote(secret, safe="") for secret in found)]


def leaks(emulator: Emulator, texts: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return each visible secret with its place."""
    return [(place, secret) for secret in secrets(emulator) for place, text in texts.items() if secret in str(text)]


def tasks(folder: Path) -> list[dict[str, Any]]:
    """Return tasks with each module and lookup that change something, change nothing, or fail."""
    manifest = {"manifest": MANIFEST}
    modules: list[tuple[str, dict[str, Any]]] = [
        ("download", {"src": f"{folder}/dist/*", **manifest}),
        ("download", {"src": f"{folder}/dist/*", "compare": "content", **manifest}),
        ("download_info", {}),
        ("download_fetch", {"patterns": "app*", "dest": f"{folder}/fetched/", **manifest}),
        ("download_fetch", {"name": "missing", "dest": f"{folder}/fetched/"}),
        ("download_prune", {"patterns": "old-*", "keep": 1, **manifest}),
        ("download", {"state": "absent", "name": ["old-2"]}),
        ("download_info", {"repository": "nowhere"}),
        ("snippet", {"title": "Notes", "files": [{"name": "notes.md", "content": "new"}]}),
        ("snippet_info", {"title": "Notes", "contents": True}),
        ("snippet", {"title": "Notes", "state": "absent", "snippet_id": "missing"}),
    ]
    shown = [{"ansible.builtin.debug": {"msg": message}} for message in (DOWNLOAD, SNIPPET)]
    everything = [*({PREFIX + name: options} for name, options in modules), *shown]
    return [{**task, "ignore_errors": True} for task in everything]


def prepare(emulator: Emulator, folder: Path) -> None:
    """Prepare the emulator for the tasks. One response stalls, so that the watcher takes a sample while a module runs."""
    (folder / "dist").mkdir()
    (folder / "dist" / "app.tgz").write_bytes(b"application")
    there = {"VERSION": b"1.0", "old-1": b"1", "old-2": b"2", "app-old.tgz": b"x" * 9}
    for name, data in there.items():
        widgets(emulator).put(name, data)
    widgets(emulator).put(MANIFEST, lines(there))
    emulator.snippets.create("Notes", {"notes.md": b"old"}, creator=emulator.user)
    emulator.faults.add("stall", host="storage", path="app", seconds=2)


class Stage:
    """Run watched tasks in separate folders."""

    def __init__(self, emulator: Emulator, folder: Path, environment: Mapping[str, str]) -> None:
        self._emulator = emulator
        self._folder = folder
        self.private = [folder / name for name in ("home", "tmp", "remote", "fetched")]
        for place in self.private:
            place.mkdir()
        home, temporary, remote, _unused = map(str, self.private)
        self._environment = {
            **os.environ,
            **BASE,
            "HOME": home,
            "TMPDIR": temporary,
            "ANSIBLE_HOME": f"{home}/.ansible",
            "ANSIBLE_REMOTE_TMP": remote,
            "ANSIBLE_KEEP_REMOTE_FILES": "0",
            "ANSIBLE_LOG_PATH": f"{home}/ansible.log",
            **environment,
        }

    def run(self, play: dict[str, Any], *prefix: str) -> tuple[str, Watcher]:
        """Run a play with maximum verbosity; return its output and its watcher."""
        playbook = self._folder / "play.json"
        playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, **play}]))
        words = [
            "-m",
            "ansible",
            "playbook",
            str(playbook),
            "-e",
            f"ansible_python_interpreter={sys.executable}",
            "-vvvv",
            "--diff",
        ]
        with watching(*self.private) as watcher:
            done = subprocess.run(
                [*prefix, sys.executable, *words],
                env=self._environment,
                cwd=self._folder,
                capture_output=True,
                text=True,
                check=False,
            )
        printed = done.stdout + done.stderr
        assert done.returncode == 0, printed
        return printed, watcher


def is_wrapper(text: str) -> bool:
    """Return whether a file is a module sent by Ansible, which contains the options of its task."""
    return text.startswith("#!") and "ansiballz" in text.lower()


MODULES = ["download", "download_info", "download_fetch", "download_prune", "snippet", "snippet_info"]


def require_all_tasks(printed: str, emulator: Emulator) -> None:
    """Require that all tasks ran, so that secrets could be visible."""
    words = " ".join(printed.split())
    for said in ("Not in the Downloads", "HTTP 404", "app.tgz", "1.0"):
        assert said in words, said
    assert "Traceback" not in printed
    assert len(emulator.journal.select("storage")) > 3
    assert len(secrets(emulator)) > 12


def test_show_no_credentials_of_the_environment(emulator: Emulator, tmp_path: Path) -> None:
    """Use an OAuth consumer, which has the most secrets. The next test covers other kinds."""
    prepare(emulator, tmp_path)
    environment = emulator.environment()
    del environment["BITBUCKET_API_TOKEN"]
    environment |= {f"BITBUCKET_{name.upper()}": value for name, value in kind_of(emulator, "OAuth").items()}
    stage = Stage(emulator, tmp_path, environment)
    printed, watcher = stage.run({"tasks": tasks(tmp_path)})
    require_all_tasks(printed, emulator)
    seen = {"output": printed, **watcher.command_lines()}
    files = {path: "\n".join(texts) for path, texts in watcher.files.items()}
    assert any("AnsiballZ_bitbucket_download" in words for words in watcher.arguments), "no module was observed"
    assert any("AnsiballZ_bitbucket_download" in path for path in files), "no module was observed on the disk"
    assert "PLAY RECAP" in files[f"{stage.private[0]}/ansible.log"]
    assert leaks(emulator, {**seen, **files}) == []


def test_show_no_credentials_of_tasks_also_in_the_system_log(emulator: Emulator, tmp_path: Path) -> None:
    """Credentials of tasks are on the disk only for a short time, in Ansible's wrapper of the module."""
    prepare(emulator, tmp_path)
    given = [{}, kind_of(emulator, "OAuth"), kind_of(emulator, "access token")]
    watched = tasks(tmp_path)
    for number, task in enumerate(watched):
        task["module_defaults"] = {"group/releng.bitbucket.bitbucket": given[number % 3]}
    stage = Stage(emulator, tmp_path, emulator.environment())
    short = tmp_path / "log"
    short.mkdir()
    with system_log(short) as log:
        printed, watcher = stage.run({"tasks": watched}, *log.prefix)
    require_all_tasks(printed, emulator)
    text = "\n".join(log.lines)
    for module in MODULES:
        assert f"ansible-releng.bitbucket.bitbucket_{module}" in text or f"bitbucket_{module}: Invoked with" in text, module
    assert leaks(emulator, {"log": text, "output": printed, **watcher.command_lines()}) == []
    outside = {path: "".join(text for text in texts if not is_wrapper(text)) for path, texts in watcher.files.items()}
    assert "PLAY RECAP" in outside[f"{stage.private[0]}/ansible.log"]
    assert leaks(emulator, outside) == []

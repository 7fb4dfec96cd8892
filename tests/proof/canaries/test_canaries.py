# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module and lookup in a real playbook with each kind of credential: nothing secret is in the output, in the arguments of
any of its processes, in any file or in the system log.
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
    """The options of a kind of credential."""
    return {
        "access token": {"access_token": emulator.access_token},
        "API token": {"user": emulator.user, "api_token": emulator.api_token},
        "OAuth": {"client_id": emulator.client_id, "client_secret": emulator.client_secret},
    }[kind]


def secrets(emulator: Emulator) -> list[str]:
    """Everything that must not be seen, and how it looks in a URL. The storage host's session is among the signed values."""
    found = [*secrets_of(emulator), emulator.signer.session]
    return [*found, *(quote(secret, safe="") for secret in found)]


def leaks(emulator: Emulator, texts: Mapping[str, object]) -> list[tuple[str, str]]:
    """Where each secret that was seen was seen."""
    return [(place, secret) for secret in secrets(emulator) for place, text in texts.items() if secret in str(text)]


def tasks(folder: Path) -> list[dict[str, Any]]:
    """Every module and lookup: what works, what changes nothing, and what fails."""
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


def furnish(emulator: Emulator, folder: Path) -> None:
    """What the tasks need; and one answer that stalls, so that a sample is surely taken while a module runs."""
    (folder / "dist").mkdir()
    (folder / "dist" / "app.tgz").write_bytes(b"application")
    there = {"VERSION": b"1.0", "old-1": b"1", "old-2": b"2", "app-old.tgz": b"x" * 9}
    for name, data in there.items():
        widgets(emulator).put(name, data)
    widgets(emulator).put(MANIFEST, lines(there))
    emulator.snippets.create("Notes", {"notes.md": b"old"}, creator=emulator.user)
    emulator.faults.add("stall", host="storage", path="app", seconds=2)


class Stage:
    """Plays the tasks in folders of their own, watched; see `play`."""

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

    def play(self, play: dict[str, Any], *prefix: str) -> tuple[str, Watcher]:
        """What was printed, at Ansible's most verbose, and what a watcher saw meanwhile."""
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
    """Whether a file is a module as Ansible sends it: a program, with the options of its task in it."""
    return text.startswith("#!") and "ansiballz" in text.lower()


MODULES = ["download", "download_info", "download_fetch", "download_prune", "snippet", "snippet_info"]


def require_whole(printed: str, emulator: Emulator) -> None:
    """That everything ran, so that there was something to be seen."""
    words = " ".join(printed.split())
    for said in ("Not in the Downloads", "HTTP 404", "app.tgz", "1.0"):
        assert said in words, said
    assert "Traceback" not in printed
    assert len(emulator.journal.select("storage")) > 3
    assert len(secrets(emulator)) > 12


def test_show_no_credentials_of_the_environment(emulator: Emulator, tmp_path: Path) -> None:
    """Use an OAuth consumer, which has most secrets; the other kinds are tested below."""
    furnish(emulator, tmp_path)
    environment = emulator.environment()
    del environment["BITBUCKET_API_TOKEN"]
    environment |= {f"BITBUCKET_{name.upper()}": value for name, value in kind_of(emulator, "OAuth").items()}
    stage = Stage(emulator, tmp_path, environment)
    printed, watcher = stage.play({"tasks": tasks(tmp_path)})
    require_whole(printed, emulator)
    seen = {"output": printed, **watcher.command_lines()}
    files = {path: "\n".join(texts) for path, texts in watcher.files.items()}
    assert any("AnsiballZ_bitbucket_download" in words for words in watcher.arguments), "no module was seen at work"
    assert any("AnsiballZ_bitbucket_download" in path for path in files), "no module was seen on the disk"
    assert "PLAY RECAP" in files[f"{stage.private[0]}/ansible.log"]
    assert leaks(emulator, {**seen, **files}) == []


def test_show_no_credentials_of_tasks_also_in_the_system_log(emulator: Emulator, tmp_path: Path) -> None:
    """Credentials of tasks are on the disk for a moment, in Ansible's own wrapper of the module; elsewhere they are not."""
    furnish(emulator, tmp_path)
    given = [{}, kind_of(emulator, "OAuth"), kind_of(emulator, "access token")]
    playing = tasks(tmp_path)
    for number, task in enumerate(playing):
        task["module_defaults"] = {"group/releng.bitbucket.bitbucket": given[number % 3]}
    stage = Stage(emulator, tmp_path, emulator.environment())
    short = tmp_path / "log"
    short.mkdir()
    with system_log(short) as log:
        printed, watcher = stage.play({"tasks": playing}, *log.prefix)
    require_whole(printed, emulator)
    text = "\n".join(log.lines)
    for module in MODULES:
        assert f"ansible-releng.bitbucket.bitbucket_{module}" in text or f"bitbucket_{module}: Invoked with" in text, module
    assert leaks(emulator, {"log": text, "output": printed, **watcher.command_lines()}) == []
    outside = {path: "".join(text for text in texts if not is_wrapper(text)) for path, texts in watcher.files.items()}
    assert "PLAY RECAP" in outside[f"{stage.private[0]}/ansible.log"]
    assert leaks(emulator, outside) == []

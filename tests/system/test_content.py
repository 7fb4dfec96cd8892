# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Publish data that templates return: ansible-core 2.18 turns text that looks like JSON into data, later releases do not."""

from __future__ import annotations

import json
from pathlib import Path

from tests.emulator import Emulator
from tests.system.lookup.helpers import each_ansible, play

CONTENTS = {"data": "{{ a_dict }}", "file": "{{ lookup('ansible.builtin.file', 'x.json') }}", "list": "{{ [1, 'two'] }}"}


@each_ansible
def test_content_from_a_template_is_json_and_not_python_syntax(emulator: Emulator, tmp_path: Path, python: str) -> None:
    (tmp_path / "x.json").write_text('{"key": [true, null]}')
    variables = {"a_dict": {"key": [True, None]}}
    files = [{"name": name, "content": content} for name, content in CONTENTS.items()]
    publish = [{"releng.bitbucket.bitbucket_download": {"name": each["name"], "content": each["content"]}} for each in files]
    tasks = [*publish, {"releng.bitbucket.bitbucket_snippet": {"title": "Data", "files": files}}]
    for changed in (len(tasks), 0):
        done = play(tmp_path, tasks, environment=emulator.environment(), variables=variables, python=python)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"changed={changed} " in done.stdout
    expected = {"data": {"key": [True, None]}, "file": {"key": [True, None]}, "list": [1, "two"]}
    [snippet] = emulator.snippets
    repository = emulator.repository("acme", "widgets")
    for name, value in expected.items():
        assert json.loads(repository.get(name).content) == value
        assert json.loads(snippet.files[name]) == value

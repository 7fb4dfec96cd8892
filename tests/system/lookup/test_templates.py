# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that the contents of an artifact are never templates, however a playbook uses them, in each ansible-core."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.http._downloads.helpers import widgets
from tests.http.lookup.helpers import DOWNLOAD
from tests.system.lookup.helpers import Done, each_ansible, play

HOSTILE = "{{ lookup('pipe', 'touch canary') }} {% set x = lookup('pipe', 'touch canary') %}{{ x }} {# gone? #} {{ 1 + 1 }}"
DOCUMENT = {"key": HOSTILE, "list": [HOSTILE, {"deep": HOSTILE}], HOSTILE: "a key"}
NAME = "{{ lookup('pipe', 'touch canary') }}.txt"


def looked(term: str, **options: str) -> str:
    """Return a template with the lookup of an artifact."""
    arguments = "".join(f", {name}='{value}'" for name, value in options.items())
    return f"{{{{ lookup('{DOWNLOAD}', {term}{arguments}) }}}}"


def debug(message: str, **more: Any) -> dict[str, Any]:
    return {"ansible.builtin.debug": {"msg": message}, **more}


def facts(**values: str) -> dict[str, Any]:
    return {"ansible.builtin.set_fact": values}


def written(*expressions: str) -> dict[str, Any]:
    """Return a task that writes the values of these expressions to a file as a JSON list."""
    content = "{{{{ [{}] | to_json }}}}".format(", ".join(expressions))
    return {"ansible.builtin.copy": {"content": content, "dest": "{{ playbook_dir }}/written.json"}}


@pytest.fixture(autouse=True)
def _published(emulator: Emulator) -> None:
    widgets(emulator).put("text", HOSTILE + "\n")
    widgets(emulator).put("data", json.dumps(DOCUMENT))
    widgets(emulator).put(NAME, b"named")


def require_untouched(folder: Path, done: Done, values: int) -> None:
    """Require that the play succeeded, ran nothing, and wrote this many unchanged values."""
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (folder / "canary").exists()
    assert json.loads((folder / "written.json").read_text()) == [HOSTILE] * values


@each_ansible
def test_contents_are_never_templates(emulator: Emulator, tmp_path: Path, python: str) -> None:
    lazy = {
        "lazy": looked("'text'"),
        "lazy_data": looked("'data'", output="json"),
        "control": HOSTILE.replace("canary", "control"),
    }
    tasks = [
        facts(text=looked("'text'"), data=looked("'data'", output="json"), more=looked("'data'", output="yaml")),
        facts(again="{{ text }}", listed="{{ [text, text] }}", key="{{ data.key }}", whole="{{ data }}", yaml="{{ more }}"),
        debug("{{ lazy }} {{ lazy_data }} {{ again }} {{ listed }} {{ key }} {{ whole }} {{ yaml }}"),
        {"ansible.builtin.debug": {"var": "lazy"}},
        {"ansible.builtin.debug": {"var": "whole"}},
        debug(looked("'text'") + looked("'data'", output="yaml") + "{{ 1 }}"),
        debug("{{ item }}", **{"with_" + DOWNLOAD: ["text"]}),
        debug("{{ item }}", loop=f"{{{{ query('{DOWNLOAD}', 'text', 'text') + whole.list }}}}"),
        debug("{{ item.key }} {{ item.value }}", loop="{{ yaml | dict2items }}"),
        {**facts(passed="{{ mine }}"), "vars": {"mine": "{{ again }}"}},
        written(
            "lazy",
            "again",
            "listed[1]",
            "key",
            "passed",
            "lazy_data.key",
            "whole.list[0]",
            "whole.list[1].deep",
            "yaml.key",
            "yaml.list[1].deep",
            "(whole | dict2items | last).key",
            "(yaml | dict2items | last).key",
            looked("'text'")[3:-3],
        ),
        debug("{{ control }}"),
    ]
    done = play(tmp_path, tasks, environment=emulator.environment(), variables=lazy, python=python)
    require_untouched(tmp_path, done, 13)
    assert (tmp_path / "control").exists(), "the text is no template anywhere, so nothing was proved"


@each_ansible
def test_names_and_errors_are_never_templates(emulator: Emulator, tmp_path: Path, python: str) -> None:
    """Names are not combined with other text here, because ansible-core 2.18 templates the terms of every lookup."""
    emulator.repository("acme", "gadgets")
    widgets(emulator).put("{{ lookup('pipe', 'touch canary') }}.bin", b"\xff")
    tasks = [
        {"releng.bitbucket.bitbucket_download_info": {"patterns": "*touch*"}, "register": "info"},
        debug("{{ item.name }}", loop="{{ info.artifacts }}"),
        facts(names="{{ info.artifacts | map(attribute='name') | sort }}"),
        debug(looked("names[1]"), register="read"),
        debug(looked("names[0]"), register="failed", ignore_errors=True),
        debug("{{ failed.msg }} {{ names }}"),
        debug(looked("names[1]", repository="gadgets", on_missing="warn")),
        {
            "ansible.builtin.assert": {
                "that": ["read.msg == 'named'", "'is not text in utf-8' in failed.msg", "'touch canary' in failed.msg"]
            }
        },
    ]
    done = play(tmp_path, tasks, environment=emulator.environment(), python=python)
    printed = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 0, printed
    assert not (tmp_path / "canary").exists()
    assert f"'{NAME}' is not in the Downloads of gadgets" in printed

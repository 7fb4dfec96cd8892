# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role publish_artifacts: what it does in which order, what each variable is for, and what it leaves behind.

Retention has a file of its own, so have failures.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator

from .conftest import RolePlayer

ROLE = "publish_artifacts"
TITLE = "Release notes of widgets 1.4.2"


@pytest.fixture
def built(dist: Path) -> dict[str, Any]:
    """Two files in `dist`, and the variable that names them."""
    (dist / "install.sh").write_bytes(b"#!/bin/sh\n")
    (dist / "widgets-1.4.2.tgz").write_bytes(b"the archive")
    return {"publish_artifacts_files": [f"{dist}/*"]}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def notes_of(emulator: Emulator) -> str:
    """The text of the only snippet."""
    (snippet,) = emulator.snippets
    content: bytes = snippet.files["notes.md"]
    return content.decode()


def test_files_then_manifest_then_retention_then_notes(play: RolePlayer, emulator: Emulator, built: dict[str, Any]) -> None:
    for name in ("widgets-1.0.0.tgz", "widgets-1.1.0.tgz"):
        emulator.repository().put(name, b"old")
    everything = built | {
        "publish_artifacts_keep": 1,
        "publish_artifacts_patterns": ["widgets-*"],
        "publish_artifacts_notes_title": TITLE,
        "publish_artifacts_notes": "Faster.",
    }
    dry = play.ok(ROLE, everything, "--check")
    assert [entry.method for entry in emulator.journal if entry.method != "GET"] == []
    played = play.ok(ROLE, everything)
    assert (dry.changed, played.changed) == (3, 3)
    writes = [entry for entry in emulator.journal if entry.method != "GET"]
    assert [(entry.method, entry.stored or entry.fields.get("title")) for entry in writes][:2] == [
        ("POST", ["install.sh", "widgets-1.4.2.tgz"]),
        ("POST", ["SHA256SUMS"]),
    ]
    assert [entry.method for entry in writes[2:]] == ["DELETE", "DELETE", "POST"]
    assert writes[-1].fields["title"] == TITLE
    assert play.ok(ROLE, everything).changed == 0


def test_without_further_variables_it_keeps_the_manifest_and_deletes_and_writes_nothing_else(
    play: RolePlayer, emulator: Emulator, built: dict[str, Any]
) -> None:
    emulator.repository().put("widgets-1.0.0.tgz", b"old")
    played = play.ok(ROLE, built)
    assert sorted(emulator.repository().names()) == ["SHA256SUMS", "install.sh", "widgets-1.0.0.tgz", "widgets-1.4.2.tgz"]
    assert len(emulator.snippets) == 0
    assert {task["action"] for task in played.tasks if task["action"].startswith("releng.")} == {
        "releng.bitbucket.bitbucket_download"
    }


@pytest.mark.parametrize(("manifest", "names"), [("", []), ("sums.txt", ["sums.txt"])])
def test_the_manifest_has_the_name_that_is_asked_for(
    play: RolePlayer, emulator: Emulator, built: dict[str, Any], manifest: str, names: list[str]
) -> None:
    play.ok(ROLE, built | {"publish_artifacts_manifest": manifest})
    assert sorted(emulator.repository().names()) == ["install.sh", *names, "widgets-1.4.2.tgz"]


def test_overwrite_decides_what_happens_to_released_content(play: RolePlayer, emulator: Emulator, built: dict[str, Any]) -> None:
    emulator.repository().put("install.sh", b"released")
    message = play.failure(ROLE, built | {"publish_artifacts_overwrite": "refuse"})
    assert "overwrite is 'refuse', and these artifacts are there with other content: 'install.sh' (size differs)" in message
    play.ok(ROLE, built | {"publish_artifacts_overwrite": "never"})
    assert emulator.repository().get("install.sh").content == b"released"
    play.ok(ROLE, built)
    assert emulator.repository().get("install.sh").content == b"#!/bin/sh\n"


def test_the_repository_comes_from_its_variable_and_else_from_the_environment(
    play: RolePlayer, emulator: Emulator, built: dict[str, Any]
) -> None:
    emulator.repository("acme", "gadgets", private=True)
    play.ok(ROLE, built | {"publish_artifacts_repository": "gadgets"})
    assert "install.sh" in emulator.repository("acme", "gadgets").names()
    assert emulator.repository().names() == []
    play.ok(ROLE, built)
    assert "install.sh" in emulator.repository().names()


def test_the_connection_may_come_from_module_defaults_and_nothing_shows_a_secret(
    play: RolePlayer, emulator: Emulator, built: dict[str, Any]
) -> None:
    connection = {name: emulator.environment()[f"BITBUCKET_{name.upper()}"] for name in ("api_url", "workspace", "api_token")}
    names = ("result", "retention_result", "notes_result")
    show = {
        "ansible.builtin.debug": {
            "msg": "{{{{ {} }}}}".format(" ~ ".join(f"publish_artifacts_{name} | to_json" for name in names))
        }
    }
    played = play.ok(
        ROLE,
        built
        | {
            "publish_artifacts_repository": "widgets",
            "publish_artifacts_keep": 3,
            "publish_artifacts_patterns": ["*"],
            "publish_artifacts_notes_title": TITLE,
        },
        "-vvv",
        environment={},
        module_defaults={"group/releng.bitbucket.bitbucket": connection | {"user": emulator.user}},
        after=[show],
    )
    assert played.changed == 2
    assert emulator.user in played.output  # so the arguments are shown
    assert emulator.api_token not in played.output
    assert emulator.api_token not in json.dumps(played.tasks)


def test_the_result_is_that_of_the_module_and_no_fact(play: RolePlayer, emulator: Emulator, built: dict[str, Any]) -> None:
    show = [{"ansible.builtin.debug": {"msg": "{{ [publish_artifacts_result, ansible_facts] }}"}}]
    played = play.ok(ROLE, built, after=show)
    result, facts = played.tasks[-1]["result"]["msg"]
    assert [(each["name"], each["status"]) for each in result["artifacts"]] == [
        ("install.sh", "created"),
        ("widgets-1.4.2.tgz", "created"),
    ]
    assert result["manifest"]["status"] == "created"
    assert result["changed"] is True
    assert facts == {}


def test_the_notes_have_the_text_as_it_is_and_a_table(
    play: RolePlayer, emulator: Emulator, built: dict[str, Any], dist: Path
) -> None:
    (dist / "a|b.txt").write_bytes(b"odd")
    # From a file, as notes are: text that looks like a template stays text.
    (dist.parent / "NOTES.md").write_text("# widgets 1.4.2\n\n{{ no_template }} {% raw %}\n\n", encoding="utf-8")
    variables = built | {
        "publish_artifacts_notes_title": TITLE,
        "publish_artifacts_notes": "{{ lookup('ansible.builtin.file', 'NOTES.md') }}",
    }
    play.ok(ROLE, variables)
    assert notes_of(emulator) == (
        "# widgets 1.4.2\n\n{{ no_template }} {% raw %}\n\n## Artifacts\n\n| Name | Bytes | SHA-256 |\n| --- | ---: | --- |\n"
        f"| a\\|b.txt | 3 | {sha256(b'odd')} |\n"
        f"| install.sh | 10 | {sha256(b'#!/bin/sh' + bytes([10]))} |\n"
        f"| widgets-1.4.2.tgz | 11 | {sha256(b'the archive')} |\n"
    )
    assert play.ok(ROLE, variables).changed == 0


def test_a_title_alone_makes_notes_with_the_table_alone(play: RolePlayer, emulator: Emulator, built: dict[str, Any]) -> None:
    play.ok(ROLE, built | {"publish_artifacts_notes_title": TITLE})
    (snippet,) = emulator.snippets
    assert (snippet.title, snippet.is_private) == (TITLE, True)
    assert notes_of(emulator).startswith("## Artifacts\n\n| Name |")


def test_notes_of_what_nobody_compares_have_no_digests_and_stay_the_same(
    play: RolePlayer, emulator: Emulator, built: dict[str, Any]
) -> None:
    variables = built | {
        "publish_artifacts_notes_title": TITLE,
        "publish_artifacts_manifest": "",
        "publish_artifacts_overwrite": "never",
    }
    play.ok(ROLE, variables)
    assert notes_of(emulator).endswith("| Name | Bytes |\n| --- | ---: |\n| install.sh | 10 |\n| widgets-1.4.2.tgz | 11 |\n")
    assert play.ok(ROLE, variables).changed == 0


def test_notes_of_nothing_are_no_word(play: RolePlayer, emulator: Emulator, built: dict[str, Any]) -> None:
    play.ok(ROLE, built | {"publish_artifacts_notes_title": TITLE, "publish_artifacts_notes": None})
    assert notes_of(emulator).startswith("## Artifacts\n")


def test_a_title_of_nothing_writes_no_notes(play: RolePlayer, emulator: Emulator, built: dict[str, Any]) -> None:
    play.ok(ROLE, built | {"publish_artifacts_notes_title": None})
    assert len(emulator.snippets) == 0

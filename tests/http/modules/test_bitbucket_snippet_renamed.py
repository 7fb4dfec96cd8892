# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_snippet, names that the service stores differently: said so, shown, found again, never purged."""

from __future__ import annotations

import pytest
from ansible.module_utils.basic import AnsibleModule

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.snippeting import TITLE, ensured, only, refusal, require_idle, sha256, wished, writes

WISH = {"my notes.md": b"notes\n", "plain.md": b"plain\n"}
STORED = {"my_notes.md": b"notes\n", "plain.md": b"plain\n"}


@pytest.fixture(autouse=True)
def _spaces(emulator: Emulator) -> None:
    """The service makes each space an underscore, as it has been seen to."""
    emulator.switches.rename = "spaces"


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the module warns of; in a test's process ansible-core would show it to the controller's user instead."""
    said: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda module, warning: said.append(warning))
    return said


@pytest.mark.parametrize("how", ["create", "update"])
def test_a_renamed_file_is_said_and_shown(emulator: Emulator, run: ModuleRunner, warnings: list[str], how: str) -> None:
    if how == "update":
        emulator.snippets.create(TITLE, {"plain.md": b"old"})
    result = ensured(run, title=TITLE, files=wished(WISH))
    assert result["status"] == how + "d"
    assert only(emulator).files == STORED
    notes, plain = result["snippet"]["files"]
    assert (notes["name"], notes["stored_name"], notes["sha256"]) == ("my notes.md", "my_notes.md", sha256(b"notes\n"))
    assert notes["url"].endswith(f"/{only(emulator).revision}/files/my_notes.md")
    assert "stored_name" not in plain
    [warning] = warnings
    assert "'my notes.md'" in warning
    assert "'my_notes.md'" in warning
    assert len(writes(emulator)) == 1


@pytest.mark.parametrize("purge", [False, True])
@pytest.mark.parametrize("answers", ["all", "json_only"])
def test_a_second_run_finds_it_again_and_does_not_purge_it(
    emulator: Emulator, run: ModuleRunner, warnings: list[str], purge: bool, answers: str
) -> None:
    emulator.switches.snippet_answers = answers
    ensured(run, title=TITLE, files=wished(WISH), purge=purge)
    result = require_idle(emulator, run, title=TITLE, files=wished(WISH), purge=purge)
    assert result["snippet"]["files"][0]["stored_name"] == "my_notes.md"
    assert only(emulator).files == STORED
    assert len(warnings) == 3


@pytest.mark.parametrize("purge", [False, True])
def test_changed_content_replaces_it(emulator: Emulator, run: ModuleRunner, warnings: list[str], purge: bool) -> None:
    ensured(run, title=TITLE, files=wished(WISH))
    result = ensured(run, title=TITLE, files=wished({**WISH, "my notes.md": b"changed\n"}), purge=purge)
    assert result["status"] == "updated"
    assert only(emulator).files == {**STORED, "my_notes.md": b"changed\n"}
    assert len(only(emulator).revisions) == 2
    require_idle(emulator, run, title=TITLE, files=wished({**WISH, "my notes.md": b"changed\n"}), purge=purge)


def test_purge_takes_what_only_looks_like_it(emulator: Emulator, run: ModuleRunner, warnings: list[str]) -> None:
    ensured(run, title=TITLE, files=wished(WISH))
    only(emulator).edit({"my_other.md": b"notes\n", "my_notes.md.bak": b"notes\n"})
    ensured(run, title=TITLE, files=wished(WISH), purge=True)
    assert only(emulator).files == STORED


def test_other_rules_of_the_service_are_seen_through(emulator: Emulator, run: ModuleRunner, warnings: list[str]) -> None:
    emulator.switches.rename = lambda name: name.replace(" & ", "-")
    ensured(run, title=TITLE, files=wished({"a & b.md": b"1"}))
    assert only(emulator).files == {"a-b.md": b"1"}
    require_idle(emulator, run, title=TITLE, files=wished({"a & b.md": b"1"}), purge=True)


def test_a_name_that_loses_plain_characters_too_is_an_error(emulator: Emulator, run: ModuleRunner, warnings: list[str]) -> None:
    """Looser rules would take one file for another; Bitbucket's upload parser unescapes HTML."""
    message = refusal(run, title=TITLE, files=wished({"a&amp;b.md": b"1"}))
    assert "'a&amp;b.md'" in message
    assert "'a&b.md'" in message
    assert len(emulator.snippets) == 1


@pytest.mark.parametrize("how", ["create", "update"])
def test_a_plain_name_that_is_stored_elsewhere_is_an_error(
    emulator: Emulator, run: ModuleRunner, warnings: list[str], how: str
) -> None:
    if how == "update":
        emulator.snippets.create(TITLE, {"other.md": b"old"})
    emulator.switches.rename = lambda name: "elsewhere.md"
    message = refusal(run, title=TITLE, files=wished({"plain.md": b"plain\n"}))
    assert "'plain.md'" in message
    assert "'elsewhere.md'" in message
    assert len(emulator.snippets) == 1


@pytest.mark.parametrize("check", [True, False])
def test_a_file_that_an_upload_might_have_become_is_purged_after_it(emulator: Emulator, run: ModuleRunner, check: bool) -> None:
    emulator.switches.rename = None
    snippet = emulator.snippets.create("Notes", {"my_notes.md": b"old"})
    options = {"repository": None, "title": "Notes", "purge": True, "files": [{"name": "my notes.md", "content": "new"}]}
    result = run.ok("bitbucket_snippet", check=check, **options)
    assert result["status"] == "updated"
    assert [(entry["name"], entry["size"]) for entry in result["snippet"]["files"]] == [("my notes.md", 3)]
    if not check:
        removing = [entry.fields.get("files") for entry in emulator.journal.select(method="PUT")]
        assert removing == [None, ["my_notes.md"]]
        assert snippet.files == {"my notes.md": b"new"}
        assert run.ok("bitbucket_snippet", **options)["status"] == "unchanged"

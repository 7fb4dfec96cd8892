# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the lookup bitbucket_snippet: options from arguments, variables and the environment, and a real run of Ansible."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.leaks import leaked
from tests.http.lookup.helpers import SNIPPET, SnippetLooker
from tests.system.lookup.helpers import each_ansible, play

HOSTILE = "{{ lookup('pipe', 'touch canary') }} {% set x = lookup('pipe', 'touch canary') %}{{ x }} {# gone? #} {{ 1 + 1 }}"
ENVIRONMENT = {"workspace": "BITBUCKET_WORKSPACE", "api_url": "BITBUCKET_API_URL", "token_url": "BITBUCKET_TOKEN_URL"}
SECRETS = {"user": "BITBUCKET_USERNAME", "api_token": "BITBUCKET_API_TOKEN"}


@pytest.fixture
def look(emulator: Emulator) -> SnippetLooker:
    """Run the lookup in this process."""
    return SnippetLooker(emulator)


@pytest.fixture(autouse=True)
def _published(emulator: Emulator) -> None:
    emulator.snippets.create("Notes", {"f": b"text"}, id="note1")
    emulator.workspace("other").snippets.create("Notes", {"f": b"elsewhere"}, id="note2")


@pytest.mark.parametrize("source", ["arguments", "variables"])
@pytest.mark.parametrize("option", [{"snippet_id": "note1"}, {"title": "Notes"}], ids=str)
def test_snippet_is_chosen_by_arguments_and_variables(look: SnippetLooker, source: str, option: dict[str, Any]) -> None:
    if source == "arguments":
        assert look("f", **option) == ["text"]
        return
    assert look("f", variables={f"bitbucket_{name}": value for name, value in option.items()}) == ["text"]


@pytest.mark.parametrize("name", ["snippet_id", "id", "encoded_id"])
def test_an_argument_takes_precedence_over_variables(look: SnippetLooker, name: str) -> None:
    assert look.failure("f", title="missing", variables={"bitbucket_title": "Notes"}) == "There is no snippet 'missing'"
    variables = {"bitbucket_title": "missing", "bitbucket_snippet_id": "missing"}
    assert look("f", variables=variables, **{name: "note1"}) == ["text"]
    assert look("f", variables=variables, title="Notes") == ["text"]


def test_a_credential_argument_takes_precedence_over_variables_of_another_kind(emulator: Emulator, look: SnippetLooker) -> None:
    variables = {"bitbucket_access_token": "wrong", "bitbucket_client_id": "wrong", "bitbucket_username": emulator.user}
    assert look("f", title="Notes", user=None, variables=variables) == ["text"]
    both = {"bitbucket_access_token": "wrong", "bitbucket_password": "wrong"}
    assert "More than one kind of credentials is set" in look.failure(
        "f", title="Notes", user=None, api_token=None, variables=both
    )


def test_variables_of_aliases_are_used(emulator: Emulator, look: SnippetLooker) -> None:
    variables = {"bitbucket_username": emulator.user, "bitbucket_password": emulator.api_token}
    assert look("f", title="Notes", user=None, api_token=None, variables=variables) == ["text"]
    variables |= {"bitbucket_user": "missing"}
    assert "401" in look.failure("f", title="Notes", user=None, api_token=None, variables=variables)


@pytest.mark.parametrize("source", ["arguments", "variables", "environment"])
def test_the_connection_comes_from_every_source(
    emulator: Emulator, look: SnippetLooker, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"workspace": "other", "api_url": emulator.api_url, "token_url": emulator.token_url, **look.token}
    given: dict[str, Any] = options if source == "arguments" else {}
    if source == "environment":
        for name, variable in {**ENVIRONMENT, **SECRETS}.items():
            monkeypatch.setenv(variable, options[name])
    variables = {f"bitbucket_{name}": value for name, value in options.items()} if source == "variables" else None
    assert look.bare("f", title="Notes", retries=0, variables=variables, **given) == ["elsewhere"]
    assert emulator.journal[0].headers["Authorization"].startswith("Basic ")


def test_a_workspace_is_required(emulator: Emulator, look: SnippetLooker) -> None:
    assert "workspace" in look.bare_failure("f", title="Notes", **look.address, **look.token)
    assert len(emulator.journal) == 0


@pytest.mark.parametrize(("retries", "works"), [(0, False), (1, True)])
def test_retries_apply_to_every_request(emulator: Emulator, look: SnippetLooker, retries: int, works: bool) -> None:
    for path in ("/snippets/acme$", "/note1$", "/files/"):
        emulator.faults.add("status", path=path, code=503, headers={"Retry-After": "0"})
    if works:
        assert look("f", title="Notes", retries=retries) == ["text"]
    else:
        assert "HTTP 503" in look.failure("f", title="Notes", retries=retries)


@pytest.mark.parametrize(
    ("option", "value"), [("output", "xml"), ("on_missing", "maybe"), ("timeout", "soon"), ("max_size", "x")]
)
def test_an_unknown_value_of_an_option_is_refused(emulator: Emulator, look: SnippetLooker, option: str, value: str) -> None:
    assert option in look.bare_failure("f", **{**look.connection, "title": "Notes", option: value})
    assert len(emulator.journal) == 0


@pytest.mark.parametrize("value", ["..", "a/b", "a\nb"])
@pytest.mark.parametrize("option", ["workspace", "snippet_id"])
def test_an_invalid_workspace_or_id_is_refused_before_any_request(
    emulator: Emulator, look: SnippetLooker, option: str, value: str
) -> None:
    assert look.failure("f", **{"snippet_id": "note1", option: value}).startswith(option)
    assert len(emulator.journal) == 0


def test_results_are_plain_values(emulator: Emulator, look: SnippetLooker) -> None:
    """A type of Ansible could be marked as a trusted template."""
    emulator.snippets.create("Plain", {"f": b'["{{ 1 }}"]'})
    (text,) = look("f", title="Plain")
    ((inner,),) = look("f", title="Plain", output="json")
    assert (type(text), type(inner)) == (str, str)


@each_ansible
def test_contents_and_names_are_never_templates_and_no_secret_is_shown(emulator: Emulator, tmp_path: Path, python: str) -> None:
    files = {"text": HOSTILE.encode(), "data": json.dumps({HOSTILE: [HOSTILE]}).encode()}
    emulator.snippets.create("Hostile", files, id="host1")
    looked = f"lookup('{SNIPPET}', %s, title='Hostile'%s)"
    text, data = looked % ("'text'", ""), looked % ("'data'", ", output='yaml'")
    values = [text, "kept", f"({data} | dict2items | first).key", "(data | dict2items | first).value[0]", "lazy"]
    tasks: list[dict[str, Any]] = [
        {"ansible.builtin.set_fact": {"kept": f"{{{{ {text} }}}}", "data": f"{{{{ {data} }}}}"}},
        {"ansible.builtin.debug": {"msg": "{{ kept }} {{ lazy }} {{ data }}"}},
        {"ansible.builtin.debug": {"msg": "{{ %s }}" % (looked % ("'missing'", ""))}, "ignore_errors": True},
        {
            "ansible.builtin.copy": {
                "content": "{{{{ [{}] | to_json }}}}".format(", ".join(values)),
                "dest": "{{ playbook_dir }}/written.json",
            }
        },
        {"ansible.builtin.debug": {"msg": "{{ control }}"}},
    ]
    variables = {"lazy": f"{{{{ {text} }}}}", "control": HOSTILE.replace("canary", "control")}
    done = play(tmp_path, tasks, "-vvvv", environment=emulator.environment(), variables=variables, python=python)
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed
    assert "has no file 'missing'" in " ".join(printed.split())
    assert json.loads((tmp_path / "written.json").read_text()) == [HOSTILE] * len(values)
    assert not (tmp_path / "canary").exists()
    assert (tmp_path / "control").exists(), "the text is no template anywhere, so nothing was proved"
    assert leaked(emulator, printed) == []

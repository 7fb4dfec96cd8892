# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test blocks in guides that are settings of other programs: they equal the examples, and the examples work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ansible_collections.releng.bitbucket.plugins.module_utils._ansible.arguments import connection_argument_spec
from ansible_collections.releng.bitbucket.plugins.module_utils._meter import Sample
from ansible_collections.releng.bitbucket.plugins.plugin_utils._lines import Lines
from ansible_collections.releng.bitbucket.plugins.plugin_utils._options import define_options
from tests.demo.runner import PlaybookRunner
from tests.emulator import Emulator
from tests.system.examples.helpers import BUILT, release
from tests.tools.tree import ROOT

from .guides import RST, blocks, marked
from .test_guides import play

EXAMPLES = ROOT / "docs" / "examples"


def find_blocks(name: str) -> list[Any]:
    """Return the YAML blocks that name this test."""
    found = [block.data for block in marked(f"by {name}")]
    assert found
    return found


def read_example(path: str) -> Any:
    """Return the contents of an example."""
    return yaml.safe_load((EXAMPLES / path).read_text(encoding="utf-8"))


def test_line_of_progress() -> None:
    mib = 1024 * 1024
    lines = Lines(0).render(10.0, [Sample(1, "widgets-1.4.2.tar.gz", 118 * mib, 512 * mib, 10.0)])
    assert [block.text.strip() for block in marked("by test_line_of_progress")] == [f"progress: [localhost] {lines[0]}"]


def test_pipelines() -> None:
    assert find_blocks("test_pipelines") == [read_example("pipelines/bitbucket-pipelines.yml")]


def test_execution_environment() -> None:
    assert find_blocks("test_execution_environment") == [read_example("execution-environment.yml")]


CREDENTIAL_TYPES = read_example("awx/credential_types.yml")["credential_types"]


def test_credential_types() -> None:
    assert find_blocks("test_credential_types") == [
        part for each in CREDENTIAL_TYPES for part in (each["inputs"], each["injectors"])
    ]


@pytest.mark.parametrize("credential_type", CREDENTIAL_TYPES, ids=lambda each: each["name"])
def test_credential_types_inject_variables_that_the_collection_reads(credential_type: dict[str, Any]) -> None:
    fields = {field["id"]: field for field in credential_type["inputs"]["fields"]}
    options = connection_argument_spec()
    variables = {source["name"]: option for option, each in define_options(options).items() for source in each["vars"]}
    injected = credential_type["injectors"]["extra_vars"]
    assert credential_type["inputs"]["required"] == list(fields)
    assert {variables[name]: value for name, value in injected.items()} == {name: f"{{{{ {name} }}}}" for name in fields}
    assert [name for name in fields if fields[name].get("secret")] == [name for name in fields if options[name].get("no_log")]
    natural_key = {"type": "credential_type", **{key: credential_type[key] for key in ("name", "kind")}}
    assert (credential_type["kind"], credential_type["natural_key"]) == ("cloud", natural_key)


@pytest.mark.parametrize("credential_type", CREDENTIAL_TYPES, ids=lambda each: each["name"])
def test_a_job_runs_with_each_credential_type(credential_type: dict[str, Any], world: Emulator, tmp_path: Path) -> None:
    release(world, BUILT)
    jinja = ImmutableSandboxedEnvironment()
    injected = credential_type["injectors"]["extra_vars"]
    values = {name: jinja.from_string(text).render(vars(world)) for name, text in injected.items()}
    # AWX marks the values of injected variables as unsafe.
    file = tmp_path / "injected.yml"
    file.write_text("".join(f'{name}: !unsafe "{value}"\n' for name, value in values.items()), encoding="utf-8")
    connection = {name: value for name, value in world.environment().items() if name.endswith("_URL")}
    runner = PlaybookRunner(tmp_path, connection)
    [job] = [block for block in blocks(RST / "guide_awx.rst") if block.runs_again]
    [done] = play(runner, world, tmp_path, [job], words=("-e", f"@{file}"))
    assert (tmp_path / "fetched" / "widgets-1.4.2.tar.gz").read_bytes() == BUILT["widgets-1.4.2.tar.gz"]
    assert not [value for value in values.values() if value in done.output and value != world.client_id]


def test_navigator_settings() -> None:
    settings = read_example("awx/ansible-navigator.yml")
    assert find_blocks("test_navigator_settings") == [settings]
    names = settings["ansible-navigator"]["execution-environment"]["environment-variables"]["pass"]
    known = (ROOT / "plugins" / "doc_fragments" / "_connection.py").read_text(encoding="utf-8")
    assert [name for name in names if f"E({name})" not in known] == []

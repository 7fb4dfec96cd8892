# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Blocks in guides that are settings of other programs: they are those that other tests use, or they hold what they must."""

from __future__ import annotations

from typing import Any

import yaml

from ansible_collections.releng.bitbucket.plugins.module_utils._meter import Sample
from ansible_collections.releng.bitbucket.plugins.plugin_utils._lines import Lines
from tests.tools.tree import ROOT

from .guides import marked

EXAMPLES = ROOT / "docs" / "examples"


def quoted(name: str) -> list[Any]:
    """The blocks of YAML that the test of this name is to look at."""
    found = [block.data for block in marked(f"by {name}")]
    assert found
    return found


def held(path: str) -> Any:
    """An example that has tests of its own."""
    return yaml.safe_load((EXAMPLES / path).read_text(encoding="utf-8"))


def test_line_of_progress() -> None:
    mib = 1024 * 1024
    lines = Lines(0).render(10.0, [Sample(1, "widgets-1.4.2.tar.gz", 118 * mib, 512 * mib, 10.0)])
    assert [block.text.strip() for block in marked("by test_line_of_progress")] == [f"progress: [localhost] {lines[0]}"]


def test_pipelines() -> None:
    assert quoted("test_pipelines") == [held("pipelines/bitbucket-pipelines.yml")]


def test_execution_environment() -> None:
    assert quoted("test_execution_environment") == [held("execution-environment.yml")]


def test_credential_type() -> None:
    inputs, injectors = quoted("test_credential_type")
    fields = {field["id"]: field for field in inputs["fields"]}
    assert set(inputs["required"]) <= fields.keys()
    assert [name for name, field in fields.items() if field.get("secret")] == ["api_token"]
    assert set(injectors) == {"extra_vars"}
    assert {value.strip("{} ") for value in injectors["extra_vars"].values()} == fields.keys()

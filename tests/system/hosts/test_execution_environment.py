# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Execution environments: what ansible-builder reads from the collection, and the definition that we give as an example.

Knows ansible-builder. No image is built here: that takes a container engine and a registry.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from tests.tools.tree import ROOT

from .control import install, require_ok, run, settings

DEFINITION = ROOT / "docs" / "examples" / "execution-environment.yml"


def required() -> dict[str, str]:
    """Names and bounds in requirements.txt."""
    return bounds(lines("requirements.txt"))


def lines(name: str) -> list[str]:
    """A file of the collection without comments."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def bounds(requirements: list[str]) -> dict[str, str]:
    """Python requirements as bounds by name; what follows a # is dropped."""
    parsed = [Requirement(line.partition("#")[0].strip()) for line in requirements]
    assert len({each.name for each in parsed}) == len(parsed)
    return {each.name: str(each.specifier) for each in parsed}


def definition() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))
    return content


@pytest.fixture
def context(tarball: Path, tmp_path: Path) -> Path:
    """What ``ansible-builder create`` makes of our example, with the tarball beside it."""
    for file in (DEFINITION, tarball):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    made = tmp_path / "context"
    words = ("create", "--file", DEFINITION.name, "--context", str(made), "--output-filename", "Containerfile")
    require_ok(run("ansible_builder", *words, environment=settings(tmp_path / "home"), folder=tmp_path))
    return made


def test_ansible_builder_finds_exactly_our_requirements(installed: str, tmp_path: Path) -> None:
    done = run("ansible_builder", "introspect", installed, environment=settings(tmp_path / "home"), folder=tmp_path)
    found = yaml.safe_load(require_ok(done))
    assert bounds(found["python"]) == required()
    assert set(required()) == {"requests"}
    assert [line.partition("#")[0].strip() for line in found["system"]] == lines("bindep.txt")


def test_ansible_builder_takes_the_example(context: Path, tarball: Path) -> None:
    assert (context / "_build" / "dist" / tarball.name).read_bytes() == tarball.read_bytes()
    wanted = yaml.safe_load((context / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    assert wanted == {"collections": [{"name": f"dist/{tarball.name}", "type": "file"}]}
    steps = (context / "Containerfile").read_text(encoding="utf-8")
    assert f'EE_BASE_IMAGE="{definition()["images"]["base_image"]["name"]}"' in steps
    assert "ansible-galaxy collection install" in steps
    assert "introspect.py introspect" in steps


def test_the_context_installs_the_collection(context: Path, tmp_path: Path) -> None:
    path = install(context / "_build", "--requirements-file", "requirements.yml")
    done = run("ansible", "doc", "--list", "releng.bitbucket", environment=settings(tmp_path / "home", path), folder=tmp_path)
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("bitbucket_*.py")}
    assert {line.split()[0].rpartition(".")[2] for line in require_ok(done).splitlines() if line} == modules


def test_the_example_has_an_ansible_that_the_collection_takes() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    dependencies = definition()["dependencies"]
    (bound,) = bounds([dependencies["ansible_core"]["package_pip"]]).values()
    assert runtime["requires_ansible"] in bound.split(",")
    assert dependencies["ansible_runner"] == {"package_pip": "ansible-runner"}

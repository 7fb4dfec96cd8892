# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test what ansible-builder reads from the collection and makes of the example.

It builds no image, which needs a container engine and a registry.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement

from tests.tools.tree import ROOT

from .control import install, require_ok, run, settings

DEFINITION = ROOT / "docs" / "examples" / "execution-environment.yml"


def required() -> dict[str, str]:
    """Return the bounds in requirements.txt by name."""
    return bounds(lines("requirements.txt"))


def lines(name: str) -> list[str]:
    """Return the lines of a file of the collection without comments."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def bounds(requirements: list[str]) -> dict[str, str]:
    """Return the bounds of Python requirements by name, without what follows a #."""
    parsed = [Requirement(line.partition("#")[0].strip()) for line in requirements]
    assert len({each.name for each in parsed}) == len(parsed)
    return {each.name: str(each.specifier) for each in parsed}


def definition() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))
    return content


def test_ansible_builder_finds_exactly_our_requirements(installed: str, tmp_path: Path) -> None:
    done = run("ansible_builder", "introspect", installed, environment=settings(tmp_path / "home"), folder=tmp_path)
    found = yaml.safe_load(require_ok(done))
    assert bounds(found["python"]) == required()
    assert set(required()) == {"requests"}
    assert [line.partition("#")[0].strip() for line in found["system"]] == lines("bindep.txt")


def test_ansible_builder_creates_a_context_that_installs_the_collection(tarball: Path, tmp_path: Path) -> None:
    for file in (DEFINITION, tarball):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    context, home = tmp_path / "context", settings(tmp_path / "home")
    words = ("create", "--file", DEFINITION.name, "--context", str(context), "--output-filename", "Containerfile")
    require_ok(run("ansible_builder", *words, environment=home, folder=tmp_path))
    assert (context / "_build" / "dist" / tarball.name).read_bytes() == tarball.read_bytes()
    wanted = yaml.safe_load((context / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    assert wanted == {"collections": [{"name": f"dist/{tarball.name}", "type": "file"}]}
    steps = (context / "Containerfile").read_text(encoding="utf-8")
    assert f'EE_BASE_IMAGE="{definition()["images"]["base_image"]["name"]}"' in steps
    assert "ansible-galaxy collection install" in steps
    assert "introspect.py introspect" in steps
    path = install(context / "_build", "--requirements-file", "requirements.yml")
    done = run("ansible", "doc", "--list", "releng.bitbucket", environment=settings(tmp_path / "home", path), folder=tmp_path)
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("bitbucket_*.py")}
    assert {line.split()[0].rpartition(".")[2] for line in require_ok(done).splitlines() if line} == modules


def test_the_example_installs_a_supported_ansible_core() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    dependencies = definition()["dependencies"]
    (bound,) = bounds([dependencies["ansible_core"]["package_pip"]]).values()
    assert runtime["requires_ansible"] in bound.split(",")
    assert dependencies["ansible_runner"] == {"package_pip": "ansible-runner"}

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the documentation of lookups with the code: sources, types and defaults of every option, and examples."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import Any

import jinja2
import jinja2.nodes
import pytest
import yaml
from ansible import constants
from ansible.plugins.loader import lookup_loader

from ansible_collections.releng.bitbucket.plugins.module_utils._ansible.arguments import (
    connection_argument_spec,
    repository_argument_spec,
)

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
NAMES = sorted(path.stem for path in (PLUGINS / "lookup").glob("*.py") if not path.stem.startswith("_"))
CONNECTION = connection_argument_spec()
REPOSITORY = repository_argument_spec()
CREDENTIALS = {"user", "api_token", "access_token", "client_id", "client_secret"}
# Design 1.8: type, default, choices.
OUTPUT: dict[str, tuple[str, Any, Any]] = {
    "output": ("str", "text", ["text", "base64", "json", "yaml"]),
    "encoding": ("str", "utf-8", None),
    "rstrip": ("bool", True, None),
    "on_missing": ("str", "error", ["error", "warn", "skip"]),
    "checksum": ("str", None, None),
    "max_size": ("int", 10 * 1024 * 1024, None),
}

each_lookup = pytest.mark.parametrize("name", NAMES)


def source(name: str) -> Any:
    return importlib.import_module(f"ansible_collections.releng.bitbucket.plugins.lookup.{name}")


def options(name: str) -> dict[str, Any]:
    """Return the options as Ansible merges them from the fragments."""
    full_name = "releng.bitbucket." + name
    plugin = lookup_loader.get(full_name)
    found = constants.config.get_configuration_definitions("lookup", plugin._load_name)
    assert found, f"Ansible knows no options of {full_name}"
    return {option: value for option, value in found.items() if not option.startswith("_")}


def shared(name: str) -> dict[str, Any]:
    """Return the argument spec of the connection options of a lookup."""
    return {**CONNECTION, **(REPOSITORY if "download" in name else {})}


def test_the_lookup_has_the_name_of_its_module() -> None:
    assert "bitbucket_download" in NAMES
    assert all((PLUGINS / "modules" / f"{name}.py").exists() for name in NAMES)


@each_lookup
def test_a_lookup_is_documented_completely(name: str) -> None:
    documentation = yaml.safe_load(source(name).DOCUMENTATION)
    assert documentation["name"] == name
    assert documentation["options"]["_terms"]["required"] is True
    assert "_raw" in yaml.safe_load(source(name).RETURN)


@each_lookup
def test_connection_options_are_those_of_the_modules(name: str) -> None:
    found = options(name)
    for option, spec in shared(name).items():
        assert option in found
        assert found[option]["type"] == spec["type"], option
        assert found[option].get("default") == spec.get("default"), option
        assert found[option].get("aliases", []) == spec.get("aliases", []), option
        assert bool(found[option].get("required")) is bool(spec.get("required")), option


@each_lookup
def test_every_connection_option_and_alias_has_its_variable(name: str) -> None:
    """If several variables are set, Ansible uses the last one."""
    found = options(name)
    for option in shared(name):
        names = [*found[option].get("aliases", []), option]
        assert [source["name"] for source in found[option]["vars"]] == [f"bitbucket_{each}" for each in names]


@each_lookup
def test_the_environment_is_that_of_the_modules(name: str) -> None:
    """Ansible does not read the secrets, because the code must know which options the task sets."""
    found = options(name)
    for option, spec in shared(name).items():
        expected = [] if option in CREDENTIALS else spec.get("fallback", (None, []))[1]
        assert [source["name"] for source in found[option].get("env", [])] == expected, option


@each_lookup
def test_output_options_are_those_of_the_contract(name: str) -> None:
    found = options(name)
    for option, (kind, default, choices) in OUTPUT.items():
        assert (found[option]["type"], found[option].get("default"), found[option].get("choices")) == (kind, default, choices)


@each_lookup
def test_documented_options_are_used_and_used_options_are_documented(name: str) -> None:
    files = [PLUGINS / "lookup" / f"{name}.py", PLUGINS / "plugin_utils" / "_lookup.py"]
    nodes = [node for path in files for node in ast.walk(ast.parse(path.read_text("utf-8")))]
    asked = {
        node.args[0].value
        for node in nodes
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get_option"
        and isinstance(node.args[0], ast.Constant)
    }
    lookup = importlib.import_module("ansible_collections.releng.bitbucket.plugins.plugin_utils._lookup")
    assert set(lookup._CONNECTION) == set(CONNECTION)
    assert asked | set(lookup._CONNECTION) == set(options(name))


@each_lookup
def test_examples_use_existing_options(name: str) -> None:
    templates = [value for task in yaml.safe_load(source(name).EXAMPLES) for value in strings(task)]
    trees = [jinja2.Environment(autoescape=True).parse(text) for text in templates]
    calls = [call for tree in trees for call in tree.find_all(jinja2.nodes.Call)]
    mine = [call for call in calls if call.args and getattr(call.args[0], "value", "") == f"releng.bitbucket.{name}"]
    assert mine, "no example shows the lookup"
    for call in mine:
        assert {keyword.key for keyword in call.kwargs} <= set(options(name))


def strings(value: Any) -> list[str]:
    """Return all templates in a task without filters of Ansible, which Jinja does not know."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in strings(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in strings(inner)]
    return [value] if isinstance(value, str) and "{{" in value else []

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare defaults, variables and README of every role with its argument specification. Must not depend on any single role."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROLES = sorted((Path(__file__).resolve().parents[3] / "roles").glob("*/"))


def read(role: Path, name: str) -> Any:
    """Return the data of a YAML file of the role, or None if it does not exist."""
    path = role / name
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None


def options(role: Path) -> dict[str, dict[str, Any]]:
    """Return the options in the argument specification of the role."""
    found: dict[str, dict[str, Any]] = read(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    return found


def tasks(role: Path) -> list[dict[str, Any]]:
    """Return all tasks of the role, including those in blocks."""
    found = [task for path in sorted(role.glob("tasks/*.yml")) for task in read(role, f"tasks/{path.name}")]
    for task in found:
        found.extend(inner for key in ("block", "rescue", "always") for inner in task.get(key, ()))
    return found


def quoted(default: Any) -> list[str]:
    """Return the forms in which a README can show a default."""
    if default in (None, "", []):
        return ["", "not set", f"`{json.dumps(default)}`"]
    return [f"`{default if isinstance(default, str) else json.dumps(default)}`"]


def test_a_role_exists() -> None:
    assert "publish_artifacts" in [role.name for role in ROLES]


@pytest.fixture(params=ROLES, ids=lambda path: path.name)
def role(request: pytest.FixtureRequest) -> Path:
    """Return each role."""
    found: Path = request.param
    return found


def test_defaults_are_those_of_the_specification(role: Path) -> None:
    specified = {name: option["default"] for name, option in options(role).items() if "default" in option}
    defaults = read(role, "defaults/main.yml")
    assert {name: value for name, value in defaults.items() if value is not None} == specified
    assert [name for name in defaults if options(role)[name].get("required")] == []


def test_every_option_is_described_with_its_type(role: Path) -> None:
    for name, option in options(role).items():
        assert option["type"], name
        assert option["description"], name
        if option["type"] == "list":
            assert option["elements"], name


def test_variables_start_with_the_name_of_the_role(role: Path) -> None:
    registered = [task["register"] for task in tasks(role) if "register" in task]
    local = [name for task in tasks(role) for name in task.get("vars", ())]
    names = [*options(role), *(read(role, "vars/main.yml") or ()), *registered, *local]
    assert [name for name in names if not name.lstrip("_").startswith(role.name)] == []


def test_tasks_are_modules_and_set_no_facts(role: Path) -> None:
    unwanted = re.compile(r"(?:^|\.)(shell|raw|uri|get_url|set_fact|include_vars|setup)$")
    assert [key for task in tasks(role) for key in task if unwanted.search(key)] == []


def test_the_readme_has_each_option_and_its_default(role: Path) -> None:
    text = (role / "README.md").read_text(encoding="utf-8")
    for name, option in options(role).items():
        row = re.search(rf"(?m)^\| `{name}` \| (.*?) ?\|", text)
        assert row, f"{name} has no row in the table"
        assert row.group(1) in quoted(option.get("default")), name


def test_results_of_the_role_are_documented(role: Path) -> None:
    documents = [(role / name).read_text(encoding="utf-8") for name in ("README.md", "meta/argument_specs.yml")]
    public = [task["register"] for task in tasks(role) if not task.get("register", "_").startswith("_")]
    assert f"{role.name}_result" in public
    assert [name for name in public for text in documents if f"{name}`" not in text and f"{name})" not in text] == []


def test_the_oldest_ansible_is_that_of_the_collection(role: Path) -> None:
    runtime = yaml.safe_load((role.parents[1] / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    oldest = read(role, "meta/main.yml")["galaxy_info"]["min_ansible_version"]
    assert runtime["requires_ansible"] == f">={oldest}.0"


def test_mutual_exclusion_is_the_last_sentence_of_each_variable(role: Path) -> None:
    messages = (role / "vars" / "main.yml").read_text(encoding="utf-8")
    pairs = re.findall(r"'(\w+) and (\w+) are mutually exclusive", messages)
    expected = {one: f"Mutually exclusive with O({other})." for pair in pairs for one, other in (pair, pair[::-1])}
    last = {name: option["description"][-1].rpartition(". ")[2] for name, option in options(role).items()}
    assert {name: text for name, text in last.items() if text.startswith("Mutually exclusive")} == expected

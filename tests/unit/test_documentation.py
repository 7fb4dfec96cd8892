# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the documentation of options with the code, and both with the contract of the connection options."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.basic import FILE_COMMON_ARGUMENTS

from ansible_collections.releng.bitbucket.plugins.doc_fragments import _attributes, _connection
from ansible_collections.releng.bitbucket.plugins.module_utils._ansible.arguments import (
    connection_argument_spec,
    repository_argument_spec,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._http.credentials import choose_credentials

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
CONNECTION: dict[str, Any] = yaml.safe_load(_connection.ModuleDocFragment.DOCUMENTATION)["options"]
REPOSITORY: dict[str, Any] = yaml.safe_load(_connection.ModuleDocFragment.REPOSITORY)["options"]

# Design 1.1: type, default, aliases, environment variables, secret.
CONTRACT: dict[str, tuple[str, Any, list[str], list[str], bool]] = {
    "workspace": ("str", None, [], ["BITBUCKET_WORKSPACE"], False),
    "user": ("str", None, ["username"], ["BITBUCKET_USERNAME"], False),
    "api_token": ("str", None, ["password"], ["BITBUCKET_API_TOKEN", "BITBUCKET_PASSWORD"], True),
    "access_token": ("str", None, [], ["BITBUCKET_ACCESS_TOKEN"], True),
    "client_id": ("str", None, [], ["BITBUCKET_CLIENT_ID"], False),
    "client_secret": ("str", None, [], ["BITBUCKET_CLIENT_SECRET"], True),
    "api_url": ("str", "https://api.bitbucket.org/2.0", [], ["BITBUCKET_API_URL"], False),
    "token_url": ("str", "https://bitbucket.org/site/oauth2/access_token", [], ["BITBUCKET_TOKEN_URL"], False),
    "validate_certs": ("bool", True, [], [], False),
    "ca_path": ("path", None, [], [], False),
    "timeout": ("int", 30, [], [], False),
    "retries": ("int", 4, [], [], False),
    "max_wait": ("int", 300, [], [], False),
    "repository": ("str", None, [], ["BITBUCKET_REPO_SLUG"], False),
}
SPEC = {**connection_argument_spec(), **repository_argument_spec()}
DOCUMENTED = {**CONNECTION, **REPOSITORY}


def read_description(option: dict[str, Any]) -> str:
    text = option["description"]
    return text if isinstance(text, str) else " ".join(text)


def comparable(option: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that the documentation and the argument spec have in common."""
    said = {key: option.get(key) for key in ("type", "default", "elements", "choices")}
    return {**said, "aliases": sorted(option.get("aliases", [])), "required": bool(option.get("required"))}


@pytest.mark.parametrize("name", CONTRACT)
def test_connection_options_are_those_of_the_contract(name: str) -> None:
    kind, default, aliases, _unused, secret = CONTRACT[name]
    required = name in ("workspace", "repository")
    expected = {"type": kind, "default": default, "aliases": aliases, "required": required}
    assert comparable(SPEC[name]) == {**expected, "elements": None, "choices": None}
    assert bool(SPEC[name].get("no_log")) is secret


@pytest.mark.parametrize("name", CONTRACT)
def test_the_documentation_of_a_connection_option_matches_the_code(name: str) -> None:
    assert comparable(DOCUMENTED[name]) == comparable(SPEC[name])


def test_no_connection_option_is_missing() -> None:
    assert SPEC.keys() == DOCUMENTED.keys() == CONTRACT.keys()
    assert list(REPOSITORY) == ["repository"]


@pytest.mark.parametrize("name", CONTRACT)
def test_environment_variables_are_documented(name: str) -> None:
    assert re.findall(r"E\((\w+)\)", read_description(DOCUMENTED[name])) == CONTRACT[name][3]


CREDENTIALS = ("user", "api_token", "access_token", "client_id", "client_secret")


@pytest.mark.parametrize("name", [name for name in CONTRACT if name not in CREDENTIALS])
def test_options_other_than_credentials_fall_back_to_the_environment(name: str) -> None:
    _unused, variables = SPEC[name].get("fallback", (None, []))
    assert variables == CONTRACT[name][3]


@pytest.mark.parametrize("name", CREDENTIALS)
def test_credentials_from_the_environment_have_precedence_rules_and_no_fallback(name: str) -> None:
    assert "fallback" not in SPEC[name]
    for variable in CONTRACT[name][3]:
        others = {"BITBUCKET_USERNAME": "x", "BITBUCKET_API_TOKEN": "x"} if name == "user" else {"BITBUCKET_USERNAME": "x"}
        if name.startswith("client"):
            others = {"BITBUCKET_CLIENT_ID": "x", "BITBUCKET_CLIENT_SECRET": "x"}
        found = choose_credentials({}, {**others, variable: "from-here"})
        assert "from-here" in (found.name, found.secret)


def module(name: str) -> Any:
    return importlib.import_module(f"ansible_collections.releng.bitbucket.plugins.modules.{name}")


def own_options(name: str) -> dict[str, Any]:
    """Return the documented options of a module without those of its connection, fragments merged as Ansible does."""
    documentation = yaml.safe_load(module(name).DOCUMENTATION)
    options: dict[str, Any] = documentation.get("options", {})
    for fragment in documentation["extends_documentation_fragment"]:
        file, _dot, part = fragment.removeprefix("releng.bitbucket.").partition(".")
        if fragment.startswith("releng.bitbucket.") and file != "_connection":
            source = importlib.import_module(f"ansible_collections.releng.bitbucket.plugins.doc_fragments.{file}")
            shared = yaml.safe_load(getattr(source.ModuleDocFragment, part.upper() or "DOCUMENTATION")).get("options", {})
            options.update({option: {**value, **options.get(option, {})} for option, value in shared.items()})
    return options


each_module = pytest.mark.parametrize("name", NAMES)


@each_module
def test_the_documented_options_of_a_module_match_the_code(name: str) -> None:
    documented = own_options(name)
    own = {option: value for option, value in module(name).argument_spec().items() if option not in SPEC}
    assert yaml.safe_load(module(name).DOCUMENTATION)["module"] == name
    assert {option: comparable(value) for option, value in documented.items()} == {
        option: comparable(value) for option, value in own.items()
    }
    assert all(option["description"] for option in documented.values())


@each_module
def test_a_module_uses_the_shared_documentation(name: str) -> None:
    fragments = set(yaml.safe_load(module(name).DOCUMENTATION)["extends_documentation_fragment"])
    assert {"releng.bitbucket._connection", "releng.bitbucket._attributes.action_group"} <= fragments
    assert ("releng.bitbucket._connection.repository" in fragments) is ("repository" in module(name).argument_spec())
    attributes = {"releng.bitbucket._attributes", "releng.bitbucket._attributes.info_module"} & fragments
    assert attributes == {"releng.bitbucket._attributes" + (".info_module" if name.endswith(("_info", "_verify")) else "")}


@each_module
def test_mentioned_options_and_values_exist(name: str) -> None:
    text = module(name).DOCUMENTATION + module(name).RETURN
    known = {**SPEC, **module(name).argument_spec()}
    if "ansible.builtin.files" in yaml.safe_load(module(name).DOCUMENTATION)["extends_documentation_fragment"]:
        known.update(FILE_COMMON_ARGUMENTS)
    for option, value in re.findall(r"\bO\((\w+)(?:=([^)]*))?\)", text):
        assert option in known
        choices = known[option].get("choices")
        assert not value or not choices or value in choices


@each_module
def test_examples_use_existing_options(name: str) -> None:
    spec = {**SPEC, **module(name).argument_spec()}
    known = {*spec, *(alias for option in spec.values() for alias in option.get("aliases", []))}
    examples = [task for task in yaml.safe_load(module(name).EXAMPLES) if f"releng.bitbucket.{name}" in task]
    assert examples, "no example shows the module"
    for task in examples:
        assert set(task[f"releng.bitbucket.{name}"] or {}) <= known | {"mode", "owner", "group"}


Rule = tuple[str, frozenset[str]]
Level = tuple[str, dict[str, Any], dict[str, Any]]


def levels(name: str) -> Iterator[Level]:
    """Yield the prefix, the documentation and the rules of a module's options, then those of its suboptions."""
    spec = module(name).argument_spec()
    documented = own_options(name)
    yield "", documented, module(name).CHECKS
    for option, value in spec.items():
        if "options" in value:
            yield f"{option}[].", documented[option]["suboptions"], value


def sentences(option: dict[str, Any]) -> list[str]:
    return re.split(r"(?<=[.]) ", read_description(option))


def mentioned(sentence: str) -> frozenset[str]:
    return frozenset(re.findall(r"\bO\(([\w\[\].]+)\)", sentence))


def excluded(option: dict[str, Any]) -> frozenset[str]:
    """Return the options that the last sentence excludes; no other sentence may do that."""
    *others, last = sentences(option)
    assert not [sentence for sentence in others if sentence.startswith("Mutually exclusive")]
    return mentioned(last) if last.startswith("Mutually exclusive with ") else frozenset()


@each_module
def test_mutual_exclusion_is_the_last_sentence_of_each_option(name: str) -> None:
    for prefix, documented, rules in levels(name):
        for option, value in documented.items():
            if option.removeprefix("src_") not in CREDENTIALS:
                groups = [group for group in rules.get("mutually_exclusive", ()) if option in group]
                assert excluded(value) == {prefix + each for group in groups for each in group if each != option}, option


@pytest.mark.parametrize("prefix", ["", "src_"])
def test_kinds_of_credentials_are_documented_as_mutually_exclusive(prefix: str) -> None:
    documented = own_options("bitbucket_download_copy") if prefix else CONNECTION
    for name in CREDENTIALS:
        others = {prefix + other for other in CREDENTIALS if exclude_each_other(prefix + name, prefix + other, prefix)}
        assert excluded(documented[prefix + name]) == others, name


def exclude_each_other(option: str, other: str, prefix: str) -> bool:
    try:
        choose_credentials({option: "x", other: "x"}, {}, prefix=prefix)
    except BadInput as exc:
        return "More than one kind" in str(exc)
    return False


def stated_rules(option: dict[str, Any]) -> set[Rule]:
    """Return what the documentation says about options that are required."""
    found = set()
    for sentence in sentences(option):
        if match := re.fullmatch(r"(?:One|At least one) of (.*) is required(?: when O\((\w+=\w+)\))?\.", sentence):
            found.add((match[2] or "", mentioned(match[1])))
        elif match := re.fullmatch(r"Required when O\((\w+=\w+)\)\.", sentence):
            found.add((match[1], frozenset()))
        elif match := re.fullmatch(r"Requires (O\(\w+\))\.", sentence):
            found.add(("requires", mentioned(match[1])))
    return found


def coded_rules(option: str, prefix: str, rules: dict[str, Any]) -> set[Rule]:
    """Return what the code says about options that are required."""
    found = {("", frozenset(prefix + each for each in group)) for group in rules.get("required_one_of", ()) if option in group}
    for other, value, names, *any_of in rules.get("required_if", ()):
        if option in names:
            found.add((f"{other}={value}", frozenset(names) if any_of else frozenset()))
    return found | {("requires", frozenset([each])) for each in rules.get("required_by", {}).get(option, ())}


@each_module
def test_required_options_are_documented(name: str) -> None:
    """Some options require others by code of their own, so the documentation may say more about them."""
    for prefix, documented, rules in levels(name):
        for option, value in documented.items():
            stated, coded = stated_rules(value), coded_rules(option, prefix, rules)
            assert coded <= stated, option
            assert {rule for rule in stated if rule[0] != "requires"} <= coded, option


def returned(values: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, value in values.items():
        yield key, value
        yield from returned(value.get("contains", {}))


@each_module
def test_returned_numbers_and_times_name_their_units(name: str) -> None:
    for key, value in returned(yaml.safe_load(module(name).RETURN)):
        text = read_description(value)
        if value["type"] == "int":
            is_size = key == "size" or key.startswith("bytes")
            assert text.startswith("Size in bytes" if is_size else "Number of "), key
        if value["type"] == "float":
            assert "in seconds" in text, key
        if key.endswith("_on"):
            assert "in ISO 8601" in text, key


@each_module
def test_a_module_refers_to_a_guide(name: str) -> None:
    seealso = yaml.safe_load(module(name).DOCUMENTATION)["seealso"]
    assert any("docsite.guide_" in entry.get("ref", "") for entry in seealso)
    assert all(entry["description"] for entry in seealso)


def test_guides_that_plugins_and_roles_refer_to_exist() -> None:
    guides = "".join(path.read_text("utf-8") for path in (ROOT / "docs" / "docsite" / "rst").glob("*.rst"))
    sources = [*(ROOT / "plugins").glob("*/*.py"), *(ROOT / "roles").glob("*/meta/argument_specs.yml")]
    text = "".join(path.read_text("utf-8") for path in sources)
    labels = re.findall(r"ref: (ansible_collections\.releng\.bitbucket\.docsite\.\S+)", text)
    assert labels
    assert [label for label in labels if f".. _{label}:" not in guides] == []


def test_the_action_group_holds_every_module() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text("utf-8"))
    assert runtime["action_groups"] == {"bitbucket": NAMES}
    assert runtime["requires_ansible"] == ">=2.18.0"
    fragment = yaml.safe_load(_attributes.ModuleDocFragment.ACTION_GROUP)
    assert fragment["attributes"]["action_group"]["membership"] == ["releng.bitbucket.bitbucket"]

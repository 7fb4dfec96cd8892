# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse the keys of a lookup, which Ansible would convert, and choose among variables."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.releng.bitbucket.plugins.doc_fragments._connection import ModuleDocFragment
from ansible_collections.releng.bitbucket.plugins.module_utils._ansible.arguments import (
    connection_argument_spec,
    repository_argument_spec,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.plugin_utils._options import (
    choose_variables,
    define_options,
    parse_keys,
    remove_unset,
    resolve_variables,
)

OPTIONS = define_options({**connection_argument_spec(), **repository_argument_spec()})


@pytest.mark.parametrize(
    ("keys", "expected"),
    [("a,b", ["a,b"]), (["a", "b,c"], ["a", "b,c"]), (("a",), ["a"]), ("", [""]), ([], []), (None, [])],
    ids=repr,
)
def test_keys_become_a_list(keys: Any, expected: list[str]) -> None:
    assert parse_keys({"signed_by": keys, "rstrip": False}) == {"signed_by": expected, "rstrip": False}


@pytest.mark.parametrize("keys", [5, True, {"a": "b"}, [None], [["a"]], ["a", 5]], ids=repr)
def test_other_values_are_refused(keys: Any) -> None:
    with pytest.raises(BadInput, match=r"^signed_by must be a list of strings"):
        parse_keys({"signed_by": keys})


def test_options_without_keys_are_unchanged() -> None:
    assert parse_keys({"manifest": "SUMS"}) == {"manifest": "SUMS"}


def resolve(given: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
    """Return the options that variables set. A variable with the value ``broken`` cannot be resolved."""
    chosen = choose_variables(OPTIONS, remove_unset(OPTIONS, given), variables)
    found = resolve_variables(OPTIONS, chosen, lambda _name, value: value if value != "broken" else pytest.fail("resolved"))
    return {option: setting.value for option, setting in found.items()}


def test_modules_use_the_variables_that_lookups_document() -> None:
    documented = {
        option: definition["vars"]
        for part in (ModuleDocFragment.PLUGIN, ModuleDocFragment.PLUGIN_REPOSITORY)
        for option, definition in yaml.safe_load(part)["options"].items()
    }
    assert {option: definition["vars"] for option, definition in OPTIONS.items()} == documented


@pytest.mark.parametrize(
    ("given", "variables", "expected"),
    [
        ({}, {"bitbucket_username": "broken", "bitbucket_user": "b"}, {"user": "b"}),
        ({}, {"bitbucket_username": "a", "bitbucket_user": ""}, {"user": "a"}),
        ({"username": "c"}, {"bitbucket_user": "broken"}, {}),
        ({"api_token": ""}, {"bitbucket_api_token": "a", "bitbucket_access_token": None}, {"api_token": "a"}),
        ({"password": "c"}, {"bitbucket_access_token": "broken", "bitbucket_user": "a"}, {"user": "a"}),
        ({"client_id": "c"}, {"bitbucket_client_secret": "a", "bitbucket_password": "broken"}, {"client_secret": "a"}),
        ({}, {"bitbucket_validate_certs": False, "bitbucket_retries": 0}, {"validate_certs": False, "retries": 0}),
    ],
    ids=repr,
)
def test_variables_set_missing_options(given: dict[str, Any], variables: dict[str, Any], expected: dict[str, Any]) -> None:
    assert resolve(given, variables) == expected


def test_two_kinds_of_credentials_in_variables_are_refused() -> None:
    kinds = {"bitbucket_password": "a", "bitbucket_client_id": "b", "bitbucket_client_secret": "c"}
    with pytest.raises(
        BadInput, match=r"is set in variables: bitbucket_password and bitbucket_client_id/bitbucket_client_secret\. "
    ):
        resolve({}, kinds)

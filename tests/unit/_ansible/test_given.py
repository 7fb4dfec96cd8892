# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inspect arguments before AnsibleModule converts them. The tests of the modules cover the refused texts."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._ansible.arguments import signed_by_argument_spec
from ansible_collections.releng.bitbucket.plugins.module_utils._ansible.given import Given
from ansible_collections.releng.bitbucket.plugins.modules import bitbucket_download, bitbucket_snippet

LINE = 'jo@example.com namespaces="file,git" ssh-ed25519 AAAA'


@pytest.mark.parametrize(("value", "expected"), [(None, []), ([], []), ("", [""]), (LINE, [LINE]), ([LINE], [LINE])])
def test_signed_by_is_never_omitted_or_split(value: Any, expected: list[str]) -> None:
    """A variable without a value must not turn the verification off."""
    given = Given(signed_by_argument_spec(), {"signed_by": value})
    assert (given.arguments, given.refusal) == ({"signed_by": expected}, "")
    assert Given(signed_by_argument_spec(), {}).arguments == {}


def test_null_is_no_value() -> None:
    """AnsibleModule counts null as set, for example for mutually exclusive options."""
    arguments = {"src": None, "content": "1.4.2", "name": None, "repository": None, "verify": None}
    given = Given(bitbucket_download.argument_spec(), arguments)
    assert given.arguments == {"content": "1.4.2", "repository": None, "verify": None}
    files = [{"name": "notes.md", "content": None, "src": "notes.md"}]
    given = Given(bitbucket_snippet.argument_spec(), {"id": None, "files": files})
    assert given.arguments == {"files": [{"name": "notes.md", "src": "notes.md"}]}


@pytest.mark.parametrize(("value", "kind"), [(["Notes"], "a list"), ([], "a list"), ({"Notes": 1}, "a dictionary")])
def test_text_is_neither_a_list_nor_a_dictionary(value: Any, kind: str) -> None:
    """AnsibleModule would convert them to text in Python's format, such as ``['Notes']``."""
    spec = bitbucket_snippet.argument_spec()
    files = [{"name": value, "src": "notes.md"}]
    assert Given(spec, {"title": value}).refusal == f"title must be a string, but it is {kind}"
    assert Given(spec, {"files": files}).refusal == f"files: name must be a string, but it is {kind}"
    assert Given(bitbucket_download.argument_spec(), {"name": [value]}).refusal == f"name must be a string, but it is {kind}"

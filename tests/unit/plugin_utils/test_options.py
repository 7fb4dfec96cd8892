# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse the keys that a lookup is given, of which Ansible would make something else."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.plugin_utils._options import parse_keys


@pytest.mark.parametrize(
    ("keys", "expected"),
    [("a,b", ["a,b"]), (["a", "b,c"], ["a", "b,c"]), (("a",), ["a"]), ("", [""]), ([], []), (None, [])],
    ids=repr,
)
def test_keys_become_a_list(keys: Any, expected: list[str]) -> None:
    assert parse_keys({"signed_by": keys, "rstrip": False}) == {"signed_by": expected, "rstrip": False}


@pytest.mark.parametrize("keys", [5, True, {"a": "b"}, [None], [["a"]], ["a", 5]], ids=repr)
def test_other_values_are_refused(keys: Any) -> None:
    with pytest.raises(BadInput, match=r"^signed_by must be a list of public keys or of paths"):
        parse_keys({"signed_by": keys})


def test_options_without_keys_stay_as_they_are() -> None:
    assert parse_keys({"manifest": "SUMS"}) == {"manifest": "SUMS"}

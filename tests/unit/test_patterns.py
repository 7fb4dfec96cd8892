# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Match names against patterns, as ansible.builtin.find matches files."""

from __future__ import annotations

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._patterns import Patterns


@pytest.mark.parametrize(
    ("patterns", "excludes", "use_regex", "name", "expected"),
    [
        (["*.tgz"], None, False, "app.tgz", True),
        (["*.tgz"], None, False, "app.tgz.sig", False),
        (["app"], None, False, "app.tgz", False),
        (["app?.[tz]*"], None, False, "app1.zip", True),
        (["app?.[tz]*"], None, False, "app1.rpm", False),
        (["*.TGZ"], None, False, "app.tgz", False),
        (["*.zip", "*.tgz"], None, False, "app.tgz", True),
        (["a.b"], None, False, "axb", False),
        (["*"], None, False, ".hidden", True),
        (["*"], None, False, "line\nfeed", True),
        (["*.tgz"], ["old*"], False, "old.tgz", False),
        (["*.tgz"], ["old*"], False, "very-old.tgz", True),
        (["*.tgz"], ["old*", "*rc*"], False, "app-rc1.tgz", False),
        (["old.tgz"], ["old.tgz"], False, "old.tgz", False),
        (None, None, False, "anything", True),
        ([], None, False, "anything", True),
        (None, ["any*"], False, "anything", False),
        (None, None, True, "anything", True),
        ([], ["any"], True, "anything", False),
        ([r"app-\d+"], None, True, "app-10.tgz", True),
        ([r"app-\d+$"], None, True, "app-10.tgz", False),
        ([r"\.tgz"], None, True, "app.tgz", False),
        ([r"zip", r".*\.tgz$"], None, True, "app.tgz", True),
        ([r".*"], [r"gz"], True, "app.tgz", True),
        ([r".*"], [r".*gz"], True, "app.tgz", False),
    ],
)
def test_patterns_choose_names(
    patterns: list[str] | None, excludes: list[str] | None, use_regex: bool, name: str, expected: bool
) -> None:
    assert Patterns(patterns, excludes, use_regex).match(name) is expected


@pytest.mark.parametrize(
    ("patterns", "excludes", "option"), [(["ok", "app(1"], None, "patterns"), (["ok"], ["app(1"], "excludes")]
)
def test_an_invalid_regular_expression_is_refused_with_its_option(
    patterns: list[str], excludes: list[str] | None, option: str
) -> None:
    with pytest.raises(BadInput, match=rf"^{option}: 'app\(1' is not a valid regular expression: .*unterminated subpattern"):
        Patterns(patterns, excludes, use_regex=True)


def test_a_shell_pattern_is_never_invalid() -> None:
    assert Patterns(["app(1", "[", "*[a"]).match("app(1")

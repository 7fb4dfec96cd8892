# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_prune, bad input: refused with a clear error before any request, in check mode too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import contents
from tests.http.modules.pruning import age, refused_whole

Refuse = Callable[..., str]


@pytest.fixture(params=[False, True], ids=["run", "check"])
def refused(emulator: Emulator, run: ModuleRunner, request: pytest.FixtureRequest) -> Refuse:
    """One run, and one in check mode, that must fail before any request; returns the message."""
    age(emulator, {"app-1": 40, "app-2": 30})

    def refuse(**options: Any) -> str:
        result = refused_whole(run, check=request.param, **{"patterns": "*", **options})
        assert len(emulator.journal) == 0
        assert result.get("requests", 0) == 0
        assert len(contents(emulator)) == 2
        return str(result["msg"])

    return refuse


def test_neither_rule_is_refused(refused: Refuse) -> None:
    assert refused() == "one of the following is required: keep, older_than"
    assert "keep, older_than" in refused(group_by="(.)", max_deletions=1)


@pytest.mark.parametrize(("text", "count"), [("app", 0), ("", 0), ("(a)(b)", 2), ("(?:a)", 0), ("(a(b))", 2)])
def test_group_by_without_exactly_one_group_is_refused(refused: Refuse, text: str, count: int) -> None:
    assert refused(keep=1, group_by=text) == f"group_by must have exactly one group, '{text}' has {count}"


def test_group_by_that_is_no_expression_is_refused(refused: Refuse) -> None:
    assert refused(keep=1, group_by="(app").startswith("group_by: '(app' is not a regular expression: ")


@pytest.mark.parametrize("text", ["", "30", "30y", "-1d", "d", "1.5d", "1d12h", "thirty days", "9" * 5000 + "d"])
def test_an_age_that_is_none_is_refused(refused: Refuse, text: str) -> None:
    assert refused(older_than=text).startswith("older_than ")


def test_a_bad_age_names_the_units(refused: Refuse) -> None:
    expected = "older_than must be a number and a unit, one of s, m, h, d, w, as in 30d; it is '30y'"
    assert refused(older_than="30y") == expected


def test_an_age_beyond_all_times_is_refused(refused: Refuse) -> None:
    assert refused(older_than="9" * 20 + "w").startswith("older_than is too long")


@pytest.mark.parametrize("name", ["keep", "max_deletions"])
def test_a_negative_number_is_refused(refused: Refuse, name: str) -> None:
    assert refused(**{"keep": 1, name: -1}) == f"{name} must be 0 or more, not -1"


@pytest.mark.parametrize("name", ["keep", "max_deletions"])
def test_a_number_that_is_none_is_refused(refused: Refuse, name: str) -> None:
    assert name in refused(**{"keep": 1, name: "many"})


def test_empty_patterns_do_not_mean_everything(refused: Refuse) -> None:
    assert refused(patterns=[], keep=0).startswith("patterns is empty")


def test_patterns_are_required(refused: Refuse) -> None:
    assert refused(patterns=None, keep=0) == "missing required arguments: patterns"


@pytest.mark.parametrize("option", ["patterns", "excludes"])
def test_a_bad_expression_is_told_with_its_option(refused: Refuse, option: str) -> None:
    message = refused(**{"patterns": ".*", option: "app(", "keep": 0, "use_regex": True})
    assert message.startswith(f"{option}: 'app(' is not a regular expression: ")


@pytest.mark.parametrize("parallel", [0, 17, -1])
def test_parallel_has_bounds(refused: Refuse, parallel: int) -> None:
    assert "parallel" in refused(keep=1, parallel=parallel)


@pytest.mark.parametrize("private", [True, False])
def test_nobody_is_refused_before_any_request(emulator: Emulator, refused: Refuse, private: bool) -> None:
    emulator.repository(private=private)
    assert refused(keep=0, user=None, api_token=None).startswith("Writing needs credentials")


def test_two_kinds_of_credentials_are_refused(refused: Refuse) -> None:
    assert "access_token and api_token" in refused(keep=0, access_token="canary")

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that probes are data, and that the plan shows every request without sending one."""

from __future__ import annotations

import socket

import pytest

from tests.proof.live.__main__ import main
from tests.proof.live.assumed import read_assumed
from tests.proof.live.runner import choose, choose_probes, missing_needs

NOT_IN_THE_EMULATOR = {"D49", "D50"}


def test_check_has_at_least_fifty_probes_and_six_runs() -> None:
    assert len(choose_probes()) >= 50
    assert [one.id for one in choose() if "collection" in one.needs] == ["E1", "E2", "E3", "E4", "E5", "E6"]


@pytest.mark.parametrize("one", choose(), ids=lambda one: one.id)
def test_probe_documents_its_question_and_its_consequence(one: object) -> None:
    assert all(getattr(one, name) for name in ("question", "sheet", "ours"))


def test_each_probe_has_an_assumed_result() -> None:
    assert read_assumed().fields.keys() == {one.id for one in choose()} - NOT_IN_THE_EMULATOR


def test_probe_runs_if_its_requirements_are_met() -> None:
    hidden = next(one for one in choose() if one.id == "T42h")
    assert missing_needs(hidden, ["snippets"]) == "needs hidden"
    assert missing_needs(hidden, ["snippets", "hidden"]) == ""
    upload = next(one for one in choose() if one.id == "D01")
    assert missing_needs(upload, [], read_only=True) == "writes"


@pytest.mark.parametrize("words", [["--plan"], ["--plan", "--read-only"]])
def test_plan_sends_nothing(words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(socket, "socket", None)
    assert main(words) == 0
    text = capsys.readouterr().out
    assert "GET /repositories/(workspace)/(repository)/downloads?pagelen=101 (api_token)" in text
    assert ("POST /repositories/(workspace)/(repository)/downloads (api_token)" in text) is (len(words) == 1)
    assert "A28 " not in text, "needs an OAuth consumer"


def test_check_without_variables_names_the_variables_to_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LIVE_BITBUCKET_WORKSPACE", raising=False)
    assert main([]) == 2
    assert "export LIVE_BITBUCKET_WORKSPACE" in capsys.readouterr().err

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_prune and the manifest: lines of deleted artifacts go, the manifest itself is never pruned."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import MANIFEST, by_name, contents, lines, sha256, widgets, writes
from tests.http.modules.pruning import PRUNE, age, reasons, refused_whole, with_manifest

ARTIFACTS = {"app-1": 40, "app-2": 30, "app-3": 20}
RULES: dict[str, Any] = {"patterns": "*", "keep": 1, "manifest": MANIFEST}


@pytest.fixture(autouse=True)
def _published(emulator: Emulator) -> None:
    """Three artifacts and a manifest that is older than all rules ask for."""
    age(emulator, ARTIFACTS)
    with_manifest(emulator)


def test_lines_of_deleted_artifacts_go_after_them(emulator: Emulator, run: ModuleRunner) -> None:
    rest = {"app-3": contents(emulator)["app-3"]}
    result = run.ok(PRUNE, **RULES)
    assert result["manifest"] == {"name": MANIFEST, "status": "replaced", "size": len(lines(rest))}
    assert result["bytes_sent"] == len(lines(rest))
    assert contents(emulator) == {**rest, MANIFEST: lines(rest)}
    assert writes(emulator) == ["DELETE", "DELETE", "POST"]
    assert by_name(result)["app-3"]["sha256"] == sha256(rest["app-3"])


def test_a_second_run_sends_nothing(emulator: Emulator, run: ModuleRunner) -> None:
    run.ok(PRUNE, **RULES)
    emulator.journal.clear()
    again = run.ok(PRUNE, **RULES)
    assert (again["changed"], again["manifest"]["status"], again["bytes_sent"]) == (False, "unchanged", 0)
    assert writes(emulator) == []


@pytest.mark.parametrize("patterns", ["*", "SHA*", MANIFEST])
@pytest.mark.parametrize("rules", [{"keep": 0}, {"older_than": "0s"}], ids=str)
def test_the_manifest_is_never_pruned_nor_counted(
    emulator: Emulator, run: ModuleRunner, patterns: str, rules: dict[str, Any]
) -> None:
    widgets(emulator).remove("app-3")
    age(emulator, {"other": 1})
    result = run.ok(PRUNE, patterns=patterns, excludes="other", manifest=MANIFEST, **rules)
    assert MANIFEST not in reasons(result)
    assert result["manifest"]["status"] == ("deleted" if patterns == "*" else "replaced")


def test_the_manifest_takes_no_place_among_the_kept(run: ModuleRunner) -> None:
    assert reasons(run.ok(PRUNE, **RULES))["app-3"] == "one of the newest"


def test_without_the_option_a_manifest_is_an_artifact_like_any_other(emulator: Emulator, run: ModuleRunner) -> None:
    result = run.ok(PRUNE, patterns="*", keep=1)
    assert reasons(result)[MANIFEST] == "one of the newest"
    assert "manifest" not in result
    assert list(contents(emulator)) == [MANIFEST]


def test_a_manifest_that_would_be_empty_is_deleted_last(emulator: Emulator, run: ModuleRunner) -> None:
    result = run.ok(PRUNE, patterns="*", keep=0, manifest=MANIFEST)
    assert result["manifest"] == {"name": MANIFEST, "status": "deleted", "size": None}
    assert contents(emulator) == {}
    assert writes(emulator) == ["DELETE"] * 4
    assert emulator.journal.select(method="DELETE")[-1].artifact == MANIFEST
    again = run.ok(PRUNE, patterns="*", keep=0, manifest=MANIFEST)
    assert (again["changed"], again["manifest"]["status"]) == (False, "absent")


def test_without_a_manifest_there_none_is_made(emulator: Emulator, run: ModuleRunner) -> None:
    widgets(emulator).remove(MANIFEST)
    result = run.ok(PRUNE, **RULES)
    assert result["manifest"] == {"name": MANIFEST, "status": "absent", "size": None}
    assert list(contents(emulator)) == ["app-3"]


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("data", [b"\xff\xfe", b"no digest here\n"])
def test_a_manifest_that_is_none_fails_before_anything_goes(
    emulator: Emulator, run: ModuleRunner, data: bytes, check: bool
) -> None:
    widgets(emulator).put(MANIFEST, data)
    assert "is not a checksum manifest" in refused_whole(run, check=check, **RULES)["msg"]
    assert writes(emulator) == []
    assert len(contents(emulator)) == 4


def test_a_stale_line_is_not_carried_over(emulator: Emulator, run: ModuleRunner) -> None:
    widgets(emulator).put("app-3", b"another")
    result = run.ok(PRUNE, patterns="*", keep=2, manifest=MANIFEST)
    assert by_name(result)["app-3"]["sha256"] is None
    assert contents(emulator)[MANIFEST] == lines({"app-2": contents(emulator)["app-2"]})


def test_lines_that_somebody_adds_meanwhile_are_not_lost(emulator: Emulator, run: ModuleRunner) -> None:
    everything = {name: data for name, data in contents(emulator).items() if name != MANIFEST}

    def publish() -> None:
        widgets(emulator).put("theirs", b"theirs")
        widgets(emulator).put(MANIFEST, lines({**everything, "theirs": b"theirs"}))

    emulator.faults.add("call", action=publish, method="DELETE")
    run.ok(PRUNE, **RULES)
    assert contents(emulator)[MANIFEST] == lines({"app-3": everything["app-3"], "theirs": b"theirs"})


@pytest.mark.parametrize("name", ["", "..", "a/b", "a b"])
def test_a_bad_name_of_a_manifest_is_refused_before_any_request(emulator: Emulator, run: ModuleRunner, name: str) -> None:
    result = refused_whole(run, patterns="*", keep=0, manifest=name)
    assert result["msg"].startswith("manifest ")
    assert len(emulator.journal) == 0

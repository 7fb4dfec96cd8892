# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Retention in the role publish_artifacts: what was just published stays, and check mode predicts what goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.demo.player import Played
from tests.emulator import Emulator

from .conftest import RolePlayer

ROLE = "publish_artifacts"
GROUP = r"^widgets-(\d+\.\d+\.\d+)"


def deleted(played: Played) -> list[str]:
    """The names that a run has deleted, or would delete."""
    return sorted(each["name"] for each in played.result("bitbucket_download_prune")["artifacts"] if each["status"] == "deleted")


def retain(dist: Path, keep: int, patterns: Any = ("widgets-*",), group_by: str = GROUP) -> dict[str, Any]:
    """The variables."""
    return {
        "publish_artifacts_files": [f"{dist}/*"],
        "publish_artifacts_keep": keep,
        "publish_artifacts_patterns": patterns if isinstance(patterns, str) else list(patterns),
        "publish_artifacts_group_by": group_by,
    }


def released(emulator: Emulator, *names: str) -> None:
    """Lay out what earlier runs have published, oldest first."""
    for name in names:
        emulator.repository().put(name, name.encode())


def build(dist: Path, *names: str) -> None:
    """Make files whose contents are as in `released`."""
    for name in names:
        (dist / name).write_bytes(name.encode())


OLD = ("widgets-1.0.0.tgz", "widgets-1.0.0.zip", "widgets-1.1.0.tgz", "widgets-1.2.0.tgz", "gadgets-1.2.0.tgz")
CASES = {
    "the new release is one of two": (2, ("widgets-*",), GROUP, ["widgets-1.0.0.tgz", "widgets-1.0.0.zip", "widgets-1.1.0.tgz"]),
    "nothing is kept but the new release": (0, ("widgets-*",), GROUP, sorted(set(OLD) - {"gadgets-1.2.0.tgz"})),
    "enough is kept": (4, ("widgets-*",), GROUP, []),
    "each artifact is a release": (4, ("widgets-*",), "", ["widgets-1.0.0.tgz", "widgets-1.0.0.zip"]),
    "classes, ranges and single characters": (2, ("widgets-[0-9].?.[!1-9].tgz",), "", ["widgets-1.0.0.tgz", "widgets-1.1.0.tgz"]),
    "patterns as one text": (3, "widgets-*.tgz,nothing", GROUP, ["widgets-1.0.0.tgz"]),
    "the new release is not meant": (1, ("gadgets-*",), r"(\d+\.\d+\.\d+)", []),
}


@pytest.mark.parametrize("case", CASES)
def test_check_mode_predicts_what_goes_and_what_was_published_stays(
    play: RolePlayer, emulator: Emulator, dist: Path, case: str
) -> None:
    keep, patterns, group_by, gone = CASES[case]
    released(emulator, *OLD)
    build(dist, "widgets-1.4.0.tgz", "widgets-1.4.0.zip", "VERSION")
    variables = retain(dist, keep, patterns, group_by)
    assert deleted(play.ok(ROLE, variables, "--check")) == gone
    assert deleted(play.ok(ROLE, variables)) == gone
    left = {*OLD, "widgets-1.4.0.tgz", "widgets-1.4.0.zip", "VERSION", "SHA256SUMS"} - set(gone)
    assert set(emulator.repository().names()) == left


def test_a_second_run_deletes_nothing(play: RolePlayer, emulator: Emulator, dist: Path) -> None:
    released(emulator, *OLD)
    build(dist, "widgets-1.4.0.tgz")
    assert [play.ok(ROLE, retain(dist, 2)).changed for _unused in range(2)] == [2, 0]


def test_an_old_release_that_is_published_again_stays_with_all_its_files(
    play: RolePlayer, emulator: Emulator, dist: Path
) -> None:
    released(emulator, *OLD)
    build(dist, "widgets-1.0.0.tgz")
    assert deleted(play.ok(ROLE, retain(dist, 2))) == ["widgets-1.1.0.tgz"]
    assert play.ok(ROLE, retain(dist, 2)).changed == 0
    assert {"widgets-1.0.0.tgz", "widgets-1.0.0.zip"} < set(emulator.repository().names())


def test_deleted_artifacts_lose_their_lines_in_the_manifest(play: RolePlayer, emulator: Emulator, dist: Path) -> None:
    for version in ("1.0.0", "1.1.0"):
        for path in dist.iterdir():
            path.unlink()
        build(dist, f"widgets-{version}.tgz")
        play.ok(ROLE, retain(dist, 1))
    assert sorted(emulator.repository().names()) == ["SHA256SUMS", "widgets-1.1.0.tgz"]
    assert emulator.repository().get("SHA256SUMS").content.split()[1::2] == [b"widgets-1.1.0.tgz"]


def test_names_that_differ_in_case_alone_are_two(play: RolePlayer, emulator: Emulator, dist: Path) -> None:
    build(dist, "App-1.0.tgz", "app-1.0.tgz")
    assert deleted(play.ok(ROLE, retain(dist, 0, ("*-1.0.tgz",), ""))) == []


def test_the_keyword_check_mode_predicts_as_the_command_line_does(play: RolePlayer, emulator: Emulator, dist: Path) -> None:
    released(emulator, *OLD)
    build(dist, "widgets-1.4.0.tgz")
    gone = ["widgets-1.0.0.tgz", "widgets-1.0.0.zip", "widgets-1.1.0.tgz"]
    assert deleted(play.ok(ROLE, retain(dist, 2), check_mode=True)) == gone


@pytest.mark.parametrize("pattern", ["[?]*,w[!a*]*.tgz", "[a&&b]*,*[*]*"])
def test_brackets_are_read_as_the_module_reads_them(play: RolePlayer, emulator: Emulator, dist: Path, pattern: str) -> None:
    released(emulator, "widgets-1.0.0.tgz", "b*", "?old")
    build(dist, "widgets-1.4.0.tgz", "a*b", "?new")
    variables = retain(dist, 1, pattern, "")
    assert deleted(play.ok(ROLE, variables, "--check")) == deleted(play.ok(ROLE, variables))


@pytest.mark.parametrize(("limit", "left"), [(2, set(OLD)), (3, {"widgets-1.2.0.tgz", "gadgets-1.2.0.tgz"})])
def test_max_deletions_limits_what_one_run_deletes(
    play: RolePlayer, emulator: Emulator, dist: Path, limit: int, left: set[str]
) -> None:
    released(emulator, *OLD)
    build(dist, "widgets-1.4.0.tgz")
    played = play(ROLE, retain(dist, keep=2) | {"publish_artifacts_max_deletions": limit})
    assert ("3 artifacts would go, but max_deletions is 2" in played.output) == (limit == 2)
    assert set(emulator.repository().names()) == {*left, "widgets-1.4.0.tgz", "SHA256SUMS"}

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, what is to be published and under which name: state, src, content, name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import MODULE, contents, numbered, statuses, widgets, write


def test_src_takes_files_and_patterns_in_the_order_asked(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    write(dist, {"b.tgz": b"1", "a.tgz": b"2", "zz.sh": b"3", "left.out": b"4"})
    result = run.ok(MODULE, src=[str(dist / "zz.sh"), str(dist / "*.tgz")])
    assert [name for name, _unused, _unused in statuses(result)] == ["zz.sh", "a.tgz", "b.tgz"]
    assert contents(emulator) == {"b.tgz": b"1", "a.tgz": b"2", "zz.sh": b"3"}


def test_two_stars_match_folders_at_any_depth(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    (dist / "deep" / "deeper").mkdir(parents=True)
    write(dist / "deep" / "deeper", {"low.tgz": b"low"})
    write(dist, {"high.tgz": b"high"})
    run.ok(MODULE, src=[str(dist / "**" / "*.tgz")])
    assert contents(emulator) == {"low.tgz": b"low", "high.tgz": b"high"}


def test_a_path_that_exists_is_taken_literally_even_with_brackets(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    write(dist, {"app[1].tgz": b"literal", "app1.tgz": b"by the pattern"})
    run.ok(MODULE, src=[str(dist / "app[1].tgz")])
    assert contents(emulator) == {"app[1].tgz": b"literal"}


def test_brackets_are_a_pattern_where_no_such_path_exists(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    write(dist, {"app1.tgz": b"one", "app2.tgz": b"two", "app3.tgz": b"three"})
    run.ok(MODULE, src=[str(dist / "app[12].tgz")])
    assert contents(emulator) == {"app1.tgz": b"one", "app2.tgz": b"two"}


def test_a_file_that_is_meant_twice_is_published_once(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    write(dist, {"app.tgz": b"x"})
    result = run.ok(MODULE, src=[str(dist / "app.tgz"), str(dist / "*"), f"{dist}/./app.tgz"])
    assert statuses(result) == [("app.tgz", "created", "not there")]
    assert result["bytes_sent"] == 1


def test_a_link_to_a_file_is_published_under_its_own_name(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    write(dist, {"app-1.2.tgz": b"x"})
    (dist / "latest.tgz").symlink_to("app-1.2.tgz")
    run.ok(MODULE, src=[str(dist / "latest.tgz")])
    assert contents(emulator) == {"latest.tgz": b"x"}


def test_name_renames_the_one_file(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    result = run.ok(MODULE, src=write(dist, {"build-4711.tgz": b"x"}), name=["app-1.0.tgz"])
    assert statuses(result) == [("app-1.0.tgz", "created", "not there")]
    assert contents(emulator) == {"app-1.0.tgz": b"x"}


def test_name_goes_with_a_pattern_that_means_one_file(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    write(dist, {"build-4711.tgz": b"x"})
    run.ok(MODULE, src=[str(dist / "build-*.tgz")], name="app.tgz")
    assert contents(emulator) == {"app.tgz": b"x"}


@pytest.mark.parametrize("text", ["1.4.2\n", "Grüße, 世界 🚀\r\n\ttab", "", " 007 ", "{{ not_a_template }}"])
def test_content_is_stored_as_utf8_byte_for_byte(emulator: Emulator, run: ModuleRunner, text: str) -> None:
    result = run.ok(MODULE, content=text, name=["VERSION"])
    assert contents(emulator) == {"VERSION": text.encode("utf-8")}
    assert result["artifacts"][0]["size"] == len(text.encode("utf-8"))
    assert run.ok(MODULE, content=text, name=["VERSION"])["changed"] is False


def test_changed_content_replaces_the_artifact(emulator: Emulator, run: ModuleRunner) -> None:
    run.ok(MODULE, content="1.4.2", name=["VERSION"])
    result = run.ok(MODULE, content="1.4.3", name=["VERSION"])
    assert statuses(result) == [("VERSION", "replaced", "content differs")]
    assert contents(emulator) == {"VERSION": b"1.4.3"}


def test_state_absent_deletes_each_name_once_in_the_order_asked(emulator: Emulator, run: ModuleRunner) -> None:
    for name in ("a", "b", "c"):
        widgets(emulator).put(name, b"x")
    result = run.ok(MODULE, state="absent", name=["c", "a", "c"])
    assert statuses(result) == [("c", "deleted", "there"), ("a", "deleted", "there")]
    assert widgets(emulator).names() == ["b"]


def test_patterns_are_no_patterns_in_name(emulator: Emulator, run: ModuleRunner) -> None:
    widgets(emulator).put("app-1", b"x")
    assert run.ok(MODULE, state="absent", name=["app-*", "app-?"])["changed"] is False
    assert widgets(emulator).names() == ["app-1"]


@pytest.mark.parametrize("name", ["a+b %41&c=d?e#f.tgz", "ünï-世界.tgz", "{curly};.tgz", "-rf", ".hidden", "semi;colon", "it's"])
def test_unusual_names_are_published_found_again_and_deleted(emulator: Emulator, run: ModuleRunner, name: str) -> None:
    run.ok(MODULE, content="x", name=[name])
    assert contents(emulator) == {name: b"x"}
    assert run.ok(MODULE, content="x", name=[name])["changed"] is False
    assert run.ok(MODULE, state="absent", name=[name])["changed"] is True
    assert contents(emulator) == {}


def test_a_name_with_a_double_quote_can_be_deleted(emulator: Emulator, run: ModuleRunner) -> None:
    widgets(emulator).put('a"b', b"x")
    assert run.ok(MODULE, state="absent", name=['a"b'])["changed"] is True
    assert contents(emulator) == {}


def test_many_files_arrive_whole_and_unmixed(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    wished = numbered(45)
    write(dist, wished)
    run.ok(MODULE, src=[str(dist / "*.txt")])
    assert contents(emulator) == wished


def test_a_name_of_255_bytes_is_allowed(emulator: Emulator, run: ModuleRunner) -> None:
    run.ok(MODULE, content="x", name=["ü" * 127 + "x"])
    assert contents(emulator) == {"ü" * 127 + "x": b"x"}


def test_absent_is_exact_where_names_were_changed(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.switches.rename = "spaces"
    run.ok(MODULE, content="x", name=["My App.zip"])
    assert run.ok(MODULE, state="absent", name=["My App.zip"])["changed"] is False
    assert run.ok(MODULE, state="absent", name=["My_App.zip"])["changed"] is True
    assert contents(emulator) == {}

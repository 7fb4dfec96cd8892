# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gather evidence before publishing: trusted manifests, and the artifact that matches the requested name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import MANIFEST, MODULE, contents, fetches, lines, posts, put, statuses, widgets, write, writes

APP = {"app": b"application"}
UNCHANGED = [("app", "unchanged", "same content")]
NAMED = {"content": "application", "name": ["My App.zip"]}


def test_trusted_manifest_decides_without_reading_contents(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    theirs = {**APP, "other": b"0ther"}
    put(emulator, {**theirs, MANIFEST: lines(theirs)})
    result = run.ok(MODULE, src=write(dist, {**APP, "other": b"other"}), manifest=MANIFEST)
    assert statuses(result) == [*UNCHANGED, ("other", "replaced", "content differs")]
    assert fetches(emulator) == [(MANIFEST, 200)]


def test_manifest_of_same_date_is_trusted(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    artifact = widgets(emulator).put("app", APP["app"])
    widgets(emulator).put(MANIFEST, lines(APP), created_on=artifact.created_on)
    assert run.ok(MODULE, src=write(dist, APP), manifest=MANIFEST)["changed"] is False
    assert fetches(emulator) == [(MANIFEST, 200)]


@pytest.mark.parametrize("data", [b"application", b"APPLICATION"])
def test_manifest_older_than_artifact_is_not_trusted(emulator: Emulator, run: ModuleRunner, dist: Path, data: bytes) -> None:
    put(emulator, {MANIFEST: lines(APP), "app": data})
    result = run.ok(MODULE, src=write(dist, APP), manifest=MANIFEST)
    assert statuses(result) == (UNCHANGED if data == APP["app"] else [("app", "replaced", "content differs")])
    assert ("app", 304 if data == APP["app"] else 200) in fetches(emulator)
    assert contents(emulator)["app"] == APP["app"]


def test_manifest_is_not_trusted_for_an_artifact_of_another_size(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    put(emulator, {"app": b"half", MANIFEST: lines(APP)})
    result = run.ok(MODULE, src=write(dist, APP), manifest=MANIFEST)
    assert statuses(result) == [("app", "replaced", "size differs")]
    assert fetches(emulator) == [(MANIFEST, 200)]


def test_manifest_without_dates_is_not_trusted(emulator: Emulator, run: ModuleRunner) -> None:
    text = lines({"app": b"x"})
    put(emulator, {"app": b"y", MANIFEST: text})
    values = [{"name": "app", "size": 1}, {"name": MANIFEST, "size": len(text)}]
    emulator.faults.add("json", body={"values": values}, path="downloads$")
    result = run(MODULE, check=True, content="x", name=["app"], manifest=MANIFEST)
    assert result["artifacts"][0]["status"] == "replaced"
    assert [name for name, _unused in fetches(emulator)] == [MANIFEST, "app"]


@pytest.mark.parametrize("overwrite", ["different", "refuse", "never"])
@pytest.mark.parametrize("manifest", [None, MANIFEST])
def test_second_run_finds_renamed_artifact(emulator: Emulator, run: ModuleRunner, manifest: str | None, overwrite: str) -> None:
    emulator.switches.rename = "spaces"
    run.ok(MODULE, **NAMED, overwrite=overwrite, manifest=manifest)
    emulator.journal.clear()
    for check in (True, False):
        result = run.ok(MODULE, check=check, **NAMED, overwrite=overwrite, manifest=manifest)
        assert (result["changed"], result["artifacts"][0]["stored_name"]) == (False, "My_App.zip")
        assert result["artifacts"][0]["status"] == ("kept" if overwrite == "never" else "unchanged")
    assert writes(emulator) == []


@pytest.mark.parametrize(
    ("name", "stored"), [("a (1).zip", "a_1_.zip"), ("ünï code.zip", "unicode.zip"), ("a+b=c.zip", "a%2Bb%3Dc.zip")]
)
def test_other_renaming_rules_are_recognized(emulator: Emulator, run: ModuleRunner, name: str, stored: str) -> None:
    emulator.switches.rename = lambda _requested: stored
    put(emulator, {"a.zip": b"same size!", "unrelated": b"same size!"})
    first = run.ok(MODULE, content="0123456789", name=[name])
    assert first["artifacts"][0]["stored_name"] == stored
    assert run.ok(MODULE, content="0123456789", name=[name])["changed"] is False
    assert len(posts(emulator)) == 1


@pytest.mark.parametrize(
    ("name", "existing"),
    [
        pytest.param("app 1.0", {"app-10": b"x"}, id="usual characters differ"),
        pytest.param("My App.zip", {"My-App.zip": b"y"}, id="content differs"),
        pytest.param("my_app.zip", {"my app.zip": b"x", "myXapp.zip": b"x"}, id="plain name"),
    ],
)
def test_similar_name_is_another_artifact(emulator: Emulator, run: ModuleRunner, name: str, existing: dict[str, bytes]) -> None:
    put(emulator, existing)
    assert statuses(run.ok(MODULE, content="x", name=[name])) == [(name, "created", "not there")]
    assert contents(emulator) == {**existing, name: b"x"}


@pytest.mark.parametrize("rule", ["spaces", "django", "nfc", "nfd", "lower", "keep_case"])
@pytest.mark.parametrize(
    "name", ["app (1).zip", "App.zip", "Caf\u00e9 1.zip", "Cafe\u0301.zip", "a+b & c.zip", "[x]{y}.tgz", "R&amp;D 1.zip"]
)
def test_names_that_the_service_changes_are_idempotent_and_protected(
    emulator: Emulator, run: ModuleRunner, rule: str, name: str
) -> None:
    put(emulator, {"app.zip": b"of old"} if rule == "keep_case" else {})
    emulator.switches.rename = rule
    run.ok(MODULE, content="release", name=[name])
    stored = contents(emulator)
    assert len(stored) in (1, 2)
    for overwrite in ("different", "refuse", "never"):
        assert run.ok(MODULE, content="release", name=[name], overwrite=overwrite)["changed"] is False
    for check in (True, False):
        assert "Nothing was sent" in run.failure(MODULE, content="another", name=[name], overwrite="refuse", check=check)
        assert run.ok(MODULE, content="another", name=[name], overwrite="never", check=check)["changed"] is False
    assert (len(posts(emulator)), contents(emulator)) == (1, stored)
    assert statuses(run.ok(MODULE, content="another", name=[name]))[0][1] == "replaced"
    assert sorted(contents(emulator)) == sorted(stored)


@pytest.mark.parametrize("name", ["My App.zip", "app.zip"])
def test_new_name_is_requested_before_an_upload_that_must_not_overwrite(emulator: Emulator, run: ModuleRunner, name: str) -> None:
    """One request for the name and for each likely stored name, because a listing that lags would not show them."""
    put(emulator, {"other": b"x"})
    for overwrite, extra in (("different", 0), ("refuse", 1), ("never", 1)):
        emulator.journal.clear()
        result = run.ok(MODULE, content="x", name=[name], overwrite=overwrite, check=True)
        assert statuses(result) == [(name, "created", "not there")]
        assert result["requests"] == 1 + extra * (2 if name == "My App.zip" else 1)


def test_candidates_of_equal_size_are_distinguished_by_their_contents(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.switches.rename = "spaces"
    put(emulator, {"build_11.sha256": b"other", "build_1.sha256": b"older"})
    for expected in (True, False):
        assert run.ok(MODULE, content="right", name=["build 1.sha256"], manifest=MANIFEST)["changed"] is expected
    assert contents(emulator)["build_1.sha256"] == b"right"
    assert contents(emulator)["build_11.sha256"] == b"other"


def test_unlikely_candidates_do_not_stop_a_new_release(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {"build_11.zip": b"eleven"})
    result = run.ok(MODULE, content="one", name=["build 1.zip"], overwrite="refuse")
    assert statuses(result) == [("build 1.zip", "created", "not there")]


def test_exact_name_precedes_a_similar_one(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {"My_App.zip": b"x", "My App.zip": b"y"})
    result = run.ok(MODULE, content="x", name=["My App.zip"])
    assert statuses(result) == [("My App.zip", "replaced", "content differs")]
    assert contents(emulator) == {"My_App.zip": b"x", "My App.zip": b"x"}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("text", ["APPLICATION", "of another size"])
def test_overwrite_protects_the_renamed_artifact(emulator: Emulator, run: ModuleRunner, text: str, check: bool) -> None:
    put(emulator, {"My_App.zip": b"application"})
    options = {"content": text, "name": ["My App.zip"], "check": check}
    message = run.failure(MODULE, **options, overwrite="refuse")
    assert re.search(r"'My App.zip' as 'My_App.zip' \((size|content) differs\). Nothing was sent", message)
    result = run.ok(MODULE, **options, overwrite="never")
    assert (result["changed"], statuses(result)) == (False, [("My App.zip", "kept", "there already")])
    assert (result["artifacts"][0]["stored_name"], result["artifacts"][0]["size"]) == ("My_App.zip", len("application"))
    assert contents(emulator) == {"My_App.zip": b"application"}


@pytest.mark.parametrize(("rule", "name"), [("spaces", "app 1.zip"), ("django", "app_(1).zip"), ("lower", "App_1.zip")])
@pytest.mark.parametrize("overwrite", ["refuse", "never", "different"])
def test_two_names_of_one_task_never_overwrite_a_release(
    emulator: Emulator, run: ModuleRunner, dist: Path, rule: str, name: str, overwrite: str
) -> None:
    put(emulator, {"app_1.zip": b"old"})
    emulator.switches.rename = rule
    result = run(MODULE, src=write(dist, {"app_1.zip": b"old", name: b"new"}), overwrite=overwrite)
    if overwrite == "different":
        assert f"Bitbucket stored '{name}' under the name 'app_1.zip' of another artifact of this task" in result["msg"]
    else:
        assert bool(result.get("failed")) == (overwrite == "refuse")
        assert (contents(emulator), posts(emulator)) == ({"app_1.zip": b"old"}, [])

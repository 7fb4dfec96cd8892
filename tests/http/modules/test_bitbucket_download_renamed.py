# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, names that the service stores differently: said so, used in the manifest, found again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible.module_utils.basic import AnsibleModule

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import (
    MANIFEST,
    MODULE,
    Refused,
    by_name,
    contents,
    failed,
    lines,
    posts,
    sha256,
    statuses,
    widgets,
    without_jitter,
    write,
    writes,
)

WISH = {"My App.zip": b"application", "plain.zip": b"plain"}
STORED = {"My_App.zip": b"application", "plain.zip": b"plain"}


@pytest.fixture
def spaces(emulator: Emulator) -> None:
    """The service makes each space an underscore, as it has been seen to."""
    emulator.switches.rename = "spaces"


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the module warns of; in a test's process ansible-core would show it to the controller's user instead."""
    said: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda module, warning: said.append(warning))
    return said


@pytest.mark.usefixtures("spaces")
def test_a_renamed_artifact_is_said_and_shown(emulator: Emulator, run: ModuleRunner, dist: Path, warnings: list[str]) -> None:
    result = run.ok(MODULE, src=write(dist, WISH))
    app, plain = result["artifacts"]
    assert (app["name"], app["stored_name"], app["status"]) == ("My App.zip", "My_App.zip", "created")
    assert app["url"].endswith("/downloads/My_App.zip")
    assert app["sha256"] == sha256(b"application")
    assert app["created_on"] == widgets(emulator).artifacts["My_App.zip"].created_on.isoformat(timespec="microseconds")
    assert "stored_name" not in plain
    [warning] = warnings
    assert "'My App.zip'" in warning
    assert "'My_App.zip'" in warning


@pytest.mark.usefixtures("spaces")
@pytest.mark.parametrize("manifest", [None, MANIFEST])
@pytest.mark.parametrize("overwrite", ["different", "refuse", "never"])
def test_a_second_run_finds_it_again(
    emulator: Emulator, run: ModuleRunner, dist: Path, manifest: str | None, overwrite: str
) -> None:
    paths = write(dist, WISH)
    options = {"overwrite": overwrite, "manifest": manifest}
    run.ok(MODULE, src=paths, **options)
    emulator.journal.clear()
    for check in (True, False):
        result = run.ok(MODULE, check=check, src=paths, **options)
        assert result["changed"] is False
        assert {status for _unused, status, _unused in statuses(result)} == {"kept" if overwrite == "never" else "unchanged"}
        assert by_name(result)["My App.zip"]["stored_name"] == "My_App.zip"
    assert writes(emulator) == []


@pytest.mark.usefixtures("spaces")
def test_the_manifest_uses_the_stored_name(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    result = run.ok(MODULE, src=write(dist, WISH), manifest=MANIFEST)
    assert contents(emulator) == {**STORED, MANIFEST: lines(STORED)}
    assert result["manifest"]["size"] == len(lines(STORED))


@pytest.mark.usefixtures("spaces")
@pytest.mark.parametrize("data", [b"APPLICATION", b"of another size"])
def test_changed_content_replaces_it_under_the_stored_name(
    emulator: Emulator, run: ModuleRunner, dist: Path, data: bytes
) -> None:
    run.ok(MODULE, src=write(dist, WISH), manifest=MANIFEST)
    options = {"src": write(dist, {"My App.zip": data}), "manifest": MANIFEST, "diff": True}
    checked, result = (run.ok(MODULE, check=check, **options) for check in (True, False))
    reason = "content differs" if len(data) == len(b"application") else "size differs"
    for each in (checked, result):
        assert (each["changed"], statuses(each)) == (True, [("My App.zip", "replaced", reason)])
        assert each["artifacts"][0]["stored_name"] == "My_App.zip"
    assert checked["diff"] == result["diff"]
    assert contents(emulator) == {**STORED, "My_App.zip": data, MANIFEST: lines({**STORED, "My_App.zip": data})}
    assert run.ok(MODULE, src=write(dist, {"My App.zip": data}), manifest=MANIFEST)["changed"] is False


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("a (1).zip", "a_1_.zip"),
        ("ünï code.zip", "unicode.zip"),
        ("a+b=c.zip", "a%2Bb%3Dc.zip"),
        ("emoji 🚀.zip", "emoji____________.zip"),
    ],
)
def test_other_rules_of_the_service_are_seen_through(emulator: Emulator, run: ModuleRunner, name: str, stored: str) -> None:
    emulator.switches.rename = lambda asked: stored
    for name_of_others in ("a.zip", "unrelated"):
        widgets(emulator).put(name_of_others, b"same size!")
    first = run.ok(MODULE, content="0123456789", name=[name])
    assert first["artifacts"][0]["stored_name"] == stored
    assert run.ok(MODULE, content="0123456789", name=[name])["changed"] is False
    assert len(posts(emulator)) == 1


def test_a_run_of_more_than_twelve_characters_is_no_renaming(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.switches.rename = lambda asked: "a" + "_" * 13 + "b"
    assert "'a b' is not in the listing" in failed(run, content="x", name=["a b"])["msg"]


@pytest.mark.parametrize(
    ("wished", "there"), [("app 1.0", "app 10"), ("app 1.0", "app-10"), ("app 1.0", "app_1x0"), ("a b", "ab.tgz")]
)
def test_a_similar_name_of_equal_content_is_not_taken_for_it(
    emulator: Emulator, run: ModuleRunner, wished: str, there: str
) -> None:
    widgets(emulator).put(there, b"x")
    result = run.ok(MODULE, content="x", name=[wished])
    assert statuses(result) == [(wished, "created", "not there")]
    assert contents(emulator) == {there: b"x", wished: b"x"}


@pytest.mark.parametrize("there", ["my app.zip", "my_app-zip", "myXapp.zip", "my-app.zip.bak"])
def test_a_plain_name_is_only_itself(emulator: Emulator, run: ModuleRunner, there: str) -> None:
    widgets(emulator).put(there, b"x")
    assert statuses(run.ok(MODULE, content="x", name=["my_app.zip"])) == [("my_app.zip", "created", "not there")]
    assert sorted(contents(emulator)) == sorted([there, "my_app.zip"])


def test_without_a_renaming_nothing_is_warned_of(emulator: Emulator, run: ModuleRunner, warnings: list[str]) -> None:
    run.ok(MODULE, content="x", name=["My App.zip"])
    assert warnings == []


def test_the_exact_name_goes_before_a_similar_one(emulator: Emulator, run: ModuleRunner) -> None:
    widgets(emulator).put("My_App.zip", b"x")
    widgets(emulator).put("My App.zip", b"y")
    result = run.ok(MODULE, content="x", name=["My App.zip"])
    assert statuses(result) == [("My App.zip", "replaced", "content differs")]
    assert contents(emulator) == {"My_App.zip": b"x", "My App.zip": b"x"}


def test_a_similar_name_of_other_content_is_not_taken_for_it(emulator: Emulator, run: ModuleRunner) -> None:
    widgets(emulator).put("My-App.zip", b"y")
    assert statuses(run.ok(MODULE, content="x", name=["My App.zip"])) == [("My App.zip", "created", "not there")]
    assert sorted(contents(emulator)) == ["My App.zip", "My-App.zip"]


def test_of_two_candidates_none_counts(emulator: Emulator, run: ModuleRunner) -> None:
    for name in ("My_App.zip", "My-App.zip"):
        widgets(emulator).put(name, b"x")
    result = run.ok(MODULE, content="x", name=["My App.zip"])
    assert statuses(result) == [("My App.zip", "created", "not there")]
    assert sorted(contents(emulator)) == ["My App.zip", "My-App.zip", "My_App.zip"]


@pytest.mark.usefixtures("spaces")
@pytest.mark.parametrize(("kind", "sends"), [("drop_after", 1), ("drop_before", 2)])
def test_a_lost_upload_is_found_under_its_stored_name(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch, kind: str, sends: int
) -> None:
    without_jitter(monkeypatch)
    emulator.faults.add(kind, method="POST")
    result = run.ok(MODULE, content="x", name=["My App.zip"])
    assert len(posts(emulator)) == sends
    assert result["artifacts"][0].get("recovered", False) is (sends == 1)
    assert contents(emulator) == {"My_App.zip": b"x"}


@pytest.mark.usefixtures("spaces")
def test_two_files_that_become_one_are_an_error(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    message = failed(run, src=write(dist, {"my app": b"1", "my_app": b"2"}))["msg"]
    assert re.search(r"'my app'.*'my_app'|'my app' is not in the listing", message)


@pytest.mark.parametrize("name", ["SHA256 SUMS", "prüfsummen", "sums+1", "sums(1)"])
def test_a_manifest_that_the_service_might_rename_is_refused(refused: Refused, name: str) -> None:
    """It would not be found again, and be sent on every run."""
    for wish in ({"content": "x", "name": ["app"]}, {"state": "absent", "name": ["app"]}):
        assert f"manifest '{name}' is refused" in refused(**wish, manifest=name)


@pytest.mark.usefixtures("spaces")
@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("data", [b"APPLICATION", b"of another size"])
def test_refuse_protects_it_under_the_stored_name(emulator: Emulator, run: ModuleRunner, check: bool, data: bytes) -> None:
    run.ok(MODULE, content="application", name=["My App.zip"])
    message = failed(run, content=data.decode(), name=["My App.zip"], overwrite="refuse", check=check)["msg"]
    assert re.search("'My App.zip' as 'My_App.zip' \\((size|content) differs\\). Nothing was sent", message)
    assert contents(emulator) == {"My_App.zip": b"application"}


@pytest.mark.usefixtures("spaces")
@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("data", ["APPLICATION", "of another size"])
def test_never_leaves_it_under_the_stored_name(emulator: Emulator, run: ModuleRunner, check: bool, data: str) -> None:
    run.ok(MODULE, content="application", name=["My App.zip"])
    result = run.ok(MODULE, content=data, name=["My App.zip"], overwrite="never", check=check)
    assert (result["changed"], statuses(result)) == (False, [("My App.zip", "kept", "there already")])
    assert (result["artifacts"][0]["stored_name"], result["artifacts"][0]["size"]) == ("My_App.zip", len("application"))
    assert contents(emulator) == {"My_App.zip": b"application"}


def test_what_only_could_have_been_replaced_is_told_as_it_came_out(emulator: Emulator, run: ModuleRunner) -> None:
    widgets(emulator).put("My_App.zip", b"another")
    result = run.ok(MODULE, content="x", name=["My App.zip"])
    assert statuses(result) == [("My App.zip", "created", "not there")]
    assert contents(emulator) == {"My_App.zip": b"another", "My App.zip": b"x"}


def test_what_was_replaced_by_a_rule_that_nobody_foresees_is_told(emulator: Emulator, run: ModuleRunner) -> None:
    widgets(emulator).put("My-App.zip", b"another")
    emulator.switches.rename = lambda asked: asked.replace(" ", "-")
    result = run.ok(MODULE, content="x", name=["My App.zip"], diff=True)
    assert statuses(result) == [("My App.zip", "replaced", "size differs")]
    assert "My-App.zip  7 bytes" in result["diff"]["before"]


@pytest.mark.usefixtures("spaces")
def test_a_manifest_gets_the_stored_name_also_without_verifying(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    options = {"src": write(dist, WISH), "manifest": MANIFEST, "verify": False}
    assert by_name(run.ok(MODULE, **options))["My App.zip"]["stored_name"] == "My_App.zip"
    assert contents(emulator) == {**STORED, MANIFEST: lines(STORED)}
    assert run.ok(MODULE, **options)["changed"] is False

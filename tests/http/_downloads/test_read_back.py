# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove uploads: writes without effect, listings that lag, and names that the service has changed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.clock import FakeClock
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import (
    MANIFEST,
    MODULE,
    by_name,
    contents,
    date,
    lines,
    listings,
    posts,
    put,
    sha256,
    statuses,
    write,
)

APP = {"app.tgz": b"application"}
RENAMED = {"My App.zip": b"application", "plain.zip": b"plain"}
STORED = {"My_App.zip": b"application", "plain.zip": b"plain"}


def waiting(emulator: Emulator, run: ModuleRunner) -> ModuleRunner:
    """Return the runner with a clock whose pauses let time pass for the emulator as well."""
    clock = FakeClock()

    def sleep(seconds: float) -> None:
        clock.pauses.append(seconds)
        emulator.clock.offset += timedelta(seconds=seconds)

    return ModuleRunner(emulator, run.capsys, clock.clock._replace(sleep=sleep))


@pytest.fixture
def spaces(emulator: Emulator) -> None:
    """Let the service replace spaces by underscores, as observed."""
    emulator.switches.rename = "spaces"


@pytest.mark.parametrize(("verify", "expected"), [(None, 2), (True, 2), (False, 1)])
def test_verify_lists_again(emulator: Emulator, run: ModuleRunner, dist: Path, verify: bool | None, expected: int) -> None:
    put(emulator, {"equal": b"equal"})
    result = run.ok(MODULE, src=write(dist, {**APP, "equal": b"equal"}), verify=verify)
    assert len(listings(emulator)) == expected
    assert [artifact["created_on"] is not None for artifact in result["artifacts"]] == [expected == 2, True]


def test_accepted_upload_that_is_not_listed_is_an_error(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.faults.add("status", code=201, body="", method="POST", times=2)
    assert run.ok(MODULE, src=write(dist, APP), verify=False)["changed"] is True
    emulator.journal.clear()
    result = run.failed(MODULE, src=write(dist, APP), manifest=MANIFEST)
    assert "'app.tgz' is not in the listing" in result["msg"]
    assert (len(posts(emulator)), len(listings(emulator))) == (1, 7)
    assert (result["artifacts"], result["changed"]) == ([], False)
    run.ok(MODULE, src=write(dist, APP))
    assert contents(emulator) == APP


@pytest.mark.parametrize("name", ["app.tgz", "a b"])
def test_upload_stored_under_an_unrelated_name_is_an_error(emulator: Emulator, run: ModuleRunner, name: str) -> None:
    put(emulator, {"a_b": b"another", "same": b"x"})
    emulator.switches.rename = lambda _requested: "a" + "_" * 13 + "b"
    message = run.failure(MODULE, content="x", name=[name])
    assert f"'{name}' was stored as 'a_____________b': the module cannot match that name to the requested one" in message


def test_upload_beside_the_existing_artifact_is_an_error(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {"app.zip": b"old", MANIFEST: lines({"app.zip": b"old"})})
    emulator.switches.upload_effect, emulator.switches.upload_effect_names = "suffix", "app"
    result = run.failed(MODULE, content="new", name=["app.zip"], manifest=MANIFEST)
    [stored] = [name for name in contents(emulator) if name.startswith("app_")]
    assert f"'app.zip' was stored as '{stored}': an artifact of the requested name exists as well" in result["msg"]
    assert contents(emulator)[MANIFEST] == lines({"app.zip": b"old"})


@pytest.mark.parametrize("effect", ["none", "suffix"])
def test_replacement_of_equal_size_without_effect_is_an_error(emulator: Emulator, run: ModuleRunner, effect: str) -> None:
    put(emulator, {"app.zip": b"old", MANIFEST: lines({"app.zip": b"old"})})
    emulator.switches.upload_effect, emulator.switches.upload_effect_names = effect, "app"
    options: dict[str, Any] = {"content": "new", "name": ["app.zip"], "manifest": MANIFEST}
    result = run.failed(MODULE, **options)
    assert "'app.zip'" in result["msg"]
    assert (result["artifacts"], result["changed"]) == ([], False)
    assert contents(emulator)[MANIFEST] == lines({"app.zip": b"old"})
    emulator.switches.upload_effect = "store"
    assert statuses(run.ok(MODULE, **options)) == [("app.zip", "replaced", "content differs")]
    assert contents(emulator)[MANIFEST] == lines({"app.zip": b"new"})


@pytest.mark.parametrize(
    ("switches", "words"),
    [
        ({"upload_effect": "none"}, "is still listed unchanged, with "),
        ({"upload_effect": "suffix"}, "was stored as 'SHA256SUMS_"),
        ({"rename": "lower"}, "was stored as 'sha256sums': an artifact of the requested name exists as well"),
    ],
    ids=["none", "suffix", "lower"],
)
def test_manifest_without_effect_is_an_error(emulator: Emulator, run: ModuleRunner, switches: dict[str, Any], words: str) -> None:
    put(emulator, {"app.zip": b"old", MANIFEST: lines({"app.zip": b"old"})})
    emulator.switches.update({"upload_effect_names": "SUMS", **switches})
    message = run.failure(MODULE, content="new", name=["app.zip"], manifest=MANIFEST)
    assert f"'SHA256SUMS' {words}" in message


@pytest.mark.parametrize("lag", [{"listing_lag_reads": 2}, {"listing_lag_seconds": 2}], ids=str)
@pytest.mark.parametrize("old", [None, b"0ld", b"other size"])
def test_lagging_listing_is_read_again(emulator: Emulator, run: ModuleRunner, lag: dict[str, Any], old: bytes | None) -> None:
    put(emulator, {"app.tgz": old} if old else {})
    emulator.switches.update(lag)
    runner = waiting(emulator, run)
    result = runner.ok(MODULE, content="new", name=["app.tgz"], manifest=MANIFEST)
    assert contents(emulator) == {"app.tgz": b"new", MANIFEST: lines({"app.tgz": b"new"})}
    assert result["artifacts"][0]["created_on"] in (None, date(emulator, "app.tgz"))
    assert result["artifacts"][0]["status"] == ("replaced" if old else "created")


def test_date_of_the_old_artifact_is_not_reported(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {"app.tgz": b"old"})
    emulator.switches.created_on_moves = False
    result = run.ok(MODULE, content="new", name=["app.tgz"])
    assert (result["artifacts"][0]["created_on"], result["artifacts"][0]["sha256"]) == (None, sha256(b"new"))


def test_different_size_is_an_error_that_names_both(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.faults.add("call", action=lambda: put(emulator, {"app.tgz": b"theirs"}), method="POST")
    result = run.failed(MODULE, src=write(dist, {**APP, "other.tgz": b"other"}))
    assert "'app.tgz' is listed with 6 bytes instead of the 11 that were sent" in result["msg"]
    assert "another publisher has uploaded this name, or Bitbucket has truncated the upload" in result["msg"]
    assert (len(posts(emulator)), len(listings(emulator))) == (1, 3)
    app, other = result["artifacts"]
    assert (app["name"], app["size"], app["sha256"], app["created_on"]) == ("app.tgz", 6, None, date(emulator, "app.tgz"))
    assert (other["name"], other["size"], other["status"]) == ("other.tgz", 5, "created")
    assert other["created_on"] == date(emulator, "other.tgz")


def test_unchanged_listing_is_an_error_that_says_so(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    put(emulator, {"app.tgz": b"old"})
    emulator.faults.add("status", code=201, body="", method="POST")
    result = run.failed(MODULE, src=write(dist, APP))
    assert "'app.tgz' is still listed unchanged, with 3 bytes" in result["msg"]
    assert (result["artifacts"], result["changed"]) == ([], False)


@pytest.mark.usefixtures("spaces")
def test_renamed_artifact_is_reported_with_a_warning(
    emulator: Emulator, run: ModuleRunner, dist: Path, warnings: list[str]
) -> None:
    app, plain = run.ok(MODULE, src=write(dist, RENAMED))["artifacts"]
    assert (app["name"], app["stored_name"], app["status"]) == ("My App.zip", "My_App.zip", "created")
    assert app["url"].endswith("/downloads/My_App.zip")
    assert (app["sha256"], app["created_on"]) == (sha256(b"application"), date(emulator, "My_App.zip"))
    assert "stored_name" not in plain
    [warning] = warnings
    assert "'My App.zip'" in warning
    assert "'My_App.zip'" in warning


def test_unchanged_name_has_no_warning(run: ModuleRunner, warnings: list[str]) -> None:
    run.ok(MODULE, content="x", name=["My App.zip"])
    assert warnings == []


@pytest.mark.usefixtures("spaces")
@pytest.mark.parametrize("verify", [True, False])
def test_manifest_has_the_stored_name(emulator: Emulator, run: ModuleRunner, dist: Path, verify: bool) -> None:
    options = {"src": write(dist, RENAMED), "manifest": MANIFEST, "verify": verify}
    result = run.ok(MODULE, **options)
    assert by_name(result)["My App.zip"]["stored_name"] == "My_App.zip"
    assert contents(emulator) == {**STORED, MANIFEST: lines(STORED)}
    assert result["manifest"]["size"] == len(lines(STORED))
    assert run.ok(MODULE, **options)["changed"] is False


@pytest.mark.usefixtures("spaces")
@pytest.mark.parametrize(("data", "reason"), [(b"APPLICATION", "content differs"), (b"other size", "size differs")])
def test_changed_file_replaces_the_artifact_under_its_stored_name(
    emulator: Emulator, run: ModuleRunner, dist: Path, data: bytes, reason: str
) -> None:
    run.ok(MODULE, src=write(dist, RENAMED), manifest=MANIFEST)
    options = {"src": write(dist, {"My App.zip": data}), "manifest": MANIFEST, "diff": True}
    predicted, result = (run.ok(MODULE, check=check, **options) for check in (True, False))
    for each in (predicted, result):
        assert (each["changed"], statuses(each)) == (True, [("My App.zip", "replaced", reason)])
        assert each["artifacts"][0]["stored_name"] == "My_App.zip"
    assert predicted["diff"] == result["diff"]
    assert contents(emulator) == {**STORED, "My_App.zip": data, MANIFEST: lines({**STORED, "My_App.zip": data})}


def test_prediction_of_a_renaming_is_corrected_afterwards(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {"My_App.zip": b"another"})
    assert statuses(run.ok(MODULE, content="x", name=["My App.zip"])) == [("My App.zip", "created", "not there")]
    assert contents(emulator) == {"My_App.zip": b"another", "My App.zip": b"x"}


def test_replacement_by_an_unknown_rule_is_reported(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {"My-App.zip": b"another"})
    emulator.switches.rename = lambda requested: requested.replace(" ", "-")
    result = run.ok(MODULE, content="x", name=["My App.zip"], diff=True)
    assert statuses(result) == [("My App.zip", "replaced", "size differs")]
    assert "My-App.zip  7 bytes" in result["diff"]["before"]


@pytest.mark.usefixtures("spaces")
@pytest.mark.parametrize("names", [("my app", "my_app"), ("a b", "a+b")])
def test_files_that_are_stored_under_one_name_are_an_error(
    emulator: Emulator, run: ModuleRunner, dist: Path, names: tuple[str, str]
) -> None:
    if names == ("a b", "a+b"):
        emulator.switches.rename = lambda _requested: "a_b"
    message = run.failure(MODULE, src=write(dist, dict.fromkeys(names, b"1")))
    assert f"was stored as '{names[0].replace(' ', '_')}', as was another artifact of this task" in message

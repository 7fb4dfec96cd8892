# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copy artifacts: choose, compare, verify and write them, and repeat without a change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import MANIFEST, MODULE, contents, date, lines, put, sha256, statuses, uploads, widgets, writes

from .helpers import Copy, fetched, stage, staging

DATA = {"app-1.0.tgz": b"one", "app-1.1.tgz": b"second", "notes.txt": b"notes"}


def test_copied_artifacts_have_the_bytes_of_the_source(emulator: Emulator, copy: Copy) -> None:
    stage(emulator, DATA)
    put(emulator, {"theirs": b"theirs"})
    result = copy.ok("notes.txt", "app-1.0.tgz")
    assert contents(emulator) == {"theirs": b"theirs", "notes.txt": b"notes", "app-1.0.tgz": b"one"}
    assert statuses(result) == [("notes.txt", "created", "not there"), ("app-1.0.tgz", "created", "not there")]
    dates = [date(emulator, name) for name in ("notes.txt", "app-1.0.tgz")]
    assert [artifact["created_on"] for artifact in result["artifacts"]] == dates
    assert [artifact["sha256"] for artifact in result["artifacts"]] == [sha256(b"notes"), sha256(b"one")]
    assert result["artifacts"][0]["url"] == f"{emulator.api_url}/repositories/acme/widgets/downloads/notes.txt"
    assert (result["changed"], result["bytes_sent"], result["msg"]) == (True, 8, "2 created")
    assert result["requests"] == len(emulator.journal.select(host="api"))
    assert {name: artifact.content for name, artifact in staging(emulator).artifacts.items()} == DATA


def test_second_run_changes_nothing(emulator: Emulator, copy: Copy) -> None:
    stage(emulator, {**DATA, "empty": b""})
    copy.ok(patterns=["*"])
    assert contents(emulator) == {**DATA, "empty": b""}
    emulator.journal.clear()
    for check in (True, False):
        result = copy.ok(patterns=["*"], check=check)
        assert (result["changed"], result["bytes_sent"], writes(emulator)) == (False, 0, [])
        assert {artifact["status"] for artifact in result["artifacts"]} == {"unchanged"}


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_unchanged_copy_with_trusted_manifests_requests_no_artifact(emulator: Emulator, copy: Copy, check: bool) -> None:
    stage(emulator, DATA, manifest=True)
    put(emulator, {**DATA, MANIFEST: lines(DATA)})
    result = copy.ok(patterns=["*"], manifest=MANIFEST, check=check)
    assert (result["changed"], result["manifest"]["status"], writes(emulator)) == (False, "unchanged", [])
    assert [artifact["sha256"] for artifact in result["artifacts"]] == [sha256(data) for data in DATA.values()]
    assert fetched(emulator, staging(emulator)) == fetched(emulator, widgets(emulator)) == [MANIFEST]


@pytest.mark.parametrize(
    ("known", "source", "destination"),
    [
        (False, [("app", 200)], [("app", 304)]),
        (True, [(MANIFEST, 200)], [("app", 200)]),
    ],
    ids=["no manifest", "manifest of the source"],
)
def test_contents_are_compared_with_the_fewest_requests(
    emulator: Emulator, copy: Copy, known: bool, source: list[Any], destination: list[Any]
) -> None:
    stage(emulator, {"app": b"application"}, manifest=known)
    put(emulator, {"app": b"application"})
    assert copy.ok("app", check=True, manifest=MANIFEST if known else None)["artifacts"][0]["status"] == "unchanged"
    for repository, expected in ((staging(emulator), source), (widgets(emulator), destination)):
        found = [entry for entry in emulator.journal.select(host="storage") if repository.uuid in entry.path]
        assert [(entry.artifact, entry.status) for entry in found] == expected


def test_trusted_digest_of_the_destination_is_compared_with_an_older_manifest_of_the_source(
    emulator: Emulator, copy: Copy
) -> None:
    stage(emulator, {MANIFEST: lines({"app": b"application"}), "app": b"application"})
    put(emulator, {"app": b"application", MANIFEST: lines({"app": b"application"})})
    assert not copy.ok("app", manifest=MANIFEST)["changed"]
    assert fetched(emulator, staging(emulator)) == [MANIFEST, "app"]
    assert fetched(emulator, widgets(emulator)) == [MANIFEST]


def test_manifest_of_the_destination_gets_the_lines_of_the_copies(emulator: Emulator, copy: Copy) -> None:
    stage(emulator, DATA, manifest=True)
    put(emulator, {"theirs": b"theirs", MANIFEST: lines({"theirs": b"theirs"})})
    predicted = copy.ok("notes.txt", manifest=MANIFEST, check=True, diff=True)
    assert writes(emulator) == fetched(emulator, staging(emulator))[1:] == []
    result = copy.ok("notes.txt", manifest=MANIFEST, diff=True)
    text = lines({"theirs": b"theirs", "notes.txt": b"notes"})
    assert contents(emulator)[MANIFEST] == text
    assert result["manifest"] == {"name": MANIFEST, "status": "replaced", "size": len(text)} == predicted["manifest"]
    assert uploads(emulator) == [["notes.txt"], [MANIFEST]]
    assert predicted["diff"] == result["diff"]
    assert predicted["artifacts"] == [{**result["artifacts"][0], "created_on": None}]


def test_unchanged_artifact_gets_a_missing_line(emulator: Emulator, copy: Copy) -> None:
    stage(emulator, {"app": b"application"}, manifest=True)
    put(emulator, {"app": b"application"})
    result = copy.ok("app", manifest=MANIFEST)
    assert (result["artifacts"][0]["status"], result["manifest"]["status"]) == ("unchanged", "created")
    assert uploads(emulator) == [[MANIFEST]]


def test_check_mode_without_a_manifest_fetches_no_new_artifact(emulator: Emulator, copy: Copy) -> None:
    stage(emulator, DATA)
    result = copy.ok(patterns=["*"], check=True)
    assert [artifact["sha256"] for artifact in result["artifacts"]] == [None] * 3
    assert (result["changed"], result["msg"], fetched(emulator, staging(emulator))) == (True, "3 created", [])


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
@pytest.mark.parametrize(
    ("overwrite", "status", "reason"),
    [("different", "replaced", "content differs"), ("always", "replaced", "forced"), ("never", "kept", "there already")],
)
def test_overwrite_decides_about_different_contents(
    emulator: Emulator, copy: Copy, overwrite: str, status: str, reason: str, check: bool
) -> None:
    stage(emulator, {"app": b"ours"})
    put(emulator, {"app": b"past"})
    result = copy.ok("app", overwrite=overwrite, check=check)
    assert statuses(result) == [("app", status, reason)]
    assert contents(emulator)["app"] == (b"ours" if status == "replaced" and not check else b"past")


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
@pytest.mark.parametrize("old", [b"past", b"of another size"])
def test_different_contents_are_refused_by_default_before_any_upload(
    emulator: Emulator, copy: Copy, old: bytes, check: bool
) -> None:
    stage(emulator, {"new": b"new", "app": b"ours"})
    put(emulator, {"app": old})
    message = copy.failure("new", "app", check=check)
    assert "overwrite is 'refuse', and these artifacts exist with different content: 'app'" in message
    assert (writes(emulator), contents(emulator)) == ([], {"app": old})


@pytest.mark.parametrize("overwrite", ["refuse", "never"])
def test_artifact_that_the_destination_does_not_list_is_not_overwritten(emulator: Emulator, copy: Copy, overwrite: str) -> None:
    stage(emulator, {"app": b"ours"})
    put(emulator, {"app": b"past"})
    emulator.faults.add("hidden_item", name="app", times=None, path="/widgets/")
    assert "exists, but is not listed" in copy.failure("app", overwrite=overwrite)
    assert contents(emulator)["app"] == b"past"


@pytest.mark.parametrize("older", [False, True], ids=["newer manifest", "older manifest"])
def test_contents_without_the_digest_of_the_manifest_are_not_sent(emulator: Emulator, copy: Copy, older: bool) -> None:
    promise, app = {MANIFEST: lines({"app": b"promised"})}, {"app": b"replaced"}
    stage(emulator, {**promise, **app} if older else {**app, **promise})
    message = copy.failure("app", manifest=MANIFEST)
    assert f"In the Downloads of staging: 'app' does not have the digest that the manifest {MANIFEST} expects" in message
    assert (writes(emulator), contents(emulator)) == ([], {})


@pytest.mark.parametrize(
    ("staged", "options", "words"),
    [
        ({"app": b"a"}, {"name": ["app"], "manifest": MANIFEST}, f"The manifest {MANIFEST} is not in the Downloads of staging"),
        (
            {"app": b"a", MANIFEST: lines({"b": b"b"})},
            {"name": ["app"], "manifest": MANIFEST},
            "has no line, or conflicting lines, for 'app'",
        ),
        ({"app": b"a"}, {"name": ["app", "lib"]}, "Not in the Downloads of staging: 'lib'"),
        ({"app": b"a"}, {"name": ["a*"]}, "names are exact; use patterns to match several names"),
        ({"app": b"a"}, {"patterns": ["b*"]}, "No artifact in /repositories/acme/staging/downloads matches the patterns"),
        ({'a"b': b"a"}, {"patterns": ["*"]}, "a double quote, which Bitbucket cannot store"),
        ({MANIFEST: b"?", "app": b"a"}, {"name": ["app"], "manifest": MANIFEST}, "is not a checksum manifest"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_incomplete_source_is_refused_before_any_upload(
    emulator: Emulator, copy: Copy, staged: dict[str, bytes], options: dict[str, Any], words: str
) -> None:
    stage(emulator, staged)
    assert words in copy.failure(**options)
    assert writes(emulator) == []


def test_source_that_is_replaced_while_it_is_compared_is_read_again(emulator: Emulator, copy: Copy) -> None:
    new = {"app": b"newest"}
    stage(emulator, {MANIFEST: lines({"app": b"oldest"}), "app": b"oldest"})
    put(emulator, {"app": b"newest", MANIFEST: lines(new)})

    def replace() -> None:
        for name, data in ((MANIFEST, lines(new)), ("app", b"newest")):
            staging(emulator).put(name, data)

    emulator.faults.add("call", action=replace, when="before", host="api", path="/staging/downloads/app")
    result = copy.ok("app", manifest=MANIFEST)
    assert result["artifacts"][0]["status"] == "unchanged"


def test_artifact_that_is_replaced_before_it_is_sent_is_an_error(emulator: Emulator, copy: Copy) -> None:
    stage(emulator, {"app": b"ours"})
    put(emulator, {"app": b"past"})

    def replace() -> None:
        staging(emulator).put("app", b"late")

    emulator.faults.add("call", path="/staging/downloads/app", after=1, action=replace, when="before")
    assert "In the Downloads of staging: 'app' was replaced while the task ran" in copy.failure("app", overwrite="different")
    assert writes(emulator) == []


def test_name_that_the_destination_changes_is_reported_and_found_again(
    emulator: Emulator, copy: Copy, warnings: list[str]
) -> None:
    stage(emulator, {"My App.zip": b"application"}, manifest=True)
    emulator.switches.rename = "spaces"
    result = copy.ok("My App.zip", manifest=MANIFEST)
    assert (result["artifacts"][0]["stored_name"], set(contents(emulator))) == ("My_App.zip", {"My_App.zip", MANIFEST})
    assert [warning for warning in warnings if "under the name 'My_App.zip'" in warning]
    assert not copy.ok("My App.zip", manifest=MANIFEST)["changed"]


def test_manifest_and_its_signatures_match_no_pattern(emulator: Emulator, copy: Copy) -> None:
    stage(emulator, DATA, manifest=True)
    stage(emulator, {f"{MANIFEST}.asc": b"signature"})
    copy.ok(patterns=["*"], manifest=MANIFEST)
    assert set(contents(emulator)) == {*DATA, MANIFEST}


def test_published_artifact_is_copied_and_verified_by_other_modules(emulator: Emulator, copy: Copy, run: ModuleRunner) -> None:
    staging(emulator)
    run.ok(MODULE, repository="staging", name=["VERSION"], content="1.4.2", manifest=MANIFEST)
    copy.ok("VERSION", manifest=MANIFEST)
    result = run.ok("bitbucket_download_verify", patterns=["*"], manifest=MANIFEST)
    assert [artifact["status"] for artifact in result["artifacts"]] == ["verified"]

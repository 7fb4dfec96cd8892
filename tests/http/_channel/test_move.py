# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create and move a channel: results, proof of the release, and other publishers at the same time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._channel.helpers import CHANNEL, FILE, NEW, OLD, document, move, name_artifacts, put_channel, stored
from tests.http._downloads.helpers import (
    MANIFEST,
    MODULE,
    contents,
    fetches,
    lines,
    put,
    require_together,
    sha256,
    uploads,
    widgets,
    write,
    writes,
)

APP = "app-1.4.2.tgz"


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
def test_channel_is_created_moved_and_moved_back(emulator: Emulator, run: ModuleRunner, check: bool) -> None:
    put(emulator, {**OLD, **NEW})
    steps: list[tuple[str, dict[str, bytes], str, str | None, tuple[str, str]]] = [
        ("1.4.1", OLD, "created", None, ("", "1.4.1\n")),
        ("1.4.2", NEW, "moved", "1.4.1", ("1.4.1\n", "1.4.2\n")),
        ("1.4.1", OLD, "moved", "1.4.2", ("1.4.2\n", "1.4.1\n")),
    ]
    for version, release, status, previous, (before, after) in steps:
        expected = document(version, release, previous=previous)
        old = stored(emulator)
        if check:
            result = move(run, version, release, check=True, diff=True)
            assert (writes(emulator), stored(emulator), result["bytes_sent"]) == ([], old, 0)
            put_channel(emulator, version, release, previous=previous)
        else:
            result = move(run, version, release, diff=True)
            assert (stored(emulator), result["bytes_sent"]) == (expected, len(contents(emulator)[FILE]))
        assert (result["status"], result["previous"], result["changed"]) == (status, previous, True)
        assert (result["channel"], result["diff"]) == (expected, {"before": before, "after": after})


def test_second_run_changes_nothing(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {**OLD, **NEW})
    for version, release in (("1.4.1", OLD), ("1.4.2", NEW)):
        move(run, version, release)
    first = stored(emulator)
    emulator.journal.clear()
    result = run.ok(CHANNEL, name="stable", version="1.4.2", artifacts=list(NEW)[::-1], diff=True)
    assert (result["status"], result["previous"], result["changed"]) == ("unchanged", "1.4.1", False)
    assert (result["msg"], result["channel"]) == ("channel unchanged, version 1.4.2", first)
    assert writes(emulator) == []


def test_other_artifacts_of_a_version_keep_the_previous_one(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {**OLD, **NEW})
    for version, release in (("1.4.1", OLD), ("1.4.2", NEW)):
        move(run, version, release)
    result = move(run, "1.4.2", {APP: NEW[APP]}, diff=True)
    assert (result["status"], result["previous"], result["msg"]) == ("moved", "1.4.1", "channel moved to 1.4.2")
    notes = NEW["notes-1.4.2.txt"]
    line = f"notes-1.4.2.txt  {len(notes)} bytes  sha256:{sha256(notes)}\n"
    assert result["diff"] == {"before": f"{line}(2 unchanged)\n", "after": "(2 unchanged)\n"}
    assert move(run, "1.4.2", {APP: NEW[APP]})["changed"] is False


def test_channel_of_another_manifest_is_moved(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {**NEW, MANIFEST: lines(NEW)})
    move(run, "1.4.2", NEW)
    result = move(run, "1.4.2", NEW, manifest=MANIFEST, diff=True)
    assert (result["status"], result["channel"]["manifest"]) == ("moved", MANIFEST)
    assert result["diff"] == {"before": "(3 unchanged)\n", "after": f"manifest {MANIFEST}\n(3 unchanged)\n"}


def test_channel_is_sent_last_and_alone(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, NEW)
    move(run, "1.4.2", NEW)
    assert uploads(emulator) == [[FILE]]


def test_patterns_choose_artifacts_but_no_channel_and_no_manifest(emulator: Emulator, run: ModuleRunner) -> None:
    others = {"beta.channel.json": b"{}", "beta.channel.json.asc": b"x", FILE + ".sig": b"x", MANIFEST + ".asc": b"x"}
    put(emulator, {**OLD, **NEW, **others, MANIFEST: lines(NEW)})
    emulator.journal.clear()
    widgets(emulator).remove(FILE + ".sig")
    options: dict[str, Any] = {"patterns": ["*"], "excludes": ["*1.4.1*"], "manifest": MANIFEST}
    result = run.ok(CHANNEL, name="stable", version="1.4.2", **options)
    assert result["channel"]["artifacts"] == name_artifacts(NEW)
    regex = {"patterns": [r"app-1\.4\.\d"], "use_regex": True}
    result = run.ok(CHANNEL, name="other", version="1.4.2", **regex)
    assert [each["name"] for each in result["channel"]["artifacts"]] == ["app-1.4.1.tgz", APP]
    message = run.failure(CHANNEL, name="stable", version="1.4.2", patterns=["none*"])
    assert "No artifact in /repositories/acme/widgets/downloads matches the patterns" in message


def test_artifacts_of_a_publishing_task_are_named(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    paths = write(dist, {**NEW, "read me.txt": b"read"})
    emulator.switches.rename = "spaces"
    published = run.ok(MODULE, src=paths, manifest=MANIFEST)["artifacts"]
    options: dict[str, Any] = {"name": "stable", "version": "1.4.2", "artifacts": published, "manifest": MANIFEST}
    emulator.journal.clear()
    result = run.ok(CHANNEL, **options)
    assert result["channel"]["artifacts"] == name_artifacts({**NEW, "read_me.txt": b"read"})
    assert {name for name, _status in fetches(emulator)} == {MANIFEST, FILE}, "the manifest proves the artifacts"
    again = run.ok(MODULE, src=paths, manifest=MANIFEST)["artifacts"]
    assert run.ok(CHANNEL, **{**options, "artifacts": again})["changed"] is False


def test_check_mode_counts_what_would_be_published(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    put(emulator, {APP: b"another release"})
    published = run.ok(MODULE, check=True, src=write(dist, NEW), manifest=MANIFEST)["artifacts"]
    assert [each["status"] for each in published] == ["replaced", "created"]
    options: dict[str, Any] = {"name": "stable", "version": "1.4.2", "artifacts": published, "manifest": MANIFEST}
    result = run.ok(CHANNEL, check=True, **options)
    assert (result["status"], result["channel"]) == ("created", document("1.4.2", NEW, manifest=MANIFEST))
    assert "Not in the Downloads of widgets: 'notes-1.4.2.txt'" in run.failure(CHANNEL, **options)
    assert writes(emulator) == []


def test_check_mode_counts_what_would_be_copied(emulator: Emulator, run: ModuleRunner) -> None:
    """Without a manifest, a copy in check mode does not know the digests of new artifacts."""
    put(emulator, OLD)
    put_channel(emulator, "1.4.1", OLD)
    emulator.repository("acme", "staging").put(APP, NEW[APP])
    copied = run.ok("bitbucket_download_copy", check=True, src_repository="staging", name=[APP])["artifacts"]
    assert [(each["status"], each["sha256"]) for each in copied] == [("created", None)]
    result = run.ok(CHANNEL, check=True, diff=True, name="stable", version="1.4.2", artifacts=copied)
    assert (result["status"], result["changed"], result["diff"]["after"]) == ("moved", True, "1.4.2\n")
    assert result["channel"]["artifacts"] == [{"name": APP, "size": len(NEW[APP]), "sha256": None}]
    assert writes(emulator) == []


@pytest.mark.parametrize(
    ("artifacts", "words"),
    [
        (["none.tgz"], "A channel can name only existing artifacts. Not in the Downloads of widgets: 'none.tgz'"),
        ([{"name": APP, "status": "absent"}, "none.tgz"], "Not in the Downloads of widgets: 'none.tgz'"),
        ([{"name": APP, "size": 3}], f"artifacts differ from the requested ones: '{APP}' has {len(NEW[APP])} bytes, not 3"),
        ([{"name": APP, "sha256": sha256(b"")}], f"its sha256 is {sha256(NEW[APP])} instead of {sha256(b'')}"),
    ],
    ids=["missing", "deleted", "size", "digest"],
)
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
@pytest.mark.parametrize("manifest", [MANIFEST, None], ids=["manifest", "contents"])
def test_release_that_is_missing_or_differs_moves_nothing(
    emulator: Emulator, run: ModuleRunner, artifacts: list[Any], words: str, check: bool, manifest: str | None
) -> None:
    put(emulator, {**OLD, **NEW, MANIFEST: lines(NEW)})
    put_channel(emulator, "1.4.1", OLD)
    options: dict[str, Any] = {"artifacts": artifacts, "manifest": manifest, "check": check}
    assert words in run.failure(CHANNEL, name="stable", version="1.4.2", **options)
    assert (writes(emulator), stored(emulator)) == ([], document("1.4.1", OLD))


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_missing_manifest_moves_nothing(emulator: Emulator, run: ModuleRunner, check: bool) -> None:
    put(emulator, NEW)
    options: dict[str, Any] = {"artifacts": list(NEW), "manifest": MANIFEST, "check": check}
    message = run.failure(CHANNEL, name="stable", version="1.4.2", **options)
    assert message == "The manifest SHA256SUMS is not in the Downloads of widgets"
    assert writes(emulator) == []


def test_contents_decide_if_the_manifest_is_older(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {MANIFEST: lines({APP: b"another text ..."}), **NEW})
    result = move(run, "1.4.2", NEW, manifest=MANIFEST)
    assert result["channel"]["artifacts"] == name_artifacts(NEW)
    assert (APP, 200) in fetches(emulator)


def test_artifact_that_is_replaced_while_it_is_read_is_read_again(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, NEW)
    other = {**NEW, APP: b"other contents!"}
    emulator.faults.add("call", action=lambda: put(emulator, {APP: other[APP]}), host="storage", path=APP)
    result = run(CHANNEL, name="stable", version="1.4.2", artifacts=list(NEW))
    assert result["channel"]["artifacts"] == name_artifacts(other)


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
@pytest.mark.parametrize("data", [b"notes", b'{"channel": "beta"}', b""])
def test_other_file_with_the_name_is_unchanged(
    emulator: Emulator, run: ModuleRunner, state: str, check: bool, data: bytes
) -> None:
    put(emulator, {**NEW, FILE: data})
    options = {"version": "1.4.2", "artifacts": list(NEW)} if state == "present" else {}
    message = run.failure(CHANNEL, name="stable", state=state, check=check, **options)
    assert message.startswith(f"The artifact '{FILE}' is not a channel, so no task changes it")
    assert (writes(emulator), contents(emulator)[FILE]) == ([], data)


def test_file_that_is_not_listed_yet_is_unchanged(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, NEW)
    emulator.switches.listing_lag_reads = 100
    put(emulator, {FILE: b"notes"})
    message = run.failure(CHANNEL, name="stable", version="1.4.2", artifacts=list(NEW))
    assert f"'{FILE}' exists, but is not listed" in message
    assert writes(emulator) == []


def test_published_artifacts_and_channel_can_be_listed_late(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    put(emulator, OLD)
    move(run, "1.4.1", OLD)
    published = run.ok(MODULE, src=write(dist, NEW), verify=False)["artifacts"]
    emulator.switches.listing_lag_reads = 2
    put(emulator, {APP: NEW[APP]})
    result = run.ok(CHANNEL, name="stable", version="1.4.2", artifacts=published)
    assert (result["status"], stored(emulator)) == ("moved", document("1.4.2", NEW, previous="1.4.1"))


@pytest.mark.parametrize("fault", ["drop_after", "drop_before", "status"])
def test_upload_whose_response_is_lost_is_found_or_repeated(emulator: Emulator, run: ModuleRunner, fault: str) -> None:
    put(emulator, NEW)
    emulator.faults.add(fault, method="POST")
    assert move(run, "1.4.2", NEW)["status"] == "created"
    assert stored(emulator) == document("1.4.2", NEW)


def test_move_is_proved_by_contents_if_neither_date_nor_size_change(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {"app-1.tgz": b"1", "app-2.tgz": b"2"})
    move(run, "0", {"app-1.tgz": b"1"})
    move(run, "1", {"app-1.tgz": b"1"})
    emulator.switches.created_on_moves = False
    result = move(run, "2", {"app-2.tgz": b"2"})
    assert (result["status"], stored(emulator)) == ("moved", document("2", {"app-2.tgz": b"2"}, previous="1"))


def test_artifacts_are_read_at_the_same_time(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, NEW)
    require_together(emulator, 2, host="storage")
    move(run, "1.4.2", NEW, parallel=2)


def test_channel_that_the_storage_host_damages_is_an_error(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, NEW)
    emulator.switches.stored_damage = "zero"
    result = run.failed(CHANNEL, name="stable", version="1.4.2", artifacts=list(NEW))
    assert (result["msg"].startswith("The channel 'stable' was sent, but the task failed: "), result["changed"]) == (True, True)


def test_another_publisher_is_named(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {**OLD, **NEW})
    put_channel(emulator, "1.4.0", OLD)
    emulator.faults.add("call", action=lambda: put_channel(emulator, "1.5.0", OLD), method="POST")
    result = run.failed(CHANNEL, name="stable", version="1.4.2", artifacts=list(NEW))
    assert result["msg"] == (
        "The channel 'stable' was sent, but the task failed: it names version 1.5.0, because another"
        " publisher moved it at the same time"
    )
    assert result["changed"] is True


def test_other_artifacts_of_another_publisher_are_an_error(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {**OLD, **NEW})
    emulator.faults.add("call", action=lambda: put_channel(emulator, "1.4.2", OLD), method="POST")
    message = run.failure(CHANNEL, name="stable", version="1.4.2", artifacts=list(NEW))
    assert "it names other artifacts of version 1.4.2, because another publisher" in message


def test_another_publisher_of_the_same_release_is_accepted(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, NEW)
    emulator.faults.add("call", action=lambda: put_channel(emulator, "1.4.2", NEW, commit="theirs"), method="POST")
    assert move(run, "1.4.2", NEW, commit="ours")["status"] == "created"


def test_channel_that_another_task_deletes_is_an_error(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {**OLD, **NEW})
    put_channel(emulator, "1.4.1", OLD)
    emulator.faults.add("call", action=lambda: widgets(emulator).remove(FILE), method="POST")
    message = run.failure(CHANNEL, name="stable", version="1.4.2", artifacts=list(NEW))
    assert message.startswith("The channel 'stable' was sent, but the task failed: ")


@pytest.mark.parametrize("act", ["remove", "replace"])
def test_release_that_another_task_changes_is_an_error(emulator: Emulator, run: ModuleRunner, act: str) -> None:
    put(emulator, NEW)

    def break_release() -> None:
        if act == "remove":
            widgets(emulator).remove(APP)
        else:
            put(emulator, {APP: b"other contents!"})

    emulator.faults.add("call", action=break_release, method="POST")
    message = run.failure(CHANNEL, name="stable", version="1.4.2", artifacts=list(NEW))
    assert message == (
        "The channel 'stable' was sent, but the task failed: its release is incomplete, because another task deleted or"
        f" replaced artifacts: '{APP}'"
    )


def test_artifact_that_is_uploaded_again_with_the_same_contents_is_accepted(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, NEW)
    emulator.faults.add("call", action=lambda: put(emulator, NEW), method="POST")
    assert move(run, "1.4.2", NEW)["status"] == "created"


def test_channel_that_the_service_does_not_store_is_an_error(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {**OLD, **NEW})
    put_channel(emulator, "1.4.1", OLD)
    emulator.switches.upload_effect = "none"
    message = run.failure(CHANNEL, name="stable", version="1.4.2", artifacts=list(NEW))
    assert "The upload was accepted, but 'stable.channel.json' is still listed unchanged" in message


def test_refused_upload_changes_nothing(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, NEW)
    emulator.faults.add("status", code=403, method="POST")
    result = run.failed(CHANNEL, name="stable", version="1.4.2", artifacts=list(NEW))
    assert (result["changed"], stored(emulator)) == (False, None)

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign the manifest when it changes, verify it when it does not, and never sign an unverified line.

The tests of readers are in tests/http/_fetch/test_fetch_signed.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.helpers.release_keys import ReleaseKey
from tests.http._downloads.helpers import MANIFEST, MODULE, PRUNE, contents, fetches, lines, put, uploads, widgets, write, writes

APP, LIB = {"app": b"application"}, {"lib": b"library"}
BOTH = {**APP, **LIB}


def put_signed(emulator: Emulator, key: ReleaseKey, artifacts: dict[str, bytes], manifest: bytes | None = None) -> None:
    """Store artifacts, their manifest, and its signature."""
    text = lines(artifacts) if manifest is None else manifest
    put(emulator, {**artifacts, MANIFEST: text, key.signature: key.sign(text)})


def test_manifest_and_signature_are_sent_together_and_last(
    emulator: Emulator, run: ModuleRunner, dist: Path, key: ReleaseKey, tmp_path: Path
) -> None:
    result = run.ok(MODULE, src=write(dist, BOTH), **key.options)
    assert uploads(emulator) == [["app", "lib"], [MANIFEST, key.signature]]
    stored = contents(emulator)
    assert stored[MANIFEST] == lines(BOTH)
    key.verify(stored[MANIFEST], stored[key.signature], tmp_path)
    signed_on = result["signature"].pop("signed_on")
    assert (signed_on is None) == (key.format == "ssh")
    assert result["signature"] == {
        "name": key.signature,
        "status": "created",
        "format": key.format,
        "fingerprint": key.fingerprint,
    }


def test_unchanged_run_signs_nothing_and_verifies(emulator: Emulator, run: ModuleRunner, dist: Path, key: ReleaseKey) -> None:
    first = run.ok(MODULE, src=write(dist, APP), **key.options)
    emulator.journal.clear()
    second = run.ok(MODULE, src=write(dist, APP), **key.options)
    assert (second["changed"], writes(emulator)) == (False, [])
    assert second["signature"] == {**first["signature"], "status": "unchanged"}
    assert fetches(emulator) == [(MANIFEST, 200), (key.signature, 200)]


def test_changed_manifest_is_signed_again(
    emulator: Emulator, run: ModuleRunner, dist: Path, key: ReleaseKey, tmp_path: Path
) -> None:
    run.ok(MODULE, src=write(dist, APP), **key.options)
    result = run.ok(MODULE, src=write(dist, LIB), **key.options)
    stored = contents(emulator)
    assert (result["signature"]["status"], stored[MANIFEST]) == ("replaced", lines(BOTH))
    key.verify(stored[MANIFEST], stored[key.signature], tmp_path)


@pytest.mark.parametrize("before", [{}, APP], ids=["new", "second"])
def test_check_mode_predicts_the_signature(
    emulator: Emulator, run: ModuleRunner, dist: Path, key: ReleaseKey, before: dict[str, bytes]
) -> None:
    if before:
        put_signed(emulator, key, before)
    kept = contents(emulator)
    predicted = run.ok(MODULE, src=write(dist, LIB), check=True, diff=True, **key.options)
    assert (contents(emulator), writes(emulator)) == (kept, [])
    real = run.ok(MODULE, src=write(dist, LIB), diff=True, **key.options)
    assert predicted["signature"] == {**real["signature"], "signed_on": None}
    assert predicted["diff"] == real["diff"]
    again = "  (signed again)" if before else ""
    assert f"{key.signature}  signed by {key.fingerprint}{again}\n" in real["diff"]["after"]
    assert ("(1 unchanged)\n" in real["diff"]["after"]) == bool(before)


def test_name_of_the_signature_can_be_another(emulator: Emulator, run: ModuleRunner, dist: Path, key: ReleaseKey) -> None:
    options = {**key.options, "signature": "widgets.signature"}
    assert run.ok(MODULE, src=write(dist, APP), **options)["signature"]["name"] == "widgets.signature"
    assert set(contents(emulator)) == {"app", MANIFEST, "widgets.signature"}
    assert not run.ok(MODULE, src=write(dist, APP), **options)["changed"]
    run.ok(PRUNE, patterns=["*", "widgets.signature", MANIFEST], keep=0, **options)
    assert contents(emulator) == {}


@pytest.mark.parametrize("task", [(MODULE, {"state": "absent", "name": ["lib"]}), (PRUNE, {"patterns": "lib", "keep": 0})])
def test_deletion_signs_the_remaining_lines(
    emulator: Emulator, run: ModuleRunner, key: ReleaseKey, tmp_path: Path, task: tuple[str, dict[str, Any]]
) -> None:
    put_signed(emulator, key, BOTH)
    module, options = task
    assert run.ok(module, **options, **key.options)["signature"]["status"] == "replaced"
    stored = contents(emulator)
    assert stored[MANIFEST] == lines(APP)
    key.verify(stored[MANIFEST], stored[key.signature], tmp_path)


@pytest.mark.parametrize("task", [(MODULE, {"state": "absent", "name": ["app"]}), (PRUNE, {"patterns": "*", "keep": 0})])
def test_deletion_of_the_last_line_deletes_manifest_and_then_signature(
    emulator: Emulator, run: ModuleRunner, key: ReleaseKey, task: tuple[str, dict[str, Any]]
) -> None:
    put_signed(emulator, key, APP)
    module, options = task
    for check in (True, False):
        result = run.ok(module, check=check, diff=True, **options, **key.options)
        assert (result["manifest"]["status"], result["signature"]["status"]) == ("deleted", "deleted")
        assert result["diff"]["after"] == ""
    deleted = [entry.path.rpartition("/")[2] for entry in emulator.journal.select(host="api", method="DELETE")]
    assert (deleted, contents(emulator)) == (["app", MANIFEST, key.signature], {})
    assert run.ok(module, **options, **key.options)["signature"]["status"] == "absent"


def test_signature_without_manifest_is_deleted(emulator: Emulator, run: ModuleRunner, key: ReleaseKey) -> None:
    """A task that was killed between its two deletions leaves a signature."""
    put(emulator, {key.signature: b"of a manifest that is gone"})
    result = run.ok(MODULE, state="absent", name=["app"], **key.options)
    assert (result["changed"], result["signature"]["status"], contents(emulator)) == (True, "deleted", {})


def test_signature_without_manifest_is_replaced(emulator: Emulator, run: ModuleRunner, dist: Path, key: ReleaseKey) -> None:
    put(emulator, {key.signature: b"of a manifest that is gone"})
    assert run.ok(MODULE, src=write(dist, APP), **key.options)["signature"]["status"] == "replaced"


GO_ON = "delete both artifacts with state=absent and without the option manifest, and publish again"


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    "task",
    [
        (MODULE, {"content": "new", "name": "new"}),
        (MODULE, {"state": "absent", "name": ["app"]}),
        (PRUNE, {"patterns": "*", "keep": 0}),
    ],
    ids=["present", "absent", "prune"],
)
@pytest.mark.parametrize("state", ["unsigned", "untrusted", "changed"])
def test_unverified_lines_are_never_signed(
    emulator: Emulator,
    run: ModuleRunner,
    key: ReleaseKey,
    other_key: ReleaseKey,
    task: tuple[str, dict[str, Any]],
    state: str,
    check: bool,
) -> None:
    put_signed(emulator, other_key if state == "untrusted" else key, BOTH)
    if state == "unsigned":
        widgets(emulator).artifacts.pop(key.signature)
    if state == "changed":
        put(emulator, {MANIFEST: lines({**BOTH, "evil": b"x"})})
    before = contents(emulator)
    module, options = task
    result = run(module, check=check, **options, **key.options)
    words = {
        "unsigned": f"The manifest '{MANIFEST}' is not signed: '{key.signature}' does not exist",
        "untrusted": f"{other_key.fingerprint}, which signed_by does not have",
        "changed": "does not match: the contents were changed after signing",
    }
    assert words[state] in result["msg"]
    assert GO_ON in result["msg"]
    assert (result["changed"], writes(emulator), contents(emulator)) == (False, [], before)
    run.ok(MODULE, state="absent", name=[MANIFEST, key.signature])
    assert run.ok(module, **options, **key.options)["changed"]


def test_signature_by_another_trusted_key_is_kept(
    emulator: Emulator, run: ModuleRunner, dist: Path, key: ReleaseKey, other_key: ReleaseKey
) -> None:
    put_signed(emulator, other_key, APP)
    options = {**key.options, "signed_by": [key.public, other_key.public]}
    result = run.ok(MODULE, src=write(dist, APP), **options)
    assert (result["changed"], result["signature"]["fingerprint"]) == (False, other_key.fingerprint)
    assert run.ok(MODULE, src=write(dist, LIB), **options)["signature"]["fingerprint"] == key.fingerprint


@pytest.mark.parametrize("check", [False, True])
def test_key_that_is_not_in_signed_by_sends_nothing(
    emulator: Emulator, run: ModuleRunner, dist: Path, key: ReleaseKey, other_key: ReleaseKey, check: bool
) -> None:
    result = run(MODULE, src=write(dist, APP), check=check, **key.options, signed_by=[other_key.public])
    assert f"signing_key is {key.fingerprint}, which signed_by does not have" in result["msg"]
    assert result["msg"].endswith("Nothing was sent")
    assert writes(emulator) == []


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("suffix", [".asc", ".sig"])
def test_manifest_with_a_signature_is_not_changed_without_a_key(
    emulator: Emulator, run: ModuleRunner, dist: Path, suffix: str, check: bool
) -> None:
    put(emulator, {**APP, MANIFEST: lines(APP), MANIFEST + suffix: b"signature"})
    assert not run.ok(MODULE, src=write(dist, APP), manifest=MANIFEST)["changed"]
    result = run(MODULE, src=write(dist, LIB), manifest=MANIFEST, check=check)
    assert result["msg"] == (
        f"The manifest '{MANIFEST}' has the signature '{MANIFEST}{suffix}', and the task would change the manifest."
        " Set signing_key to sign it, or delete the signature to continue without one. Nothing was sent"
    )
    assert writes(emulator) == []


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("exists", [False, True])
def test_task_that_only_verifies_does_not_change_the_manifest(
    emulator: Emulator, run: ModuleRunner, dist: Path, key: ReleaseKey, exists: bool, check: bool
) -> None:
    if exists:
        put_signed(emulator, key, APP)
        options = {"manifest": MANIFEST, "signed_by": [key.public]}
        assert run.ok(MODULE, src=write(dist, APP), **options)["signature"]["status"] == "unchanged"
    result = run(MODULE, src=write(dist, LIB), manifest=MANIFEST, signed_by=[key.public], check=check)
    assert "Set signing_key to sign it. Nothing was sent" in result["msg"]
    assert writes(emulator) == []


@pytest.mark.parametrize("lost", [MANIFEST, "signature"])
def test_incomplete_upload_is_an_error(emulator: Emulator, run: ModuleRunner, dist: Path, key: ReleaseKey, lost: str) -> None:
    put_signed(emulator, key, APP)
    name = MANIFEST if lost == MANIFEST else key.signature
    emulator.switches.upload_effect = "none"
    emulator.switches.upload_effect_names = f"^{name}$"
    result = run(MODULE, src=write(dist, LIB), **key.options)
    assert f"'{name}' is still listed unchanged, with " in result["msg"]
    assert "The manifest and its signature do not match now. If an upload was interrupted" in result["msg"]
    emulator.switches.upload_effect = "store"
    assert GO_ON in run(MODULE, src=write(dist, LIB), **key.options)["msg"]


def test_lost_response_to_the_signed_manifest_is_recovered(
    emulator: Emulator, run: ModuleRunner, dist: Path, key: ReleaseKey, tmp_path: Path
) -> None:
    emulator.faults.add("drop_after", method="POST", after=1)
    run.ok(MODULE, src=write(dist, APP), **key.options)
    stored = contents(emulator)
    key.verify(stored[MANIFEST], stored[key.signature], tmp_path)
    assert uploads(emulator) == [["app"], [MANIFEST, key.signature]]


def test_manifest_of_another_publisher_is_verified_before_its_lines_are_merged(
    emulator: Emulator, run: ModuleRunner, dist: Path, key: ReleaseKey, other_key: ReleaseKey
) -> None:
    theirs = {"theirs": b"theirs"}

    def interfere() -> None:
        put_signed(emulator, other_key, theirs)

    emulator.faults.add("call", action=interfere, when="after", times=1, method="POST", after=1)
    result = run(MODULE, src=write(dist, APP), **key.options)
    assert f"{other_key.fingerprint}, which signed_by does not have" in result["msg"]
    assert contents(emulator)[MANIFEST] == lines(theirs)


def test_lines_of_another_publisher_are_merged_and_signed(
    emulator: Emulator, run: ModuleRunner, dist: Path, key: ReleaseKey, tmp_path: Path
) -> None:
    theirs = {"theirs": b"theirs"}
    emulator.faults.add("call", action=lambda: put_signed(emulator, key, theirs), when="after", times=1, method="POST", after=1)
    run.ok(MODULE, src=write(dist, APP), **key.options)
    stored = contents(emulator)
    assert stored[MANIFEST] == lines({**APP, **theirs})
    key.verify(stored[MANIFEST], stored[key.signature], tmp_path)


@pytest.mark.parametrize("suffix", ["", "signature"])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_manifest_and_signature_are_refused_as_artifacts_of_a_task(
    emulator: Emulator, run: ModuleRunner, dist: Path, key: ReleaseKey, suffix: str, state: str
) -> None:
    name = key.signature if suffix else MANIFEST
    task = {"src": write(dist, {name: b"x"})} if state == "present" else {"name": [name], "state": "absent"}
    what = "signature of the manifest" if suffix else "manifest"
    source = "src and name" if state == "present" else "name"
    result = run(MODULE, **task, **key.options)
    assert result["msg"] == f"'{name}' is the {what}, which the module writes itself. Remove it from {source}"
    assert not emulator.journal

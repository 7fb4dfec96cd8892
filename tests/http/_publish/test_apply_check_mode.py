# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Predict results in check mode: nothing is written, and the result equals that of the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import (
    MANIFEST,
    MODULE,
    PRUNE,
    contents,
    lines,
    put,
    put_aged,
    put_manifest,
    statuses,
    widgets,
    write,
)

OURS = {"trusted": b"trusted", "bytes": b"ours!!", "equal": b"equal", "fresh": b"fresh", "liar": b"right", "sizes": b"longer"}
THEIRS = {"trusted": b"trusted", "bytes": b"theirs", "equal": b"equal", "liar": b"wrong", "other": b"other", "sizes": b"old"}
Pair = tuple[dict[str, Any], dict[str, Any]]
PREDICTED = ("name", "status", "reason", "size", "sha256", "url")


def put_existing(emulator: Emulator, manifest: str) -> None:
    """Store artifacts of every kind, and a ``fresh`` or ``stale`` manifest with the line of a missing artifact."""
    if manifest == "stale":
        put(emulator, {MANIFEST: lines(THEIRS)})
    put(emulator, THEIRS)
    if manifest == "fresh":
        listed = {name: THEIRS[name] for name in ("trusted", "liar", "bytes", "other")}
        put(emulator, {MANIFEST: lines({**listed, "gone": b"gone"})})


def run_both(emulator: Emulator, run: ModuleRunner, module: str = MODULE, **options: Any) -> Pair:
    """Return the results of check mode, which must not write, and of the run after it, which must be as predicted."""
    before = contents(emulator)
    emulator.journal.clear()
    predicted = run(module, check=True, diff=True, **options)
    assert {entry.method for entry in emulator.journal} == {"GET"}
    assert contents(emulator) == before
    done = run(module, diff=True, **options)
    require_predicted(predicted, done)
    return predicted, done


def require_predicted(predicted: dict[str, Any], done: dict[str, Any]) -> None:
    """Require equal results except for the dates of uploaded artifacts and the cost."""
    assert predicted.keys() == done.keys()
    for key in ("changed", "diff", "manifest", "msg"):
        assert predicted.get(key) == done.get(key)
    for was, now in zip(predicted["artifacts"], done["artifacts"], strict=True):
        assert was.keys() == now.keys()
        assert [was[key] for key in PREDICTED] == [now[key] for key in PREDICTED]
        sent = was["status"] in ("created", "replaced")
        assert was["created_on"] == (None if sent else now["created_on"])
        assert (now["created_on"] is None) == (now["status"] in ("deleted", "absent"))


@pytest.mark.parametrize("manifest", ["unused", "missing", "stale", "fresh"])
@pytest.mark.parametrize(
    "options",
    [{}, {"compare": "content"}, {"compare": "size"}, {"overwrite": "always"}, {"overwrite": "never", "compare": "size"}],
    ids=str,
)
def test_publishing_is_predicted(
    emulator: Emulator, run: ModuleRunner, dist: Path, options: dict[str, str], manifest: str
) -> None:
    put_existing(emulator, manifest)
    sources = write(dist, OURS)
    predicted, done = run_both(emulator, run, src=sources, manifest=None if manifest == "unused" else MANIFEST, **options)
    assert (predicted["changed"], predicted["bytes_sent"], done["bytes_sent"] > 0) == (True, 0, True)
    for artifact in done["artifacts"]:
        stored = widgets(emulator).artifacts[artifact["name"]]
        assert artifact["size"] == stored.size
        assert artifact["sha256"] in (None, stored.sha256)
        assert artifact["sha256"] or artifact["status"] not in ("created", "replaced")
    if manifest != "unused":
        assert done["manifest"]["size"] == len(contents(emulator)[MANIFEST])


@pytest.mark.parametrize("manifest", [None, MANIFEST])
def test_second_run_is_predicted(emulator: Emulator, run: ModuleRunner, dist: Path, manifest: str | None) -> None:
    paths = write(dist, OURS)
    first, _unused = run_both(emulator, run, src=paths, manifest=manifest)
    assert (first["changed"], first["diff"]["before"]) == (True, "")
    second, done = run_both(emulator, run, src=paths, manifest=manifest)
    assert (second["changed"], second["requests"]) == (False, done["requests"])


@pytest.mark.parametrize(("names", "failed"), [(list(OURS), True), (["trusted", "equal", "fresh"], False)], ids=["refused", "ok"])
def test_overwrite_refuse_is_predicted(emulator: Emulator, run: ModuleRunner, dist: Path, names: list[str], failed: bool) -> None:
    put_existing(emulator, "fresh")
    sources = write(dist, {name: OURS[name] for name in names})
    predicted, _unused = run_both(emulator, run, src=sources, overwrite="refuse", manifest=MANIFEST)
    assert predicted.get("failed", False) is failed
    assert ("'bytes'" in predicted.get("msg", "")) is failed


@pytest.mark.parametrize("manifest", ["unused", "missing", "stale", "fresh"])
@pytest.mark.parametrize("names", [["equal", "missing"], ["missing"], list(THEIRS)], ids=len)
def test_deleting_is_predicted(emulator: Emulator, run: ModuleRunner, names: list[str], manifest: str) -> None:
    put_existing(emulator, manifest)
    run_both(emulator, run, state="absent", name=names, manifest=None if manifest == "unused" else MANIFEST)
    assert not set(names) & set(contents(emulator))


@pytest.mark.parametrize("manifest", [None, MANIFEST])
@pytest.mark.parametrize(
    "rules", [{"keep": 2}, {"keep": 0}, {"keep": 99}, {"group_by": r"^app-(\d+)", "keep": 1, "older_than": "25d"}], ids=str
)
def test_pruning_is_predicted(emulator: Emulator, run: ModuleRunner, rules: dict[str, Any], manifest: str | None) -> None:
    put_aged(emulator, {"app-1.tgz": 40, "app-1.zip": 3, "app-2.tgz": 30, "app-3.tgz": 20, "notes.txt": 50})
    put_manifest(emulator)
    before = contents(emulator)
    predicted, _unused = run_both(emulator, run, PRUNE, patterns="*", excludes=MANIFEST, manifest=manifest, **rules)
    gone = {name for name, status, _unused in statuses(predicted) if status == "deleted"}
    if predicted.get("manifest", {}).get("status") == "deleted":
        gone.add(MANIFEST)
    assert set(before) - set(contents(emulator)) == gone
    assert predicted["changed"] is bool(gone)


def test_check_mode_needs_no_scope_to_write(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    token = emulator.mint_api_token(["read:repository:bitbucket"])
    assert run.ok(MODULE, check=True, src=write(dist, OURS), api_token=token)["changed"] is True

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, check mode: it sends nothing and predicts exactly what the run then does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import MANIFEST, MODULE, by_name, contents, failed, lines, widgets, write

OURS = {"believed": b"believed", "bytes": b"ours!!", "equal": b"equal", "fresh": b"fresh", "liar": b"right", "sizes": b"longer"}
THERE = {"believed": b"believed", "bytes": b"theirs", "equal": b"equal", "liar": b"wrong", "other": b"other", "sizes": b"old"}
PREDICTED = ("name", "status", "reason", "size", "sha256", "url")


def furnish(emulator: Emulator, manifest: str) -> None:
    """Artifacts of every kind; a manifest that is ``fresh``, ``stale`` or ``missing``, with a line of what is gone."""
    if manifest == "stale":
        widgets(emulator).put(MANIFEST, lines(THERE))
    for name, data in THERE.items():
        widgets(emulator).put(name, data)
    if manifest == "fresh":
        listed = {name: THERE[name] for name in ("believed", "liar", "bytes", "other")}
        widgets(emulator).put(MANIFEST, lines({**listed, "gone": b"gone"}))


def both(emulator: Emulator, run: ModuleRunner, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The results of check mode and of the run after it; the first must not write."""
    before = contents(emulator)
    emulator.journal.clear()
    checked = run(MODULE, check=True, diff=True, **options)
    assert {entry.method for entry in emulator.journal} == {"GET"}
    assert contents(emulator) == before
    return checked, run(MODULE, diff=True, **options)


def require_predicted(checked: dict[str, Any], done: dict[str, Any]) -> None:
    """Alike in all but what only the run can know: dates of what it sends, and what it costs."""
    assert checked.keys() == done.keys()
    for key in ("changed", "diff", "manifest"):
        assert checked.get(key) == done.get(key)
    for was, now in zip(checked["artifacts"], done["artifacts"], strict=True):
        assert was.keys() == now.keys()
        assert [was[key] for key in PREDICTED] == [now[key] for key in PREDICTED]
        sent = was["status"] in ("created", "replaced")
        assert was["created_on"] == (None if sent else now["created_on"])
        assert (now["created_on"] is None) == (now["status"] in ("deleted", "absent"))


@pytest.mark.parametrize("manifest", ["unused", "missing", "stale", "fresh"])
@pytest.mark.parametrize("compare", ["checksum", "content", "size"])
@pytest.mark.parametrize("overwrite", ["different", "always", "never"])
def test_publishing_is_predicted(
    emulator: Emulator, run: ModuleRunner, dist: Path, overwrite: str, compare: str, manifest: str
) -> None:
    furnish(emulator, manifest)
    options = {"overwrite": overwrite, "compare": compare, "manifest": None if manifest == "unused" else MANIFEST}
    checked, done = both(emulator, run, src=write(dist, OURS), **options)
    require_predicted(checked, done)
    assert (checked["changed"], checked["bytes_sent"]) == (True, 0)
    assert done["bytes_sent"] > 0
    for artifact in done["artifacts"]:
        assert artifact["size"] == widgets(emulator).artifacts[artifact["name"]].size
        assert artifact["sha256"] in (None, widgets(emulator).artifacts[artifact["name"]].sha256)
    if manifest != "unused":
        assert done["manifest"]["size"] == len(contents(emulator)[MANIFEST])


@pytest.mark.parametrize("manifest", [None, MANIFEST])
def test_a_second_run_is_predicted(emulator: Emulator, run: ModuleRunner, dist: Path, manifest: str | None) -> None:
    paths = write(dist, OURS)
    run.ok(MODULE, src=paths, manifest=manifest)
    checked, done = both(emulator, run, src=paths, manifest=manifest)
    require_predicted(checked, done)
    assert checked["changed"] is False
    assert checked["requests"] == done["requests"]


def test_a_refusal_is_predicted(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, "fresh")
    checked, done = both(emulator, run, src=write(dist, OURS), overwrite="refuse", manifest=MANIFEST)
    assert checked["failed"] is done["failed"] is True
    assert checked["msg"] == done["msg"]
    assert "'bytes'" in checked["msg"]


def test_an_accepted_addition_to_an_immutable_release_is_predicted(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, "fresh")
    paths = write(dist, {name: OURS[name] for name in ("believed", "equal", "fresh")})
    checked, done = both(emulator, run, src=paths, overwrite="refuse", manifest=MANIFEST)
    require_predicted(checked, done)
    assert checked["changed"] is True


@pytest.mark.parametrize("overwrite", ["different", "always", "never", "refuse"])
def test_an_empty_repository_is_predicted(emulator: Emulator, run: ModuleRunner, dist: Path, overwrite: str) -> None:
    checked, done = both(emulator, run, src=write(dist, OURS), overwrite=overwrite, manifest=MANIFEST)
    require_predicted(checked, done)
    assert checked["manifest"] == {"name": MANIFEST, "status": "created", "size": len(lines(OURS))}
    assert checked["diff"]["before"] == ""


@pytest.mark.parametrize("manifest", ["unused", "missing", "stale", "fresh"])
@pytest.mark.parametrize("names", [["equal", "nobody"], ["nobody"], list(THERE)], ids=len)
def test_deleting_is_predicted(emulator: Emulator, run: ModuleRunner, names: list[str], manifest: str) -> None:
    furnish(emulator, manifest)
    option = None if manifest == "unused" else MANIFEST
    checked, done = both(emulator, run, state="absent", name=names, manifest=option)
    require_predicted(checked, done)
    assert not set(names) & set(contents(emulator))


def test_check_mode_tells_the_digest_of_what_it_would_send(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    checked, done = both(emulator, run, src=write(dist, OURS), overwrite="always")
    assert None not in [artifact["sha256"] for artifact in checked["artifacts"]]
    assert by_name(checked)["fresh"]["sha256"] == by_name(done)["fresh"]["sha256"]


def test_check_mode_finds_what_the_run_would_trip_over(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    paths = write(dist, OURS)
    widgets(emulator).put(MANIFEST, b"no manifest")
    assert "is not a checksum manifest" in failed(run, check=True, src=paths, manifest=MANIFEST)["msg"]
    assert "404" in failed(run, check=True, src=paths, repository="nowhere")["msg"]


def test_check_mode_needs_no_scope_to_write(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    token = emulator.mint_api_token(["read:repository:bitbucket"])
    assert run.ok(MODULE, check=True, src=write(dist, OURS), api_token=token)["changed"] is True

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the complete check against the emulator: refusals, cleanup, exit status."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.emulator import Emulator

from .check import AS_ASSUMED, DIFFERENT, LEFT_OVER, NOT_RUN, Options, clean
from .conftest import MakeCheck
from .emulated import SPAM
from .session import Limits
from .settings import PREFIX, Settings


def leftovers(emulator: Emulator) -> list[str]:
    """Return the names of all artifacts and snippets that the check might have created."""
    names = [
        name for slug in ("acme", "acme-free") for one in emulator.workspace(slug).repositories.values() for name in one.names()
    ]
    made = [one.title or one.id for slug in ("acme", "acme-free") for one in emulator.workspace(slug).snippets if one.id != SPAM]
    return names + made


def variables(settings: Settings, home: Path) -> dict[str, str]:
    """Return the environment of the command."""
    live = {
        "API_URL": settings.api_url,
        "TOKEN_URL": settings.token_url,
        "WORKSPACE": settings.workspace,
        "REPOSITORY": settings.repository,
        "USER": settings.user,
        "API_TOKEN": settings.tokens["api_token"],
    }
    return {"PATH": os.environ["PATH"], "HOME": str(home)} | {PREFIX + name: value for name, value in live.items()}


def writes(emulator: Emulator) -> list[str]:
    """Return the requests that might have changed something."""
    return [f"{one.method} {one.path}" for one in emulator.journal if one.method not in ("GET", "HEAD")]


def test_emulator_is_as_assumed_and_everything_is_deleted(
    emulator: Emulator, make_check: MakeCheck, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make_check().run() == AS_ASSUMED
    assert leftovers(emulator) == []
    assert [path.suffix for path in sorted(tmp_path.iterdir())] == [".json", ".md"]
    assert "\ndiffers" not in capsys.readouterr().out


def test_print_a_difference(emulator: Emulator, make_check: MakeCheck, capsys: pytest.CaptureFixture[str]) -> None:
    emulator.switches.rename = "spaces"
    assert make_check("N", "D01").run() == DIFFERENT
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("differs")]
    assert [line.split()[1] for line in lines] == ["N03", "N05"]
    assert leftovers(emulator) == []


@pytest.mark.parametrize("description", ["", "Releases of widgets"])
def test_write_nothing_to_a_repository_without_the_mark(
    emulator: Emulator, make_check: MakeCheck, description: str, capsys: pytest.CaptureFixture[str]
) -> None:
    emulator.repository("acme", "widgets").description = description
    assert make_check().run() == NOT_RUN
    assert writes(emulator) == []
    assert "add these words to its description: releng.bitbucket live tests" in capsys.readouterr().err


def test_write_nothing_to_a_repository_with_other_artifacts(
    emulator: Emulator, make_check: MakeCheck, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(12):
        emulator.repository("acme", "widgets").put(f"lp-0a1b2c-{number}", b"own")
    emulator.repository("acme", "widgets").put("release.tgz", b"precious", created_on=emulator.clock.now().replace(year=2020))
    assert make_check().run() == NOT_RUN
    assert writes(emulator) == []
    assert "that this check did not create" in capsys.readouterr().err


def test_stop_if_the_artifact_list_cannot_be_read(
    emulator: Emulator, make_check: MakeCheck, capsys: pytest.CaptureFixture[str]
) -> None:
    emulator.faults.add("status", path="/downloads$", code=403, times=None)
    assert make_check().run() == NOT_RUN
    assert writes(emulator) == []
    assert "Cannot read the artifact list of acme/widgets: HTTP 403" in capsys.readouterr().err


def test_write_nothing_if_the_repository_cannot_be_read(
    emulator: Emulator, make_check: MakeCheck, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    emulator.accounts.revoke(settings.tokens["api_token"])
    assert make_check().run() == NOT_RUN
    assert writes(emulator) == []
    assert "Cannot read the repository acme/widgets: HTTP 401" in capsys.readouterr().err


def test_read_only_check_changes_nothing(emulator: Emulator, make_check: MakeCheck) -> None:
    assert make_check(read_only=True).run() == AS_ASSUMED
    assert [line for line in writes(emulator) if not line.startswith("POST /site/oauth2")] == []


def test_budget_ends_the_check_but_not_the_cleanup(
    emulator: Emulator, make_check: MakeCheck, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make_check(limits=Limits(requests=40)).run() == NOT_RUN
    assert leftovers(emulator) == []
    assert "budget of requests" in capsys.readouterr().err


def test_print_artifacts_that_cannot_be_deleted(
    emulator: Emulator, make_check: MakeCheck, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    emulator.switches.update({"delete_effect": "none", "delete_effect_names": "replaced"})
    assert make_check("D02").run() == LEFT_OVER
    left = leftovers(emulator)
    assert len(left) == 1
    assert f"artifact acme/widgets {left[0]}" in capsys.readouterr().out
    assert list(tmp_path.glob("*.made")), "the journal is kept for --clean"
    emulator.switches.reset()
    options = Options(tmp_path, pause=emulator.clock.advance)
    assert clean(settings, options) == AS_ASSUMED
    assert leftovers(emulator) == []
    assert not list(tmp_path.glob("*.made"))


def test_clean_deletes_only_things_of_the_check_of_all_runs(
    emulator: Emulator, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    emulator.repository("acme", "widgets").put("lp-0a1b2c-left.txt", b"left")
    emulator.snippets.create("lp-0a1b2c left", {"a": "b"})
    kept = emulator.snippets.create("runbook", {"a": "b"})
    assert clean(settings, Options(tmp_path, pause=emulator.clock.advance)) == AS_ASSUMED
    assert leftovers(emulator) == ["runbook"]
    assert emulator.snippets.get(kept.id)
    assert "Everything is deleted." in capsys.readouterr().out


def test_clean_refuses_a_repository_without_the_mark(
    emulator: Emulator, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    emulator.repository("acme", "widgets").description = ""
    emulator.repository("acme", "widgets").put("lp-0a1b2c-left.txt", b"left")
    assert clean(settings, Options(tmp_path, pause=emulator.clock.advance)) == NOT_RUN
    assert writes(emulator) == []
    assert "not marked" in capsys.readouterr().err


def test_report_contains_skipped_probes(make_check: MakeCheck, tmp_path: Path) -> None:
    make_check("D01").run()
    report = json.loads(next(tmp_path.glob("*.json")).read_text("utf-8"))
    verdicts = {record["id"]: record["verdict"] for record in report["probes"]}
    assert verdicts.pop("D01") == "as assumed"
    assert set(verdicts.values()) == {"skipped"}
    assert len(verdicts) > 50


def test_copy_of_the_folder_runs_without_other_packages(emulator: Emulator, settings: Settings, tmp_path: Path) -> None:
    shutil.copytree(
        Path(__file__).parent, tmp_path / "live", ignore=shutil.ignore_patterns("test_*", "conftest.py", "__pycache__")
    )
    command = [sys.executable, "-S", "-m", "live", "--only", "D16", "--only", "E1", "--folder", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=tmp_path, env=variables(settings, tmp_path), check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "as assumed  D16" in done.stdout
    facts = [sys.executable, "-S", "-m", "live.facts", str(next((tmp_path / "out").glob("*.json")))]
    assert "LIVE (" in subprocess.run(facts, cwd=tmp_path, env={}, check=True, capture_output=True, text=True).stdout
    assert leftovers(emulator) == []

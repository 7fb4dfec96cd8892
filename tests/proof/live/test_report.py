# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that a report never contains a secret, a name, an address or an ID."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import pytest

from tests.emulator import Emulator

from .check import NOT_RUN
from .conftest import MakeCheck
from .emulated import SPAM
from .gate import MADE_UP
from .report import require_clean
from .settings import Settings


def texts(folder: Path) -> str:
    """Return both reports."""
    found = sorted(folder.glob("report-*"))
    assert len(found) == 2
    return "".join(path.read_text("utf-8") for path in found)


def test_report_has_no_secret_and_no_name(emulator: Emulator, make_check: MakeCheck, settings: Settings, tmp_path: Path) -> None:
    check = make_check()
    check.run()
    text = texts(tmp_path)
    repository = emulator.repository("acme", "widgets")
    forbidden = {
        *settings.secrets(),
        settings.user.partition("@")[0],
        "acme",
        "widgets",
        repository.uuid,
        repository.workspace.uuid,
        emulator.signer.key_id,
        emulator.signer.session,
        check.run_id,
        settings.api_url,
        MADE_UP,
        *(identity for identity in check.world.ids if identity != SPAM),
    }
    assert [value for value in forbidden if value in text] == []
    assert len(check.world.ids) > 20


def test_mask_names_in_messages_of_the_service(
    emulator: Emulator, make_check: MakeCheck, settings: Settings, tmp_path: Path
) -> None:
    message = f"{settings.user} has no access to acme/widgets, ask Jane Doe"
    body = {"type": "error", "error": {"message": message, "Jane Doe": 1, settings.user: 2}}
    emulator.faults.add("status", path="lp-absent", times=None, code=404, body=body, headers={"X-Jane": "Doe"})
    make_check("D32").run()
    text = texts(tmp_path)
    assert "... has no access to ..." in text
    assert "Jane" not in text
    assert settings.user not in text


def test_report_with_a_secret_is_not_written(make_check: MakeCheck, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check = make_check("D01")
    check.session.secrets.add("at once")
    assert check.run() == NOT_RUN
    assert list(tmp_path.glob("report-*")) == []
    assert "would contain a secret" in capsys.readouterr().err


def test_report_with_a_name_is_not_written_unless_it_is_an_ordinary_word(
    make_check: MakeCheck, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    require_clean("the upload of jane", (), {"upload", "status", "Ja"})
    check = make_check("D01")
    check.world.names.add(platform.python_version())
    check.run()
    assert list(tmp_path.glob("report-*")) == []
    assert "would contain a name or an ID" in capsys.readouterr().err


def test_report_shows_the_differences_first(emulator: Emulator, make_check: MakeCheck, tmp_path: Path) -> None:
    emulator.switches.upload_status = 200
    make_check("D10", "D01").run()
    text = next(tmp_path.glob("*.md")).read_text("utf-8")
    assert "| D10 | new / status | 201 | 200 |" in text
    assert "| D01 | Does the artifact list show an upload at once, with its size? | as assumed |" in text
    assert "POST /repositories/(workspace)/(repository)/downloads (api_token)" in text
    record = next(one for one in json.loads(next(tmp_path.glob("*.json")).read_text("utf-8"))["probes"] if one["id"] == "D10")
    assert {"field": "new / status", "assumed": 201, "seen": 200} in record["differences"]

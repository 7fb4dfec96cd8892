# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the output of `ansible`: an error, and the most verbose output. The examples in docs/examples/ad-hoc.md test the rest."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.command_line import ad_hoc

MODULE = "bitbucket_download"


@pytest.fixture
def source(dist: Path) -> str:
    """Return the path of a file to publish."""
    (dist / "app.tgz").write_bytes(b"application")
    return str(dist / "app.tgz")


def test_show_an_error_without_traceback_and_token(emulator: Emulator, source: str) -> None:
    environment = {**emulator.environment(), "BITBUCKET_API_TOKEN": "wrong-token"}
    done = ad_hoc(MODULE, f"src={source}", environment=environment)
    printed = done.stdout + done.stderr
    assert done.returncode == 2
    assert "returned HTTP 401 Unauthorized: Token is invalid" in printed
    assert "email address of the Atlassian account" in printed
    assert '"exception"' not in printed
    assert [word for word in ("Traceback", "MODULE FAILURE", "wrong-token") if word in printed] == []


def test_show_no_secret_in_the_most_verbose_output(emulator: Emulator, source: str) -> None:
    emulator.repository().put("app.tgz", b"application")
    done = ad_hoc(MODULE, f"src={source}", "-vvvv", "--diff", environment=emulator.environment())
    printed = done.stdout + done.stderr
    assert "localhost | SUCCESS" in printed
    assert json.dumps("same content") in printed
    assert len(emulator.journal.select(host="storage")) == 1
    basic = base64.b64encode(f"{emulator.user}:{emulator.api_token}".encode()).decode()
    secrets = [basic, *emulator.accounts.credentials, emulator.signer.session[:40], "Signature="]
    assert [secret for secret in secrets if secret in printed] == []

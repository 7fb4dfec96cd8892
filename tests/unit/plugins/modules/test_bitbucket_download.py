# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, the daily job: publish, run again, change, withdraw."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.unit.running import ModuleRunner

MODULE = "bitbucket_download"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def statuses(result: dict) -> list[tuple[str, str, str]]:
    return [(artifact["name"], artifact["status"], artifact["reason"]) for artifact in result["artifacts"]]


def test_publishes_what_is_not_there(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    (dist / "app.tgz").write_bytes(b"application")
    result = run.ok(MODULE, src=[str(dist / "app.tgz")])
    stored = emulator.repository("acme", "widgets").get("app.tgz")
    assert stored.content == b"application"
    assert result["changed"] is True
    assert statuses(result) == [("app.tgz", "created", "not there")]
    assert result["artifacts"][0]["sha256"] == sha256(b"application")
    assert result["artifacts"][0]["size"] == result["bytes_sent"] == 11


def test_a_second_run_sends_nothing(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    (dist / "app.tgz").write_bytes(b"application")
    run.ok(MODULE, src=[str(dist / "*")])
    emulator.journal.clear()
    result = run.ok(MODULE, src=[str(dist / "*")])
    assert result["changed"] is False
    assert statuses(result) == [("app.tgz", "unchanged", "same content")]
    assert {entry.method for entry in emulator.journal} == {"GET"}


@pytest.mark.parametrize("etag", ["md5", "multipart", "opaque", "none"])
def test_one_changed_byte_is_replaced_and_equal_content_is_not(
    emulator: Emulator, run: ModuleRunner, dist: Path, etag: str
) -> None:
    emulator.switches.etag = etag
    for name in ("same", "other"):
        (dist / name).write_bytes(b"x" * 1000)
    run.ok(MODULE, src=[str(dist / "*")])
    (dist / "other").write_bytes(b"x" * 999 + b"y")
    result = run.ok(MODULE, src=[str(dist / "*")])
    assert statuses(result) == [("other", "replaced", "content differs"), ("same", "unchanged", "same content")]

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Upload files that change during the task: a different size is an error, and digests are those of the sent bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.emulator.auth.gate import Refused
from tests.emulator.http import responses
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import LISTING, MANIFEST, MODULE, contents, put, widgets, write

APP = {"app.tgz": b"application"}


@pytest.mark.parametrize(("data", "word"), [(b"short", "shrank"), (b"", "shrank"), (b"application and more", "grew")])
@pytest.mark.parametrize("theirs", [{}, {"app.tgz": b"APPLICATION"}], ids=["sending", "comparing"])
def test_different_size_is_an_error_and_nothing_is_stored(
    emulator: Emulator, run: ModuleRunner, dist: Path, data: bytes, word: str, theirs: dict[str, bytes]
) -> None:
    [path] = write(dist, APP)
    put(emulator, theirs)
    emulator.faults.add("call", action=lambda: Path(path).write_bytes(data), method="GET", path=LISTING)
    result = run.failed(MODULE, src=[path], timeout=2)
    assert f"'{path}' {word}" in result["msg"]
    assert (contents(emulator), result["changed"]) == (theirs, False)
    run.ok(MODULE, src=[path])
    assert contents(emulator) == {"app.tgz": data}


@pytest.mark.parametrize("size", [1, 700_000])
def test_different_size_at_the_second_attempt_is_an_error(emulator: Emulator, run: ModuleRunner, dist: Path, size: int) -> None:
    [path] = write(dist, {"app.tgz": b"x" * 600_000})

    def change_file(_name: str) -> str:
        Path(path).write_bytes(b"x" * size)
        response = responses.error(503, "Later")
        response.headers["Retry-After"] = "0"
        raise Refused(response)

    emulator.switches.rename = change_file
    result = run.failed(MODULE, src=[path])
    assert path in result["msg"]
    assert (contents(emulator), result["artifacts"]) == ({}, [])


def test_file_that_vanishes_is_an_error(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    paths = write(dist, {**APP, "b": b"b"})
    emulator.faults.add("call", action=Path(paths[1]).unlink, method="GET", path=LISTING)
    assert f"Cannot read '{paths[1]}'" in run.failure(MODULE, src=paths)
    assert contents(emulator) == {}


def test_digest_is_that_of_the_sent_bytes(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    [path] = write(dist, APP)
    emulator.faults.add("call", action=lambda: Path(path).write_bytes(b"APPLICATION"), method="GET", path=LISTING)
    [artifact] = run.ok(MODULE, src=[path], manifest=MANIFEST)["artifacts"]
    assert artifact["sha256"] == widgets(emulator).artifacts["app.tgz"].sha256
    assert artifact["sha256"].encode() in contents(emulator)[MANIFEST]

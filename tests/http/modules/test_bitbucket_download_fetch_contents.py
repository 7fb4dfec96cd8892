# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_fetch, contents: bytes arrive as they are, beside the destination first, and then at once."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import sha256
from tests.http.modules.fetching import FETCH, failure, files, furnish, furnish_all, noise, outcome, storage, watched

MIB = 1024 * 1024
DATA = noise(1, MIB)


@pytest.mark.parametrize("size", [0, 1, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 5 * MIB])
def test_files_of_every_size_arrive_exactly(emulator: Emulator, run: ModuleRunner, dist: Path, size: int) -> None:
    data = noise(size, size)
    furnish(emulator, app=data)
    result = run.ok(FETCH, name="app", dest=f"{dist}/")
    assert (result["artifacts"][0]["size"], result["artifacts"][0]["sha256"]) == (size, sha256(data))
    assert files(dist) == {"app": data}


@pytest.mark.parametrize("encoding", [None, "None", "gzip", "identity", "br"])
def test_compressed_bytes_stay_as_they_are(emulator: Emulator, run: ModuleRunner, dist: Path, encoding: str | None) -> None:
    emulator.switches.content_encoding = encoding
    wanted = furnish_all(emulator, {"app.tar.gz": gzip.compress(DATA), "plain.gz": b"no gzip at all", "text": b"text\r\n"})
    run.ok(FETCH, patterns=["*"], dest=f"{dist}/")
    assert files(dist) == wanted
    assert {entry.headers["Accept-Encoding"] for entry in storage(emulator)} == {"identity"}
    assert run.ok(FETCH, patterns=["*"], dest=f"{dist}/")["changed"] is False


def test_the_name_in_the_disposition_does_not_matter(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    """It is percent-encoded once too often, as the service has it."""
    wanted = furnish_all(emulator, {"my app ü.tgz": b"application"})
    run.ok(FETCH, name="my app ü.tgz", dest=f"{dist}/")
    assert files(dist) == wanted


def test_a_disposition_that_names_another_place_does_not_matter(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=b"application")
    headers = {"Content-Disposition": 'attachment; filename="../../evil"', "Content-Length": "11"}
    emulator.faults.add("status", host="storage", code=200, body="application", headers=headers)
    run.ok(FETCH, name="app", dest=f"{dist}/")
    assert files(dist) == {"app": b"application"}
    assert files(dist.parent) == {"dist/": b"", "dist/app": b"application"}


@pytest.mark.parametrize("url_style", ["uuid", "slug"])
def test_older_signed_urls_work(emulator: Emulator, run: ModuleRunner, dist: Path, url_style: str) -> None:
    emulator.switches.url_style = url_style
    wanted = furnish_all(emulator, {"my app+1.tgz": b"application"})
    run.ok(FETCH, patterns=["*"], dest=f"{dist}/")
    assert files(dist) == wanted


@pytest.mark.parametrize("old", [None, b"old"])
def test_the_old_file_is_intact_until_the_new_one_is_whole(
    emulator: Emulator, run: ModuleRunner, dist: Path, old: bytes | None
) -> None:
    furnish(emulator, app=DATA)
    if old is not None:
        (dist / "app").write_bytes(old)
    emulator.faults.add("stall", host="storage", seconds=0.4, at=MIB // 2)
    with watched(dist) as states:
        run.ok(FETCH, name="app", dest=f"{dist}/")
    assert {state["app"][0] if "app" in state else None for state in states} <= {old, DATA}
    under_way = [state for state in states if len(state) > (old is not None) and state.get("app", (old,))[0] == old]
    assert under_way, "the temporary file is beside the destination"
    for state in under_way:
        [(name, (data, mode))] = [item for item in state.items() if item[0] != "app"]
        assert name.startswith(".")
        assert DATA.startswith(data)
        assert mode == 0o600
    assert max(len(data) for state in under_way for name, (data, _unused) in state.items() if name != "app") >= MIB // 4
    assert files(dist) == {"app": DATA}


def test_nothing_is_written_anywhere_else(
    emulator: Emulator, run: ModuleRunner, tmp_path: Path, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "elsewhere"))
    furnish(emulator, app=DATA)
    emulator.faults.add("stall", host="storage", seconds=0.2, at=MIB // 2)
    with watched(tmp_path / "elsewhere") as states:
        run.ok(FETCH, name="app", dest=f"{dist}/")
    assert states
    assert not any(states)


def test_a_new_file_is_whole_when_it_appears(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    wanted = furnish_all(emulator, {f"app-{number}": DATA[number:] for number in range(8)})
    with watched(dist) as states:
        run.ok(FETCH, patterns=["*"], dest=f"{dist}/")
    for state in states:
        for name, (data, _unused) in state.items():
            assert name.startswith(".") or data == wanted[name]
    assert files(dist) == wanted


@pytest.mark.parametrize("etag", ["opaque", "none"])
def test_what_turns_out_to_be_the_same_is_not_touched(emulator: Emulator, run: ModuleRunner, dist: Path, etag: str) -> None:
    emulator.switches.etag = etag
    furnish(emulator, app=DATA)
    (dist / "app").write_bytes(DATA)
    before = (dist / "app").stat()
    assert outcome(run.ok(FETCH, name="app", dest=f"{dist}/", backup=True)) == ("unchanged", "same content", False)
    after = (dist / "app").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert files(dist) == {"app": DATA}


def test_a_304_that_was_not_asked_for_is_an_error(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=DATA)
    (dist / "app").write_bytes(b"old")
    emulator.faults.add("status", host="storage", code=304, times=None, body="")
    assert "304" in failure(run, name="app", dest=f"{dist}/", retries=0)["msg"]
    assert files(dist) == {"app": b"old"}

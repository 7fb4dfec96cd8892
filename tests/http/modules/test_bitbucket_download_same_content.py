# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, what proves that contents are the same, and how little it costs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.fips import refuse_md5
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import (
    MANIFEST,
    MODULE,
    contents,
    ended,
    fetches,
    lines,
    posts,
    sha256,
    statuses,
    widgets,
    without_jitter,
    write,
)

MIB = 1024 * 1024
UNCHANGED = [("app", "unchanged", "same content")]
REPLACED = [("app", "replaced", "content differs")]


def test_a_304_proves_equality_without_a_transfer(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    data = b"x" * 300_000
    widgets(emulator).put("app", data)
    result = run.ok(MODULE, src=write(dist, {"app": data}))
    assert statuses(result) == UNCHANGED
    assert result["artifacts"][0]["sha256"] == sha256(data)
    [entry] = emulator.journal.select(host="storage")
    assert (entry.status, entry.sent_bytes) == (304, 0)
    assert entry.headers["If-None-Match"] == f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


@pytest.mark.parametrize("etag", ["multipart", "opaque", "none"])
def test_another_etag_proves_nothing_so_the_stream_is_compared(
    emulator: Emulator, run: ModuleRunner, dist: Path, etag: str
) -> None:
    emulator.switches.etag = etag
    data = bytes(range(256)) * 4000
    widgets(emulator).put("app", data)
    result = run.ok(MODULE, src=write(dist, {"app": data}))
    assert statuses(result) == UNCHANGED
    assert fetches(emulator) == [("app", 200)]
    assert posts(emulator) == []


@pytest.mark.parametrize("etag", ["md5", "multipart", "opaque", "none"])
@pytest.mark.parametrize("place", [0, 700_000, -1])
def test_one_changed_byte_anywhere_is_found(emulator: Emulator, run: ModuleRunner, dist: Path, etag: str, place: int) -> None:
    emulator.switches.etag = etag
    data = bytearray(b"x" * 1_000_000)
    widgets(emulator).put("app", bytes(data))
    data[place] ^= 1
    assert statuses(run.ok(MODULE, src=write(dist, {"app": bytes(data)}))) == REPLACED
    assert contents(emulator) == {"app": bytes(data)}


def test_the_stream_stops_at_the_first_difference(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    widgets(emulator).put("app", b"b" + b"x" * (5 * MIB - 1))
    # Slow enough that what is on its way when the reader leaves is little, fast enough to be far from any timeout.
    emulator.faults.add("drip", host="storage", rate=20 * MIB)
    assert statuses(run(MODULE, check=True, src=write(dist, {"app": b"a" + b"x" * (5 * MIB - 1)}))) == REPLACED
    [entry] = emulator.journal.select(host="storage")
    ended(entry)
    assert entry.sent_bytes <= 3 * MIB


def test_a_difference_at_the_end_takes_the_whole_stream(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    widgets(emulator).put("app", b"x" * (MIB - 1) + b"b")
    assert statuses(run(MODULE, check=True, src=write(dist, {"app": b"x" * (MIB - 1) + b"a"}))) == REPLACED
    [entry] = emulator.journal.select(host="storage")
    assert entry.sent_bytes == MIB


def test_without_md5_the_stream_is_compared(
    emulator: Emulator, run: ModuleRunner, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    widgets(emulator).put("app", b"application")
    widgets(emulator).put("other", b"applicatioN")
    refuse_md5(monkeypatch)
    result = run.ok(MODULE, src=write(dist, {"app": b"application", "other": b"application"}))
    assert statuses(result) == [("app", "unchanged", "same content"), ("other", "replaced", "content differs")]
    for entry in emulator.journal.select(host="storage"):
        assert entry.status == 200
        assert "If-None-Match" not in entry.headers


def test_a_believed_manifest_decides_without_a_look_at_the_content(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    old = {"app": b"application", "other": b"0ther"}
    for name, data in old.items():
        widgets(emulator).put(name, data)
    widgets(emulator).put(MANIFEST, lines(old))
    result = run.ok(MODULE, src=write(dist, {"app": b"application", "other": b"other"}), manifest=MANIFEST)
    assert statuses(result) == [("app", "unchanged", "same content"), ("other", "replaced", "content differs")]
    assert fetches(emulator) == [(MANIFEST, 200)]


def test_a_line_whose_artifact_has_another_size_is_not_believed(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    widgets(emulator).put("app", b"half")
    widgets(emulator).put(MANIFEST, lines({"app": b"application"}))
    result = run.ok(MODULE, src=write(dist, {"app": b"application"}), manifest=MANIFEST)
    assert statuses(result) == [("app", "replaced", "size differs")]


def test_a_stream_that_breaks_off_is_compared_again_and_proves_nothing(
    emulator: Emulator, run: ModuleRunner, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_jitter(monkeypatch)
    emulator.switches.etag = "opaque"
    widgets(emulator).put("app", b"x" * MIB)
    emulator.faults.add("truncate", host="storage", fraction=0.7)
    emulator.faults.add("truncate", host="storage", fraction=0.3, reset=True)
    assert statuses(run.ok(MODULE, src=write(dist, {"app": b"x" * MIB}))) == UNCHANGED
    assert fetches(emulator) == [("app", 200)] * 3


def test_a_corrupted_stream_of_equal_content_is_a_difference(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    """What comes is what counts: the artifact is sent again, which is safe."""
    emulator.switches.etag = "none"
    widgets(emulator).put("app", b"x" * 1000)
    emulator.faults.add("corrupt", host="storage")
    assert statuses(run.ok(MODULE, src=write(dist, {"app": b"x" * 1000}))) == REPLACED
    assert contents(emulator) == {"app": b"x" * 1000}


@pytest.mark.parametrize("kind", ["extra", "html"])
def test_an_answer_that_cannot_be_the_artifact_is_an_error_and_nothing_is_sent(
    emulator: Emulator, run: ModuleRunner, dist: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    without_jitter(monkeypatch)
    emulator.switches.etag = "none"
    widgets(emulator).put("app", b"x" * 1000)
    emulator.faults.add(kind, host="storage", times=None)
    message = run.failure(MODULE, src=write(dist, {"app": b"x" * 1000}), retries=1)
    assert "the listing says 1000" in message
    assert posts(emulator) == []


def test_an_expired_signed_url_is_asked_for_again(
    emulator: Emulator, run: ModuleRunner, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_jitter(monkeypatch)
    widgets(emulator).put("app", b"application")
    emulator.faults.add("status", host="storage", code=403, body="<Error><Code>AccessDenied</Code></Error>")
    assert statuses(run.ok(MODULE, src=write(dist, {"app": b"application"}))) == UNCHANGED
    assert fetches(emulator)[-1] == ("app", 304)
    assert len(emulator.journal.select("api", artifact="app")) == 2

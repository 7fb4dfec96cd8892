# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare contents with artifacts: proof of equality, transferred bytes, and failures."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.artifact import Artifact
from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.same_content import compare_content
from ansible_collections.releng.bitbucket.plugins.module_utils._files.payload import Payload
from tests.emulator import Emulator
from tests.helpers.fips import refuse_md5
from tests.helpers.metering import Recorder
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import (
    LISTING,
    MODULE,
    connect,
    contents,
    ended,
    fetches,
    posts,
    put,
    sha256,
    statuses,
    widgets,
    write,
    writes,
)

MIB = 1 << 20
UNCHANGED = [("app", "unchanged", "same content")]
REPLACED = [("app", "replaced", "content differs")]


def test_304_proves_equality_without_transfer(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    data = b"x" * 300_000
    put(emulator, {"app": data})
    result = run.ok(MODULE, src=write(dist, {"app": data}))
    assert statuses(result) == UNCHANGED
    assert result["artifacts"][0]["sha256"] == sha256(data)
    [entry] = emulator.journal.select(host="storage")
    assert (entry.status, entry.sent_bytes) == (304, 0)
    assert entry.headers["If-None-Match"] == f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


@pytest.mark.parametrize("etag", ["multipart", "opaque", "none"])
def test_stream_is_compared_if_etag_is_not_md5(emulator: Emulator, run: ModuleRunner, dist: Path, etag: str) -> None:
    emulator.switches.etag = etag
    data = bytes(range(256)) * 4000
    put(emulator, {"app": data})
    assert statuses(run.ok(MODULE, src=write(dist, {"app": data}))) == UNCHANGED
    assert (fetches(emulator), posts(emulator)) == ([("app", 200)], [])


def test_each_byte_counts_once_while_the_comparison_is_shown(emulator: Emulator) -> None:
    emulator.switches.etag = "opaque"
    put(emulator, {"app": b"x" * MIB})
    emulator.faults.add("truncate", host="storage", fraction=1 / 3)
    downloads = connect(emulator)
    downloads.meter = meter = Recorder()
    assert compare_content(downloads, Artifact("app", MIB), Payload("app", MIB, data=b"x" * MIB)).same
    assert meter.counts == [("app", MIB, MIB)]


@pytest.mark.parametrize(("etag", "place"), [("md5", 0), ("md5", -1), ("opaque", 700_000), ("multipart", -1), ("none", 0)])
def test_one_changed_byte_is_found(emulator: Emulator, run: ModuleRunner, dist: Path, etag: str, place: int) -> None:
    emulator.switches.etag = etag
    data = bytearray(b"x" * 1_000_000)
    put(emulator, {"app": bytes(data)})
    data[place] ^= 1
    assert statuses(run.ok(MODULE, src=write(dist, {"app": bytes(data)}))) == REPLACED
    assert contents(emulator) == {"app": bytes(data)}


def test_reading_stops_at_first_difference(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    put(emulator, {"app": b"b" + b"x" * (5 * MIB - 1)})
    # Slow enough that few bytes are in transit when the reader stops, fast enough to avoid any timeout.
    emulator.faults.add("drip", host="storage", rate=20 * MIB)
    assert statuses(run(MODULE, check=True, src=write(dist, {"app": b"a" + b"x" * (5 * MIB - 1)}))) == REPLACED
    [entry] = emulator.journal.select(host="storage")
    ended(entry)
    assert entry.sent_bytes <= 3 * MIB


def test_stream_is_compared_if_md5_is_unavailable(
    emulator: Emulator, run: ModuleRunner, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(emulator, {"app": b"application", "other": b"applicatioN"})
    refuse_md5(monkeypatch)
    result = run.ok(MODULE, src=write(dist, {"app": b"application", "other": b"application"}))
    assert statuses(result) == [*UNCHANGED, ("other", "replaced", "content differs")]
    for entry in emulator.journal.select(host="storage"):
        assert (entry.status, "If-None-Match" in entry.headers) == (200, False)


def test_broken_stream_is_compared_again(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.switches.etag = "opaque"
    put(emulator, {"app": b"x" * MIB})
    emulator.faults.add("truncate", host="storage", fraction=0.7)
    emulator.faults.add("truncate", host="storage", fraction=0.3, reset=True)
    assert statuses(run.ok(MODULE, src=write(dist, {"app": b"x" * MIB}))) == UNCHANGED
    assert fetches(emulator) == [("app", 200)] * 3


def test_corrupted_stream_counts_as_a_difference(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    """The artifact is uploaded again, which is safe."""
    emulator.switches.etag = "none"
    put(emulator, {"app": b"x" * 1000})
    emulator.faults.add("corrupt", host="storage")
    assert statuses(run.ok(MODULE, src=write(dist, {"app": b"x" * 1000}))) == REPLACED


@pytest.mark.parametrize("kind", ["extra", "html"])
def test_response_with_a_different_size_is_an_error(emulator: Emulator, run: ModuleRunner, dist: Path, kind: str) -> None:
    emulator.switches.etag = "none"
    put(emulator, {"app": b"x" * 1000})
    emulator.faults.add(kind, host="storage", times=None)
    assert "the listing says 1000" in run.failure(MODULE, src=write(dist, {"app": b"x" * 1000}), retries=1)
    assert posts(emulator) == []


@pytest.mark.parametrize(
    ("replacement", "expected"), [(b"another", ("replaced", "size differs")), (None, ("created", "not there"))]
)
def test_artifact_that_changed_after_the_listing_is_compared_again(
    emulator: Emulator, run: ModuleRunner, dist: Path, replacement: bytes | None, expected: tuple[str, str]
) -> None:
    put(emulator, {"app": b"APPLICATION"})

    def change() -> None:
        widgets(emulator).remove("app")
        put(emulator, {"app": replacement} if replacement else {})

    emulator.faults.add("call", action=change, method="GET", path=LISTING)
    result = run.ok(MODULE, src=write(dist, {"app": b"application"}), retries=1)
    assert statuses(result) == [("app", *expected)]


def test_artifact_that_always_differs_from_the_listing_is_an_error(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    put(emulator, {"app": b"APPLICATION"})
    emulator.faults.add("extra", host="storage", times=None)
    message = run.failure(MODULE, src=write(dist, {"app": b"application"}), retries=1)
    assert "sent 12 bytes, but the listing says 11" in message
    assert "Gave up after 2 attempts" in message
    assert posts(emulator) == []


def test_failure_while_comparing_sends_nothing_and_shows_only_the_code(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    put(emulator, {"b": b"SECOND"})
    body = "<Error><Code>NoSuchKey</Code><ArgumentValue>Basic c2VjcmV0</ArgumentValue></Error>"
    emulator.faults.add("status", host="storage", code=404, body=body, times=None)
    message = run.failure(MODULE, src=write(dist, {"a": b"first", "b": b"second"}))
    assert "NoSuchKey" in message
    assert "c2VjcmV0" not in message
    assert "Signature" not in message
    assert writes(emulator) == []

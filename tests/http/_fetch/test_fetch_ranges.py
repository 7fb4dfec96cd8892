# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch large artifacts in ranges: number of connections, comparison, and failed transfers."""

from __future__ import annotations

import pytest

from tests.emulator import Emulator
from tests.helpers.fetching import NEW, SAME, FetchRunner, noise
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import MANIFEST, most_at_once, put_manifest, sha256

MIB = 1024 * 1024
DATA = noise(1, 33 * MIB)
PARTS = [f"bytes={start}-{min(start + 8 * MIB, 33 * MIB) - 1}" for start in range(0, 33 * MIB, 8 * MIB)]


def ranges(fetch: FetchRunner) -> list[str]:
    return sorted(str(asked) for _status, asked in fetch.attempts)


def test_large_artifact_is_fetched_in_ranges_and_then_unchanged(emulator: Emulator, fetch: FetchRunner) -> None:
    fetch.put(app=DATA)
    put_manifest(emulator)
    assert fetch.outcome("app", manifest=MANIFEST, check=True) == NEW
    emulator.journal.clear()
    result = fetch("app", manifest=MANIFEST)
    assert result["artifacts"][0]["sha256"] == sha256(DATA)
    assert fetch.files == {"app": DATA}
    assert ranges(fetch) == sorted([*PARTS, "None"]), "the manifest is read whole"
    assert result["requests"] == 3, "the listing, and one redirect each"
    assert most_at_once(entry for entry in fetch.transfers if entry.artifact == "app") <= 4
    assert fetch.outcome("app", manifest=MANIFEST) == SAME


def test_parallel_of_one_fetches_in_one_stream(fetch: FetchRunner) -> None:
    fetch.put(app=DATA)
    assert fetch.outcome("app", parallel=1) == NEW
    assert fetch.attempts == [(200, None)]
    assert fetch.files == {"app": DATA}


@pytest.mark.parametrize(("parallel", "requests"), [(3, 2), (4, 2 * len(PARTS))])
def test_several_artifacts_share_the_connections(emulator: Emulator, fetch: FetchRunner, parallel: int, requests: int) -> None:
    found = fetch.put(app=DATA, tool=DATA[::-1])
    emulator.switches.storage_latency = 0.1
    fetch("app", "tool", parallel=parallel)
    assert fetch.files == found
    assert len(fetch.attempts) == requests
    assert most_at_once(fetch.transfers) == min(parallel, requests)


def test_unchanged_large_file_costs_no_contents(fetch: FetchRunner) -> None:
    fetch.put(app=DATA)
    fetch.write(app=DATA)
    assert fetch.outcome("app") == SAME
    assert [(entry.status, entry.sent_bytes) for entry in fetch.transfers] == [(304, 0)]


def test_changed_large_file_is_replaced_after_its_contents_arrived(fetch: FetchRunner) -> None:
    fetch.put(app=DATA)
    fetch.write(app=DATA[::-1])
    assert fetch.outcome("app") == ("replaced", "content differs", True)
    assert fetch.files == {"app": DATA}


def test_wrong_digest_keeps_the_old_file(fetch: FetchRunner) -> None:
    fetch.put(app=DATA)
    fetch.write(app=b"old")
    assert "sha256" in fetch.failure("app", checksum="sha256:" + "0" * 64)
    assert ranges(fetch) == sorted(PARTS)
    assert fetch.files == {"app": b"old"}


def test_byte_that_was_changed_in_transit_is_found(emulator: Emulator, fetch: FetchRunner) -> None:
    fetch.put(app=DATA)
    emulator.faults.add("corrupt", host="storage", after=2)
    fetch.failure("app", checksum=f"sha256:{sha256(DATA)}")
    assert fetch.files == {}


def test_failed_transfer_leaves_nothing(emulator: Emulator, fetch: FetchRunner) -> None:
    fetch.put(app=DATA)
    emulator.faults.add("truncate", host="storage", after=1, times=None)
    assert "Gave up after 2 attempts" in fetch.failure("app", retries=1)
    assert fetch.files == {}


def test_limit_rate_applies_to_all_connections_together(run: ModuleRunner, fetch: FetchRunner) -> None:
    fetch.put(app=DATA)
    fetch("app", limit_rate="11M")
    assert ranges(fetch) == sorted(PARTS)
    assert sum(run.pauses) == pytest.approx(3, abs=0.01)

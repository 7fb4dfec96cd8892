# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Publish and fetch with limit_rate: measure the time of all transfers together with a clock that does not wait."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._http.retries import CLOCK
from tests.emulator import Emulator
from tests.helpers.fetching import FETCH, FetchRunner, noise
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import MANIFEST, MODULE, contents, fetches, lines, posts, put, write

KIB = 1024
BURST = 0.25  # seconds
FIRST_PAUSE = 1  # Before the first retry, on a clock without jitter.

each_way = pytest.mark.parametrize("parallel", [1, 4])


def artifacts(count: int, size: int) -> dict[str, bytes]:
    return {f"app-{number}": noise(number, size) for number in range(count)}


@each_way
def test_all_fetches_together_take_the_time_of_the_rate(
    emulator: Emulator, run: ModuleRunner, fetch: FetchRunner, parallel: int
) -> None:
    found = fetch.put(artifacts(8, 8 * KIB))
    fetch(*found, parallel=parallel, limit_rate="16k")
    assert sum(run.pauses) == pytest.approx(8 * 8 / 16)
    assert max(run.pauses) < 1, "no transfer gets more than a second's worth at once"
    assert fetch.files == found


@each_way
def test_all_uploads_together_take_the_time_of_the_rate(emulator: Emulator, run: ModuleRunner, dist: Path, parallel: int) -> None:
    files = artifacts(80, KIB)
    result = run.ok(MODULE, src=write(dist, files), parallel=parallel, limit_rate="16K")
    assert len(posts(emulator)) == 4
    assert sum(run.pauses) == pytest.approx(80 / 16)
    assert max(run.pauses) < 1, "no transfer sends more than a second's worth at once"
    assert (result["bytes_sent"], contents(emulator)) == (80 * KIB, files)


def test_transfers_do_not_wait_without_the_option(run: ModuleRunner, fetch: FetchRunner, dist: Path) -> None:
    run.ok(MODULE, src=write(dist, artifacts(2, 64 * KIB)))
    fetch("app-0", "app-1", dest=f"{dist}/new/")
    assert run.pauses == []


def test_a_resumed_transfer_waits_for_each_byte_once(emulator: Emulator, run: ModuleRunner, fetch: FetchRunner) -> None:
    found = fetch.put(app=noise(1, 64 * KIB))
    emulator.faults.add("truncate", host="storage")
    fetch("app", limit_rate="16k")
    assert [status for status, _unused in fetch.attempts] == [200, 206]
    assert 64 / 16 + FIRST_PAUSE - BURST - 0.01 < sum(run.pauses) < 64 / 16 + FIRST_PAUSE + 0.01
    assert fetch.files == found


def test_a_repeated_upload_waits_for_all_bytes_again(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    files = artifacts(1, 64 * KIB)
    emulator.faults.add("status", code=503, method="POST")
    result = run.ok(MODULE, src=write(dist, files), limit_rate="16k")
    assert len(posts(emulator)) == 2
    assert 2 * 64 / 16 + FIRST_PAUSE - BURST - 0.01 < sum(run.pauses) < 2 * 64 / 16 + FIRST_PAUSE + 0.01
    assert (result["bytes_sent"], contents(emulator)) == (2 * 64 * KIB, files)


def test_the_manifest_counts_in_both_directions(run: ModuleRunner, dist: Path) -> None:
    files = artifacts(1, KIB)
    size = KIB + len(lines(files))
    run.ok(MODULE, src=write(dist, files), manifest=MANIFEST, limit_rate="1k")
    assert sum(run.pauses) == pytest.approx(size / KIB)
    run.ok(FETCH, name=list(files), dest=f"{dist}/new/", manifest=MANIFEST, limit_rate="1k")
    assert sum(run.pauses) == pytest.approx(2 * size / KIB)


def test_waiting_for_the_rate_does_not_count_for_max_wait(run: ModuleRunner, dist: Path) -> None:
    run.ok(MODULE, src=write(dist, artifacts(1, 4 * KIB)), limit_rate="1k", max_wait=0)
    run.ok(FETCH, name="app-0", dest=f"{dist}/new/", limit_rate="1k", max_wait=0)
    assert sum(run.pauses) == pytest.approx(8)


def test_waiting_for_the_rate_does_not_count_for_the_timeout(
    emulator: Emulator, capsys: pytest.CaptureFixture[str], dist: Path
) -> None:
    """The rate is lower than the minimum speed of a server without a limit."""
    run = ModuleRunner(emulator, capsys, CLOCK)
    options = {"limit_rate": "400", "timeout": 1, "retries": 0}
    for module, given in ((MODULE, {"src": write(dist, artifacts(1, 600))}), (FETCH, {"name": "app-0", "dest": f"{dist}/new/"})):
        began = time.monotonic()
        run.ok(module, **given, **options)
        assert time.monotonic() - began > 600 / 400 - BURST


def test_requests_without_contents_are_not_slowed_down(emulator: Emulator, run: ModuleRunner, fetch: FetchRunner) -> None:
    put(emulator, artifacts(120, 1))
    fetch("app-7", check=True, limit_rate="1")
    fetch.write({"app-7": noise(7, 1)})
    fetch("app-7", limit_rate="1")
    run.ok(MODULE, state="absent", name=["app-8"], limit_rate="1")
    assert fetches(emulator) == [("app-7", 304)]
    assert run.pauses == []


@pytest.mark.parametrize("text", ["0", 0, "-5", -5, "10MB", "1.5M", 1.5, "fast", ""])
@pytest.mark.parametrize(("module", "options"), [(MODULE, {"src": "app"}), (FETCH, {"name": "app", "dest": "app"})])
def test_invalid_rate_is_refused_before_any_request(
    emulator: Emulator, run: ModuleRunner, module: str, options: dict[str, str], text: object
) -> None:
    message = run.failure(module, **options, limit_rate=text)
    assert message.startswith(f"limit_rate must be a positive whole number of bytes per second, not '{text}'. ")
    assert "for example 10M, 500k or 2000000" in message
    assert len(emulator.journal) == 0


def test_a_number_without_quotes_is_a_rate(run: ModuleRunner, fetch: FetchRunner) -> None:
    fetch.put(app=noise(1, 4000))
    fetch("app", limit_rate=2000)
    assert sum(run.pauses) == pytest.approx(2)

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_fetch, transfers that break off: they go on where they stopped, or start over where they must."""

from __future__ import annotations

from pathlib import Path

import pytest
from werkzeug import Response

from tests.emulator import Emulator
from tests.emulator.faults.damage_bytes import Truncate
from tests.emulator.http.exchange import Exchange
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import ended
from tests.http.modules.fetching import (
    CONTENTS,
    FETCH,
    failure,
    files,
    furnish,
    noise,
    outcome,
    signatures,
    storage,
    tries,
)

MIB = 1024 * 1024
DATA = noise(1, 3 * MIB)
NEW = noise(2, 3 * MIB)
FETCHED = ("fetched", "not there", True)
START_OVER = [(200, None), (200, None)]


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("etag", ["md5", "multipart", "opaque"])
def test_a_transfer_cut_at_a_third_goes_on_there_with_a_new_signed_url(
    emulator: Emulator, run: ModuleRunner, dist: Path, etag: str, reset: bool
) -> None:
    emulator.switches.etag = etag
    furnish(emulator, app=DATA)
    emulator.faults.add("truncate", host="storage", fraction=1 / 3, reset=reset)
    result = run.ok(FETCH, name="app", dest=f"{dist}/")
    assert outcome(result) == FETCHED
    assert files(dist) == {"app": DATA}
    first, second = storage(emulator)
    assert (first.status, second.status) == (200, 206)
    assert second.headers["If-Range"]
    assert second.headers["Range"].startswith("bytes=")
    assert result["requests"] == 3, "a listing, and a signed URL for each try"
    assert ended(first)
    assert ended(second)
    if not reset:  # which takes away what has arrived and was not yet read
        assert len(DATA) <= first.sent_bytes + second.sent_bytes < 1.1 * len(DATA)


def test_every_try_has_a_signed_url_of_its_own(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    """After the cut the first one is dead: it has expired."""
    furnish(emulator, app=DATA)

    class CutAndExpire(Truncate):
        def after(self, exchange: Exchange, response: Response) -> Response:
            emulator.clock.advance(3600)
            return super().after(exchange, response)

    emulator.faults.add(CutAndExpire(fraction=1 / 3), host="storage")
    assert outcome(run.ok(FETCH, name="app", dest=f"{dist}/")) == FETCHED
    assert [status for status, _unused in tries(emulator)] == [200, 206]
    assert len(set(signatures(emulator))) == 2


def test_an_expired_signed_url_is_answered_by_a_new_one(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=DATA)
    emulator.faults.add("call", action=lambda: emulator.clock.advance(3600), when="before", host="storage")
    assert outcome(run.ok(FETCH, name="app", dest=f"{dist}/")) == FETCHED
    assert tries(emulator) == [(403, None), (200, None)]


def test_several_cuts_in_one_transfer_are_survived(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=DATA)
    for _unused in range(4):
        emulator.faults.add("truncate", host="storage", bytes=MIB // 2)
    assert outcome(run.ok(FETCH, name="app", dest=f"{dist}/")) == FETCHED
    assert files(dist) == {"app": DATA}
    assert tries(emulator) == [(200, None)] + [(206, f"bytes={n * MIB // 2}-") for n in (1, 2, 3, 4)]


@pytest.mark.parametrize("retries", [0, 1, 4])
def test_progress_does_not_reset_the_count_of_tries(emulator: Emulator, run: ModuleRunner, dist: Path, retries: int) -> None:
    furnish(emulator, app=DATA)
    (dist / "app").write_bytes(b"old")
    emulator.faults.add("truncate", host="storage", bytes=MIB // 4, times=None)
    result = failure(run, name="app", dest=f"{dist}/", retries=retries)
    assert f"Gave up after {retries + 1} {'tries' if retries else 'try'}" in result["msg"]
    assert len(storage(emulator)) == retries + 1
    assert files(dist) == {"app": b"old"}


def test_without_an_etag_a_transfer_starts_over(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.switches.etag = "none"
    furnish(emulator, app=DATA)
    emulator.faults.add("truncate", host="storage", fraction=1 / 3)
    assert outcome(run.ok(FETCH, name="app", dest=f"{dist}/")) == FETCHED
    assert files(dist) == {"app": DATA}
    assert tries(emulator) == START_OVER


class Rewritten(Truncate):
    """The answer to a request that has been stripped of headers, its own headers replaced, and cut where asked."""

    def __init__(self, strip: str = "", bytes: int | None = None, **headers: str) -> None:  # noqa: A002 (the fault's word)
        super().__init__(bytes=1 << 40 if bytes is None else bytes)
        self.strip, self.headers = strip, headers

    def before(self, exchange: Exchange) -> Response | None:
        exchange.headers.pop(self.strip, None)
        return None

    def after(self, exchange: Exchange, response: Response) -> Response:
        for name, value in self.headers.items():
            response.headers[name.replace("_", "-")] = value
        return super().after(exchange, response)


def test_with_a_weak_etag_a_transfer_starts_over(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=DATA)
    emulator.faults.add(Rewritten(bytes=MIB, ETag='W/"weak"'), host="storage")
    run.ok(FETCH, name="app", dest=f"{dist}/")
    assert files(dist) == {"app": DATA}
    assert tries(emulator) == START_OVER


def test_a_changed_etag_starts_over(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=DATA)
    emulator.faults.add("truncate", host="storage", fraction=1 / 3)
    emulator.faults.add("call", action=lambda: furnish(emulator, app=NEW), when="before", path=CONTENTS, after=1)
    assert outcome(run.ok(FETCH, name="app", dest=f"{dist}/")) == FETCHED
    assert files(dist) == {"app": NEW}
    [(_unused, first), (status, second)] = tries(emulator)
    assert (first, status) == (None, 200)
    assert str(second).startswith("bytes=")


def test_a_range_of_other_contents_is_not_appended(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    """A cache that ignores If-Range sends a piece of the new contents, with their ETag."""
    furnish(emulator, app=DATA)
    emulator.faults.add("truncate", host="storage", fraction=1 / 3)
    emulator.faults.add("call", action=lambda: furnish(emulator, app=NEW), when="before", path=CONTENTS, after=1)
    emulator.faults.add(Rewritten(strip="If-Range"), host="storage")
    run.ok(FETCH, name="app", dest=f"{dist}/")
    assert files(dist) == {"app": NEW}


@pytest.mark.parametrize("answer", ["bytes 0-99/100", "bytes 1048577-3145727/3145728", "nonsense", ""])
def test_a_range_from_another_place_is_not_appended(emulator: Emulator, run: ModuleRunner, dist: Path, answer: str) -> None:
    furnish(emulator, app=DATA)
    (dist / "app").write_bytes(b"old")
    emulator.faults.add("truncate", host="storage", bytes=MIB)
    emulator.faults.add(Rewritten(Content_Range=answer), host="storage", times=None)
    run.ok(FETCH, name="app", dest=f"{dist}/")
    assert files(dist) == {"app": DATA}
    assert [asked is None for _unused, asked in tries(emulator)] == [True, False, True], "it starts over"

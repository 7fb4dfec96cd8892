# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_fetch, answers that are not the artifact: refused, repeated where that helps, and nothing is replaced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.fetching import CONTENTS, FETCH, failure, files, furnish, noise, outcome, storage, tries

DATA = noise(1, 600_000)
FETCHED = ("fetched", "not there", True)


PASSING: list[tuple[str, dict[str, Any]]] = [
    ("status", {"code": 500}),
    ("status", {"code": 502}),
    ("status", {"code": 503, "headers": {"Retry-After": "0"}}),
    ("status", {"code": 504}),
    ("status", {"code": 403}),
    ("rate_limit", {"retry_after": 0}),
    ("drop_before", {}),
    ("drop_after", {}),
    ("truncate", {"bytes": 0}),
    ("truncate", {"bytes": 1}),
    ("truncate", {"fraction": 0.99, "reset": True}),
    ("extra", {"count": 1}),
    ("extra", {"count": 300_000}),
    ("wrong_length", {"delta": 1}),
    ("wrong_length", {"delta": -1}),
    ("hang_up", {}),
]


@pytest.mark.parametrize(("kind", "arguments"), PASSING, ids=str)
def test_what_passes_is_tried_again(
    emulator: Emulator, run: ModuleRunner, dist: Path, kind: str, arguments: dict[str, Any]
) -> None:
    furnish(emulator, app=DATA)
    emulator.faults.add(kind, host="storage", **arguments)
    assert outcome(run.ok(FETCH, name="app", dest=f"{dist}/")) == FETCHED
    assert files(dist) == {"app": DATA}
    assert len(storage(emulator)) == (1 if kind == "hang_up" else 2)


@pytest.mark.parametrize(("kind", "arguments"), PASSING[:-1], ids=str)
def test_what_does_not_pass_is_an_error_that_leaves_the_old_file_alone(
    emulator: Emulator, run: ModuleRunner, dist: Path, kind: str, arguments: dict[str, Any]
) -> None:
    furnish(emulator, app=DATA)
    (dist / "app").write_bytes(b"old")
    emulator.faults.add(kind, host="storage", times=None, **arguments)
    result = failure(run, name="app", dest=f"{dist}/", retries=1)
    assert "Gave up after 2 tries" in result["msg"]
    assert "app" in result["msg"]
    assert (result["artifacts"], result["changed"]) == ([], False)
    assert files(dist) == {"app": b"old"}
    assert result["requests"] == 3


@pytest.mark.parametrize("code", [400, 401, 404, 410, 412, 416])
def test_a_refusal_for_good_is_not_repeated(emulator: Emulator, run: ModuleRunner, dist: Path, code: int) -> None:
    furnish(emulator, app=DATA)
    (dist / "app").write_bytes(b"old")
    emulator.faults.add("status", host="storage", code=code, times=None)
    assert f"HTTP status {code}" in failure(run, name="app", dest=f"{dist}/")["msg"]
    assert len(storage(emulator)) == 1
    assert files(dist) == {"app": b"old"}


def test_a_range_that_is_refused_starts_over(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=DATA)
    emulator.faults.add("truncate", host="storage", bytes=100_000)
    emulator.faults.add("status", host="storage", code=416)
    assert outcome(run.ok(FETCH, name="app", dest=f"{dist}/")) == FETCHED
    assert files(dist) == {"app": DATA}
    assert tries(emulator) == [(200, None), (416, "bytes=100000-"), (200, None)]


@pytest.mark.parametrize("kind", ["html", "json"])
@pytest.mark.parametrize("host", ["api", "storage"])
def test_a_page_instead_of_the_contents_is_refused(
    emulator: Emulator, run: ModuleRunner, dist: Path, kind: str, host: str
) -> None:
    furnish(emulator, app=DATA)
    (dist / "app").write_bytes(b"old")
    emulator.faults.add(kind, host=host, path=CONTENTS if host == "api" else None, times=None)
    failure(run, name="app", dest=f"{dist}/", retries=1)
    assert files(dist) == {"app": b"old"}


@pytest.mark.parametrize("at", [None, 0, 300_000])
def test_a_stalled_transfer_is_tried_again(emulator: Emulator, run: ModuleRunner, dist: Path, at: int | None) -> None:
    furnish(emulator, app=DATA)
    emulator.faults.add("stall", host="storage", seconds=20, at=at)
    assert outcome(run.ok(FETCH, name="app", dest=f"{dist}/", timeout=1)) == FETCHED
    assert files(dist) == {"app": DATA}
    assert len(storage(emulator)) == 2


def test_a_transfer_that_stalls_for_ever_ends(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=DATA)
    (dist / "app").write_bytes(b"old")
    emulator.faults.add("stall", host="storage", seconds=20, at=1000, times=None)
    message = failure(run, name="app", dest=f"{dist}/", timeout=1, retries=0)["msg"]
    assert "no answer within 1 seconds" in message
    assert files(dist) == {"app": b"old"}


def test_a_transfer_that_drips_ends(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=DATA)
    (dist / "app").write_bytes(b"old")
    emulator.faults.add("drip", host="storage", rate=100, times=None)
    assert "too slowly" in failure(run, name="app", dest=f"{dist}/", timeout=1, retries=0)["msg"]
    assert files(dist) == {"app": b"old"}


def test_an_artifact_of_another_size_than_listed_is_an_error(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    """Somebody replaces it between the listing and the transfer."""
    furnish(emulator, app=DATA)
    (dist / "app").write_bytes(b"old")
    emulator.faults.add("call", action=lambda: furnish(emulator, app=b"short"), when="before", path=CONTENTS)
    message = failure(run, name="app", dest=f"{dist}/", retries=1)["msg"]
    assert "5 bytes, but the listing says 600000" in message
    assert files(dist) == {"app": b"old"}


def test_an_artifact_that_goes_after_the_listing_is_an_error(emulator: Emulator, run: ModuleRunner, tmp_path: Path) -> None:
    furnish(emulator, app=DATA)
    repository = emulator.repository("acme", "widgets")
    emulator.faults.add("call", action=lambda: repository.remove("app"), when="before", path=CONTENTS)
    assert "404" in failure(run, name="app", dest=f"{tmp_path}/new/sub/")["msg"]
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("location", [None, "http://127.0.0.1:1/x", "ftp://localhost/x", "http://localhost:0/"])
def test_a_redirect_to_nowhere_is_an_error(emulator: Emulator, run: ModuleRunner, dist: Path, location: str | None) -> None:
    furnish(emulator, app=DATA)
    emulator.faults.add("redirect", path=CONTENTS, location=location, times=None)
    failure(run, name="app", dest=f"{dist}/", retries=0)
    assert files(dist) == {}

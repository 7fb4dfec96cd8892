# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_fetch, what it does and says: every status with its reason, and a second run that does nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import listings, sha256, statuses
from tests.http.modules.fetching import FETCH, files, furnish, outcome, storage


def test_what_is_not_there_is_fetched(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=b"application")
    result = run.ok(FETCH, name="app", dest=f"{dist}/")
    assert outcome(result) == ("fetched", "not there", True)
    assert files(dist) == {"app": b"application"}
    assert result["artifacts"] == [
        {
            "name": "app",
            "dest": str(dist / "app"),
            "size": 11,
            "sha256": sha256(b"application"),
            "status": "fetched",
            "reason": "not there",
            "url": f"{emulator.api_url}/repositories/acme/widgets/downloads/app",
        }
    ]


@pytest.mark.parametrize(
    ("local", "status", "reason"),
    [
        (b"new", "unchanged", "same content"),
        (b"nEw", "replaced", "content differs"),
        (b"older", "replaced", "size differs"),
        (b"", "replaced", "size differs"),
    ],
)
def test_what_is_there_is_replaced_only_where_it_differs(
    emulator: Emulator, run: ModuleRunner, dist: Path, local: bytes, status: str, reason: str
) -> None:
    furnish(emulator, app=b"new")
    (dist / "app").write_bytes(local)
    inode = (dist / "app").stat().st_ino
    result = run.ok(FETCH, name="app", dest=str(dist / "app"))
    assert outcome(result) == (status, reason, status != "unchanged")
    assert (result["artifacts"][0]["size"], result["artifacts"][0]["sha256"]) == (3, sha256(b"new"))
    assert files(dist) == {"app": b"new"}
    assert ((dist / "app").stat().st_ino == inode) == (status == "unchanged")


def test_force_fetches_what_is_the_same(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=b"new")
    (dist / "app").write_bytes(b"new")
    result = run.ok(FETCH, name="app", dest=str(dist / "app"), force=True)
    assert outcome(result) == ("replaced", "forced", True)
    assert [entry.status for entry in storage(emulator)] == [200]
    assert files(dist) == {"app": b"new"}


def test_force_says_not_there_where_nothing_is_there(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=b"new")
    assert outcome(run.ok(FETCH, name="app", dest=f"{dist}/", force=True)) == ("fetched", "not there", True)


@pytest.mark.parametrize("target", ["same", "other", "dangling"])
def test_a_link_is_replaced_by_a_file(emulator: Emulator, run: ModuleRunner, dist: Path, target: str) -> None:
    furnish(emulator, app=b"new")
    (dist / "same").write_bytes(b"new")
    (dist / "other").write_bytes(b"untouched")
    (dist / "app").symlink_to(target)
    result = run.ok(FETCH, name="app", dest=str(dist / "app"))
    assert outcome(result) == ("replaced", "a link is there", True)
    assert not (dist / "app").is_symlink()
    assert files(dist) == {"app": b"new", "same": b"new", "other": b"untouched"}
    assert outcome(run.ok(FETCH, name="app", dest=str(dist / "app")))[0] == "unchanged"


@pytest.mark.parametrize("etag", ["md5", "multipart", "opaque", "none"])
def test_a_second_run_changes_nothing(emulator: Emulator, run: ModuleRunner, dist: Path, etag: str) -> None:
    emulator.switches.etag = etag
    furnish(emulator, app=b"application", tool=b"x" * 700_000, empty=b"")
    first = run.ok(FETCH, name=["app", "tool", "empty"], dest=f"{dist}/")
    before = {path.name: path.stat().st_mtime_ns for path in dist.iterdir()}
    second = run.ok(FETCH, name=["app", "tool", "empty"], dest=f"{dist}/")
    assert [status for _unused, status, _unused in statuses(first)] == ["fetched"] * 3
    assert statuses(second) == [(name, "unchanged", "same content") for name in ("app", "tool", "empty")]
    assert (first["changed"], second["changed"]) == (True, False)
    assert [each["sha256"] for each in second["artifacts"]] == [each["sha256"] for each in first["artifacts"]]
    assert {path.name: path.stat().st_mtime_ns for path in dist.iterdir()} == before


@pytest.mark.parametrize("etag", ["md5", "multipart", "opaque", "none"])
@pytest.mark.parametrize("place", [0, 350_000, -1])
def test_one_changed_byte_is_found(emulator: Emulator, run: ModuleRunner, dist: Path, etag: str, place: int) -> None:
    emulator.switches.etag = etag
    data = bytearray(b"x" * 700_000)
    furnish(emulator, app=bytes(data))
    data[place] ^= 1
    (dist / "app").write_bytes(bytes(data))
    assert outcome(run.ok(FETCH, name="app", dest=str(dist / "app"))) == ("replaced", "content differs", True)
    assert files(dist) == {"app": b"x" * 700_000}


def test_unchanged_costs_one_listing_and_no_transfer(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=b"x" * 300_000)
    (dist / "app").write_bytes(b"x" * 300_000)
    result = run.ok(FETCH, name="app", dest=f"{dist}/")
    assert len(listings(emulator)) == 1
    assert result["requests"] == len(emulator.journal.select(host="api")) == 2
    assert [(entry.status, entry.sent_bytes) for entry in storage(emulator)] == [(304, 0)]


def test_artifacts_come_back_in_the_order_asked(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, a=b"a", b=b"b", c=b"c")
    result = run.ok(FETCH, name=["c", "a", "b"], dest=f"{dist}/")
    assert [each["name"] for each in result["artifacts"]] == ["c", "a", "b"]
    assert files(dist) == {"a": b"a", "b": b"b", "c": b"c"}


def test_a_name_given_twice_counts_once(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=b"application")
    result = run.ok(FETCH, name=["app", "app"], dest=str(dist / "local"))
    assert outcome(result) == ("fetched", "not there", True)
    assert files(dist) == {"local": b"application"}
    assert len(storage(emulator)) == 1


def test_requests_are_the_api_s_without_the_storage_host_s(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, a=b"a", b=b"b")
    result = run.ok(FETCH, patterns=["*"], dest=f"{dist}/")
    assert result["requests"] == len(emulator.journal.select(host="api")) == 3
    assert len(storage(emulator)) == 2

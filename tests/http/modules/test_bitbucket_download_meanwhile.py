# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, what changes while it works: other publishers, a lagging listing, files on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.emulator.auth.gate import Refused
from tests.emulator.http import answers
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import (
    LISTING,
    MANIFEST,
    MODULE,
    contents,
    failed,
    listings,
    posts,
    widgets,
    without_jitter,
    write,
)

WISH = {"app.tgz": b"application"}


def test_an_upload_that_was_accepted_and_not_stored_is_an_error(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.faults.add("status", code=201, body="", method="POST")
    result = failed(run, src=write(dist, WISH), manifest=MANIFEST)
    assert "'app.tgz' is not in the listing" in result["msg"]
    assert len(posts(emulator)) == 1
    assert len(listings(emulator)) == 3
    run.ok(MODULE, src=write(dist, WISH))
    assert contents(emulator) == WISH


def test_an_upload_that_was_stored_under_another_plain_name_is_an_error(
    emulator: Emulator, run: ModuleRunner, dist: Path
) -> None:
    emulator.switches.rename = lambda name: "elsewhere.tgz"
    assert "'app.tgz' is not in the listing" in failed(run, src=write(dist, WISH))["msg"]


def test_a_listing_that_lags_is_read_once_more(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.faults.add("call", action=lambda: widgets(emulator).remove("app.tgz"), method="POST")
    back: dict[str, Any] = {"method": "GET", "path": LISTING, "after": 1}
    emulator.faults.add("call", action=lambda: widgets(emulator).put("app.tgz", b"application"), **back)
    result = run.ok(MODULE, src=write(dist, WISH))
    assert len(listings(emulator)) == 3
    assert result["artifacts"][0]["created_on"] is not None


def test_another_size_published_meanwhile_is_an_error_that_names_both(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.faults.add("call", action=lambda: widgets(emulator).put("app.tgz", b"theirs"), method="POST")
    result = failed(run, src=write(dist, WISH))
    assert "'app.tgz'" in result["msg"]
    assert "6 bytes" in result["msg"]
    assert "11" in result["msg"]
    assert "somebody else is publishing this name, or the service has cut it" in result["msg"]
    assert len(listings(emulator)) == 3
    assert (len(posts(emulator)), contents(emulator)) == (1, {"app.tgz": b"theirs"})
    [artifact] = result["artifacts"]
    assert (artifact["name"], artifact["size"], artifact["sha256"]) == ("app.tgz", 6, None)
    assert artifact["created_on"] is not None


def test_after_a_failed_verification_the_rest_is_told_as_it_is_listed(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.faults.add("call", action=lambda: widgets(emulator).remove("app.tgz"), method="POST")
    result = failed(run, src=write(dist, {**WISH, "other.tgz": b"other"}))
    [artifact] = result["artifacts"]
    assert (artifact["name"], artifact["size"], artifact["status"]) == ("other.tgz", 5, "created")
    assert artifact["created_on"] is not None


def test_another_size_that_is_gone_at_the_second_look_is_no_error(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.faults.add("call", action=lambda: widgets(emulator).put("app.tgz", b"theirs"), method="POST")
    again: dict[str, Any] = {"method": "GET", "path": LISTING, "after": 1}
    emulator.faults.add("call", action=lambda: widgets(emulator).put("app.tgz", b"application"), **again)
    run.ok(MODULE, src=write(dist, WISH))


def test_an_artifact_that_is_replaced_while_it_is_compared_is_an_error_or_looked_at_again(
    emulator: Emulator, run: ModuleRunner, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_jitter(monkeypatch)
    widgets(emulator).put("app.tgz", b"APPLICATION")
    emulator.faults.add("call", action=lambda: widgets(emulator).put("app.tgz", b"another"), method="GET", path=LISTING)
    message = failed(run, src=write(dist, WISH), retries=1)["msg"]
    assert "7 bytes" in message
    assert "the listing says 11" in message
    assert posts(emulator) == []


@pytest.mark.parametrize(("data", "word"), [(b"short", "shrank"), (b"", "shrank"), (b"application and more", "grew")])
@pytest.mark.parametrize("there", [None, b"APPLICATION"], ids=["sending", "comparing"])
def test_a_file_that_changes_its_size_is_an_error_and_nothing_is_stored(
    emulator: Emulator,
    run: ModuleRunner,
    dist: Path,
    data: bytes,
    word: str,
    there: bytes | None,
) -> None:
    [path] = write(dist, WISH)
    if there:
        widgets(emulator).put("app.tgz", there)
    before = contents(emulator)
    emulator.faults.add("call", action=lambda: Path(path).write_bytes(data), method="GET", path=LISTING)
    result = failed(run, src=[path], timeout=2)
    assert f"'{path}' {word}" in result["msg"]
    assert (contents(emulator), result.get("changed", False)) == (before, False)
    run.ok(MODULE, src=[path])
    assert contents(emulator) == {"app.tgz": data}


@pytest.mark.parametrize("size", [1, 700_000])
def test_a_big_file_that_shrinks_or_grows_between_two_tries_is_not_stored(
    emulator: Emulator, run: ModuleRunner, dist: Path, size: int
) -> None:
    [path] = write(dist, {"app.tgz": b"x" * 600_000})

    def change(name: str) -> str:
        Path(path).write_bytes(b"x" * size)
        response = answers.error(503, "Later")
        response.headers["Retry-After"] = "0"
        raise Refused(response)

    emulator.switches.rename = change
    result = failed(run, src=[path])
    assert path in result["msg"]
    assert contents(emulator) == {}
    assert result["artifacts"] == []


def test_a_file_that_vanishes_is_an_error(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    paths = write(dist, {**WISH, "b": b"b"})
    emulator.faults.add("call", action=lambda: Path(paths[1]).unlink(), method="GET", path=LISTING)
    message = failed(run, src=paths)["msg"]
    assert f"Cannot read '{paths[1]}'" in message
    assert contents(emulator) == {}


def test_the_digest_is_that_of_the_bytes_that_were_sent(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    """A file whose bytes change without its size: the results and the manifest speak of what lies there."""
    [path] = write(dist, WISH)
    emulator.faults.add("call", action=lambda: Path(path).write_bytes(b"APPLICATION"), method="GET", path=LISTING)
    result = run.ok(MODULE, src=[path], manifest=MANIFEST)
    assert result["artifacts"][0]["sha256"] == widgets(emulator).artifacts["app.tgz"].sha256
    assert result["artifacts"][0]["sha256"].encode() in contents(emulator)[MANIFEST]


def test_the_digest_of_a_recovered_upload_is_that_of_the_bytes_that_were_sent(
    emulator: Emulator, run: ModuleRunner, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_jitter(monkeypatch)
    [path] = write(dist, WISH)

    def rename(name: str) -> str:
        Path(path).write_bytes(b"APPLICATION")
        return name

    emulator.switches.rename = rename
    emulator.faults.add("drop_after", method="POST")
    result = run.ok(MODULE, src=[path])
    assert result["artifacts"][0]["recovered"] is True
    assert result["artifacts"][0]["sha256"] == widgets(emulator).artifacts["app.tgz"].sha256

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch the release that a channel names: complete, verified by the channel, and unmixed while the channel moves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.archives import Item, tarred
from tests.helpers.fetching import FETCH, FetchRunner
from tests.helpers.modules import ModuleRunner
from tests.helpers.release_keys import MANIFEST, ReleaseKey
from tests.http._channel.helpers import FILE, NEW, OLD, document, put_channel
from tests.http._downloads.helpers import contents, fetches, put, sha256, widgets

APP = "app-1.4.2.tgz"


def local(fetch: FetchRunner) -> dict[str, bytes]:
    """Return the fetched files."""
    return {path.name: path.read_bytes() for path in fetch.folder.iterdir()}


@pytest.mark.parametrize("version", [None, "1.4.2"])
def test_artifacts_of_the_channel_are_fetched(emulator: Emulator, fetch: FetchRunner, version: str | None) -> None:
    put(emulator, {**OLD, **NEW, "other": b"other"})
    put_channel(emulator, "1.4.2", NEW, previous="1.4.1")
    foreseen = fetch(channel="stable", version=version, check=True)
    assert local(fetch) == {}
    result = fetch(channel="stable", version=version)
    assert local(fetch) == NEW
    assert result["channel"] == foreseen["channel"] == document("1.4.2", NEW, previous="1.4.1")
    assert [each["status"] for each in foreseen["artifacts"]] == ["fetched", "fetched"]
    found = {each["name"]: (each["status"], each["sha256"]) for each in result["artifacts"]}
    assert found == {name: ("fetched", sha256(data)) for name, data in NEW.items()}


def test_unchanged_release_costs_only_the_contents_of_the_channel(emulator: Emulator, fetch: FetchRunner) -> None:
    put(emulator, NEW)
    put_channel(emulator, "1.4.2", NEW)
    fetch(channel="stable")
    emulator.journal.clear()
    result = fetch(channel="stable")
    assert (result["changed"], {name for name, _status in fetches(emulator)}) == (False, {FILE})


def test_changed_file_is_replaced(emulator: Emulator, fetch: FetchRunner) -> None:
    put(emulator, NEW)
    put_channel(emulator, "1.4.2", NEW)
    fetch.write({APP: bytes(len(NEW[APP]))})
    result = fetch(channel="stable")
    assert {each["name"]: each["status"] for each in result["artifacts"]} == {APP: "replaced", "notes-1.4.2.txt": "fetched"}
    assert local(fetch) == NEW


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
def test_channel_that_was_moved_is_an_error_with_the_version(emulator: Emulator, fetch: FetchRunner, check: bool) -> None:
    put(emulator, {**OLD, **NEW})
    put_channel(emulator, "1.4.2", NEW)
    message = fetch.failed(channel="stable", version="1.4.1", check=check)["msg"]
    assert message == "The channel 'stable' names version 1.4.2 instead of 1.4.1. Check whether the channel was moved"
    assert local(fetch) == {}


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
@pytest.mark.parametrize(
    ("artifacts", "words"),
    [
        ({}, "'app-1.4.2.tgz', which does not exist, 'notes-1.4.2.txt', which does not exist"),
        ({**NEW, APP: b"longer contents than before"}, "'app-1.4.2.tgz' with 15 bytes, which has 27"),
        ({"notes-1.4.2.txt": NEW["notes-1.4.2.txt"]}, "'app-1.4.2.tgz', which does not exist"),
    ],
    ids=["none", "size", "one"],
)
def test_incomplete_release_fetches_nothing(
    emulator: Emulator, fetch: FetchRunner, artifacts: dict[str, bytes], words: str, check: bool
) -> None:
    put(emulator, artifacts)
    put_channel(emulator, "1.4.2", NEW)
    message = fetch.failed(channel="stable", check=check)["msg"]
    assert message == f"The release is incomplete. Version 1.4.2 in the channel 'stable' names {words}"
    assert local(fetch) == {}


@pytest.mark.parametrize("has_file", [True, False], ids=["file", "none"])
def test_contents_must_have_the_digest_of_the_channel(emulator: Emulator, fetch: FetchRunner, has_file: bool) -> None:
    release = {APP: NEW[APP]}
    put_channel(emulator, "1.4.2", release)
    put(emulator, {APP: b"other contents!"})
    if has_file:
        fetch.write(release)
    message = fetch.failed(channel="stable")["msg"]
    assert message.startswith(f"'{APP}' does not have the digest that the channel stable expects: its ")
    assert local(fetch) == (release if has_file else {})


def test_one_release_is_fetched_while_the_channel_moves(emulator: Emulator, fetch: FetchRunner) -> None:
    put(emulator, {**OLD, **NEW})
    put_channel(emulator, "1.4.2", NEW)

    def move() -> None:
        put(emulator, {"notes-1.4.2.txt": NEW["notes-1.4.2.txt"]})
        put_channel(emulator, "1.4.1", OLD)

    emulator.faults.add("call", action=move, host="storage", path="app-1")
    emulator.faults.add("truncate", host="storage", path="notes", fraction=0.5)
    result = fetch(channel="stable", parallel=1)
    assert (result["channel"]["version"], local(fetch)) == ("1.4.2", NEW)


def test_artifact_that_is_pruned_while_the_channel_moves_is_an_error(emulator: Emulator, fetch: FetchRunner) -> None:
    put(emulator, {**OLD, **NEW})
    put_channel(emulator, "1.4.2", NEW)
    emulator.faults.add("call", action=lambda: widgets(emulator).remove("notes-1.4.2.txt"), host="storage", path="app-1")
    message = fetch.failed(channel="stable", parallel=1)["msg"]
    assert "The release is incomplete. Version 1.4.2 in the channel 'stable' names 'notes-1.4.2.txt'" in message


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
def test_channel_must_be_signed_by_a_trusted_key(emulator: Emulator, fetch: FetchRunner, key: ReleaseKey, check: bool) -> None:
    put(emulator, NEW)
    data = put_channel(emulator, "1.4.2", NEW)
    signature = FILE + key.signature[len(MANIFEST) :]
    options: dict[str, Any] = {"channel": "stable", "signed_by": [key.public], "check": check}
    assert f"The channel '{FILE}' is not signed: '{signature}' does not exist" in fetch.failed(**options)["msg"]
    assert local(fetch) == {}
    put(emulator, {signature: key.sign(data)})
    result = fetch(**options)
    assert result["signature"]["name"] == signature
    assert (result["signature"]["status"], result["signature"]["fingerprint"]) == ("verified", key.fingerprint)
    put(emulator, {"moved": key.sign(data), FILE: contents(emulator)[FILE].replace(b"1.4.2", b"1.4.3")})
    assert "does not match: the contents were changed" in fetch.failed(**options, signature="moved")["msg"]


def test_channel_verifies_archives_that_are_unpacked(emulator: Emulator, fetch: FetchRunner, warnings: list[str]) -> None:
    release = {"app.tgz": tarred([Item("file", b"contents")])}
    put(emulator, release)
    put_channel(emulator, "1.4.2", release)
    fetch(channel="stable", unpack_dest=str(fetch.folder / "unpacked"))
    assert (fetch.folder / "unpacked" / "file").read_bytes() == b"contents"
    assert warnings == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": ["app"]}, "mutually exclusive: channel|name"),
        ({"patterns": ["app"]}, "mutually exclusive: channel|patterns"),
        ({"excludes": ["app"]}, "mutually exclusive: channel|excludes"),
        ({"newest": 1}, "mutually exclusive: channel|newest"),
        ({"manifest": MANIFEST}, "mutually exclusive: channel|manifest"),
        ({"checksum": f"sha256:{sha256(b'')}"}, "mutually exclusive: channel|checksum"),
        ({"channel": None, "name": ["app"], "version": "1"}, "missing parameter(s) required by 'version': channel"),
        ({"channel": None, "name": ["app"], "signed_by": ["x"]}, "signed_by needs manifest or channel"),
        ({"channel": "../stable"}, "channel '../stable' is refused"),
        ({"channel": ""}, "channel '' is refused"),
        ({"version": ".."}, "version '..' is refused"),
    ],
    ids=str,
)
def test_contradictory_options_are_refused_before_any_request(
    emulator: Emulator, run: ModuleRunner, fetch: FetchRunner, options: dict[str, Any], words: str
) -> None:
    given = {"channel": "stable", "dest": f"{fetch.folder}/", **options}
    assert words in run.failure(FETCH, **given)
    assert len(emulator.journal) == 0

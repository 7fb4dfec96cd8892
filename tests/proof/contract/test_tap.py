# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tap hands on what it gets, byte for byte, and what it keeps is what was on the wire."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
import requests

from tests.emulator import Emulator
from tests.proof.contract.tap import Tap

CONTENT = bytes(range(256)) * 10


@pytest.fixture
def tap(emulator: Emulator) -> Iterator[Tap]:
    """In front of the emulator's API."""
    with Tap(emulator.origin) as running:
        yield running


@pytest.fixture
def downloads(tap: Tap) -> str:
    """The URL of the artifacts, through the tap."""
    return tap.origin + "/2.0/repositories/acme/widgets/downloads"


def test_an_upload_and_its_listing(emulator: Emulator, tap: Tap, downloads: str) -> None:
    login = (emulator.user, emulator.api_token)
    posted = requests.post(downloads, files={"files": ("a", CONTENT)}, auth=login, timeout=600)
    assert posted.status_code == 201
    assert [artifact.content for artifact in emulator.repository().newest_first()] == [CONTENT]
    listed = requests.get(downloads, params={"pagelen": 5}, auth=login, timeout=600)
    # Links lead to the tap.
    assert listed.json()["values"][0]["links"]["self"]["href"] == f"{downloads}/a"
    upload, listing = tap.exchanges
    assert (upload.method, upload.target, upload.status) == ("POST", "/2.0/repositories/acme/widgets/downloads", 201)
    assert CONTENT in upload.sent
    assert ("Content-Type", posted.request.headers["Content-Type"]) in upload.asked
    assert str(listing) == "GET /2.0/repositories/acme/widgets/downloads?pagelen=5 -> 200"
    assert listing.received == listed.content
    assert [entry.status for entry in emulator.journal] == [201, 200]


def test_paths_stay_encoded_and_redirects_are_not_followed(emulator: Emulator, tap: Tap, downloads: str) -> None:
    name = "a b+%2F#ü"
    emulator.repository().put(name, b"x")
    login = (emulator.user, emulator.api_token)
    url = f"{downloads}/{quote(name, safe='')}"
    answer = requests.head(url, auth=login, allow_redirects=False, timeout=600)
    assert (answer.status_code, answer.content) == (302, b"")
    assert answer.headers["Location"].startswith(emulator.storage_url)
    assert requests.delete(url, auth=login, timeout=600).status_code == 204
    assert [exchange.target.rpartition("/")[2] for exchange in tap.exchanges] == ["a%20b%2B%252F%23%C3%BC"] * 2


def test_a_broken_answer_is_handed_on_as_none_and_not_kept(emulator: Emulator, tap: Tap, downloads: str) -> None:
    emulator.faults.add("drop_before")
    with pytest.raises(requests.ConnectionError):
        requests.get(downloads, timeout=600)
    assert tap.exchanges == []


def test_the_watcher_acts_before_the_client_knows(emulator: Emulator, tap: Tap, downloads: str) -> None:
    seen: list[int] = []
    tap.watcher = lambda exchange: seen.append(exchange.status)
    assert requests.get(downloads, timeout=600).status_code == seen[0]

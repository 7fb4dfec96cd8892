# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that the tap forwards all bytes unchanged, and records the transferred messages."""

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
    """Return a tap in front of the emulator's API."""
    with Tap(emulator.origin) as running:
        yield running


@pytest.fixture
def downloads(tap: Tap) -> str:
    """Return the URL of the artifacts behind the tap."""
    return tap.origin + "/2.0/repositories/acme/widgets/downloads"


def test_record_an_upload_and_its_listing(emulator: Emulator, tap: Tap, downloads: str) -> None:
    login = (emulator.user, emulator.api_token)
    posted = requests.post(downloads, files={"files": ("a", CONTENT)}, auth=login, timeout=600)
    assert posted.status_code == 201
    assert [artifact.content for artifact in emulator.repository().newest_first()] == [CONTENT]
    listed = requests.get(downloads, params={"pagelen": 5}, auth=login, timeout=600)
    # Links lead to the tap.
    assert listed.json()["values"][0]["links"]["self"]["href"] == f"{downloads}/a"
    upload, listing = tap.exchanges
    assert (upload.method, upload.target, upload.status) == ("POST", "/2.0/repositories/acme/widgets/downloads", 201)
    assert CONTENT in upload.request_body
    assert ("Content-Type", posted.request.headers["Content-Type"]) in upload.request_headers
    assert str(listing) == "GET /2.0/repositories/acme/widgets/downloads?pagelen=5 -> 200"
    assert listing.response_body == listed.content
    assert [entry.status for entry in emulator.journal] == [201, 200]


def test_forward_encoded_paths_and_redirects(emulator: Emulator, tap: Tap, downloads: str) -> None:
    name = "a b+%2F#ü"
    emulator.repository().put(name, b"x")
    login = (emulator.user, emulator.api_token)
    url = f"{downloads}/{quote(name, safe='')}"
    response = requests.head(url, auth=login, allow_redirects=False, timeout=600)
    assert (response.status_code, response.content) == (302, b"")
    assert response.headers["Location"].startswith(emulator.storage_url)
    assert requests.delete(url, auth=login, timeout=600).status_code == 204
    assert [exchange.target.rpartition("/")[2] for exchange in tap.exchanges] == ["a%20b%2B%252F%23%C3%BC"] * 2


def test_forward_a_broken_response_without_recording_it(emulator: Emulator, tap: Tap, downloads: str) -> None:
    emulator.faults.add("drop_before")
    with pytest.raises(requests.ConnectionError):
        requests.get(downloads, timeout=600)
    assert tap.exchanges == []


def test_call_the_watcher_before_the_client_gets_the_response(emulator: Emulator, tap: Tap, downloads: str) -> None:
    seen: list[int] = []
    tap.watcher = lambda exchange: seen.append(exchange.status)
    assert requests.get(downloads, timeout=600).status_code == seen[0]

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that a reset returns the emulator to its initial state."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
import requests

from .. import Emulator
from ..switches import Switches
from .client import Client, read_response
from .snippet_client import Snippets


@pytest.fixture
def own() -> Iterator[Emulator]:
    """Return an emulator that no other test uses."""
    with Emulator(workspace="other", repository="things", private=False) as emulator:
        yield emulator


def in_background(request: Callable[[], object]) -> threading.Thread:
    """Send a request in a thread that ignores the end of its connection."""

    def send() -> None:
        with suppress(requests.RequestException):
            request()

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def wait_for_entries(emulator: Emulator, count: int) -> None:
    """Wait until `count` requests have arrived."""
    deadline = time.monotonic() + 5
    while len(emulator.journal) < count and time.monotonic() < deadline:
        time.sleep(0.002)
    assert len(emulator.journal) == count


def test_reset_removes_artifacts_and_their_contents(own: Emulator) -> None:
    path = own.repository("other", "things").put("a", b"1").blob.path
    own.reset()
    assert own.repository("other", "things").names() == []
    assert not path.exists()


def test_reset_removes_snippets(own: Emulator) -> None:
    own.snippets.create("title", {"a": b"1"})
    own.reset()
    assert list(own.snippets) == []


def test_reset_removes_other_repositories_and_workspaces(own: Emulator) -> None:
    own.repository("other", "more")
    own.repository("strange", "things")
    own.workspace("other", member=False)
    own.reset()
    assert list(own.state.workspaces) == ["other"]
    assert list(own.state.workspaces["other"].repositories) == ["things"]
    assert own.workspace("other").member


def test_reset_restores_the_visibility_of_the_repository(own: Emulator) -> None:
    own.repository("other", "things", private=True)
    own.reset()
    assert own.repository("other", "things").private is False


def test_reset_clears_the_journal_and_numbers_connections_anew(emulator: Emulator) -> None:
    for _unused in range(2):
        with Client(emulator) as api:
            api.list()
        assert [(entry.method, entry.connection) for entry in emulator.journal] == [("GET", 1)]
        emulator.reset()
        assert len(emulator.journal) == 0


def test_reset_removes_faults(emulator: Emulator, api: Client) -> None:
    emulator.faults.add("status", times=None)
    emulator.reset()
    assert len(emulator.faults) == 0
    assert api.list().status_code == 200


def test_reset_restores_switches(emulator: Emulator) -> None:
    emulator.switches.update({"latency": 3, "etag": "none", "rename": str.upper})
    emulator.reset()
    assert emulator.switches == Switches()


def test_reset_restores_the_clock(emulator: Emulator) -> None:
    emulator.clock.advance(3600)
    later = emulator.repository().put("a", b"1").created_on
    emulator.reset()
    assert emulator.clock.offset == timedelta()
    assert emulator.repository().put("a", b"1").created_on < later


@pytest.mark.parametrize("host", ["api", "storage"])
def test_reset_accepts_connections_again(emulator: Emulator, host: str) -> None:
    emulator.refuse(host)
    emulator.reset()
    emulator.repository().put("a", b"1")
    with Client(emulator) as api:
        assert api.fetch("a").content == b"1"


def test_reset_keeps_the_default_identities(emulator: Emulator) -> None:
    names = ("user", "api_token", "access_token", "client_id", "client_secret", "api_url", "storage_url")
    before = {name: getattr(emulator, name) for name in names}
    emulator.accounts.revoke(emulator.api_token)
    emulator.accounts.revoke(emulator.access_token)
    emulator.accounts.clients.clear()
    emulator.reset()
    assert {name: getattr(emulator, name) for name in names} == before
    with Client(emulator) as api:
        assert api.list().status_code == 200
        headers = {"Authorization": f"Bearer {emulator.access_token}"}
        assert api.bare("GET", api.url, headers=headers).status_code == 200
    assert grant(emulator).status_code == 200


def test_reset_forgets_additional_identities(emulator: Emulator) -> None:
    emulator.mint_api_token(user="else@example.com")
    emulator.mint_access_token()
    emulator.mint_client()
    emulator.reset()
    assert set(emulator.accounts.credentials) == {emulator.api_token, emulator.access_token}
    assert set(emulator.accounts.clients) == {emulator.client_id}


def test_reset_forgets_oauth_tokens(emulator: Emulator) -> None:
    token = grant(emulator).json()["access_token"]
    emulator.reset()
    with Client(emulator) as api:
        assert api.bare("GET", api.url, headers={"Authorization": f"Bearer {token}"}).status_code == 401


@pytest.mark.parametrize("style", ["uuid", "slug"])
def test_reset_invalidates_signed_urls(emulator: Emulator, style: str) -> None:
    emulator.switches.url_style = style
    emulator.repository().put("a", b"1")
    with Client(emulator) as api:
        url = api.location("a")
        emulator.reset()
        emulator.repository().put("a", b"1")
        assert api.bare("GET", url).status_code == 403


def test_reset_ends_an_upload_that_waits_before_its_effect(emulator: Emulator, api: Client) -> None:
    emulator.faults.add("stall", method="POST", seconds=0.3, effect=False)
    upload = in_background(lambda: api.upload(("late", b"1")))
    wait_for_entries(emulator, 1)
    emulator.reset()
    upload.join(5)
    time.sleep(0.4)
    assert (emulator.repository().names(), len(emulator.journal)) == ([], 0)


def test_reset_ends_a_response_that_drips(emulator: Emulator, api: Client) -> None:
    emulator.faults.add("drip", rate=0.1)
    listing = in_background(api.list)
    wait_for_entries(emulator, 1)
    emulator.reset()
    listing.join(60)
    assert not listing.is_alive()


def test_reset_ends_a_token_request_that_waits(emulator: Emulator) -> None:
    emulator.switches.latency = 0.3
    request = in_background(lambda: grant(emulator))
    wait_for_entries(emulator, 1)
    emulator.reset()
    request.join(5)
    time.sleep(0.4)
    assert set(emulator.accounts.credentials) == {emulator.api_token, emulator.access_token}


def test_reset_ends_a_write_to_a_snippet_that_waits(emulator: Emulator) -> None:
    emulator.switches.latency = 0.3
    with Snippets(emulator) as snippets:
        request = in_background(lambda: snippets.create({"a": b"1"}, title="late"))
        wait_for_entries(emulator, 1)
        emulator.reset()
        request.join(5)
    time.sleep(0.4)
    assert (len(emulator.snippets), len(emulator.journal)) == (0, 0)


@pytest.mark.parametrize("sent", ["nothing", "half a head", "a head without its body"])
def test_reset_closes_connections_with_unfinished_requests(emulator: Emulator, api: Client, sent: str) -> None:
    head = api.head_of_post(10)
    first = {"nothing": b"", "half a head": head[:30], "a head without its body": head}[sent]
    with api.connect() as connection:
        connection.sendall(first)
        emulator.reset()
        with suppress(ConnectionError):
            connection.sendall(head[len(first) :])
            assert read_response(connection) == b""
    assert len(emulator.journal) == 0


def test_reset_drops_requests_that_wait_behind_another(emulator: Emulator, api: Client) -> None:
    emulator.switches.latency = 0.2
    with api.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * 3)
        wait_for_entries(emulator, 1)
        emulator.reset()
        with suppress(ConnectionError):
            assert read_response(connection) == b""
    assert len(emulator.journal) == 0


def test_reset_waits_for_a_host_that_is_about_to_refuse(emulator: Emulator, api: Client) -> None:
    emulator.faults.add("refuse", target="api")
    emulator.switches.latency = 0.1
    listing = in_background(api.list)
    wait_for_entries(emulator, 1)
    emulator.reset()
    listing.join(5)
    time.sleep(0.2)
    assert api.list().status_code == 200


def test_reset_over_the_control_endpoint_responds_on_its_connection(emulator: Emulator) -> None:
    emulator.repository().put("a", b"1")
    with requests.Session() as session:
        session.trust_env = False
        assert session.post(f"{emulator.control_url}/reset", timeout=5).status_code == 200
        assert session.get(f"{emulator.control_url}/artifacts/acme/widgets", timeout=5).json() == []


def test_concurrent_resets_do_not_wait_for_each_other(emulator: Emulator) -> None:
    url = f"{emulator.control_url}/reset"
    resets = [in_background(lambda: requests.post(url, timeout=60)) for _unused in range(8)]
    for reset in resets:
        reset.join(60)
    assert [reset.is_alive() for reset in resets] == [False] * 8


def grant(emulator: Emulator) -> requests.Response:
    """Request an OAuth token."""
    auth = (emulator.client_id, emulator.client_secret)
    return requests.post(emulator.token_url, data={"grant_type": "client_credentials"}, auth=auth, timeout=5)

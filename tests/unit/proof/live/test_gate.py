# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that the gate allows listed requests and refuses all others before a socket is opened."""

from __future__ import annotations

import pytest

from tests.proof.live.errors import Refused
from tests.proof.live.gate import MADE_UP, Gate, Request, is_own_name, is_own_title

API = "https://api.example.com/2.0"
TOKEN = "https://example.com/token"
SIGNED = "https://storage.example.com/a?Signature=b"
DOWNLOADS = f"{API}/repositories/acme/widgets/downloads"
OWN = f"{DOWNLOADS}/lp-0a1b2c-file.txt"


@pytest.fixture
def gate() -> Gate:
    """Return a gate for acme/widgets, with one snippet of this run and one signed URL."""
    gate = Gate(API, TOKEN)
    gate.open_repository("acme", "widgets", write=True)
    gate.open_repository("acme", "open", write=True, signed=False)
    gate.open_workspace("acme")
    gate.adopt_snippet("kypj")
    gate.show_snippet("9qa8b")
    gate.open_storage(SIGNED)
    return gate


def request(method: str, url: str, **headers: str) -> Request:
    """Return a request with a credential."""
    return Request(method, url, {"Authorization": "Basic x", **headers}, credential="api_token")


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", f"{API}/repositories/acme/widgets"),
        ("GET", DOWNLOADS),
        ("GET", f"{DOWNLOADS}/"),
        ("GET", f"{DOWNLOADS}?pagelen=100"),
        ("POST", DOWNLOADS),
        ("GET", f"{DOWNLOADS}/anything.txt"),
        ("HEAD", OWN),
        ("DELETE", OWN),
        ("DELETE", f"{DOWNLOADS}/.lp-0a1b2c-dot.txt"),
        ("DELETE", f"{DOWNLOADS}/lp-0a1b2c-a%2520b%23.txt"),
        ("GET", f"{API}/snippets"),
        ("GET", f"{API}/snippets/acme?role=member"),
        ("POST", f"{API}/snippets/acme"),
        ("PUT", f"{API}/snippets/acme/kypj"),
        ("DELETE", f"{API}/snippets/acme/kypj/{'0' * 40}"),
        ("GET", f"{API}/snippets/acme/kypj/files/a/b.txt"),
        ("GET", f"{API}/snippets/acme/9qa8b"),
        ("POST", TOKEN),
    ],
)
def test_listed_requests_are_allowed(gate: Gate, method: str, url: str) -> None:
    gate.check(request(method, url))


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("DELETE", f"{API}/repositories/acme/widgets"),
        ("PUT", f"{API}/repositories/acme/widgets"),
        ("POST", f"{API}/repositories/acme/widgets"),
        ("DELETE", DOWNLOADS),
        ("DELETE", f"{DOWNLOADS}/"),
        ("DELETE", f"{DOWNLOADS}/.."),
        ("DELETE", f"{DOWNLOADS}/%2e%2e"),
        ("DELETE", f"{DOWNLOADS}/%252e%252e"),
        ("DELETE", f"{DOWNLOADS}/%2E"),
        ("DELETE", f"{DOWNLOADS}/lp-0a1b2c-%2f.."),
        ("DELETE", f"{DOWNLOADS}/lp-0a1b2c-%252F.."),
        ("DELETE", f"{DOWNLOADS}/lp-0a1b2c-%5C.."),
        ("DELETE", f"{DOWNLOADS}/lp-0a1b2c-a/../.."),
        ("DELETE", f"{DOWNLOADS}/release-1.0.tgz"),
        ("GET", f"{DOWNLOADS}/a/b"),
        ("PUT", OWN),
        ("POST", OWN),
        ("GET", f"{API}/repositories/acme/other/downloads"),
        ("GET", f"{API}/repositories/acme/widgets/src"),
        ("GET", f"{API}/repositories/acme"),
        ("GET", f"{API}/user"),
        ("GET", f"{API}/snippets/other"),
        ("PUT", f"{API}/snippets/acme"),
        ("DELETE", f"{API}/snippets/acme"),
        ("DELETE", f"{API}/snippets/acme/9qa8b"),
        ("PUT", f"{API}/snippets/acme/other"),
        ("GET", f"{API}/snippets/acme/other"),
        ("POST", f"{API}/snippets/acme/kypj"),
        ("PUT", f"{API}/snippets/acme/kypj/comments/1"),
        ("GET", TOKEN),
        ("GET", "https://elsewhere.example.com/2.0/snippets"),
        ("GET", f"{API}evil/snippets"),
        ("POST", f"{API}/repositories/acme/open/downloads"),
    ],
)
def test_all_other_requests_are_refused(gate: Gate, method: str, url: str) -> None:
    with pytest.raises(Refused):
        gate.check(request(method, url))


def test_storage_host_gets_only_reads_without_credentials(gate: Gate) -> None:
    gate.check(Request("GET", SIGNED, {"Range": "bytes=0-0"}))
    gate.check(Request("HEAD", SIGNED, {}))
    gate.check(Request("GET", SIGNED, {"authorization": MADE_UP}))
    for refused in (
        Request("GET", SIGNED, {"authorization": "Basic c2VjcmV0"}),
        Request("PUT", SIGNED, {}),
        Request("GET", SIGNED, {}, body=b"text"),
        Request("GET", SIGNED + "x", {}),
    ):
        with pytest.raises(Refused):
            gate.check(refused)


def test_public_repository_gets_no_write_with_a_credential(gate: Gate) -> None:
    gate.check(Request("POST", f"{API}/repositories/acme/open/downloads", {}))


def test_read_only_check_sends_no_write() -> None:
    gate = Gate(API, TOKEN, read_only=True)
    gate.open_repository("acme", "widgets", write=True)
    gate.check(request("GET", DOWNLOADS))
    with pytest.raises(Refused, match="read-only"):
        gate.check(request("POST", DOWNLOADS))


def test_read_only_workspace_gets_no_write(gate: Gate) -> None:
    gate.open_workspace("strangers", write=False)
    gate.check(request("GET", f"{API}/snippets/strangers"))
    with pytest.raises(Refused, match="read-only"):
        gate.check(request("POST", f"{API}/snippets/strangers"))


def test_unencrypted_requests_reach_only_loopback(gate: Gate) -> None:
    plain = Gate("http://example.com/2.0", TOKEN)
    plain.open_repository("acme", "widgets")
    with pytest.raises(Refused, match="not encrypted"):
        plain.check(request("GET", "http://example.com/2.0/repositories/acme/widgets/downloads"))


@pytest.mark.parametrize("name", ["lp-0a1b2c-a", ".lp-0a1b2c-a", "-lp-ffffff-b.txt"])
def test_names_with_the_mark_of_a_run_belong_to_the_check(name: str) -> None:
    assert is_own_name(name)


@pytest.mark.parametrize("name", ["", "a.tgz", "lp-", "lp-0a1b2c", "lp-0A1B2C-a", "help-abcdeg-x"])
def test_names_without_the_mark_of_a_run_belong_to_others(name: str) -> None:
    assert not is_own_name(name)


def test_titles_are_recognized_by_their_start() -> None:
    assert is_own_title("lp-0a1b2c title")
    assert not is_own_title("about lp-0a1b2c")
    assert not is_own_title(None)

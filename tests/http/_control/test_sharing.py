# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that the API gets the requests of one host for any number of hosts, and when a snapshot of the run ends."""

from __future__ import annotations

import hashlib

import pytest

from tests.emulator import Emulator
from tests.http._control.hosts import Fleet

HOSTS = (1, 2, 3, 4)
LIST = "downloads"


def lines(**contents: bytes) -> bytes:
    """Return a manifest of these artifacts."""
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(contents.items())).encode()


@pytest.fixture(autouse=True)
def _release(emulator: Emulator) -> None:
    repository = emulator.repository()
    contents = {"a": b"first", "b": b"second"}
    for name, data in contents.items():
        repository.put(name, data)
    repository.put("SUMS", lines(**contents))


def test_api_gets_the_requests_of_one_host(fleet: Fleet, via: str) -> None:
    """Each host counts the requests that it caused, and the sum is the number of requests to the API."""
    task = fleet.new_task()
    results = [fleet.ok("a", "b", host=host, task=task, via=via, manifest="SUMS") for host in HOSTS]
    assert sorted(fleet.requests) == ["SUMS", "a", "b", LIST]
    assert sum(result["requests"] for result in results) == 4
    assert [result["requests"] for result in results] == [4, 0, 0, 0]
    assert {host: fleet.files(host) for host in HOSTS} == {key: {"a": b"first", "b": b"second"} for key in HOSTS}


def test_unchanged_hosts_need_no_contents(fleet: Fleet, via: str) -> None:
    fleet.ok("a", "b", via=via, manifest="SUMS")
    before = len(fleet.emulator.journal)
    again = fleet.ok("a", "b", via=via, manifest="SUMS")
    assert (again["changed"], again["requests"], len(fleet.emulator.journal)) == (False, 0, before)
    assert fleet.host
    assert len(fleet.host.runs) == 1


def test_different_names_by_host_cost_one_redirect_for_each_artifact(fleet: Fleet, via: str) -> None:
    task = fleet.new_task()
    for host, names in zip(HOSTS, [("a",), ("b",), ("a", "b"), ("a",)], strict=False):
        fleet.ok(*names, host=host, task=task, via=via)
    assert sorted(fleet.requests) == ["a", "b", LIST]


@pytest.mark.parametrize(("life", "offset"), [(50, 0), (1200, -1180), (1200, -7200), (1200, 7200)])
def test_hosts_share_a_signed_url_that_expires_soon_by_the_control_node_clock(fleet: Fleet, life: int, offset: int) -> None:
    fleet.emulator.switches.signed_url_life = life
    fleet.emulator.clock.advance(offset)
    for host in HOSTS:
        fleet.ok("a", host=host)
    assert fleet.requests == [LIST, "a"]


def test_patterns_choose_one_release_for_the_entire_run(fleet: Fleet, via: str) -> None:
    """A release that is published during the run is fetched by the next run."""
    task = fleet.new_task()
    for host in HOSTS:
        fleet.ok(host=host, task=task, via=via, patterns=["?"], newest=1)
        fleet.emulator.repository().put(str(host), b"newer")
    assert [list(fleet.files(host)) for host in HOSTS] == [["b"]] * 4
    assert fleet.requests == [LIST, "b"]


def test_unchanged_hosts_send_one_request_for_each_local_content(fleet: Fleet) -> None:
    """Without a digest, a host uses the signed URL to compare; the control node compares each distinct file."""
    for host in HOSTS:
        (fleet.home(host) / "a").write_bytes(b"other" if host == 1 else b"first")
    statuses = [fleet.ok("a", host=host, via="controller")["artifacts"][0]["status"] for host in HOSTS]
    assert statuses == ["replaced", "unchanged", "unchanged", "unchanged"]
    assert [status for status, _range in fleet.transfers] == [200]
    assert fleet.requests == [LIST, "a"]


@pytest.mark.parametrize(("via", "expected"), [("link", [304, 304, 304, 304]), ("controller", [304])])
def test_equal_files_cost_one_conditional_request(fleet: Fleet, via: str, expected: list[int]) -> None:
    for host in HOSTS:
        (fleet.home(host) / "a").write_bytes(b"first")
        assert fleet.ok("a", host=host, via=via)["changed"] is False
    assert [status for status, _range in fleet.transfers] == expected
    assert fleet.requests == [LIST, "a"]


def test_snapshot_ends_when_a_task_of_the_run_writes_there(fleet: Fleet, via: str) -> None:
    """Otherwise a signed URL would lead to the old contents."""
    fleet.ok("a", via=via)
    fleet.emulator.repository().put("a", b"newer")
    fleet.write()
    assert fleet.ok("a", host=2, via=via)["artifacts"][0]["size"] == 5
    assert fleet.files(2) == {"a": b"newer"}
    assert fleet.requests == [LIST, "a"] * 2


@pytest.mark.parametrize(("place", "listings"), [(("acme", "gadgets"), 1), (("Acme", "WIDGETS"), 2), ((None, "widgets"), 2)])
def test_writing_to_another_repository_ends_no_snapshot(fleet: Fleet, place: tuple[str | None, str], listings: int) -> None:
    fleet.ok("a")
    fleet.write(*place)
    fleet.ok("a", host=2)
    assert fleet.requests.count(LIST) == listings


def test_later_task_that_names_a_missing_artifact_lists_again(fleet: Fleet, via: str) -> None:
    fleet.ok("a", via=via)
    fleet.emulator.repository().put("c", b"third")
    task = fleet.new_task()
    for host in HOSTS:
        fleet.ok("c", host=host, task=task, via=via)
    assert fleet.requests == [LIST, "a", "c", LIST, "c"]


def test_hosts_of_a_task_share_its_failure(fleet: Fleet) -> None:
    """A later task sends requests again. The artifact is requested before it counts as missing."""
    task = fleet.new_task()
    messages = {fleet.failure("c", host=host, task=task) for host in HOSTS}
    assert messages == {"Not in the Downloads of widgets: 'c'"}
    assert fleet.requests == [LIST, "c"]
    fleet.emulator.faults.add("status", host="api", code=403, times=None)
    task = fleet.new_task()
    messages = {fleet.failure("c", host=host, task=task) for host in HOSTS}
    assert len(messages) == 1
    assert "HTTP 403" in messages.pop()
    assert fleet.requests == [LIST, "c", LIST]
    fleet.emulator.faults.clear()
    fleet.emulator.repository().put("c", b"third")
    fleet.ok("c")


@pytest.mark.parametrize("contents", [b"forged", b"longer than it was"])
def test_hosts_of_a_task_verify_unexpected_contents_once(fleet: Fleet, via: str, contents: bytes) -> None:
    """With signed URLs, each host gets its own while the control node verifies."""
    fleet.emulator.repository().put("SUMS", lines(a=b"honest"))
    fleet.emulator.faults.add("html", host="storage", path="/a$", code=200, body=contents.decode(), times=None)
    task = fleet.new_task()
    messages = {fleet.failure("a", host=host, task=task, via=via, manifest="SUMS") for host in HOSTS}
    assert len(messages) == 1
    assert fleet.requests.count(LIST) == 2
    assert fleet.requests.count("a") <= 2


@pytest.mark.parametrize(("host", "kind"), [("api", "status"), ("storage", "status"), ("storage", "extra")])
def test_artifact_that_is_missing_or_different_once_is_fetched_later(fleet: Fleet, via: str, host: str, kind: str) -> None:
    """The failure belongs to the earlier snapshot."""
    more = {"code": 404} if kind == "status" else {}
    fleet.emulator.faults.add(kind, host=host, path="/a$", **more)
    assert fleet.ok("a", via=via)["artifacts"][0]["status"] == "fetched"
    assert fleet.files() == {"a": b"first"}


def test_repetition_of_a_task_sees_new_artifacts(fleet: Fleet) -> None:
    """``until`` repeats a task in one process: the number of requests grows with the attempts, not with the hosts."""
    task = fleet.new_task()
    options = {"task": task, "patterns": ["?"], "newest": 1}
    for attempt in (b"1", b"2", b"3"):
        for host in HOSTS:
            fleet.ok(host=host, **options)
        fleet.emulator.repository().put("a", b"newer " + attempt)
    assert fleet.requests.count(LIST) == 3


def test_credentials_are_never_mixed(fleet: Fleet, via: str) -> None:
    """Responses for one credential are not used for another one."""
    fleet.ok("a", via=via)
    message = fleet.failure("a", host=2, via=via, access_token="a-wrong-access-token")
    assert "HTTP 401" in message
    options = {"access_token": None, "user": fleet.emulator.user, "api_token": fleet.emulator.api_token}
    fleet.ok("a", host=3, via=via, **options)
    assert fleet.requests == [LIST, "a", LIST, LIST, "a"]


def test_all_batches_of_a_task_use_the_snapshot_of_the_first_hosts(fleet: Fleet) -> None:
    """Another task might have read a newer list in between, for a missing artifact: each task has one release."""
    task, other = fleet.new_task(), fleet.new_task()
    options = {"task": task, "patterns": ["?"], "newest": 1}
    fleet.ok(host=1, **options)
    fleet.emulator.repository().put("c", b"third")
    fleet.ok("c", host=1, task=other)
    fleet.ok(host=2, **options)
    assert fleet.files(2) == {"b": b"second"}
    assert fleet.requests.count(LIST) == 2

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test signed URLs that expire, are refused or lead to missing contents, and hosts that cannot use them."""

from __future__ import annotations

import hashlib

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._http.retries import Clock
from tests.emulator import Emulator
from tests.helpers.fetching import noise
from tests.helpers.serving import closed_port
from tests.http._control.hosts import Fleet

LARGE = noise(1, 3_000_000)


def sums(**contents: bytes) -> bytes:
    """Return a manifest of these artifacts."""
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(contents.items())).encode()


def test_expired_signed_url_is_renewed_once_for_all_hosts(emulator: Emulator, fleet: Fleet) -> None:
    """A signed URL that one host reported as expired is not used again; the other hosts report the one that they have."""
    emulator.repository().put("a", b"first")
    fleet.ok("a", host=1)
    emulator.clock.advance(24 * 3600)
    assert fleet.ok("a", host=2)["requests"] == 1
    assert fleet.ok("a", host=3)["requests"] == 0
    assert fleet.requests == ["downloads", "a", "a"]
    assert [status for status, _range in fleet.transfers] == [200, 403, 200, 200]


@pytest.mark.parametrize("code", [403, 410])
def test_signed_url_that_the_storage_host_refuses_is_renewed(emulator: Emulator, fleet: Fleet, code: int) -> None:
    emulator.repository().put("a", b"first")
    emulator.faults.add("status", host="storage", code=code)
    fleet.ok("a")
    assert fleet.requests == ["downloads", "a", "a"]


def test_transfer_resumes_with_another_signed_url(emulator: Emulator, fleet: Fleet) -> None:
    """The signed URL expires during the transfer. Received bytes are kept, readable only by the owner, and not sent again."""
    emulator.repository().put("app", LARGE)
    emulator.faults.add("truncate", host="storage", bytes=1_000_000)
    emulator.faults.add("expired", host="storage")
    seen: list[tuple[str, int]] = []

    def inspect(number: int) -> None:
        seen.extend((path.name[:19], path.stat().st_mode & 0o777) for path in fleet.home().iterdir() if number == 3)

    fleet.before_run = inspect
    result = fleet.ok("app", parallel=1)
    assert result["artifacts"][0]["status"] == "fetched"
    assert fleet.files() == {"app": LARGE}
    assert seen == [(".ansible_bitbucket_", 0o600)]
    assert fleet.transfers == [(200, None), (403, "bytes=1000000-"), (206, "bytes=1000000-")]


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_signed_urls_that_are_always_refused_are_an_error(emulator: Emulator, fleet: Fleet, retries: int) -> None:
    """The task removes the received bytes."""
    emulator.repository().put("app", LARGE)
    emulator.faults.add("truncate", host="storage", bytes=1_000_000)
    emulator.faults.add("expired", host="storage", times=None)
    result = fleet.failed("app", parallel=1, retries=max(retries, 1))
    assert "Gave up after" in result["msg"]
    assert "storage host" in result["msg"]
    assert (result["changed"], result["artifacts"], fleet.files()) == (False, [], {})


def test_artifact_that_is_fetched_in_parts_reaches_all_hosts(emulator: Emulator, fleet: Fleet, via: str) -> None:
    """The control node fetches a copy in parts, and a host reads its copy in one stream."""
    data = noise(2, 33 * 1024 * 1024)
    emulator.repository().put("app", data)
    for host in (1, 2):
        fleet.ok("app", via=via, host=host)
        assert fleet.files(host) == {"app": data}
    assert fleet.requests == ["downloads", "app"]
    assert {status for status, _range in fleet.transfers} == {206}


def test_finished_artifacts_keep_their_status_when_a_signed_url_expires(emulator: Emulator, fleet: Fleet) -> None:
    """The module runs again for the other artifacts, and finds the finished ones unchanged."""
    for name in "abc":
        emulator.repository().put(name, name.encode())
    (fleet.home() / "b").write_bytes(b"old")
    emulator.faults.add("expired", host="storage", path="/c$")
    result = fleet.ok("a", "b", "c", parallel=1, backup=True)
    assert [each["status"] for each in result["artifacts"]] == ["fetched", "replaced", "fetched"]
    assert [each["reason"] for each in result["artifacts"]] == ["not there", "size differs", "not there"]
    assert "backup_file" in result["artifacts"][1]
    assert (result["changed"], result["msg"]) == (True, "1 replaced, 2 fetched")
    assert result["diff"]["before"].endswith("b  3 bytes\n")


def test_failure_after_an_expired_signed_url_has_the_results_so_far(emulator: Emulator, fleet: Fleet) -> None:
    for name in "ab":
        emulator.repository().put(name, name.encode())
    emulator.faults.add("expired", host="storage", path="/b$")
    emulator.faults.add("status", host="api", path="/b$", code=403, after=1)
    result = fleet.failed("a", "b", parallel=1)
    assert "HTTP 403" in result["msg"]
    assert [each["name"] for each in result["artifacts"]] == ["a"]
    assert (result["changed"], fleet.files()) == (True, {"a": b"a"})


def test_artifact_that_was_replaced_at_the_same_time_is_compared_again(emulator: Emulator, fleet: Fleet, via: str) -> None:
    """The signed URL of the old artifact leads to missing contents."""
    repository = emulator.repository()
    repository.put("a", b"first")
    repository.put("SUMS", sums(a=b"first"))
    fleet.ok("a", host=1, via=via, manifest="SUMS")

    def replace(number: int) -> None:
        if number == 2:
            repository.put("a", b"newer one")
            repository.put("SUMS", sums(a=b"newer one"))

    fleet.before_run = replace
    expected = {"a": b"newer one"} if via == "link" else {"a": b"first"}  # The control node has its copy already.
    assert fleet.ok("a", host=2, via=via, manifest="SUMS")["artifacts"][0]["size"] == len(expected["a"])
    assert fleet.files(2) == expected


def test_artifact_that_was_deleted_at_the_same_time_is_an_error(emulator: Emulator, fleet: Fleet) -> None:
    repository = emulator.repository()
    repository.put("a", b"first")
    fleet.before_run = lambda number: repository.artifacts.pop("a") if number == 2 else None
    assert fleet.failure("a").startswith("Not in the Downloads of widgets: 'a'")


@pytest.mark.parametrize("local", [{}, {"a": b"forged"}])
def test_contents_without_the_digest_of_the_manifest_are_refused(
    emulator: Emulator, fleet: Fleet, via: str, local: dict[str, bytes]
) -> None:
    """Both are read again first, because they might have been replaced. A file on the host that equals the artifact is kept."""
    repository = emulator.repository()
    for name, data in local.items():
        (fleet.home() / name).write_bytes(data)
    repository.put("a", b"forged")
    repository.put("SUMS", sums(a=b"honest"))
    message = fleet.failure("a", via=via, manifest="SUMS")
    assert "does not have the digest that" in message
    assert hashlib.sha256(b"honest").hexdigest() in message
    assert fleet.files() == local
    assert fleet.requests.count("downloads") == 2


def test_host_that_cannot_reach_the_storage_host_is_an_error_that_names_the_alternative(
    emulator: Emulator, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.repository().put("a", b"first")
    proxy = f"http://127.0.0.1:{closed_port()}"
    fleet.before_run = lambda number: monkeypatch.setenv("http_proxy", proxy) if number == 2 else None
    message = fleet.failure("a", retries=0)
    assert "from the storage host localhost failed: could not connect through the proxy" in message
    assert "Use via: controller to fetch the contents on the control node and transfer them to the host" in message


def test_asynchronous_task_gets_all_signed_urls_before_it_starts(emulator: Emulator, fleet: Fleet) -> None:
    for name in "ab":
        emulator.repository().put(name, name.encode())
    (fleet.home() / "a").write_bytes(b"a")
    fleet.ok("a", "b", is_async=True, parallel=1)
    assert fleet.host
    assert len(fleet.host.runs) == 1
    assert fleet.requests == ["downloads", "a", "b"]
    assert fleet.files() == {"a": b"a", "b": b"b"}


@pytest.mark.parametrize("via", ["link", "controller"])
def test_result_of_an_asynchronous_job_counts_the_requests_of_the_control_node(
    emulator: Emulator, fleet: Fleet, via: str
) -> None:
    """The module async_status returns the result of the job, and the action plugin does not see it."""
    emulator.repository().put("a", b"a")
    fleet.ok("a", is_async=True, via=via)
    assert fleet.host
    assert fleet.host.runs[-1][1]["requests"] == len(fleet.requests) == 2


def test_asynchronous_task_cannot_renew_a_signed_url(emulator: Emulator, fleet: Fleet) -> None:
    emulator.repository().put("app", LARGE)
    emulator.faults.add("truncate", host="storage", bytes=1_000_000)
    emulator.faults.add("expired", host="storage")
    message = fleet.failure("app", is_async=True, parallel=1)
    assert "A task with async cannot get another signed URL while it runs" in message
    assert fleet.files() == {}


def test_asynchronous_task_gets_only_the_copies_that_it_needs(emulator: Emulator, fleet: Fleet) -> None:
    """The host names them before the job starts."""
    for name in "ab":
        emulator.repository().put(name, name.encode())
    emulator.repository().put("SUMS", sums(a=b"a", b=b"b"))
    (fleet.home() / "a").write_bytes(b"a")
    result = fleet.ok("a", "b", is_async=True, via="controller", manifest="SUMS")
    assert [each["status"] for each in result["artifacts"]] == ["unchanged", "fetched"]
    assert fleet.host
    assert len(fleet.host.runs) == 2
    assert fleet.requests == ["downloads", "SUMS", "b"]


def test_host_waits_for_a_service_that_returns_expired_signed_urls(emulator: Emulator, fleet: Fleet) -> None:
    """The service caches signed URLs for minutes, even expired ones; all hosts wait for one new URL."""
    emulator.repository().put("a", b"first")
    emulator.switches.update({"signed_url_cached": 16, "signed_url_cached_expired": True})
    fleet.clock = Clock(sleep=emulator.clock.advance)
    task = fleet.new_task()
    for host in (1, 2, 3):
        fleet.ok("a", host=host, task=task)
    statuses = [status for status, _range in fleet.transfers]
    assert statuses == [*[403] * (len(statuses) - 3), 200, 200, 200]


def test_signed_urls_that_no_storage_host_accepts_fail_once_for_all_hosts(emulator: Emulator, fleet: Fleet) -> None:
    emulator.repository().put("a", b"first")
    emulator.faults.add("expired", host="storage", times=None)
    task = fleet.new_task()
    requests = [fleet.failed("a", host=host, task=task, retries=2)["requests"] for host in (1, 2, 3)]
    assert requests[1:] == [0, 0]

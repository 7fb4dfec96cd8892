# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where modules run: on the hosts of the play, over SSH, one after the other, unless a task is delegated.

Knows the modules as a playbook sees them.
"""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.connection import connection

from .fleet import Fleet, Report

pytestmark = pytest.mark.timeout(600)  # several starts of ansible-playbook each, on a machine that others use as well
CONTENT = b"the archive of release 1.4.2"
ARCHIVE = "widgets-1.4.2.tar.gz"
FETCH = "Fetch the release"


def fetching(**more: Any) -> dict[str, Any]:
    """The task that fetches the release, with more keywords for the task."""
    options = {"name": ARCHIVE, "dest": "{{ home }}/app/", "manifest": "SHA256SUMS"}
    return {"name": FETCH, "releng.bitbucket.bitbucket_download_fetch": options, **more}


def play(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A play on both hosts, with more keywords for the play."""
    return {"hosts": "all", "gather_facts": False, "tasks": list(tasks), **more}


def defaults(emulator: Emulator) -> dict[str, Any]:
    """The keyword for a play whose tasks leave the connection out."""
    return {"module_defaults": {"group/releng.bitbucket.bitbucket": connection(emulator)}}


def fetched(fleet: Fleet, host: str) -> list[str]:
    """What lies in the destination of a host."""
    folder = fleet.home(host) / "app"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def message(report: Report, host: str) -> str:
    """Why the task failed there."""
    end = report.end(host, FETCH)
    assert not end.ok, report.output
    assert "Traceback" not in report.output
    text: str = end.result["msg"]
    return text


@pytest.fixture
def released(emulator: Emulator) -> Emulator:
    """An emulator with a release and its manifest."""
    repository = emulator.repository()
    repository.put(ARCHIVE, CONTENT)
    repository.put("SHA256SUMS", f"{hashlib.sha256(CONTENT).hexdigest()}  {ARCHIVE}\n".encode())
    return emulator


def test_hosts_get_the_release_one_after_the_other_and_the_second_run_sends_nothing(released: Emulator, fleet: Fleet) -> None:
    before = {host: fleet.logins(host) for host in ("first", "second")}
    deploy = play(fetching(), serial=1, **defaults(released))
    report = fleet.play(deploy)
    assert report.code == 0, report.output
    assert [(end.host, end.result["changed"]) for end in report.ended] == [("first", True), ("second", True)]
    for host, logins in before.items():
        assert fleet.logins(host) > logins
        assert (fleet.home(host) / "app" / ARCHIVE).read_bytes() == CONTENT
    transfers = len(released.journal.select(host="storage", artifact=ARCHIVE))
    assert transfers == 2
    again = fleet.play(deploy)
    assert again.code == 0, again.output
    assert [(end.host, end.result["changed"]) for end in again.ended] == [("first", False), ("second", False)]
    assert len(released.journal.select(host="storage", artifact=ARCHIVE)) == transfers


def test_a_host_without_the_library_is_told_both_ways_out(released: Emulator, fleet: Fleet, bare_python: str) -> None:
    fleet.pythons["first"] = bare_python
    report = fleet.play(play(fetching(), **defaults(released)))
    text = message(report, "first")
    assert text.startswith("Failed to import the required Python library (requests) on ")
    assert bare_python in text
    assert "install it" in text
    assert "delegate_to: localhost" in text
    assert fetched(fleet, "first") == []
    assert fetched(fleet, "second") == [ARCHIVE]


def test_with_serial_the_hosts_after_one_that_failed_stay_as_they_are(released: Emulator, fleet: Fleet, bare_python: str) -> None:
    fleet.pythons["first"] = bare_python
    report = fleet.play(play(fetching(), serial=1, **defaults(released)))
    assert report.code == 2, report.output
    assert {end.host for end in report.ended} == {"first"}
    assert fetched(fleet, "second") == []
    assert len(released.journal) == 0


def test_delegated_to_localhost_the_task_needs_no_library_on_the_host(released: Emulator, fleet: Fleet, bare_python: str) -> None:
    fleet.pythons.update(first=bare_python, second=bare_python)
    control = fleet.home("control") / "release"
    fetch = {"name": ARCHIVE, "dest": str(control), "manifest": "SHA256SUMS"}
    once = {"releng.bitbucket.bitbucket_download_fetch": fetch, "delegate_to": "localhost", "run_once": True}
    copy = {"name": "Copy", "ansible.builtin.copy": {"src": str(control), "dest": "{{ home }}/release", "mode": "0600"}}
    report = fleet.play(play(once, copy), environment=released.environment())
    assert report.code == 0, report.output
    for host in ("first", "second"):
        assert report.end(host, "Copy").result["changed"]
        assert (fleet.home(host) / "release").read_bytes() == CONTENT
    assert len(released.journal.select(host="storage", artifact=ARCHIVE)) == 1


def test_the_environment_of_the_control_node_does_not_reach_the_hosts(released: Emulator, fleet: Fleet) -> None:
    report = fleet.play(play(fetching()), environment=released.environment())
    for host in ("first", "second"):
        assert "missing required arguments: repository, workspace" in message(report, host)
    assert len(released.journal) == 0


def test_a_secret_in_the_environment_of_the_control_node_does_not_either(released: Emulator, fleet: Fleet) -> None:
    options = connection(released)
    secret = {"BITBUCKET_API_TOKEN": options.pop("api_token"), "BITBUCKET_USERNAME": options.pop("user")}
    half = {"module_defaults": {"group/releng.bitbucket.bitbucket": options}}
    report = fleet.play(play(fetching(), **half), environment=secret)
    assert "neither the task nor the environment on its host has any" in message(report, "first")
    assert not [entry for entry in released.journal if "Authorization" in entry.headers]


def test_the_environment_of_a_task_reaches_the_hosts_in_the_open_and_options_do_not(released: Emulator, fleet: Fleet) -> None:
    by_environment = fleet.play(play(fetching(environment=dict(released.environment()))), verbosity=4)
    assert by_environment.code == 0, by_environment.output
    assert [fetched(fleet, host) for host in ("first", "second")] == [[ARCHIVE], [ARCHIVE]]
    by_options = fleet.play(play(fetching(), **defaults(released)), verbosity=4)
    assert by_options.code == 0, by_options.output
    # Ansible hands the variables of a task to the host on the command line, and shows that when it is asked to be verbose.
    assert released.api_token in by_environment.output
    assert released.api_token not in by_options.output

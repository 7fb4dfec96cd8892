# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that modules and roles run on the hosts of a play, over SSH, unless a task is delegated."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.connection import connection

from .fleet import Fleet

CONTENT = b"the archive of release 1.4.2"
ARCHIVE = "widgets-1.4.2.tar.gz"
HOSTS = ("first", "second")


def fetch(name: str, **keywords: Any) -> dict[str, Any]:
    """Return a task of this name that fetches the release into a folder of this name, with more keywords."""
    options = {"name": ARCHIVE, "dest": f"{{{{ home }}}}/{name}/", "manifest": "SHA256SUMS"}
    return {"name": name, "releng.bitbucket.bitbucket_download_fetch": options, **keywords}


def play(*tasks: dict[str, Any], **keywords: Any) -> dict[str, Any]:
    """Return a play on both hosts, with more keywords."""
    return {"hosts": "all", "gather_facts": False, "tasks": list(tasks), **keywords}


def defaults(**options: Any) -> dict[str, Any]:
    """Return the keyword for a play whose tasks leave the connection out."""
    return {"module_defaults": {"group/releng.bitbucket.bitbucket": options}}


def fetched(fleet: Fleet, name: str) -> list[str]:
    """Return the hosts that have the complete release in this folder."""
    files = {host: fleet.home(host) / name / ARCHIVE for host in HOSTS}
    return [host for host, file in files.items() if file.exists() and file.read_bytes() == CONTENT]


@pytest.fixture
def released(emulator: Emulator) -> Emulator:
    """Return an emulator with a release and its manifest."""
    repository = emulator.repository()
    repository.put(ARCHIVE, CONTENT)
    repository.put("SHA256SUMS", f"{hashlib.sha256(CONTENT).hexdigest()}  {ARCHIVE}\n".encode())
    return emulator


def test_hosts_fetch_one_by_one_and_only_with_options(released: Emulator, fleet: Fleet) -> None:
    """Give the control node all credentials in its environment: none of them reaches the hosts."""
    options = connection(released)
    half = {name: value for name, value in options.items() if name not in ("user", "api_token")}
    again = fetch("deploy") | {"name": "again"}
    report = fleet.play(
        play(fetch("deploy"), again, serial=1, **defaults(**options)),
        play(fetch("without options", ignore_errors=True)),
        play(fetch("without credentials", ignore_errors=True), **defaults(**half)),
        environment=released.environment(),
        verbosity=4,
    )
    assert report.code == 0, report.output
    done = [(end.host, end.task, end.result["changed"]) for end in report.ended if end.ok]
    assert done == [(host, task, task == "deploy") for host in HOSTS for task in ("deploy", "again")]
    assert all(fleet.logins(host) > 1 for host in HOSTS)
    assert fetched(fleet, "deploy") == [*HOSTS]
    assert len(released.journal.select(host="storage", artifact=ARCHIVE)) == len(HOSTS)
    for host in HOSTS:
        assert "missing required arguments: repository, workspace" in report.message(host, "without options")
        message = report.message(host, "without credentials")
        assert "or in the environment of the host that sends the request" in message
    assert released.api_token not in report.output


def test_the_environment_of_a_task_reaches_the_hosts_and_is_shown(released: Emulator, fleet: Fleet) -> None:
    report = fleet.play(play(fetch("environment", environment=dict(released.environment()))), verbosity=4)
    assert report.code == 0, report.output
    assert fetched(fleet, "environment") == [*HOSTS]
    # Ansible passes the variables of a task to the host on the command line, and shows it if it is verbose.
    assert released.api_token in report.output


def test_a_host_without_the_library_fails_unless_the_task_is_delegated(
    released: Emulator, fleet: Fleet, bare_python: str
) -> None:
    fleet.pythons["first"] = bare_python
    control = str(fleet.home("control") / "release")
    local = {"name": ARCHIVE, "dest": control, **connection(released)}
    report = fleet.play(
        play(fetch("free", ignore_errors=True), **defaults(**connection(released))),
        play(
            {
                "name": "Fetch once",
                "releng.bitbucket.bitbucket_download_fetch": local,
                "delegate_to": "localhost",
                "run_once": True,
            },
            {"name": "Copy", "ansible.builtin.copy": {"src": control, "dest": "{{ home }}/release", "mode": "0600"}},
        ),
        play(fetch("serial"), serial=1, **defaults(**connection(released))),
    )
    assert report.code == 2, report.output
    for task in ("free", "serial"):
        message = report.message("first", task)
        assert message.startswith("Failed to import the required Python library (requests) on ")
        assert bare_python in message
        assert "install it" in message
        assert "delegate_to: localhost" in message
    assert fetched(fleet, "free") == ["second"]
    assert [(fleet.home(host) / "release").read_bytes() for host in HOSTS] == [CONTENT] * 2
    assert {end.host for end in report.ended if end.task == "serial"} == {"first"}
    assert fetched(fleet, "serial") == []


def role(name: str, hosts: str, **variables: Any) -> dict[str, Any]:
    """Return a play that runs a role of the collection."""
    values = {f"{name}_{option}": value for option, value in {"repository": "widgets", **variables}.items()}
    return {"hosts": hosts, "gather_facts": False, "roles": [{"role": f"releng.bitbucket.{name}"}], "vars": values}


def test_roles_publish_on_one_host_and_fetch_on_all(emulator: Emulator, fleet: Fleet) -> None:
    dist = fleet.home("first") / "dist"
    dist.mkdir()
    (dist / ARCHIVE).write_bytes(CONTENT)
    values = {"names": [ARCHIVE], "dest": "{{ home }}/app/", "manifest": "SHA256SUMS"}
    plays = [role("publish_artifacts", "first", files=["{{ home }}/dist/*"]), role("fetch_artifacts", "all", **values)]
    report = fleet.play(*({**each, **defaults(**connection(emulator))} for each in plays))
    assert report.code == 0, report.output
    assert "WARNING" not in report.output
    assert sorted(emulator.repository().names()) == ["SHA256SUMS", ARCHIVE]
    assert fetched(fleet, "app") == [*HOSTS]

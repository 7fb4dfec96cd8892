# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test ``via`` in runs of ansible-playbook: hosts without credentials and libraries, and the keywords of tasks and plays.

Tests that need only one process are in tests/http/_control.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import venv
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.system.via.hosts import FETCH, Hosts

SYSTEM_PYTHON = Path("/usr/bin/python3")
UPLOAD = "releng.bitbucket.bitbucket_download"


@pytest.fixture(autouse=True)
def _artifact(emulator: Emulator) -> None:
    emulator.repository().put("app", b"application")


def requests(emulator: Emulator) -> list[str]:
    """Return the last part of the path of each request to the API."""
    return [entry.path.rpartition("/")[2] for entry in emulator.journal.select("api")]


@pytest.mark.parametrize("via", ["link", "controller"])
@pytest.mark.parametrize("count", [1, 5])
def test_api_sees_the_same_requests_for_any_number_of_hosts(emulator: Emulator, hosts: Hosts, via: str, count: int) -> None:
    """No host needs credentials or a library, and the most verbose output shows no signed URL."""
    report = hosts.run(hosts.fetch("app", via=via), hosts=count, flags=["--diff", "-vvvv", "--forks", "2"])
    assert report.code == 0, report.output
    assert {host: (hosts.home(host) / "app").read_bytes() for host in report.results()} == {
        f"host{number}": b"application" for number in range(1, count + 1)
    }
    assert {result["artifacts"][0]["status"] for result in report.results().values()} == {"fetched"}
    assert requests(emulator) == ["downloads", "app"]
    assert sum(result["requests"] for result in report.results().values()) == 2
    assert list((hosts.folder / "control").iterdir()) == []


@pytest.mark.parametrize("strategy", ["linear", "free", "host_pinned"])
def test_plays_strategies_and_batches_share_one_snapshot(emulator: Emulator, hosts: Hosts, strategy: str) -> None:
    for name in ("a", "b"):
        emulator.repository().put(name, name.encode())
    fetch = hosts.fetch("app", "{{ 'a' if inventory_hostname in ['host1', 'host3'] else 'b' }}")
    play = {"serial": 2, "strategy": strategy, "tasks": [fetch]}
    report = hosts.run_plays(play, play, hosts=3)
    assert report.code == 0, report.output
    assert sorted(requests(emulator)) == ["a", "app", "b", "downloads"]


@pytest.mark.parametrize("via", ["link", "controller"])
def test_asynchronous_tasks_fetch(emulator: Emulator, hosts: Hosts, via: str) -> None:
    report = hosts.run(hosts.fetch("app", via=via, keywords={"async": 120, "poll": 1}), hosts=2)
    assert report.code == 0, report.output
    assert [(hosts.home(host) / "app").read_bytes() for host in ("host1", "host2")] == [b"application"] * 2
    assert requests(emulator) == ["downloads", "app"]
    before = len(emulator.journal)
    check = hosts.run(hosts.fetch("app", via=via, keywords={"async": 120, "poll": 1}), flags=["--check"])
    assert check.code == 0, check.output
    assert "skipped=1" in check.output
    assert len(emulator.journal) == before


def test_requests_of_loops_and_repetitions_do_not_grow_with_the_hosts(emulator: Emulator, hosts: Hosts) -> None:
    """The number of requests grows with the attempts."""
    loop = hosts.fetch(name="{{ item }}", keywords={"loop": ["app", "app"]})
    again = hosts.fetch(
        name=None,
        patterns=["v*"],
        keywords={"until": "r is success", "retries": 2, "delay": 0, "register": "r", "ignore_errors": True},
    )
    report = hosts.run(loop, again, hosts=3)
    assert report.code == 0, report.output
    assert requests(emulator).count("app") == 1
    # One request for the loop, which shares its arguments, and one for each of the three attempts.
    assert requests(emulator).count("downloads") <= 2 + 3


def test_delegated_task_uses_the_variables_of_its_own_host(emulator: Emulator, hosts: Hosts) -> None:
    keywords = {"delegate_to": "host2", "run_once": True, "vars": {"bitbucket_access_token": emulator.access_token}}
    report = hosts.run(hosts.fetch("app", access_token=None, keywords=keywords), hosts=2)
    assert report.code == 0, report.output
    assert (hosts.home("host1") / "app").exists()


def test_environment_of_the_task_is_for_the_control_node(emulator: Emulator, hosts: Hosts) -> None:
    """Its credentials do not reach the host, but its other variables do."""
    environment = {"BITBUCKET_ACCESS_TOKEN": emulator.access_token, "OTHER": "kept"}
    shell = f'env > $HOME_OF_HOST/seen; exec {hosts.python} "$@"'
    interpreter = hosts.folder / "python"
    interpreter.write_text(f"#!/bin/sh\n{shell}\n", "utf-8")
    interpreter.chmod(0o755)
    keywords = {
        "environment": {**environment, "HOME_OF_HOST": "{{ home }}"},
        "vars": {"ansible_python_interpreter": str(interpreter)},
    }
    report = hosts.run(hosts.fetch("app", access_token=None, keywords=keywords))
    assert report.code == 0, report.output
    seen = (hosts.home() / "seen").read_text("utf-8")
    assert "OTHER=kept" in seen
    assert "BITBUCKET" not in seen


def test_module_defaults_reach_no_host(emulator: Emulator, hosts: Hosts) -> None:
    defaults = {"group/releng.bitbucket.bitbucket": {"access_token": emulator.access_token, "via": "link"}}
    task = hosts.fetch("app", access_token=None, via=None)
    report = hosts.run(task, play={"module_defaults": {FETCH: defaults["group/releng.bitbucket.bitbucket"]}}, flags=["-vvv"])
    assert report.code == 0, report.output
    assert requests(emulator) == ["downloads", "app"]


def test_plays_with_different_credentials_are_never_mixed(emulator: Emulator, hosts: Hosts) -> None:
    good = {"tasks": [hosts.fetch("app")]}
    bad = {"tasks": [hosts.fetch("app", access_token="another-access-token", dest="{{ home }}/second")]}
    report = hosts.run_plays(good, bad)
    assert "HTTP 401" in report.result()["msg"]
    assert not (hosts.home() / "second").exists()


def test_task_that_writes_ends_the_snapshot(emulator: Emulator, hosts: Hosts) -> None:
    """Its host fetches the artifact that it published in the same run."""
    upload = hosts.options(dest=None, via=None, name="app", content="newer contents")
    keywords = {"delegate_to": "localhost", "vars": {"ansible_python_interpreter": sys.executable}}
    report = hosts.run(hosts.fetch("app"), {"name": "publish", UPLOAD: upload, **keywords}, hosts.fetch("app"))
    assert report.code == 0, report.output
    assert (hosts.home() / "app").read_bytes() == b"newer contents"


def test_missing_library_on_the_control_node_is_an_error(hosts: Hosts) -> None:
    """The Python that runs Ansible has all libraries except requests."""
    folder = hosts.folder / "control-python"
    venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
    [libraries] = folder.glob("lib/python*/site-packages")
    for source in Path(pytest.__file__).parent.parent.iterdir():
        if not source.name.startswith(("requests", "urllib3")):
            (libraries / source.name).symlink_to(source)
    hosts.control = str(folder / "bin/python3")
    message = hosts.run(hosts.fetch("app")).result()["msg"]
    assert message.startswith(
        "The Python library requests is not installed for the Python that runs Ansible. via: link requires it"
    )


def test_internal_arguments_of_the_collection_are_refused(hosts: Hosts) -> None:
    message = hosts.run(hosts.fetch("app", _control_node={"delivery": {}})).result()["msg"]
    assert "Unsupported parameters" in message


@pytest.mark.skipif(os.geteuid() != 0 or not SYSTEM_PYTHON.exists(), reason="needs root, and a Python that all users can run")
@pytest.mark.parametrize("via", ["link", "controller"])
def test_another_user_fetches_on_the_host(emulator: Emulator, hosts: Hosts, via: str) -> None:
    """The user can read the copy and owns the file. The folders of tests are not accessible to it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        home = Path(folder, "home")
        home.mkdir()
        shutil.chown(home, "nobody")
        become = {"become": True, "become_method": "ansible.builtin.su", "become_user": "nobody", "become_flags": "-s /bin/sh"}
        variables = {"ansible_python_interpreter": str(SYSTEM_PYTHON), "ansible_remote_tmp": f"{folder}/tmp"}
        report = hosts.run(hosts.fetch("app", via=via, dest=f"{home}/", keywords={**become, "vars": variables}))
        assert report.code == 0, report.output
        assert (home / "app").read_bytes() == b"application"
        assert (home / "app").owner() == "nobody"

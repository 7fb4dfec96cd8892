# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that the role deploy_artifacts deploys by links, upgrades and rolls back on hosts behind SSH that have no library."""

from __future__ import annotations

import hashlib
import json
import os

from tests.emulator import Emulator
from tests.helpers.archives import Item, archive
from tests.helpers.connection import connection

from .fleet import Fleet

HOSTS = ("first", "second")
VERSIONS = ("1.0", "1.1")


def release(emulator: Emulator, version: str) -> None:
    """Publish a version, and let the channel stable name it."""
    name, data = f"app-{version}.tgz", archive(".tgz", [Item(f"app-{version}/run", version.encode(), 0o755)])
    artifact = {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    document = {"channel": "stable", "version": version, "previous": None, "artifacts": [artifact]}
    emulator.repository().put(name, data)
    emulator.repository().put("stable.channel.json", json.dumps({**document, "manifest": None, "commit": None}).encode())


def play(fleet: Fleet, emulator: Emulator, tasks_from: str = "main") -> None:
    """Run the role on both hosts; it must succeed."""
    values = {"repository": "widgets", "channel": "stable", "path": "{{ home }}/app", "strip_components": 1, "via": "link"}
    role = {"ansible.builtin.import_role": {"name": "releng.bitbucket.deploy_artifacts", "tasks_from": tasks_from}}
    defaults = {"module_defaults": {"group/releng.bitbucket.bitbucket": connection(emulator)}}
    variables = {"vars": {f"deploy_artifacts_{option}": value for option, value in values.items()}}
    report = fleet.play({"hosts": "all", "gather_facts": False, "tasks": [role], **variables, **defaults})
    assert report.code == 0, report.output


def in_use(fleet: Fleet) -> list[tuple[str, str]]:
    """Return the content of the release in use, and its link, on each host."""
    current = [fleet.home(host) / "app" / "current" for host in HOSTS]
    return [((link / "run").read_text(), os.readlink(link)) for link in current]


def test_hosts_without_library_deploy_upgrade_and_roll_back(emulator: Emulator, fleet: Fleet, bare_python: str) -> None:
    fleet.pythons = dict.fromkeys(HOSTS, bare_python)
    for version in VERSIONS:
        release(emulator, version)
        play(fleet, emulator)
        assert in_use(fleet) == [(version, f"releases/{version}")] * len(HOSTS)
        assert len(emulator.journal.select(host="storage", artifact=f"app-{version}.tgz")) == len(HOSTS)
    emulator.journal.clear()
    play(fleet, emulator, tasks_from="rollback")
    assert in_use(fleet) == [("1.0", "releases/1.0")] * len(HOSTS)
    assert {os.readlink(fleet.home(host) / "app" / "previous") for host in HOSTS} == {"releases/1.0"}
    assert list(emulator.journal) == []

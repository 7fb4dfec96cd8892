# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release made on one host and rolled out to all, by the roles, over SSH; connected by defaults of the action group.

Knows the roles as a playbook sees them.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator

from .fleet import Fleet, Report

pytestmark = pytest.mark.timeout(600)  # several starts of ansible-playbook each, on a machine that others use as well
ARCHIVE = "widgets-1.4.2.tar.gz"
CONTENT = b"the archive of release 1.4.2"


def play(emulator: Emulator, role: str, variables: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A play that runs a role of the collection; nothing but the defaults says where Bitbucket is."""
    connection = {"workspace": "acme", "api_url": emulator.api_url, "user": emulator.user, "api_token": emulator.api_token}
    return {
        "gather_facts": False,
        "module_defaults": {"group/releng.bitbucket.bitbucket": connection},
        "roles": [{"role": f"releng.bitbucket.{role}"}],
        "vars": variables,
        **more,
    }


def publishing(emulator: Emulator) -> dict[str, Any]:
    variables = {"publish_artifacts_repository": "widgets", "publish_artifacts_files": ["{{ home }}/dist/*"]}
    return play(emulator, "publish_artifacts", variables, hosts="first")


def rolling_out(emulator: Emulator) -> dict[str, Any]:
    variables = {
        "fetch_artifacts_repository": "widgets",
        "fetch_artifacts_names": [ARCHIVE],
        "fetch_artifacts_dest": "{{ home }}/app/",
        "fetch_artifacts_manifest": "SHA256SUMS",
    }
    return play(emulator, "fetch_artifacts", variables, hosts="all", serial=1)


def changed(report: Report) -> list[str]:
    """The hosts that something changed on, in order."""
    assert report.code == 0, report.output
    assert "WARNING" not in report.output
    return list(dict.fromkeys(end.host for end in report.ended if end.result.get("changed")))


@pytest.fixture
def build_host(fleet: Fleet) -> Fleet:
    """The fleet, with a build on its first host."""
    folder = fleet.home("first") / "dist"
    folder.mkdir()
    (folder / ARCHIVE).write_bytes(CONTENT)
    return fleet


def test_roles_publish_on_one_host_and_fetch_on_all_and_second_runs_change_nothing(emulator: Emulator, build_host: Fleet) -> None:
    plays = publishing(emulator), rolling_out(emulator)
    assert changed(build_host.play(*plays)) == ["first", "second"]
    assert sorted(emulator.repository().names()) == ["SHA256SUMS", ARCHIVE]
    for host in ("first", "second"):
        assert (build_host.home(host) / "app" / ARCHIVE).read_bytes() == CONTENT
    writes = [entry for entry in emulator.journal if entry.method != "GET"]
    assert changed(build_host.play(*plays)) == []
    assert [entry for entry in emulator.journal if entry.method != "GET"] == writes


@pytest.mark.parametrize("role", ["publish_artifacts", "fetch_artifacts"])
def test_a_role_on_a_host_without_the_library_names_both_ways_out(
    emulator: Emulator, build_host: Fleet, bare_python: str, role: str
) -> None:
    build_host.pythons["first"] = bare_python
    report = build_host.play(publishing(emulator) if role == "publish_artifacts" else rolling_out(emulator))
    assert report.code == 2, report.output
    (failed,) = [end for end in report.ended if not end.ok]
    assert failed.host == "first"
    assert "(requests)" in failed.result["msg"]
    assert "install it" in failed.result["msg"]
    assert "delegate_to: localhost" in failed.result["msg"]
    assert len(emulator.journal) == 0

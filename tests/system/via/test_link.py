# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that hosts fetch by links without credentials, and that the API sees the same requests for one host and for many."""

from __future__ import annotations

import pytest

from tests.emulator import Emulator
from tests.system.via.hosts import Hosts


@pytest.mark.parametrize("via", ["link", "controller"])
def test_hosts_fetch_without_credentials_and_libraries(emulator: Emulator, hosts: Hosts, via: str) -> None:
    repository = emulator.repository()
    repository.put("app", b"application")
    report = hosts.run(hosts.fetch("app", via=via), hosts=3, flags=["--diff", "-vvvv"])
    assert report.code == 0, report.output
    for host, result in report.results().items():
        assert (hosts.home(host) / "app").read_bytes() == b"application"
        assert result["artifacts"][0]["status"] == "fetched"
    assert len(emulator.journal.select("api")) == 2
    again = hosts.run(hosts.fetch("app", via=via), hosts=3)
    assert not any(each["changed"] for each in again.results().values())

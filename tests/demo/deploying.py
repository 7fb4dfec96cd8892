# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chapter about many hosts. Knows what the reader shall see, and requires that it is true."""

from __future__ import annotations

import json
import shutil
import venv
from pathlib import Path

from .stage import Stage, digests, expect

HOSTS = [f"host{number}" for number in range(1, 11)]


def deploy(stage: Stage) -> None:
    """Deploy to one host, then to ten, with the same number of requests."""
    stage.screen.chapter("Deploy to ten hosts")
    stage.screen.say(
        """Each host that fetches by itself needs a credential, and counts for the 1,000 requests an hour that Bitbucket
        allows. With "via: link" the control node talks to Bitbucket once for all hosts, and hosts follow signed links to the
        storage host. Ten folders stand for ten hosts, whose Python has no library. First one of them."""
    )
    inventory = _make_hosts(stage)
    one = _count(stage, "one host", "-i", str(inventory), "--limit", HOSTS[0])
    shutil.rmtree(_home(stage, HOSTS[0]))
    stage.screen.say("Its files are removed, and all ten follow.", gap=True)
    ten = _count(stage, "ten hosts", "-i", str(inventory))
    for host in HOSTS:
        expect(digests(_home(stage, host) / "fetched") == stage.files(), f"{host} does not have what was published.")
    expect(one == ten, f"One host took {one} requests and ten hosts took {ten}.")
    stage.screen.checked(f"each host has the release. The API had {one} requests for one host and {ten} for ten.")


def _count(stage: Stage, meter: str, *words: str) -> int:
    """Return the number of requests to the API that the playbook takes."""
    stage.run("fleet.yml", *words, meter=meter)
    return stage.meter[meter].api


def _home(stage: Stage, host: str) -> Path:
    return stage.folder / "fleet" / host


def _make_hosts(stage: Stage) -> Path:
    """Return an inventory of hosts that are folders of this machine, with a Python of their own."""
    python = stage.folder / "fleet" / "python"
    venv.EnvBuilder(with_pip=False, symlinks=True).create(python)
    hosts = {host: {"release_path": str(_home(stage, host).absolute())} for host in HOSTS}
    for host in HOSTS:
        _home(stage, host).mkdir()
    local = {
        "ansible_connection": "local",
        "ansible_pipelining": True,
        "ansible_python_interpreter": str(python.absolute() / "bin" / "python3"),
    }
    file = stage.folder / "hosts.yml"
    # JSON is YAML.
    file.write_text(json.dumps({"fleet": {"hosts": hosts, "vars": local}}), encoding="utf-8")
    return file

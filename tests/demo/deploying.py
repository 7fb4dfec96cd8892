# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show deployment to hosts: deploy the channel, upgrade, and roll back."""

from __future__ import annotations

import json
import os
import subprocess
import venv
from pathlib import Path
from typing import Any

from . import promoting
from .building import FIRST, SECOND
from .runner import PlaybookRun
from .stage import Stage, digests, expect

HOSTS = [f"host{number}" for number in range(1, 11)]
EARLY = HOSTS[:2]
METER = "deploy"


def deploy(stage: Stage) -> None:
    """Deploy to all hosts; only the first host causes requests to the API."""
    stage.screen.chapter("Deploy the channel to ten hosts")
    stage.screen.say(
        """Ten directories stand in for ten hosts. The hosts need no Python libraries and no credentials: with "via: link", only
        the control node calls the Bitbucket API, once for all hosts. It verifies the signature and gives each host signed
        URLs and digests. Each host downloads the release, unpacks it into a new directory, and switches a symbolic link to it.
        The playbook starts with one host and continues only if it succeeds."""
    )
    _make_hosts(stage)
    done = _deploy(stage)
    _expect_in_use(stage, FIRST, HOSTS)
    requests = {host: sum(result.get("requests", 0) for result in _results(done, host)) for host in HOSTS}
    first = requests.pop(HOSTS[0])
    expect(
        first == stage.meter[METER].api > 0,
        f"The first host reports {first} requests, the emulator counted: {stage.meter[METER]}",
    )
    expect(set(requests.values()) == {0}, f"Other hosts caused requests: {requests}")
    stage.screen.checked(
        f"each host runs widgets {FIRST}. The API received {first} requests for the first host and {first} for all ten."
    )


def upgrade(stage: Stage) -> None:
    """Deploy the new release of the channel to two hosts."""
    stage.screen.chapter("Deploy again: same command, new release")
    stage.screen.say("The hosts follow the channel, so the variables are the same for every release. Start with two hosts.")
    _deploy(stage, "--limit", ",".join(EARLY))
    _expect_in_use(stage, SECOND, EARLY)
    _expect_in_use(stage, FIRST, HOSTS[len(EARLY) :])
    expect(
        {os.readlink(_home(stage, host) / "previous") for host in EARLY} == {f"releases/{FIRST}"},
        "A host does not keep its previous release.",
    )
    stage.screen.checked(f"two hosts run widgets {SECOND} and keep {FIRST} as their previous release. The others run {FIRST}.")


def roll_back(stage: Stage) -> None:
    """Switch the hosts to their previous release, and move the channel back."""
    stage.screen.chapter("Roll back")
    stage.screen.say(
        f"widgets {SECOND} has a defect. The two hosts switch back to their previous release, which is still on their disks."
    )
    words = (*_inventory(stage), "-e", "release_rollback=true", "--limit", ",".join(EARLY))
    done = stage.run("deploy.yml", *words, meter=METER, brief=True)
    _expect_in_use(stage, FIRST, HOSTS)
    expect(_changed(done) == set(EARLY), "Other hosts were changed.")
    traffic = stage.meter[METER]
    expect(traffic.api + traffic.storage == 0, "The rollback sent requests.")
    stage.screen.say(f"The channel moves back as well. Otherwise the next deployment would install {SECOND} again.", gap=True)
    promoting.move_back(stage)
    stage.screen.checked(
        f"all hosts run widgets {FIRST}. They switched without any request. The channel points to {FIRST} again."
    )


def _deploy(stage: Stage, *words: str) -> PlaybookRun:
    keys = ("-e", f"deploy_artifacts_signed_by={stage.key.public}") if stage.key else ()
    words = ("-e", f"release_channel={promoting.CHANNEL}", "-e", "deploy_artifacts_via=link", *keys, *words)
    return stage.run("deploy.yml", *_inventory(stage), *words, meter=METER, brief=True)


def _expect_in_use(stage: Stage, version: str, hosts: list[str]) -> None:
    """Require that these hosts have the files of a release and that its program runs."""
    for host in hosts:
        current = _home(stage, host) / "current"
        printed = subprocess.run([current / "bin" / "widgets"], capture_output=True, text=True, check=True).stdout.strip()
        expect(printed == version, f"{host} runs {printed}, not {version}.")
        found = {f"{folder}/{name}": digest for folder in ("bin", "share") for name, digest in digests(current / folder).items()}
        expect(found == stage.contents(version), f"The files of {host} differ from those of {version}.")


def _results(done: PlaybookRun, host: str) -> list[dict[str, Any]]:
    return [task["result"] for task in done.tasks if task["host"] == host]


def _changed(done: PlaybookRun) -> set[str]:
    return {task["host"] for task in done.tasks if task["result"].get("changed")}


def _home(stage: Stage, host: str) -> Path:
    return stage.folder / "fleet" / host


def _inventory(stage: Stage) -> tuple[str, str]:
    return ("-i", str(stage.folder / "hosts.yml"))


def _make_hosts(stage: Stage) -> None:
    """Write an inventory in which each host is a local directory, with one separate Python for all."""
    python = stage.folder / "fleet" / "python"
    venv.EnvBuilder(with_pip=False, symlinks=True).create(python)
    hosts = {host: {"release_path": str(_home(stage, host).absolute())} for host in HOSTS}
    local = {
        "ansible_connection": "local",
        "ansible_pipelining": True,
        "ansible_python_interpreter": str(python.absolute() / "bin" / "python3"),
    }
    # JSON is YAML.
    (stage.folder / "hosts.yml").write_text(json.dumps({"fleet": {"hosts": hosts, "vars": local}}), encoding="utf-8")

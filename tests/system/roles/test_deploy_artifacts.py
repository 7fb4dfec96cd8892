# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the role deploy_artifacts: release directories, the switch, retention, shared paths, and roll back."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.archives import Item, archive
from tests.helpers.fetching import snapshot

from .helpers import RolePlaybook

ROLE = "deploy_artifacts"
MANIFEST = "SHA256SUMS"
VERSIONS = ["1.0", "1.1", "1.2", "1.3", "1.4"]


def build(version: str) -> dict[str, bytes]:
    """Return the artifacts of a version: an archive and a plain file."""
    items = [Item(f"app-{version}/run", version.encode(), 0o755), Item(f"app-{version}/conf/a", b"a")]
    return {f"app-{version}.tgz": archive(".tgz", items), f"notes-{version}.txt": version.encode()}


CONTENTS = {name: data for version in VERSIONS for name, data in build(version).items()}
DIGESTS = {name: hashlib.sha256(data).hexdigest() for name, data in CONTENTS.items()}


def publish(emulator: Emulator) -> None:
    """Store all versions and their manifest."""
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(DIGESTS.items()))
    for name, data in {**CONTENTS, MANIFEST: lines.encode()}.items():
        emulator.repository("acme", "widgets").put(name, data)


def point(emulator: Emulator, version: str) -> None:
    """Point the channel stable to a version."""
    names = [f"app-{version}.tgz", f"notes-{version}.txt"]
    artifacts = [{"name": name, "size": len(CONTENTS[name]), "sha256": DIGESTS[name]} for name in names]
    document = {"channel": "stable", "version": version, "previous": None, "artifacts": artifacts}
    text = json.dumps({**document, "manifest": None, "commit": None})
    emulator.repository("acme", "widgets").put("stable.channel.json", text.encode())


class Deployments:
    """Uses of the role for one path, in one playbook."""

    def __init__(self, playbook: RolePlaybook, path: Path) -> None:
        self.playbook = playbook
        self.path = path

    def deploy(self, case: str, version: Any, check: bool = False, **options: Any) -> None:
        """Add a deployment of a version."""
        names = [f"app-{version}.tgz", f"notes-{version}.txt"]
        values = {"path": str(self.path), "version": version, "names": names, "strip_components": 1, **options}
        self.playbook.use(case, ROLE, {f"{ROLE}_{name}": value for name, value in values.items()}, check_mode=check)

    def roll_back(self, case: str, check: bool = False) -> None:
        """Add a roll back."""
        self.playbook.use(case, ROLE, {f"{ROLE}_path": str(self.path)}, check_mode=check, tasks_from="rollback")

    @property
    def links(self) -> tuple[str, str]:
        """Return the targets of the links current and previous."""
        return os.readlink(self.path / "current"), os.readlink(self.path / "previous")

    @property
    def releases(self) -> list[str]:
        """Return the names of the folders of releases."""
        return sorted(os.listdir(self.path / "releases"))


@pytest.fixture
def deployments(playbook: RolePlaybook, emulator: Emulator, tmp_path: Path) -> Deployments:
    """Return the uses of the role for a path without deployments."""
    publish(emulator)
    return Deployments(playbook, tmp_path / "srv" / "app")


@contextmanager
def watched(link: Path) -> Iterator[set[str]]:
    """Collect the targets of the link during the block, and ``dangling`` if the target does not exist."""
    seen: set[str] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.001):
            try:
                seen.add((link / "run").read_text())
            except OSError:
                seen.add("dangling")

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def test_first_deployment_is_complete_and_the_second_run_changes_nothing(deployments: Deployments, emulator: Emulator) -> None:
    deployments.deploy("check", "1.0", check=True)
    uses = deployments.playbook.run()
    assert (uses["check"].message, deployments.path.exists()) == ("", False)
    assert uses["check"].changed >= 2
    deployments.deploy("first", "1.0")
    deployments.deploy("again", "1.0")
    deployments.deploy("check again", "1.0", check=True)
    uses = deployments.playbook.run()
    assert [uses[case].message for case in ("first", "again", "check again")] == [""] * 3
    assert [uses[case].changed > 0 for case in ("first", "again", "check again")] == [True, False, False]
    current = deployments.path / "current"
    assert os.readlink(current) == "releases/1.0"
    assert not (deployments.path / "previous").is_symlink()
    found = {str(path.relative_to(current.resolve())) for path in current.resolve().rglob("*") if path.is_file()}
    assert found == {"run", "conf/a", "notes-1.0.txt", ".app-1.0.tgz.unpacked", ".deploy_artifacts"}
    assert len(emulator.journal.select(host="storage", artifact="app-1.0.tgz")) == 1


def test_upgrades_keep_some_releases_and_roll_back_never_switches_forward(deployments: Deployments) -> None:
    for version in VERSIONS[:3]:
        deployments.deploy(version, version)
    deployments.playbook.run()
    (deployments.path / "releases" / "mine").mkdir()
    assert deployments.releases == ["1.0", "1.1", "1.2", "mine"]
    before = snapshot(deployments.path)
    deployments.deploy("check", "1.3", check=True)
    uses = deployments.playbook.run()
    assert snapshot(deployments.path) == before
    [*_unused, deletion] = uses["check"].tasks
    assert [each["__deploy_artifacts_item"] for each in deletion["result"]["results"] if each["changed"]] == ["1.0"]
    with watched(deployments.path / "current") as seen:
        deployments.deploy("1.3", "1.3")
        deployments.playbook.run()
    assert seen == {"1.2", "1.3"}
    assert deployments.links == ("releases/1.3", "releases/1.2")
    assert deployments.releases == ["1.1", "1.2", "1.3", "mine"]
    with watched(deployments.path / "current") as seen:
        deployments.roll_back("check back", check=True)
        deployments.roll_back("back")
        deployments.roll_back("back again")
        uses = deployments.playbook.run(environment={})
    assert seen == {"1.2", "1.3"}
    assert [uses[case].changed for case in ("check back", "back", "back again")] == [1, 1, 0]
    assert deployments.links == ("releases/1.2", "releases/1.2")
    deployments.deploy("1.4", "1.4", keep=1)
    deployments.playbook.run()
    assert deployments.links == ("releases/1.4", "releases/1.2")
    assert deployments.releases == ["1.2", "1.4", "mine"], "the release before is never deleted"


def test_shared_paths_are_linked_into_each_release(deployments: Deployments) -> None:
    shared = deployments.path / "shared"
    (shared / "log").mkdir(parents=True)
    (shared / "etc" / "deep").mkdir(parents=True)
    (shared / "etc" / "deep" / "app.yml").write_text("shared")
    options = {"shared": ["log", "etc/deep/app.yml"]}
    deployments.deploy("check", "1.0", check=True, **options)
    deployments.deploy("first", "1.0", **options)
    deployments.deploy("again", "1.0", **options)
    deployments.deploy("check upgrade", "1.1", check=True, **options)
    deployments.deploy("upgrade", "1.1", **options)
    deployments.deploy("conflict", "1.2", shared=["conf"])
    (shared / "conf").mkdir()
    uses = deployments.playbook.run()
    assert [uses[case].message for case in ("check", "first", "again", "check upgrade", "upgrade")] == [""] * 5
    assert uses["again"].changed == 0
    assert (deployments.path / "current" / "etc/deep/app.yml").read_text() == "shared"
    assert os.readlink(deployments.path / "current" / "log") == "../../shared/log"
    assert "its artifacts have conf, which deploy_artifacts_shared has as well" in uses["conflict"].message
    assert deployments.links == ("releases/1.1", "releases/1.0")
    assert (shared / "etc/deep/app.yml").read_text() == "shared"


def test_lists_can_be_text(deployments: Deployments) -> None:
    """The argument specs accept text for a list. Its archives were not unpacked."""
    for name in ("log", "data"):
        (deployments.path / "shared" / name).mkdir(parents=True)
    deployments.deploy("text", "1.0", names="app-1.0.tgz, notes-1.0.txt", shared="log,data")
    deployments.deploy("one", "1.1", names="app-1.1.tgz", shared="log")
    deployments.deploy("list", "1.1", names=["app-1.1.tgz"], shared=["log"])
    uses = deployments.playbook.run()
    assert [uses[case].message for case in ("text", "one", "list")] == [""] * 3
    assert uses["list"].changed == 0
    release = deployments.path / "releases" / "1.0"
    names = sorted(path.name for path in release.iterdir() if path.name[0] != ".")
    assert names == ["conf", "data", "log", "notes-1.0.txt", "run"]
    assert (deployments.path / "current" / "run").read_text() == "1.1"


def test_role_can_be_used_in_a_loop(deployments: Deployments) -> None:
    """The variables of the caller can have the item of its loop, which no loop of the role must hide."""
    (deployments.path / "shared" / "log").mkdir(parents=True)
    values = {"path": str(deployments.path), "version": "{{ item }}", "names": ["app-{{ item }}.tgz"], "shared": ["log"]}
    variables = {f"{ROLE}_{name}": value for name, value in values.items()}
    deployments.playbook.use("loop", ROLE, {**variables, f"{ROLE}_keep": 2}, loop=VERSIONS[:3])
    back = {f"{ROLE}_path": "{{ item }}"}
    deployments.playbook.use("back", ROLE, back, tasks_from="rollback", loop=[str(deployments.path)])
    uses = deployments.playbook.run()
    assert [uses[case].message for case in ("loop", "back")] == ["", ""]
    assert deployments.releases == ["1.1", "1.2"]
    assert deployments.links == ("releases/1.1", "releases/1.1")


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "evil": ({"version": "../../evil"}, "deploy_artifacts_version is ../../evil, but must begin with a letter or a digit"),
    "dots": ({"version": ".."}, "deploy_artifacts_version is .., but must begin"),
    "line feed": ({"version": "1.0\n"}, "but must begin with a letter or a digit"),
    "number": ({"version": 1.1}, "deploy_artifacts_version is the number 1.1: quote it"),
    "no version": ({"version": ""}, "deploy_artifacts_version and deploy_artifacts_channel are empty"),
    "channel and names": ({"channel": "stable"}, "deploy_artifacts_names and deploy_artifacts_channel are mutually exclusive"),
    "no channel": ({"channel": "beta", "names": []}, "beta.channel.json"),
    "no names": ({"names": []}, "deploy_artifacts_names is empty"),
    "keep": ({"keep": 0}, "deploy_artifacts_keep must be 1 or more, not 0"),
    "relative path": ({"path": "srv"}, "deploy_artifacts_path must be an absolute path"),
    "name of the link": ({"current": "releases"}, "deploy_artifacts_current must be the name of a link"),
    "path of the link": ({"current": "../current"}, "deploy_artifacts_current must be the name of a link"),
    "shared outside": ({"shared": ["../log"]}, "deploy_artifacts_shared has ../log: each item must be a relative path"),
    "shared absolute": ({"shared": ["/log"]}, "deploy_artifacts_shared has /log: each item must be"),
    "shared in shared": ({"shared": ["log", "log/app"]}, "deploy_artifacts_shared has log/app: each item must be"),
    "shared missing": ({"shared": ["log"]}, "Nothing was changed: {path}/shared/log does not exist."),
    "signature": ({"signature": "x.asc"}, "deploy_artifacts_signature needs deploy_artifacts_signed_by"),
    "keys": ({"signed_by": ["k"], "manifest": ""}, "deploy_artifacts_signed_by needs deploy_artifacts_manifest"),
    "no keys": ({"signed_by": []}, "signed_by"),
    "missing artifact": ({"names": ["missing.tgz"]}, "Not in the Downloads of widgets: 'missing.tgz'"),
    "missing manifest": ({"manifest": "MD5SUMS"}, "The manifest MD5SUMS is not in the Downloads of widgets"),
}


def test_invalid_options_are_errors_before_any_change(deployments: Deployments) -> None:
    for case, (options, _unused) in REFUSED.items():
        deployments.deploy(case, options.pop("version", "1.0"), **options)
    deployments.roll_back("no release before")
    uses = deployments.playbook.run()
    for case, (_unused, words) in REFUSED.items():
        assert words.format(path=deployments.path) in uses[case].message, case
    assert "Nothing was changed: there is no previous release" in uses["no release before"].message
    assert not deployments.path.exists()


def test_path_that_is_not_a_link_is_not_replaced(deployments: Deployments) -> None:
    (deployments.path / "current").mkdir(parents=True)
    (deployments.path / "previous").symlink_to("releases/gone")
    deployments.deploy("deploy", "1.0")
    deployments.roll_back("roll back")
    uses = deployments.playbook.run()
    assert uses["deploy"].message == f"Nothing was changed: {deployments.path}/current is not a link."
    assert uses["roll back"].message == f"Nothing was changed: {deployments.path}/current is not a link."
    (deployments.path / "current").rmdir()
    deployments.roll_back("gone")
    uses = deployments.playbook.run()
    assert f"the previous release {deployments.path}/releases/gone does not exist" in uses["gone"].message


def test_failed_fetch_keeps_the_previous_release_in_use(deployments: Deployments, emulator: Emulator) -> None:
    emulator.repository("acme", "widgets").put("app-1.1.tgz", archive(".tgz", [Item("app-1.1/run", b"evil")]))
    deployments.deploy("first", "1.0")
    deployments.deploy("damaged", "1.1")
    uses = deployments.playbook.run()
    assert "does not have the digest" in uses["damaged"].message
    assert (deployments.path / "current" / "run").read_text() == "1.0"
    assert not (deployments.path / "previous").is_symlink()


def test_release_that_a_channel_names_is_deployed(deployments: Deployments, emulator: Emulator) -> None:
    options = {"channel": "stable", "names": []}
    point(emulator, "1.0")
    deployments.deploy("check", "", check=True, **options)
    deployments.deploy("first", "", **options)
    deployments.deploy("again", "", **options)
    deployments.deploy("other version", "1.1", **options)
    uses = deployments.playbook.run()
    assert [(uses[case].message, uses[case].changed > 0) for case in ("check", "first", "again")] == [
        *(("", True), ("", True), ("", False)),
    ]
    assert "1.1" in uses["other version"].message
    assert (deployments.path / "current" / "run").read_text() == "1.0"
    point(emulator, "1.1")
    deployments.deploy("link", "", via="link", **options)
    deployments.deploy("link again", "", via="link", **options)
    uses = deployments.playbook.run()
    assert [(uses[case].message, uses[case].changed > 0) for case in ("link", "link again")] == [("", True), ("", False)]
    assert deployments.links == ("releases/1.1", "releases/1.0")


def test_channel_that_moves_during_the_deployment_is_an_error(deployments: Deployments, emulator: Emulator) -> None:
    point(emulator, "1.0")
    emulator.faults.add(
        "call", action=lambda: point(emulator, "1.1"), method="GET", path=r"/downloads/stable.channel.json$", after=1
    )
    deployments.deploy("moved", "", channel="stable", names=[])
    uses = deployments.playbook.run()
    assert "1.1" in uses["moved"].message
    assert not (deployments.path / "current").exists()
    assert not (deployments.path / "releases").exists()

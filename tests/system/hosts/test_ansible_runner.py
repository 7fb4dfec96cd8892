# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The publish playbook as AWX and pipelines run it: on localhost, the collection installed, credentials in the environment.

Knows ansible-runner's folders.
"""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import yaml

from tests.emulator import Emulator
from tests.tools.tree import ROOT

from .control import require_ok, run, settings

PLAYBOOK = ROOT / "docs" / "examples" / "publish.yml"
OPTIONS_ONLY = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/releng.bitbucket.bitbucket:
      workspace: acme
      api_url: "{{ bitbucket_api_url }}"
      user: "{{ bitbucket_user }}"
      api_token: "{{ bitbucket_api_token }}"
  tasks:
    - releng.bitbucket.bitbucket_download:
        repository: widgets
        src: "{{ release_dir }}/*"
"""


class Job:
    """A private data directory of ansible-runner, and runs in it."""

    def __init__(self, folder: Path, playbook: str, environment: dict[str, str], variables: dict[str, str]) -> None:
        self.folder = folder / "job"
        self._settings = settings(folder / "home")
        for name, text in (
            ("project/playbook.yml", playbook),
            ("env/envvars", yaml.safe_dump(environment)),
            ("env/extravars", yaml.safe_dump(variables)),
        ):
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text, encoding="utf-8")

    def run(self, identity: str) -> dict[str, int]:
        """One run; returns how many tasks changed something, by host."""
        words = ("run", str(self.folder), "--playbook", "playbook.yml", "--ident", identity)
        require_ok(run("ansible_runner", *words, environment=self._settings, folder=self.folder))
        events = (self.folder / "artifacts" / identity / "job_events").glob("*.json")
        documents = [json.loads(event.read_text(encoding="utf-8")) for event in events]
        (stats,) = [document["event_data"] for document in documents if document["event"] == "playbook_on_stats"]
        assert not stats["failures"]
        assert stats["ok"]
        changed: dict[str, int] = stats["changed"]
        return changed

    def holding(self, secret: str) -> list[Path]:
        """The files among the artifacts of all runs that hold this text."""
        files = [path for path in (self.folder / "artifacts").rglob("*") if path.is_file()]
        assert files
        return [path for path in files if secret.encode() in path.read_bytes()]


@pytest.fixture
def release(dist: Path) -> Path:
    """A folder with something to publish."""
    (dist / "widgets-1.4.2.tar.gz").write_bytes(b"the archive of release 1.4.2")
    return dist


def test_ansible_runner_publishes_and_its_second_run_changes_nothing(
    emulator: Emulator, installed: str, release: Path, tmp_path: Path
) -> None:
    environment = {**emulator.environment(), "ANSIBLE_COLLECTIONS_PATH": installed}
    job = Job(tmp_path, PLAYBOOK.read_text(encoding="utf-8"), environment, {"release_dir": str(release)})
    assert job.run("first") == {"localhost": 1}
    assert sorted(emulator.repository().names()) == ["SHA256SUMS", "widgets-1.4.2.tar.gz"]
    assert job.run("second") == {}
    # ansible-runner itself writes down the environment that it was given, for the owner's eyes only. We add nothing to that.
    commands = [job.folder / "artifacts" / identity / "command" for identity in ("first", "second")]
    assert sorted(job.holding(emulator.api_token)) == commands
    assert [stat.S_IMODE(path.stat().st_mode) for path in commands] == [0o600, 0o600]


def test_a_token_in_a_variable_is_in_no_artifact_of_ansible_runner(
    emulator: Emulator, installed: str, release: Path, tmp_path: Path
) -> None:
    variables = {
        "release_dir": str(release),
        "bitbucket_api_url": emulator.api_url,
        "bitbucket_user": emulator.user,
        "bitbucket_api_token": emulator.api_token,
    }
    job = Job(tmp_path, OPTIONS_ONLY, {"ANSIBLE_COLLECTIONS_PATH": installed}, variables)
    assert job.run("first") == {"localhost": 1}
    assert job.holding(emulator.api_token) == []
    assert job.holding(str(release))


def test_in_an_environment_with_nothing_but_the_credentials_the_playbook_publishes(
    emulator: Emulator, installed: str, release: Path, tmp_path: Path
) -> None:
    environment = {**settings(tmp_path / "home", installed), **emulator.environment()}
    words = ("playbook", str(PLAYBOOK), "-e", json.dumps({"release_dir": str(release)}))
    recaps = [require_ok(run("ansible", *words, environment=environment, folder=tmp_path)) for _unused in range(2)]
    assert "changed=1" in recaps[0]
    assert "changed=0" in recaps[1]
    assert sorted(emulator.repository().names()) == ["SHA256SUMS", "widgets-1.4.2.tar.gz"]
    assert all(emulator.api_token not in recap for recap in recaps)

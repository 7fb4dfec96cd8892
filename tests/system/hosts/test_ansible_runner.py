# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a playbook with ansible-runner, as AWX does: on localhost, with the collection installed."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import yaml

from tests.emulator import Emulator
from tests.tools.tree import ROOT

from .control import require_ok, run, settings

PLAYBOOK = ROOT / "playbooks" / "publish.yml"
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
    """A private data directory of ansible-runner, and a run in it."""

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

    def run(self) -> dict[str, int]:
        """Run the playbook; return how many tasks changed something, by host."""
        words = ("run", str(self.folder), "--playbook", "playbook.yml", "--ident", "only")
        require_ok(run("ansible_runner", *words, environment=self._settings, folder=self.folder))
        events = (self.folder / "artifacts" / "only" / "job_events").glob("*.json")
        documents = [json.loads(event.read_text(encoding="utf-8")) for event in events]
        (stats,) = [document["event_data"] for document in documents if document["event"] == "playbook_on_stats"]
        assert not stats["failures"]
        assert stats["ok"]
        changed: dict[str, int] = stats["changed"]
        return changed

    def files_with(self, secret: str) -> list[Path]:
        """Return the files among the artifacts of the run that contain this text."""
        files = [path for path in (self.folder / "artifacts").rglob("*") if path.is_file()]
        assert files
        return [path for path in files if secret.encode() in path.read_bytes()]


@pytest.fixture
def release(dist: Path) -> Path:
    """Return a folder with a file to publish."""
    (dist / "widgets-1.4.2.tar.gz").write_bytes(b"the archive of release 1.4.2")
    return dist


def test_ansible_runner_publishes_with_credentials_in_the_environment(
    emulator: Emulator, installed: str, release: Path, tmp_path: Path
) -> None:
    environment = {**emulator.environment(), "ANSIBLE_COLLECTIONS_PATH": installed}
    job = Job(tmp_path, PLAYBOOK.read_text(encoding="utf-8"), environment, {"release_dir": str(release)})
    assert job.run() == {"localhost": 1}
    assert sorted(emulator.repository().names()) == ["SHA256SUMS", "widgets-1.4.2.tar.gz"]
    # ansible-runner itself writes the environment to a file that only the owner can read.
    command = job.folder / "artifacts" / "only" / "command"
    assert job.files_with(emulator.api_token) == [command]
    assert stat.S_IMODE(command.stat().st_mode) == 0o600


def test_no_artifact_of_ansible_runner_has_a_token_from_a_variable(
    emulator: Emulator, installed: str, release: Path, tmp_path: Path
) -> None:
    variables = {
        "release_dir": str(release),
        "bitbucket_api_url": emulator.api_url,
        "bitbucket_user": emulator.user,
        "bitbucket_api_token": emulator.api_token,
    }
    job = Job(tmp_path, OPTIONS_ONLY, {"ANSIBLE_COLLECTIONS_PATH": installed}, variables)
    assert job.run() == {"localhost": 1}
    assert job.files_with(emulator.api_token) == []
    assert job.files_with(str(release))

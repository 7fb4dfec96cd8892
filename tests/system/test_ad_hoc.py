# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real programs: ad hoc commands and a playbook, with credentials from the environment, and what they print."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.command_line import ad_hoc, ansible_program

MODULE = "bitbucket_download"
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/releng.bitbucket.bitbucket:
      workspace: acme
      repository: widgets
      api_url: %(api_url)s
      user: %(user)s
      api_token: %(api_token)s
  tasks:
    - releng.bitbucket.bitbucket_download:
        content: text
        name: VERSION
    - releng.bitbucket.bitbucket_download_info:
      register: listed
    - ansible.builtin.assert:
        that: listed.artifacts | map(attribute="name") == ["VERSION"]
"""


@pytest.fixture
def source(dist: Path) -> str:
    """The path of a file to publish."""
    (dist / "app.tgz").write_bytes(b"application")
    return str(dist / "app.tgz")


def credentials_only(emulator: Emulator) -> dict[str, str]:
    """The environment without workspace and repository, which the command line names."""
    environment = emulator.environment()
    return {name: environment[name] for name in environment if name not in ("BITBUCKET_WORKSPACE", "BITBUCKET_REPO_SLUG")}


def test_one_command_publishes(emulator: Emulator, source: str) -> None:
    arguments = f"workspace=acme repository=widgets src={source}"
    done = ad_hoc(MODULE, arguments, environment=credentials_only(emulator))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "localhost | CHANGED" in done.stdout
    stored = emulator.repository().get("app.tgz")
    assert stored is not None
    assert stored.content == b"application"


def test_check_and_diff_show_what_would_happen_and_write_nothing(emulator: Emulator, source: str) -> None:
    emulator.repository().put("old.tgz", b"old")
    done = ad_hoc(MODULE, f"src={source}", "--check", "--diff", environment=emulator.environment())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "localhost | CHANGED" in done.stdout
    assert "\n+app.tgz  11 bytes" in done.stdout
    assert "\n old.tgz  3 bytes" in done.stdout
    assert emulator.repository().names() == ["old.tgz"]
    assert {entry.method for entry in emulator.journal} == {"GET"}


def test_module_defaults_of_the_action_group_reach_both_modules(emulator: Emulator, tmp_path: Path) -> None:
    values = {"api_url": emulator.api_url, "user": emulator.user, "api_token": emulator.api_token}
    playbook = tmp_path / "play.yml"
    playbook.write_text(PLAYBOOK % values)
    done = ansible_program("ansible-playbook", str(playbook), environment={})
    assert done.returncode == 0, done.stdout + done.stderr
    assert emulator.repository().names() == ["VERSION"]


def test_an_error_reads_well(emulator: Emulator, source: str) -> None:
    environment = {**emulator.environment(), "BITBUCKET_API_TOKEN": "wrong-token"}
    done = ad_hoc(MODULE, f"src={source}", environment=environment)
    printed = done.stdout + done.stderr
    assert done.returncode == 2
    assert "failed with HTTP status 401 Unauthorized: Token is invalid" in printed
    assert "e-mail of the Atlassian account" in printed
    assert '"exception"' not in printed
    assert [word for word in ("Traceback", "MODULE FAILURE", "wrong-token") if word in printed] == []


@pytest.mark.parametrize("kind", ["API token", "OAuth"])
def test_the_most_verbose_output_holds_no_secret(emulator: Emulator, source: str, kind: str) -> None:
    emulator.repository().put("app.tgz", b"application")
    environment = emulator.environment()
    if kind == "OAuth":
        del environment["BITBUCKET_API_TOKEN"]
        environment["BITBUCKET_CLIENT_ID"] = emulator.client_id
        environment["BITBUCKET_CLIENT_SECRET"] = emulator.client_secret
    done = ad_hoc(MODULE, f"src={source}", "-vvvv", "--diff", environment=environment)
    printed = done.stdout + done.stderr
    assert "localhost | SUCCESS" in printed
    assert json.dumps("same content") in printed
    assert len(emulator.journal.select(host="storage")) == 1
    pairs = [(emulator.user, emulator.api_token), (emulator.client_id, emulator.client_secret)]
    secrets = [base64.b64encode(":".join(pair).encode()).decode() for pair in pairs]
    secrets += [*emulator.accounts.credentials, emulator.client_secret, emulator.signer.session[:40], "Signature="]
    assert [secret for secret in secrets if secret in printed] == []

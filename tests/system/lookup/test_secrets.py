# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that no secret of a lookup is in Ansible's most verbose output or in the log of the controller."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.leaks import leaked, secrets_of
from tests.http._downloads.helpers import widgets
from tests.http.lookup.helpers import DOWNLOAD, Looker
from tests.system.lookup.helpers import each_ansible, play

EXPIRED = "<Error><Code>AccessDenied</Code><Message>canary</Message></Error>"


@pytest.fixture(autouse=True)
def _published(emulator: Emulator) -> None:
    widgets(emulator).put("f", b"text")


def test_no_log_record_has_a_secret(
    emulator: Emulator, look: Looker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Collect all log records, which ANSIBLE_DEBUG and ANSIBLE_LOG_PATH would write."""
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    caplog.set_level(logging.DEBUG)
    assert look.bare("f") == ["text"]
    assert "missing" in look.bare_failure("missing")
    assert len(secrets_of(emulator)) > 6
    assert leaked(emulator, caplog.text) == []


def tasks(**variables: str) -> list[dict[str, Any]]:
    """Return tasks with lookups that succeed, find nothing and are refused, with these variables of each task."""
    terms = ["'f'", "'missing'", "'f', repository='x'"]
    messages = [f"{{{{ lookup('{DOWNLOAD}', {term}) }}}}" for term in terms]
    more = {"ignore_errors": True, "vars": {f"bitbucket_{name}": f"{{{{ my_{name} }}}}" for name in variables}}
    return [{"ansible.builtin.debug": {"msg": message}, **more} for message in messages]


@each_ansible
def test_neither_the_most_verbose_output_nor_the_debug_log_has_a_secret(emulator: Emulator, tmp_path: Path, python: str) -> None:
    """With each kind of credential: one from the environment, the others from variables."""
    access = {"access_token": emulator.access_token}
    consumer = {"client_id": emulator.client_id, "client_secret": emulator.client_secret}
    secrets = tmp_path / "secrets.yml"
    secrets.write_text("".join(f"my_{name}: {value}\n" for name, value in {**access, **consumer}.items()))
    log = tmp_path / "ansible.log"
    environment = {**emulator.environment(), "ANSIBLE_LOG_PATH": str(log), "ANSIBLE_DEBUG": "1"}
    emulator.faults.add("status", host="storage", code=403, body=EXPIRED, after=3, times=None)
    last = {"ansible.builtin.debug": {"msg": f"{{{{ lookup('{DOWNLOAD}', 'f', retries=0) }}}}"}, "ignore_errors": True}
    everything = [*tasks(), *tasks(**access), *tasks(**consumer), last]
    done = play(tmp_path, everything, "-vvvv", "-e", f"@{secrets}", environment=environment, python=python)
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed
    for words in ("is not in the Downloads", "AccessDenied", "HTTP 404", "ignored=7"):
        assert words in " ".join(printed.split()), words
    kinds = {entry.headers["Authorization"].split()[0] for entry in emulator.journal.select("api")}
    assert (kinds, len(emulator.journal.select("token"))) == ({"Basic", "Bearer"}, 3)
    logged = log.read_text("utf-8")
    assert "PLAY RECAP" in logged
    assert leaked(emulator, printed, logged) == []
    assert "canary" not in printed + logged

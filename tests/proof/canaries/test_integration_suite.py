# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watch the integration suite at maximum verbosity: no secret is in the output, in the log, or in the arguments of processes.
Files contain secrets only where Ansible stores the options of a task, or where the suite stores its own.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from tests.helpers.command_line import BASE
from tests.helpers.repeating import repeatedly
from tests.proof.canaries.test_canaries import is_wrapper
from tests.proof.canaries.watching import watching
from tests.tools.tree import ROOT, link_checkout

TARGETS = ROOT / "tests" / "integration" / "targets"
NAMES = sorted(path.name for path in TARGETS.iterdir() if (path / "aliases").exists())
# Files in which the suite stores secrets: the emulator's variables, as printed and as read by its users.
OF_THE_SUITE = "BITBUCKET_API_URL="


class Secrets:
    """Collect the secrets of an emulator that the suite started, repeatedly while it runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.found: set[str] = set()
        self.storage_headers: list[dict[str, str]] = []

    def update(self) -> None:
        """Query the emulator if it exists."""
        for path in self._folder.glob("*.bitbucket/env"):
            with suppress(OSError, ValueError):
                variables = dict(line.removeprefix("export ").split("=", 1) for line in path.read_text().splitlines())
                control = variables["EMULATOR_CONTROL_URL"].strip("'")
                self._learn(_read(control + "/identities"), _read(control + "/journal"))

    def _learn(self, identities: object, journal: object) -> None:
        texts = [text for text in _texts(identities) if "@" not in text and "://" not in text]
        assert isinstance(journal, list)
        for entry in journal:
            if entry["host"] == "storage":
                texts += [value for name, value in entry["query"].items() if not name.startswith("response-")]
                self.storage_headers.append(entry["headers"])
            texts += entry["headers"].get("authorization", "").split(" ")[-1:]
        self.found |= {text for text in texts if len(text) > 9 and not text.isdigit()}


def _read(url: str) -> object:
    with urllib.request.urlopen(url, timeout=5) as response:
        return json.load(response)


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    return [value] if isinstance(value, str) else []


@pytest.mark.timeout(900)
@pytest.mark.parametrize("target", NAMES)
def test_no_secret_is_visible(target: str, tmp_path: Path) -> None:
    play = {"hosts": "localhost", "gather_facts": False, "force_handlers": True}
    playbook = tmp_path / "play.json"
    playbook.write_text(json.dumps([{**play, "tasks": [{"ansible.builtin.include_role": {"name": target}}]}]))
    private = [tmp_path / name for name in ("home", "tmp", "remote")]
    for folder in private:
        folder.mkdir()
    log = tmp_path / "home" / "ansible.log"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "BITBUCKET_"))},
        **BASE,
        "HOME": str(private[0]),
        "TMPDIR": str(private[1]),
        "ANSIBLE_REMOTE_TMP": str(private[2]),
        "ANSIBLE_ROLES_PATH": str(TARGETS),
        "ANSIBLE_COLLECTIONS_PATH": str(link_checkout()),
        "ANSIBLE_LOG_PATH": str(log),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
    }
    command = [sys.executable, "-m", "ansible", "playbook", str(playbook), "-vvvv", "--diff"]
    secrets = Secrets(private[1])
    with watching(*private) as watcher, repeatedly(secrets.update, 0.1):
        interpreter = ["-e", f"ansible_python_interpreter={sys.executable}"]
        done = subprocess.run([*command, *interpreter], env=environment, capture_output=True, text=True, check=False)
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed[-5000:]
    assert len(secrets.found) > 4
    seen = {"output": printed, "log": log.read_text(), **watcher.command_lines()}
    assert any("AnsiballZ_bitbucket_" in words for words in watcher.arguments), "no module was observed"
    for path, texts in watcher.files.items():
        seen[path] = "".join(text for text in texts if not is_wrapper(text) and OF_THE_SUITE not in text)
    assert [(place, secret) for place, text in seen.items() for secret in sorted(secrets.found) if secret in text] == []
    for headers in secrets.storage_headers:
        assert not {"authorization", "cookie", "proxy-authorization"} & headers.keys()


def test_recognize_a_basic_value() -> None:
    """The search covers the values in the emulator's journal."""
    value = base64.b64encode(b"user@example.com:secret").decode()
    secrets = Secrets(Path("/"))
    secrets._learn({}, [{"host": "api", "query": {}, "headers": {"authorization": f"Basic {value}"}}])
    assert secrets.found == {value}

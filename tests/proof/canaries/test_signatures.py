# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test signing in a real playbook with encrypted keys: no output, argument, environment, file or core dump has the passphrase.

The only exception is Ansible's wrapper of the module, as for credentials of tasks.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.emulator import Emulator
from tests.helpers.openpgp import open_openpgp_home
from tests.helpers.ssh_signing import make_ssh_key
from tests.http._downloads.helpers import MANIFEST, contents
from tests.proof.canaries.test_canaries import PREFIX, Stage, is_wrapper

PASSPHRASE, WRONG = "Zwölf Boxkämpfer € 4711", "wrong canary \"4711\" 'x' \\ $HOME"
SIGNERS = ("gpg", "ssh-keygen")


def forms(secret: str) -> set[str]:
    """Return the possible forms of a secret in an output, an argument or a file."""
    raw = secret.encode()
    texts = {secret, json.dumps(secret)[1:-1], quote(secret), repr(secret)[1:-1], raw.decode("latin-1")}
    return texts | {base64.b64encode(raw).decode().rstrip("="), raw.hex()}


def find(secret: str, texts: dict[str, str]) -> list[tuple[str, str]]:
    """Return the places and forms of a visible secret."""
    return [(place, form) for form in forms(secret) for place, text in texts.items() if form in text]


def slow_down(folder: Path) -> None:
    """Add programs to the folder that start the real ones with a delay, so that the watcher takes a sample."""
    folder.mkdir()
    for name in SIGNERS:
        (folder / name).write_text(f'#!/bin/sh\nsleep 0.2\nexec {shutil.which(name)} "$@"\n', "utf-8")
        (folder / name).chmod(0o755)


def tasks(folder: Path, keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return tasks that publish with each key: with a wrong passphrase, which fails, with the right one, and again unchanged."""
    (folder / "dist").mkdir()
    (folder / "dist" / "app").write_bytes(b"application")
    found: list[dict[str, Any]] = []
    for number, key in enumerate(keys):
        options = {"src": [f"{folder}/dist/app"], "manifest": f"{MANIFEST}{number}", **key}
        for passphrase in (WRONG, PASSPHRASE, PASSPHRASE):
            task = {f"{PREFIX}download": {**options, "signing_passphrase": passphrase}, "register": "result"}
            found += [{**task, "ignore_errors": True}, {"ansible.builtin.debug": {"var": "result"}}]
    return found


@pytest.mark.timeout(180)
def test_show_no_passphrase(emulator: Emulator, tmp_path: Path) -> None:
    slow_down(tmp_path / "bin")
    ssh = make_ssh_key(tmp_path, "-a", "1", passphrase=PASSPHRASE)
    with open_openpgp_home() as home:
        openpgp = home.create_key(passphrase=PASSPHRASE)
        home.forget_passphrases()
        keys = [
            {"signing_key": openpgp.fingerprint, "gnupg_home": str(home.path)},
            {"signing_key": str(ssh.path), "signature_format": "ssh"},
        ]
        path = os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]])
        stage = Stage(emulator, tmp_path, {**emulator.environment(), "PATH": path})
        printed, watcher = stage.run({"tasks": tasks(tmp_path, keys)}, "sh", "-c", 'ulimit -c $(ulimit -H -c); exec "$@"', "sh")
        kept = {str(each): each.read_bytes().decode("latin-1") for each in home.path.rglob("*") if each.is_file()}
    assert printed.count("signing_passphrase is wrong") >= 2 * len(keys), printed
    assert set(contents(emulator)) == {"app", "SHA256SUMS0", "SHA256SUMS0.asc", "SHA256SUMS1", "SHA256SUMS1.sig"}
    for name in SIGNERS:
        assert any(f"/{name} " in words and "sign" in words for words in watcher.arguments), f"{name} was not observed"
    files = {path: "".join(text for text in texts if not is_wrapper(text)) for path, texts in watcher.files.items()}
    seen = {"output": printed, **watcher.command_lines(), **watcher.environments(), **files, **kept}
    assert [place for secret in (PASSPHRASE, WRONG) for place in find(secret, seen)] == []
    assert {limit for words, limit in watcher.core_limits if any(f"/bin/{name} " in words for name in SIGNERS)} == {"0"}

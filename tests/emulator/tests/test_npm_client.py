# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that the `bitbucket` package from npm works with the emulator."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from .. import Emulator

HERE = Path(__file__).parent / "npm"
NPM, NODE = shutil.which("npm"), shutil.which("node")
INSTALL = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]


def build_folder() -> Path:
    """Return `build/` in a checkout, or else the folder for temporary files."""
    root = Path(__file__).resolve().parents[3]
    return root / "build" if (root / "Makefile").is_file() else Path(tempfile.gettempdir())


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the packages of the lock file, installed once and moved into place atomically."""
    if NPM is None or NODE is None:
        pytest.skip("needs npm and node")
    lock = (HERE / "package-lock.json").read_bytes()
    ready = build_folder() / "npm" / hashlib.sha256(lock).hexdigest()[:16]
    if not ready.is_dir():
        ready.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=ready.parent))
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, made)
        try:
            done = subprocess.run([NPM, *INSTALL], cwd=made, capture_output=True, text=True, timeout=100, check=False)
            problem = done.stderr[-300:] if done.returncode else None
        except subprocess.TimeoutExpired:
            problem = "no response in time"
        if problem is not None:
            shutil.rmtree(made, ignore_errors=True)
            pytest.skip(f"cannot install the packages: {problem}")
        with suppress(OSError):  # another worker created it first
            made.rename(ready)
        shutil.rmtree(made, ignore_errors=True)
    return ready


def test_snippet_and_artifact(emulator: Emulator, packages: Path) -> None:
    assert NODE is not None
    proxies = {"http_proxy": "", "HTTP_PROXY": "", "NO_PROXY": "*", "NODE_PATH": str(packages / "node_modules")}
    done = subprocess.run(
        [NODE, str(HERE / "crud.cjs")],
        env={**os.environ, **emulator.environment(), **proxies},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["snippet"] == {
        "statuses": [201, 200, 200, 405, 200, 204],
        "title": "More notes",
        "files": ["a.txt"],
        "contents": ["three\n", "three\n"],
        "listed": ["More notes"],
        "gone": 404,
    }
    assert seen["artifact"] == {
        "statuses": [201, 201, 204],
        "listed": [["app+1 b.txt", 3]],
        "content": "new",
        "gone": 404,
    }
    assert [entry.uploads for entry in emulator.journal.select(method="PUT")] == [[], ["a.txt"], []]
    assert all("Authorization" not in entry.headers for entry in emulator.journal.select(host="storage"))

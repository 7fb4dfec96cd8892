# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run each module, lookup and role in one playbook with a given core and target Python, against the emulator.

The playbook runs in check mode, then for real, and then again.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.emulator import Emulator
from tests.helpers.archives import Item, archive
from tests.tools.tree import link_checkout

PLAYBOOK = Path(__file__).with_name("play.yml")
RECAP = re.compile(r"^localhost +: ok=(\d+) +changed=(\d+) +unreachable=(\d+) +failed=(\d+)", re.MULTILINE)
TROUBLE = re.compile(r"\[(WARNING|DEPRECATION WARNING|ERROR)\].*")
LIMIT = 3600  # seconds
# Tasks that fetch artifacts which exist only after a run.
UNFORESEEN = 1


class Failed(Exception):
    """A check failed. The message has the details."""


def prepare(emulator: Emulator) -> None:
    """Create everything that the playbook expects."""
    now = datetime.now(UTC)
    lines = ""
    for number in range(3):
        emulator.repository().put(f"old-{number}.tgz", b"old", created_on=now - timedelta(days=number))
        tool = archive(".tgz", [Item("tool/run", f"#!/bin/sh\necho {number}\n".encode(), 0o755)])
        emulator.repository().put(f"tool-{number}.tgz", tool, created_on=now - timedelta(days=number))
        lines += f"{hashlib.sha256(tool).hexdigest()}  tool-{number}.tgz\n"
    emulator.repository(slug="staging").put("VERSION", "1.4.2")
    emulator.repository().put("TOOLS.sha256", lines.encode())
    emulator.snippets.create("Run book", {"start.md": "Call the release engineer.\n", "image.png": bytes(range(256))})
    emulator.snippets.create("Out of date", {"notes.md": "This is obsolete.\n"})


def run_three_times(ansible: Path, target: Path, folder: Path) -> None:
    """Run the playbook three times on a new emulator; raise Failed."""
    with Emulator() as emulator:
        prepare(emulator)
        (folder / "dist").mkdir()
        for name in ("app-1.0.tgz", "app-1.1.tgz"):
            (folder / "dist" / name).write_bytes(name.encode() * 1000)
        settings = _settings(emulator, folder)
        words = [str(ansible), "-m", "ansible", "playbook", str(PLAYBOOK), "-e", f"ansible_python_interpreter={target}"]
        words += ["-e", f"folder={folder}"]
        foreseen = _changed(run([*words, "--check", "--diff"], settings, folder))
        if any(entry.method not in ("GET", "HEAD") for entry in emulator.journal):
            raise Failed("a dry run changed something")
        first, second = (_changed(run(words, settings, folder)) for _unused in range(2))
        if not foreseen or first != foreseen + UNFORESEEN:
            raise Failed(f"{first} tasks changed something, the dry run predicted {foreseen} and cannot predict {UNFORESEEN}")
        if second:
            raise Failed(f"{second} tasks changed something in the second run")


def ad_hoc(ansible: Path, folder: Path) -> None:
    """Run each module with a command without a playbook; raise Failed."""
    lines = {
        "bitbucket_download": "content=x name=VERSION",
        "bitbucket_download_info": "patterns=*.tgz",
        "bitbucket_download_fetch": f"name=VERSION dest={folder}/VERSION",
        "bitbucket_download_verify": f"name=VERSION checksum=sha256:{hashlib.sha256(b'x').hexdigest()}",
        "bitbucket_download_channel": "name=stable version=1.0 artifacts=VERSION",
        "bitbucket_download_copy": "src_repository=staging name=VERSION overwrite=different",
        "bitbucket_download_prune": "patterns=old-* keep=1",
        "bitbucket_snippet": '{"title": "Notes", "files": [{"name": "notes.md", "content": "New.\\n"}]}',
        "bitbucket_snippet_info": 'title="Run book" contents=true',
    }
    with Emulator() as emulator:
        prepare(emulator)
        settings = _settings(emulator, folder)
        words = [str(ansible), "-m", "ansible", "adhoc", "localhost", "-e", f"ansible_python_interpreter={ansible}"]
        for module, options in lines.items():
            output = run([*words, "-m", f"releng.bitbucket.{module}", "-a", options], settings, folder)
            if not re.search(r"^localhost \| (CHANGED|SUCCESS) => ", output, re.MULTILINE):
                raise Failed(f"{module}: {output[-2000:]}")


def _changed(output: str) -> int:
    recap = RECAP.search(output)
    if not recap or int(recap[1]) == 0:
        raise Failed(f"no task ran: {output[-2000:]}")
    return int(recap[2])


def run(
    words: list[str],
    settings: Mapping[str, str],
    folder: Path,
    warnings: bool = False,
    record: Path | None = None,
) -> str:
    """Run a program that must succeed, without warnings unless `warnings`; return its output, and keep it in `record`."""
    done = subprocess.run(
        words,
        cwd=folder,
        env=dict(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=LIMIT,
        check=False,
    )
    if record:
        record.write_text(done.stdout, encoding="utf-8")
    if done.returncode:
        raise Failed(f"exit code {done.returncode}: {done.stdout[-3000:]}")
    trouble = None if warnings else TROUBLE.search(done.stdout)
    if trouble:
        raise Failed(f"it printed a warning: {trouble[0]}")
    return done.stdout


def _settings(emulator: Emulator, folder: Path) -> dict[str, str]:
    return {
        **emulator.environment(),
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_HOME": str(folder / ".ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(link_checkout()),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_NOCOLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }

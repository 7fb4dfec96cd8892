# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that the demo succeeds, leaves no files, and stops the emulator."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.demo.keys import ReleaseKey, make_release_key
from tests.tools.stage import stage
from tests.tools.tree import BUILD, ROOT

GPG = Path(shutil.which("gpg") or "gpg")
RUN = Path("docs", "examples", "demo", "run")


def start(checkout: Path, folder: Path) -> subprocess.Popen[str]:
    """Start the demo from another folder, with a missing home directory."""
    environment = {**os.environ, "HOME": str(folder / "missing"), "DEMO_PYTHON": sys.executable}
    command = [str(checkout / RUN)]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def find_folders(checkout: Path) -> set[str]:
    """Return the folders of demos."""
    return {path.name for path in (checkout / "build").glob("demo-*")}


def snapshot(checkout: Path) -> dict[str, int]:
    """Return every file of a checkout with its time, without those under build/."""
    files = ((path.relative_to(checkout), path.lstat()) for path in checkout.rglob("*"))
    return {str(path): stat.st_mtime_ns for path, stat in files if path.parts[0] != "build" and path.parts[0] != ".git"}


def test_demo_succeeds_and_does_not_change_the_checkout(tmp_path: Path) -> None:
    copy = stage("demo")
    before = snapshot(copy)
    with start(copy, tmp_path) as process:
        output, _unused = process.communicate()
    assert process.returncode == 0, output
    assert "Checked: changed=0" in output
    assert "publisher-" not in output
    assert re.search(r"The API received (\d+) requests for the first host and \1 for all ten\.", " ".join(output.split()))
    assert "all hosts run widgets 1.5.0. They switched without any request. The channel points to 1.5.0" in " ".join(
        output.split()
    )
    assert [word for word in ("WARNING", "Traceback", "{", "}") if word in output] == []
    assert max(map(len, output.splitlines())) <= 160
    assert len(output.splitlines()) < 560
    assert find_folders(copy) == set()
    assert snapshot(copy) == before
    assert not (tmp_path / "missing").exists()


def test_create_the_key_with_ssh_keygen_or_gpg_or_name_programs_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    with make_release_key(tmp_path) as key:
        assert key is None
    assert "install ssh-keygen" in ReleaseKey.MISSING
    assert GPG.is_absolute(), "install gpg (package gnupg)"
    for program in ("gpg", "gpgconf"):
        (programs / program).symlink_to(GPG.with_name(program))
    with make_release_key(tmp_path) as key:
        assert key
        assert key.signature_of("SHA256SUMS") == "SHA256SUMS.asc"
        assert key.public.read_text(encoding="ascii").startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----")
        home = Path(key.variables["GNUPGHOME"])
        assert home.exists()
    assert not home.exists()


@pytest.mark.parametrize(("number", "delay"), [(signal.SIGTERM, 0), (signal.SIGINT, 2)])
def test_an_interrupted_demo_stops_the_emulator(number: int, delay: float, tmp_path: Path) -> None:
    folders = find_folders(ROOT)
    with start(ROOT, tmp_path) as process:
        pid = emulator_of(process, folders)
        time.sleep(delay)
        process.send_signal(number)
        process.communicate()
    assert process.returncode == 128 + number
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert find_folders(ROOT) == folders


def emulator_of(process: subprocess.Popen[str], folders: set[str]) -> int:
    """Wait for the emulator of the demo; return its process ID."""
    while process.poll() is None:
        for file in (path / "emulator.env" for path in BUILD.glob("demo-*") if path.name not in folders):
            if file.exists():
                words = file.read_text(encoding="utf-8").split("export EMULATOR_PID=")
                return int(words[1].split()[0])
        time.sleep(0.05)
    raise AssertionError("The demo ended before its emulator started.")

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ansible-test on a staged copy of the checkout, and do not believe a pass that tested nothing.

Usage: python -m tests.tools.run_ansible_test sanity|units|integration [ARGUMENT...]
To be started with the Python of the virtual environment that holds ansible-core. ANSIBLE_TEST_STAGE names the copy.
"""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import ansible_test

from .setup_venv import pip_settings
from .shown import run_shown
from .stage import stage
from .tree import BUILD

HOME = BUILD / "home"
BIN = Path(sys.executable).parent
VERSION = ".".join(map(str, sys.version_info[:2]))
# Programs without which ansible-test leaves a test out and passes.
REQUIRED = ("shellcheck",)
# What it says when it leaves something out.
OMISSIONS = re.compile(
    r"All targets skipped|Required program .* not found|Skipping sanity test|Excluding .* tests|Skipping unit tests on"
)


def main(words: list[str]) -> int:
    """Run ansible-test with these words; its exit code, or 1 where something was left out."""
    missing = [name for name in REQUIRED if shutil.which(name, path=_path()) is None]
    if missing:
        print(f"Missing here, and ansible-test would pass without: {', '.join(missing)}", file=sys.stderr)
        return 1
    _hand_over_pip_settings()
    _stand_in_for_get_pip()
    return _run(words, stage(os.environ.get("ANSIBLE_TEST_STAGE", words[0])))


def _run(words: list[str], folder: Path) -> int:
    command = [str(BIN / "ansible-test"), words[0], "--local", "--python", VERSION, *words[1:]]
    print(f"$ ansible-test {' '.join(command[1:])}", flush=True)
    code, lines = run_shown(command, folder, _environment())
    left_out = [line.strip() for line in lines if OMISSIONS.search(line)]
    if code == 0 and left_out:
        print("ansible-test left something out, which is no pass:", *left_out, sep="\n  ", file=sys.stderr)
        return 1
    return code


def _path() -> str:
    return os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)])


def _environment() -> dict[str, str]:
    """Return the caller's environment without the settings that would lead Ansible or git elsewhere."""
    unwanted = ("ANSIBLE_", "BITBUCKET_", "GIT_", "PYTEST_", "PYTHONPATH", "PYTHONHOME")
    env = {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}
    return {**env, "HOME": str(HOME), "PATH": _path()}


def _hand_over_pip_settings() -> None:
    """Write pip's settings where pip finds them under our HOME; ansible-test passes no variables on."""
    parser = configparser.RawConfigParser()
    for key, value in {"global.quiet": "1", **pip_settings()}.items():
        section, option = key.split(".", 1)
        if not parser.has_section(section):
            parser.add_section(section)
        parser.set(section, option, value)
    file = HOME / ".config" / "pip" / "pip.conf"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    with file.open("w", encoding="utf-8") as stream:
        parser.write(stream)


def _stand_in_for_get_pip() -> None:
    """Put our script where ansible-test looks before it downloads, with the pip that it wants beside it."""
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in _wanted_pips():
        script = cache / f"get_pip_{version.replace('.', '_')}.py"
        if not list(cache.glob("pip-*.whl")):
            _download_pip(version, cache)
        shutil.copyfile(Path(__file__).with_name("get_pip.py"), script)


def _wanted_pips() -> list[str]:
    """Return the releases of pip that this ansible-test pins."""
    source = Path(ansible_test.__file__).parent / "_internal" / "python_requirements.py"
    return re.findall(r"\bpip=['\"]([0-9.]+)['\"]", source.read_text(encoding="utf-8"))


def _download_pip(version: str, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*command, "--dest", str(folder), f"pip=={version}"], check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

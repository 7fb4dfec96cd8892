# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ansible-test on a staged copy of the checkout, and fail if it skipped tests.

Usage: python -m tests.tools.run_ansible_test sanity|units|integration [ARGUMENT...]
Run it with the Python of the virtual environment that has ansible-core. ANSIBLE_TEST_STAGE names the copy.
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
# Without these programs, ansible-test skips tests and passes.
REQUIRED = ("shellcheck",)
# Output of ansible-test about skipped tests.
OMISSIONS = re.compile(
    r"All targets skipped|Required program .* not found|Skipping sanity test|Excluding .* tests|Skipping unit tests on"
)


def main(words: list[str]) -> int:
    """Run ansible-test with these arguments; return its exit code, or 1 if it skipped tests."""
    missing = [name for name in REQUIRED if shutil.which(name, path=_path()) is None]
    if missing:
        print(f"Install these programs, without which ansible-test skips tests: {', '.join(missing)}", file=sys.stderr)
        return 1
    _write_pip_settings()
    _replace_get_pip()
    return _run(words, stage(os.environ.get("ANSIBLE_TEST_STAGE", words[0])))


def _run(words: list[str], folder: Path) -> int:
    command = [str(BIN / "ansible-test"), words[0], "--local", "--python", VERSION, *words[1:]]
    print(f"$ ansible-test {' '.join(command[1:])}", flush=True)
    code, lines = run_shown(command, folder, _environment())
    omitted = [line.strip() for line in lines if OMISSIONS.search(line)]
    if code == 0 and omitted:
        print("ansible-test skipped tests, so this run fails:", *omitted, sep="\n  ", file=sys.stderr)
        return 1
    return code


def _path() -> str:
    return os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)])


def _environment() -> dict[str, str]:
    """Return the caller's environment without settings that redirect Ansible or git."""
    unwanted = ("ANSIBLE_", "BITBUCKET_", "GIT_", "PYTEST_", "PYTHONPATH", "PYTHONHOME")
    env = {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}
    return {**env, "HOME": str(HOME), "PATH": _path()}


def _write_pip_settings() -> None:
    """Write the settings of pip to a file in the HOME of the run, because ansible-test passes no variables on."""
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


def _replace_get_pip() -> None:
    """Copy the replacement script to the cache of ansible-test, together with the pinned pip."""
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in _list_pinned_pips():
        script = cache / f"get_pip_{version.replace('.', '_')}.py"
        if not list(cache.glob("pip-*.whl")):
            _download_pip(version, cache)
        shutil.copyfile(Path(__file__).with_name("get_pip.py"), script)


def _list_pinned_pips() -> list[str]:
    """Return the releases of pip that ansible-test pins."""
    source = Path(ansible_test.__file__).parent / "_internal" / "python_requirements.py"
    return re.findall(r"\bpip=['\"]([0-9.]+)['\"]", source.read_text(encoding="utf-8"))


def _download_pip(version: str, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*command, "--dest", str(folder), f"pip=={version}"], check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

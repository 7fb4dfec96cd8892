# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create the virtual environment of the project under build/, and keep it current.

Usage: python setup_venv.py GROUP...   A GROUP is the name of a file in tests/requirements.
It needs only the standard library and the configured package index of pip.
A stamp for each group skips the installation until a requirement, the Python or the folder changes.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.tools.tree import BUILD, ROOT, link_checkout

VENV = BUILD / "venv"
PYTHON = VENV / "bin" / "python"
# The Python outside of any virtual environment, because this program can delete the virtual environment.
BASE = getattr(sys, "_base_executable", sys.executable)
REQUIREMENTS = ROOT / "tests" / "requirements"
CACHE = BUILD / "cache"
ARCHIVE_CACHE = Path(__file__).with_name("archive_cache.py")
NO_VENV = """\
{python} cannot create virtual environments: its module "{module}" is missing.
On Debian and Ubuntu install the package python{version}-venv, on other systems a complete Python 3.11 or later,
or name another one: make PYTHON=/path/to/python3"""


def main(groups: list[str]) -> int:
    """Update the environment for every given group."""
    _require_venv_modules()
    link_checkout()
    for folder in ("home", "tmp", "cache/archives"):
        (BUILD / folder).mkdir(parents=True, exist_ok=True)
    if not _is_current("bootstrap"):
        _create()
    for group in groups:
        if not _is_current(group):
            print(f"Installing tests/requirements/{group}.txt", flush=True)
            install(group)
            _stamp(group)
    return 0


def _require_venv_modules() -> None:
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            version = ".".join(map(str, sys.version_info[:2]))
            sys.exit(NO_VENV.format(python=sys.executable, module=module, version=version))


def _create() -> None:
    print(f"Creating a virtual environment in {VENV.relative_to(ROOT)}", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    _run([BASE, "-m", "venv", str(VENV)])
    _install_archive_cache()
    _pip_install("bootstrap", required=False)
    _stamp("bootstrap")


def _install_archive_cache() -> None:
    [packages] = VENV.glob("lib/python*/site-packages")
    shutil.copy(ARCHIVE_CACHE, packages)
    (packages / "archive_cache.pth").write_text("import archive_cache\n", encoding="ascii")


def install(group: str, python: Path = PYTHON) -> None:
    """Install the packages of a group into the environment of this Python."""
    command = [str(VENV / "bin" / "uv"), "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python)]
    if Path(command[0]).exists() and _run([*command, "--requirements", _file(group)], required=False):
        return
    print("uv failed, installing with pip", flush=True)
    _pip_install(group, python, required=True)


def _pip_install(group: str, python: Path = PYTHON, *, required: bool) -> bool:
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    return _run([*command, "--requirement", _file(group)], required=required)


def _run(command: list[str], *, required: bool = True) -> bool:
    done = subprocess.run(command, cwd=ROOT, env=_environment(), stdin=subprocess.DEVNULL, check=False)
    if required and done.returncode != 0:
        sys.exit(f"The setup failed (exit code {done.returncode}): {' '.join(command)}")
    return done.returncode == 0


def _environment() -> dict[str, str]:
    """Return the environment of the caller with caches in the checkout, and with the index of pip for uv."""
    env = {**os.environ, "PIP_CACHE_DIR": str(CACHE / "pip"), "UV_CACHE_DIR": str(CACHE / "uv")}
    env.setdefault("UV_SYSTEM_CERTS", "1")
    for variable in ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"):
        env.pop(variable, None)
    index = pip_settings().get("global.index-url")
    if index and not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & set(env):
        env["UV_DEFAULT_INDEX"] = index
    return env


def pip_settings() -> dict[str, str]:
    """Return the settings of pip from its files and variables, as "section.option": value."""
    python = str(PYTHON) if PYTHON.exists() else BASE
    command = [python, "-m", "pip", "config", "list"]
    listing = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    lines = (line.split("=", 1) for line in listing.stdout.splitlines() if "=" in line)
    found = {key.replace(":env:.", "global."): value.strip("'\"") for key, value in lines}
    return {key: value for key, value in found.items() if key != "global.config-file"}


def _file(group: str) -> str:
    return str(REQUIREMENTS / f"{group}.txt")


def _stamp_file(group: str) -> Path:
    return VENV / f".{group}.stamp"


def _state(group: str) -> str:
    """Return a digest of all that the installation depends on; scripts in the environment contain its absolute path."""
    groups = ["bootstrap", "runtime", "tools", "docs"]
    texts = [Path(_file(name)).read_text(encoding="utf-8") for name in groups[: groups.index(group) + 1]]
    hook = ARCHIVE_CACHE.read_text(encoding="utf-8")
    known = [group, sys.version, os.path.realpath(BASE), str(VENV), hook, *texts]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()


def _stamp(group: str) -> None:
    _stamp_file(group).write_text(_state(group), encoding="utf-8")


def _is_current(group: str) -> bool:
    stamp = _stamp_file(group)
    return PYTHON.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == _state(group)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

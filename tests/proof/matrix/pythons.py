# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the Pythons of this machine by version.

The search covers PATH, MATRIX_PYTHONS (programs, or folders with programs, separated as in PATH), and the versions of pyenv.
Each program is tested: pyenv's shims have the names of all Pythons, but some fail.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

VERSIONS = tuple(f"3.{minor}" for minor in range(8, 15))
# A Python needs these modules to create environments.
QUESTION = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"


def find_pythons(settings: Mapping[str, str]) -> dict[str, Path]:
    """Return the programs by version such as `3.8`; the first working one of each version."""
    found: dict[str, Path] = {}
    for program in _candidates(settings):
        version = version_of(program)
        if version in VERSIONS:
            found.setdefault(version, program)
    return dict(sorted(found.items(), key=lambda item: VERSIONS.index(item[0])))


def version_of(program: Path) -> str | None:
    """Return the version of a working Python that can create environments, None for other programs."""
    try:
        done = subprocess.run(
            [str(program), "-I", "-c", QUESTION],
            capture_output=True,
            text=True,
            timeout=600,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _candidates(settings: Mapping[str, str]) -> Iterator[Path]:
    path = settings.get("PATH", os.defpath)
    for named in filter(None, settings.get("MATRIX_PYTHONS", "").split(os.pathsep)):
        place = Path(named).absolute()
        yield from _programs_in(place) if place.is_dir() else [place]
    for version in VERSIONS:
        for folder in path.split(os.pathsep):
            program = shutil.which(f"python{version}", path=folder)
            if program:
                yield Path(program).absolute()
    for place in _folders_of_pyenv(path):
        yield from _programs_in(place)


def _programs_in(folder: Path) -> Iterator[Path]:
    for version in VERSIONS:
        yield from (place for place in (folder / f"python{version}", folder / "bin" / f"python{version}") if place.exists())


def _folders_of_pyenv(path: str) -> list[Path]:
    pyenv = shutil.which("pyenv", path=path)
    if pyenv is None:
        return []
    done = subprocess.run([pyenv, "root"], capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL, check=False)
    root = Path(done.stdout.strip() or os.devnull)
    return sorted((root / "versions").iterdir()) if (root / "versions").is_dir() else []

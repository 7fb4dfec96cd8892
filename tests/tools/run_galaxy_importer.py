# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run galaxy-importer, which Galaxy runs for every upload, on the tarball, and treat its warnings as errors.

Usage: python -m tests.tools.run_galaxy_importer TARBALL
galaxy-importer exits with success after warnings and even after some errors, so its output decides.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from .side_venv import side_venv
from .tree import BUILD

# Other targets run ansible-test and ansible-lint. galaxy-importer would need containers for ansible-test, and it has a time limit
# for ansible-lint that a busy machine exceeds.
SETTINGS = """\
[galaxy-importer]
RUN_ANSIBLE_TEST=False
RUN_ANSIBLE_LINT=False
RUN_FLAKE8=False
RUN_ANSIBLE_DOC=True
CHECK_REQUIRED_TAGS=True
CHECK_CHANGELOG=True
REQUIRE_V1_OR_GREATER=True
TMP_ROOT_DIR={folder}
"""
COMPLAINT = re.compile(r"^(WARNING|ERROR|CRITICAL)\b", re.MULTILINE)
PASSED = "Importer processing completed successfully"


def main(words: list[str]) -> int:
    """Import the tarball; return 1 if the importer reports a warning or an error."""
    tarball = Path(words[0]).resolve()
    python = side_venv("importer")
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        output = _run_importer(tarball, python, Path(folder))
    print(output, end="", flush=True)
    complaints = COMPLAINT.findall(output)
    if complaints or PASSED not in output:
        print(f"galaxy-importer failed or reported problems: {len(complaints)} warnings and errors", file=sys.stderr)
        return 1
    return 0


def _run_importer(tarball: Path, python: Path, folder: Path) -> str:
    settings = folder / "settings.cfg"
    settings.write_text(SETTINGS.format(folder=folder), encoding="utf-8")
    path = os.pathsep.join([str(python.parent), os.environ.get("PATH", os.defpath)])
    env = {**os.environ, "GALAXY_IMPORTER_CONFIG": str(settings), "PATH": path, "NO_COLOR": "1", "HOME": str(folder)}
    for name in ("ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_HOME", "VIRTUAL_ENV", "PYTHONPYCACHEPREFIX"):
        env.pop(name, None)
    command = [str(python), "-m", "galaxy_importer.main", str(tarball)]
    done = subprocess.run(
        command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    return done.stdout.decode("utf-8", "replace")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

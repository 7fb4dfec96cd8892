# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that a task imports only code that it needs. Ansible sends source text, which each task compiles again.

Python 3.10 and later compile each file from the archive of Ansible twice, so a file costs a task up to 5 ms.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.connection import connection
from tests.helpers.modules import MODULES
from tests.tools.tree import ROOT, link_checkout

RUN = """
import json, runpy, sys
from tests.helpers.module_args import patch_module_args
module, arguments = sys.argv.pop(1), json.loads(sys.argv.pop(1))
try:
    with patch_module_args(arguments):
        runpy.run_module(module, run_name="__main__")
finally:
    print(*sys.modules, sep="\\n", file=sys.stderr)
"""
OURS = MODULES.replace(".modules.", ".module_utils.")
MANIFEST = {"_manifest", "_signatures"}
TRANSFER = {"_ansible", "_downloads", "_files", "_http", "_trust"}
# Packages that each task imports, by module and options.
TASKS: list[tuple[str, dict[str, Any], set[str]]] = [
    ("download", {"src": ["FOLDER/app"]}, {*TRANSFER, "_publish"}),
    ("download", {"src": ["FOLDER/app"], "manifest": "SUMS"}, {*TRANSFER, *MANIFEST, "_publish"}),
    ("download_fetch", {"name": ["app"], "dest": "FOLDER/fetched"}, {*TRANSFER, "_channel", "_fetch", "_versions"}),
    (
        "download_fetch",
        {"name": ["app"], "dest": "FOLDER/fetched", "manifest": "SUMS"},
        {*TRANSFER, *MANIFEST, "_channel", "_fetch", "_versions"},
    ),
    ("download_info", {}, {*TRANSFER - {"_files"}, "_channel", "_versions"}),
    ("download_info", {"manifest": "SUMS"}, {*TRANSFER, *MANIFEST, "_channel", "_versions"}),
]
# Files for errors, changes, OAuth consumers and large artifacts.
UNUSED = {
    "_downloads.deletion",
    "_downloads.ranges",
    "_downloads.read_back",
    "_http.failures",
    "_http.multipart",
    "_http.oauth",
    "_http.refusals",
    "_places",
}


def run(module: str, arguments: dict[str, Any]) -> set[str]:
    """Run a module in a new process, and return the files below `module_utils` that it imports, such as `_http.client`."""
    command = [sys.executable, "-c", RUN, f"{MODULES}bitbucket_{module}", json.dumps(arguments)]
    variables = {**os.environ, "PYTHONPATH": str(link_checkout())}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {name.removeprefix(OURS) for name in done.stderr.splitlines() if name.startswith(OURS)}


@pytest.mark.parametrize(
    ("module", "options", "packages"), TASKS, ids=[f"{module} {options}" for module, options, _unused in TASKS]
)
def test_a_task_imports_only_the_packages_of_its_options(
    emulator: Emulator, tmp_path: Path, module: str, options: dict[str, Any], packages: set[str]
) -> None:
    (tmp_path / "app").write_bytes(b"contents")
    arguments = connection(emulator)
    run("download", {**arguments, "src": [f"{tmp_path}/app"], "manifest": "SUMS"})
    given = json.loads(json.dumps(options).replace("FOLDER", str(tmp_path)))
    found = run(module, {**arguments, **given})
    assert {name.partition(".")[0] for name in found if "." in name} == packages
    assert not found & UNUSED

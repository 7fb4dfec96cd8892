# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test tests/tools/in_env.sh, the environment of all targets of make."""

from __future__ import annotations

import os
import subprocess

from tests.tools.tree import BUILD, ROOT

SHOW = "import sys; print(sys.dont_write_bytecode, sys.pycache_prefix)"


def test_python_saves_compiled_files_in_build_even_if_the_caller_forbids_it() -> None:
    command = [str(ROOT / "tests" / "tools" / "in_env.sh"), "python", "-c", SHOW]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == f"False {BUILD / 'cache' / 'pycache'}"

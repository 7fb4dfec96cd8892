# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the real programs ``ansible`` and ``ansible-playbook``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

BIN = Path(sys.executable).parent
BASE = {"ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false", "ANSIBLE_NOCOLOR": "1"}


def ansible_program(program: str, *arguments: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a program of Ansible; modules use the interpreter of the tests."""
    return subprocess.run(
        [str(BIN / program), *arguments, "-e", f"ansible_python_interpreter={sys.executable}"],
        env={**os.environ, **BASE, "ANSIBLE_HOME": os.environ["HOME"] + "/.ansible", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def ad_hoc(module: str, arguments: str, *flags: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run ``ansible localhost -m releng.bitbucket.<module> -a <arguments>``."""
    full_name = "releng.bitbucket." + module
    return ansible_program("ansible", "localhost", "-m", full_name, "-a", arguments, *flags, environment=environment)

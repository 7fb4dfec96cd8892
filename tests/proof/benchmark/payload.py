# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build modules like Ansible: one file with all code and arguments, which the controller sends.

ansible-core builds the file, and a plain Python runs it. So the figures are those of the task on the managed host, with
unpacking and compiling but without the controller.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.tools.tree import link_checkout

# Set this before the import of Ansible, which reads it.
os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(link_checkout())

from ansible.executor.module_common import modify_module
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader, module_loader
from ansible.template import Templar

init_plugin_loader([os.environ["ANSIBLE_COLLECTIONS_PATH"]])


def build_module(name: str, arguments: dict[str, Any], folder: Path) -> Path:
    """Write the file of the module with this full name and these arguments; return its path."""
    found = module_loader.find_plugin_with_context(name, collection_list=None)
    if not found.resolved or not found.plugin_resolved_path:
        raise LookupError(f"ansible-core cannot find the module {name}")
    internal = {"_ansible_remote_tmp": str(folder), "_ansible_keep_remote_files": False, "_ansible_check_mode": False}
    built = modify_module(
        module_name=found.resolved_fqcn or name,
        module_path=found.plugin_resolved_path,
        module_args={**arguments, **internal},
        templar=Templar(loader=DataLoader(), variables={}),
        task_vars={"ansible_python_interpreter": sys.executable},
        module_compression="ZIP_DEFLATED",
    )
    key = hashlib.sha256(json.dumps([name, arguments], sort_keys=True).encode()).hexdigest()[:12]
    path = folder / f"AnsiballZ_{name.rpartition('.')[2]}_{key}.py"
    path.write_bytes(built.b_module_data)
    return path

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A callback plugin that writes the result of each task to a file, a JSON document per line.

Knows Ansible's callbacks. Does not know who reads the file.
"""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: record
type: notification
short_description: Write results to a file
description: Writes the result of each task to the file named in RECORD_FILE.
"""


class CallbackModule(CallbackBase):
    """Called by Ansible."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "record"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result: Any) -> None:
        """Note a task that went well."""
        self._write(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Note a task that failed."""
        self._write(result)

    def _write(self, result: Any) -> None:
        line = json.dumps({"action": result._task.action, "name": result._task.name, "result": result._result}, default=str)
        with open(os.environ["RECORD_FILE"], "a", encoding="utf-8") as stream:
            stream.write(line + "\n")

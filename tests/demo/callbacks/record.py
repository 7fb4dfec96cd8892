# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide a callback plugin that writes the result of each task to a file, one JSON document per line."""

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
    """Write each task result as Ansible reports it."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "record"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook: Any) -> None:
        """Count the playbooks of the command line."""
        self._playbook = getattr(self, "_playbook", -1) + 1

    def v2_runner_on_ok(self, result: Any) -> None:
        """Write the result of a task that succeeded."""
        self._write(result, failed=False)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Write the result of a task that failed."""
        self._write(result, failed=True)

    def _write(self, result: Any, failed: bool) -> None:
        record = {
            "playbook": self._playbook,
            "host": result._host.name,
            "action": result._task.action,
            "name": result._task.name,
            "failed": failed,
            "result": result._result,
        }
        with open(os.environ["RECORD_FILE"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps(record, default=str) + "\n")

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run bitbucket_download_fetch on the host, with or without the help of the control node."""

from __future__ import annotations

import os
import typing as t

from ansible import constants
from ansible.errors import AnsibleActionSkip
from ansible.plugins.action import ActionBase
from ansible.utils.vars import merge_hash

from ..module_utils._ansible.control_node import add_values
from ..module_utils._meter import Meter
from ._action import DownloadsAction
from ._progress import show_progress, show_progress_of_module

_SETTINGS: t.Any = constants  # Ansible sets its constants during import
_HELPED = ("link", "controller")

Json = t.Dict[str, t.Any]


class FetchAction(DownloadsAction):
    """Run bitbucket_download_fetch. The host gets no credentials if the control node sends the requests to Bitbucket."""

    def run(self, tmp: str | None = None, task_vars: Json | None = None) -> Json:
        """Run the module as often as ``via`` requires."""
        if self._task.args.get("via") not in _HELPED:
            return super().run(tmp, task_vars)
        if self._task.async_val and self._task.check_mode:
            raise AnsibleActionSkip("Asynchronous tasks with via: link or via: controller do not support check mode")
        from ._control.fetch import fetch_for_host  # only these tasks need the HTTP library

        result = ActionBase.run(self, tmp, task_vars)
        variables = task_vars or {}
        environment: dict[str, str] = {}
        ActionBase._compute_environment_string(self, environment)
        host = _AnsibleHost(self, variables)
        arguments = add_values(self._add_variables(variables), {})
        inherited = {**os.environ, **{name: str(value) for name, value in environment.items()}}
        merged: Json = merge_hash(result, fetch_for_host(host, str(self._task._uuid), arguments, inherited))
        return merged

    def _compute_environment_string(self, raw_environment_out: Json | None = None) -> str:
        """Return the environment of the task for the host, without the credentials that the control node uses."""
        found: Json = {}
        text: str = ActionBase._compute_environment_string(self, found)
        if self._task.args.get("via") in _HELPED:
            found = {name: value for name, value in found.items() if not name.startswith("BITBUCKET_")}
            text = self._connection._shell.env_prefix(**found)
        if isinstance(raw_environment_out, dict):
            raw_environment_out.clear()
            raw_environment_out.update(found)
        return text


class _AnsibleHost:
    """The host of a task, accessed by the functions of the action."""

    def __init__(self, action: FetchAction, variables: Json) -> None:
        self._action = action
        self._variables = variables
        self._name: str = variables.get("inventory_hostname", "")
        self.is_async = bool(action._task.async_val)
        self.folder: str = _SETTINGS.DEFAULT_LOCAL_TMP

    def execute(self, arguments: Json, delivery: Json, as_job: bool) -> Json:
        """Run the module with a delivery and return its result. ``as_job``: whether to run it in the background."""
        action = self._action
        seconds = action._task.async_val
        wrap_async = as_job and bool(seconds) and not action._connection.has_native_async
        try:
            action._task.async_val = seconds if as_job else 0
            with show_progress_of_module(action, self._name) as progress:
                values = add_values(arguments, {**progress, "delivery": delivery})
                result: Json = action._execute_module(module_args=values, task_vars=self._variables, wrap_async=wrap_async)
        finally:
            action._task.async_val = seconds
        return result

    def watch(self, meter: Meter) -> t.ContextManager[object]:
        """Return a context that shows the progress of transfers on the control node."""
        return show_progress(self._action, self._name, meter.read)

    def transfer(self, path: str) -> str:
        """Transfer a file to the temporary directory of the task, and return its path there."""
        action: t.Any = self._action
        shell = action._connection._shell
        if shell.tmpdir is None:
            action._make_tmp_path()
        target: str = shell.join_path(shell.tmpdir, os.path.basename(path))
        action._transfer_file(path, target)
        action._fixup_perms2((shell.tmpdir, target))
        return target

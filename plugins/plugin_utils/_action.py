# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module with options from variables of the host, and show the progress of transfers on the control node."""

from __future__ import annotations

import contextlib
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.vars import merge_hash

from ..module_utils._ansible.arguments import connection_argument_spec, repository_argument_spec
from ..module_utils._ansible.control_node import Values, add_values
from ..module_utils._errors import BadInput
from ._control.memory import RUN
from ._control.snapshots import note_write
from ._options import Definitions, choose_variables, define_options, remove_unset, resolve_variables
from ._progress import show_progress_of_module


class SnippetsAction(ActionBase):
    """Run a module with the connection options."""

    _supports_check_mode = True
    _supports_async = True
    _requires_connection = True

    spec: t.ClassVar[Definitions] = connection_argument_spec()

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the module. Ansible, or the job of an asynchronous task, removes the temporary directory afterwards."""
        result = ActionBase.run(self, tmp, task_vars)
        wrap_async = bool(self._task.async_val) and not self._connection.has_native_async
        arguments = self._add_variables(task_vars or {})
        with self._show_progress(task_vars or {}) as values:
            given = add_values(arguments, values)
            executed = self._execute_module(module_args=given, task_vars=task_vars, wrap_async=wrap_async)
        merged: dict[str, t.Any] = merge_hash(result, executed)
        self._note_end(arguments, merged)
        return merged

    def _note_end(self, arguments: t.Mapping[str, t.Any], result: t.Mapping[str, t.Any]) -> None:
        """Record what the run must know after a module with these arguments."""

    def _show_progress(self, _variables: t.Mapping[str, t.Any]) -> t.ContextManager[Values]:
        """Return a context that shows the progress of the module and yields the values that the module needs."""
        return contextlib.nullcontext({})

    def _add_variables(self, variables: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Return the arguments of the task, with options from variables if the task does not set them.

        The arguments of the task itself are unchanged, so that no callback shows the values of variables.
        """
        definitions = define_options(self.spec)
        arguments = self._task.args
        given = remove_unset(definitions, arguments)
        chosen = choose_variables(definitions, given, variables)
        if not chosen:
            return dict(arguments)
        try:
            found = resolve_variables(definitions, chosen, self._resolve)
        except BadInput as exc:
            raise AnsibleActionFail(str(exc)) from None
        return {**given, **{option: setting.value for option, setting in found.items()}}

    def _resolve(self, name: str, value: t.Any) -> t.Any:
        """Return the value of a variable with its template resolved. A vaulted value becomes text."""
        try:
            resolved = self._templar.template(value)
            return resolved if resolved is None or isinstance(resolved, (int, float, list, dict)) else str(resolved)
        except AnsibleError as exc:
            raise AnsibleActionFail(f"The variable {name} cannot be resolved: {exc}") from None


class DownloadsAction(SnippetsAction):
    """Run a module that accesses the Downloads of a repository."""

    spec: t.ClassVar[Definitions] = {**connection_argument_spec(), **repository_argument_spec()}

    def _show_progress(self, variables: t.Mapping[str, t.Any]) -> t.ContextManager[Values]:
        return show_progress_of_module(self, variables.get("inventory_hostname", ""))


class WritingAction(DownloadsAction):
    """Run a module that might change the Downloads of a repository, and discard what the run knows about them."""

    def _note_end(self, arguments: t.Mapping[str, t.Any], result: t.Mapping[str, t.Any]) -> None:
        """End the snapshots of the repository if the module might have written to it."""
        may_have_written = result.get("changed") or result.get("failed") or self._task.async_val
        if may_have_written and not self._task.check_mode:
            note_write(RUN, arguments.get("workspace"), arguments.get("repository"))

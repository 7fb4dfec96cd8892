# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put files into their places with Ansible's own functions: backup, atomic move, owner, permissions."""

from __future__ import annotations

import copy
import os
import threading
import typing as t

from .._errors import BitbucketError

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

_OWNERSHIP = ("owner", "group", "seuser", "serole", "setype", "selevel")


class AnsibleFiles:
    """The file functions of one module, with its file options; one runs at a time, because umask is global."""

    def __init__(self, module: AnsibleModule) -> None:
        self._module = copy.copy(module)
        # The module itself would end the process, and that in some thread.
        vars(self._module)["fail_json"] = _raise
        self._lock = threading.Lock()

    def install(self, temporary: str, path: str) -> str | None:
        """Move the temporary file to the path, atomically; return the path of a backup, if one was made."""
        path = os.path.abspath(path)  # atomic_move looks at the folder by its name
        with self._lock:
            backup = self._back_up(path)
            try:
                self._module.atomic_move(temporary, path, unsafe_writes=self._module.params["unsafe_writes"])
            except Exception as exc:  # ansible-core 2.19 raises nothing narrower
                if backup:
                    os.unlink(backup)
                raise BitbucketError(f"Cannot replace {path}: {exc}") from exc
        return backup

    def _back_up(self, path: str) -> str | None:
        if not self._module.params["backup"] or not os.path.isfile(path):
            return None
        backup: str = self._module.backup_local(path)
        return backup

    def set_attributes(self, path: str) -> tuple[t.Mapping[str, t.Any], t.Mapping[str, t.Any]]:
        """Set mode, owner and so on, except in check mode; return the differing ones as they were and as they are requested."""
        found: dict[str, dict[str, t.Any]] = {"before": {}, "after": {}}
        if os.path.exists(path):  # else check mode, where the missing file is a change already
            with self._lock:
                self._module.set_fs_attributes_if_different(self._requested(path), False, found)
        return found["before"], found["after"]

    def set_owner(self, path: str) -> bool:
        """Set owner, group and SELinux context, but no mode, except in check mode; return whether they differed."""
        if not any(self._module.params[name] for name in _OWNERSHIP) or not os.path.lexists(path):
            return False
        requested = {**self._requested(path), "mode": None, "attributes": None}
        with self._lock:
            return bool(self._module.set_fs_attributes_if_different(requested, False))

    def _requested(self, path: str) -> dict[str, t.Any]:
        found: dict[str, t.Any] = self._module.load_file_common_arguments(self._module.params, path=path)
        return found


def _raise(msg: str, **results: t.Any) -> t.NoReturn:
    raise BitbucketError(f"{results['path']}: {msg}" if "path" in results else msg)

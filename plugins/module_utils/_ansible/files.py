# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Install files with Ansible's functions: backup, atomic move, owner and permissions."""

from __future__ import annotations

import contextlib
import copy
import os
import threading
import typing as t

from .._errors import BitbucketError
from .._paths import absolute_path, encode_path, from_locale_path, locale_path
from .._text import quoted

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

_OWNERSHIP = ("owner", "group", "seuser", "serole", "setype", "selevel")


class AnsibleFiles:
    """The file functions of one module with its file options. Only one runs at a time, because umask is global.

    Their exceptions become BitbucketError, so that the failure of the task reports completed work. Use it as a context: its end
    removes an unfinished backup of another thread if a signal stops the task.
    """

    def __init__(self, module: AnsibleModule) -> None:
        self._module = copy.copy(module)
        # The original function would end the process from any thread.
        vars(self._module)["fail_json"] = _raise
        self._preserved_copy: t.Callable[[str, str], None] = module.preserved_copy
        vars(self._module)["preserved_copy"] = self._copy_completely
        self._lock = threading.Lock()
        self._copy: str | None = None
        self._over = False

    def __enter__(self) -> AnsibleFiles:
        return self

    def __exit__(self, *unused: object) -> None:
        self._over = True
        if self._copy is not None:
            _remove(self._copy)

    def install(self, temporary: str, path: str) -> str | None:
        """Move the temporary file to the path atomically. Return the path of the backup, if one was created."""
        path = absolute_path(path)  # atomic_move accesses the directory by name
        with self._guard(f"Cannot replace {quoted(path)}"):
            before = _identify(path)
            backup = self._back_up(path)
            try:
                self._module.atomic_move(temporary, path, unsafe_writes=self._module.params["unsafe_writes"])
            except Exception:  # ansible-core 2.19 raises no specific exception
                if backup and _identify(path) == before:
                    os.unlink(encode_path(backup))
                raise
        return backup

    def _back_up(self, path: str) -> str | None:
        if not self._module.params["backup"] or not os.path.isfile(encode_path(path)):
            return None
        # Unlike atomic_move, backup_local does not encode the path as UTF-8.
        return from_locale_path(self._module.backup_local(locale_path(path)))

    def _copy_completely(self, source: str, target: str) -> None:
        """Copy a file as backup_local does. Remove an incomplete copy."""
        self._copy = target
        try:
            if self._over:
                raise RuntimeError("the task has ended")
            self._preserved_copy(source, target)
        except BaseException:
            _remove(target)
            raise
        finally:
            self._copy = None

    def set_attributes(self, path: str) -> tuple[t.Mapping[str, t.Any], t.Mapping[str, t.Any]]:
        """Set mode, owner and so on, except in check mode. Return the differing attributes before and after."""
        found: dict[str, dict[str, t.Any]] = {"before": {}, "after": {}}
        if os.path.exists(encode_path(path)):  # in check mode, a missing file is already a change
            with self._guard(f"Cannot set the attributes of {quoted(path)}"):
                self._module.set_fs_attributes_if_different(self._requested(path), False, found, expand=False)
        return found["before"], found["after"]

    def set_owner(self, path: str) -> bool:
        """Set owner, group and SELinux context, but not the mode, except in check mode. Return whether they differed."""
        if not any(self._module.params[name] is not None for name in _OWNERSHIP) or not os.path.lexists(encode_path(path)):
            return False
        with self._guard(f"Cannot set the owner of {quoted(path)}"):
            requested = {**self._requested(path), "mode": None, "attributes": None}
            return bool(self._module.set_fs_attributes_if_different(requested, False, expand=False))

    def _requested(self, path: str) -> dict[str, t.Any]:
        """Return the file options for this path without expanding it: the name of an artifact might contain ``$HOME``."""
        found: dict[str, t.Any] = self._module.load_file_common_arguments(self._module.params, path=path)
        return {**found, "path": path}

    @contextlib.contextmanager
    def _guard(self, problem: str) -> t.Iterator[None]:
        with self._lock:
            try:
                yield
            except Exception as exc:  # ansible-core 2.18 calls fail_json, later releases raise exceptions
                raise BitbucketError(f"{problem}: {_explain(exc)}") from exc


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)


def _identify(path: str) -> t.Any:
    """Return a value that changes when the file is replaced or written to. Return None if the file is missing."""
    try:
        status = os.stat(encode_path(path))
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _explain(exc: BaseException) -> str:
    """Return the message with that of its cause, which contains the reason in ansible-core 2.19."""
    cause = exc.__cause__
    return f"{exc}" if cause is None else f"{str(exc).rstrip('.')}: {_explain(cause)}"


def _raise(msg: str, details: str = "", **_unused: t.Any) -> t.NoReturn:
    raise RuntimeError(f"{msg}: {details}" if details else msg)

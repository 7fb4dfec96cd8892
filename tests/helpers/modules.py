# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module of the collection in this process. Must not depend on any single module."""

from __future__ import annotations

import importlib
import json
from functools import cache
from typing import Any, Protocol

import pytest
import yaml

from ansible_collections.releng.bitbucket.plugins.module_utils._http.retries import Clock
from tests.emulator import Emulator
from tests.helpers.clock import FakeClock
from tests.helpers.connection import connection
from tests.helpers.module_args import patch_module_args


class Screen(Protocol):
    """The output of a module; pytest's ``capsys`` is an implementation."""

    def readouterr(self) -> Any:
        """Return the output since the last call as ``out``."""


MODULES = "ansible_collections.releng.bitbucket.plugins.modules."


class ModuleRunner:
    """Call the ``main`` of a module and return the JSON that it prints, compared with its RETURN documentation.

    The connection points to the emulator with its API token unless ``connection`` says otherwise, and modules of snippets get
    no repository. An option that is given as None is omitted. A result with ``failed`` is returned like any other; ``ok``
    requires that there is none. ``output``: the complete output of the last run.
    """

    def __init__(self, emulator: Emulator, capsys: Screen, clock: Clock | None = None) -> None:
        self.emulator = emulator
        self.capsys = capsys
        self._fake = FakeClock()
        self._clock = clock or self._fake.clock
        self.output = ""

    @property
    def pauses(self) -> list[float]:
        """Return the pauses between attempts in seconds. No run waits for them unless the runner has its own clock."""
        return self._fake.pauses

    @property
    def connection(self) -> dict[str, Any]:
        """Return the options that reach acme/widgets on the emulator, with few and fast attempts."""
        return {**connection(self.emulator), "token_url": self.emulator.token_url, "timeout": 5}

    def __call__(self, module: str, check: bool = False, diff: bool = False, **options: Any) -> dict[str, Any]:
        """Run the module. ``check`` and ``diff`` are Ansible's modes."""
        given = {**self.connection, **({"repository": None} if "snippet" in module else {}), **options}
        arguments = {name: value for name, value in given.items() if value is not None}
        main = importlib.import_module(MODULES + module)
        self.capsys.readouterr()
        modes = {"_ansible_check_mode": check, "_ansible_diff": diff}
        with patch_module_args({**arguments, **modes}), pytest.raises(SystemExit):
            main.main(clock=self._clock)
        self.output = self.capsys.readouterr().out
        result: dict[str, Any] = json.loads(self.output)
        result.pop("invocation", None)
        if not result.get("failed"):
            require_documented(main.RETURN, result)
        elif "requests" in result:  # The module failed, and not Ansible's check of the options.
            always = {name for name, field in read_documentation(main.RETURN).items() if field["returned"] == "always"}
            assert always <= result.keys(), f"RETURN promises {always}, also on failure"
        return result

    def ok(self, module: str, **arguments: Any) -> dict[str, Any]:
        """Run the module, which must succeed; return the result."""
        result = self(module, **arguments)
        assert not result.get("failed"), result["msg"]
        return result

    def failed(self, module: str, **arguments: Any) -> dict[str, Any]:
        """Run the module, which must fail; return the complete result."""
        result = self(module, **arguments)
        assert result.get("failed"), result
        return result

    def failure(self, module: str, **arguments: Any) -> str:
        """Run the module, which must fail; return the message."""
        return str(self.failed(module, **arguments)["msg"])


@cache
def read_documentation(text: str) -> dict[str, Any]:
    """Return the fields of a RETURN documentation, with a cache: parsing takes longer than most runs."""
    fields: dict[str, Any] = yaml.safe_load(text)
    return fields


OF_ANSIBLE = {"changed", "warnings", "deprecations", "diff", "failed"}


def require_documented(documentation: str, result: dict[str, Any]) -> None:
    """Require that each returned key is documented with its type, and that each key documented as always returned exists."""
    _require_fields(read_documentation(documentation), {key: result[key] for key in result if key not in OF_ANSIBLE})


TYPES: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "list": list,
    "dict": dict,
}


def _require_fields(documented: dict[str, Any], found: dict[str, Any]) -> None:
    unknown = found.keys() - documented.keys()
    assert not unknown, f"not in RETURN: {unknown}"
    for name, field in documented.items():
        if field.get("returned", "always") in ("always", "success"):
            assert name in found, f"RETURN promises {name}"
        if found.get(name) is None:
            continue
        value = found[name]
        assert isinstance(value, TYPES[field["type"]]), f"{name} is documented as {field['type']}: {value!r}"
        if "contains" in field:
            for item in found[name] if field["type"] == "list" else [found[name]]:
                _require_fields(field["contains"], item)

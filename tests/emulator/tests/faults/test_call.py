# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test faults that run code during a request, and fault classes of tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from werkzeug import Response

from ... import Emulator
from ...faults.damage import Damage
from ...http.exchange import Exchange
from ..client import Client


@pytest.mark.parametrize(("when", "names"), [("before", []), ("after", ["a"])])
def test_call_runs_an_action_before_or_after_the_effect(emulator: Emulator, api: Client, when: str, names: list[str]) -> None:
    seen: list[list[str]] = []
    fault = emulator.faults.add("call", action=lambda: seen.append(emulator.repository().names()), when=when, method="POST")
    assert api.upload(("a", b"1")).status_code == 201
    assert api.upload(("b", b"1")).status_code == 201
    assert (seen, fault.fired) == ([names], 1)
    assert [entry.fault for entry in emulator.journal] == ["call", None]


def test_call_runs_after_the_effect_by_default(emulator: Emulator, api: Client) -> None:
    emulator.faults.add("call", action=lambda: emulator.repository().remove("a"), method="POST")
    assert api.upload(("a", b"1")).status_code == 201
    assert emulator.repository().names() == []


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [({}, TypeError), ({"action": "text"}, TypeError), ({"action": print, "when": "between"}, ValueError)],
)
def test_call_checks_its_arguments(emulator: Emulator, arguments: dict[str, Any], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        emulator.faults.add("call", **arguments)
    assert len(emulator.faults) == 0


def test_control_endpoint_refuses_calls(emulator: Emulator) -> None:
    response = requests.post(f"{emulator.control_url}/faults", json={"kind": "call", "action": "print"}, timeout=5)
    assert response.status_code == 400
    assert "can be added only in the process of the emulator" in response.json()["error"]["message"]
    assert len(emulator.faults) == 0


def test_control_endpoint_lists_calls(emulator: Emulator) -> None:
    emulator.faults.add("call", action=print)
    [fault] = requests.get(f"{emulator.control_url}/faults", timeout=5).json()
    assert (fault["kind"], fault["arguments"]) == ("call", {"action": repr(print)})


@dataclass
class Teapot(Damage):
    """Define a fault in a test."""

    act: Callable[[], object]

    def after(self, exchange: Exchange, response: Response) -> Response:
        self.act()
        return Response("short and stout", 418)


def test_use_a_damage_class_of_a_test_as_fault(emulator: Emulator, api: Client) -> None:
    acts: list[str] = []
    fault = emulator.faults.add(Teapot(lambda: acts.append("poured")), method="GET")
    assert (api.list().status_code, api.list().status_code) == (418, 200)
    assert (acts, fault.fired, emulator.journal[0].fault) == (["poured"], 1, "Teapot")


def test_refuse_arguments_with_a_damage(emulator: Emulator) -> None:
    with pytest.raises(TypeError, match="code"):
        emulator.faults.add(Teapot(list), code=500)

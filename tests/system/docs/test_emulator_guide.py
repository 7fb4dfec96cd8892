# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test what the guide about testing shows of the emulator: printed variables, control requests, faults, and Python."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from tests.emulator import Emulator
from tests.emulator.__main__ import variables
from tests.tools.tree import ROOT

from .guides import RST, marked

TEXT = (RST / "guide_testing.rst").read_text(encoding="utf-8")
FAULTS = re.findall(r"^   \* - ``(\{\"kind\".*\})``$", TEXT, re.MULTILINE)
REQUESTS = sorted(set(re.findall(r"``(GET|PUT|POST|DELETE) (/\S+)``", TEXT)))
BODIES = {"/faults": {"kind": "html"}, "/switches": {"page_cap": 5}}
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def control(emulator: Emulator, method: str, path: str, body: bytes | None) -> int:
    """Return the status of a control request."""
    request = urllib.request.Request(emulator.control_url + path, body, {"Content-Type": "application/json"}, method=method)
    try:
        with DIRECT.open(request, timeout=600) as response:
            status: int = response.status
            return status
    except urllib.error.HTTPError as problem:
        return problem.code


def test_printed_variables(emulator: Emulator) -> None:
    [shown] = marked("by test_printed_variables")
    printed = variables(emulator)
    names = re.findall(r"(?m)^export (\w+)=", shown.text)
    assert len(names) == len(shown.text.splitlines())
    assert names == list(printed)[: len(names)]
    for name, value in re.findall(r"(?m)^export (\w+)=(\S+)$", shown.text):
        pattern = re.sub(r"40311", r"\\d+", re.escape(value).replace("…", r"\S+"))
        assert re.fullmatch(pattern, printed[name]), name


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_accepted(fault: str, emulator: Emulator) -> None:
    assert control(emulator, "POST", "/faults", fault.encode()) == 200


def test_guide_has_faults_and_control_requests() -> None:
    assert len(FAULTS) == 6
    assert len(REQUESTS) == 8


@pytest.mark.parametrize(("method", "path"), REQUESTS, ids=lambda text: text)
def test_control_requests_succeed(method: str, path: str, emulator: Emulator) -> None:
    body = json.dumps(BODIES.get(path, {})).encode() if method in ("POST", "PUT") else None
    assert control(emulator, method, path, body) == 200
    assert control(emulator, method, path + "x", body) != 200 or "NAME" in path


def test_python_block() -> None:
    [shown] = marked("by test_python_block")
    done = subprocess.run([sys.executable, "-B", "-c", shown.text], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

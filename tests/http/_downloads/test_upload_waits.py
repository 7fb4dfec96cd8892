# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait between the attempts of a request: what Retry-After asks for, else longer and longer, within max_wait."""

from __future__ import annotations

import email.utils
import time
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import LISTING, MODULE, posts, put

TEXT: dict[str, Any] = {"content": "x", "name": ["app"]}


def test_pauses_double_without_retry_after(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("rate_limit", path=LISTING, times=4)
    run.ok(MODULE, **TEXT)
    assert run.pauses == [1, 2, 4, 8]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_retry_after_in_seconds_is_obeyed(emulator: Emulator, run: ModuleRunner, method: str) -> None:
    put(emulator, {"old": b"x"})
    emulator.faults.add("rate_limit", retry_after=17, method=method)
    run.ok(MODULE, **({"state": "absent", "name": ["old"]} if method == "DELETE" else TEXT))
    assert run.pauses == [17]


def test_retry_after_as_a_date_is_obeyed(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("rate_limit", retry_after=email.utils.formatdate(time.time() + 30, usegmt=True), method="POST")
    run.ok(MODULE, **TEXT)
    assert [20 <= pause <= 31 for pause in run.pauses] == [True]


@pytest.mark.parametrize("value", ["soon", "-5", "Mon, 99 Nonsense", ""])
def test_retry_after_without_meaning_is_ignored(emulator: Emulator, run: ModuleRunner, value: str) -> None:
    emulator.faults.add("rate_limit", retry_after=value, method="POST")
    run.ok(MODULE, **TEXT)
    assert [0 <= pause <= 1 for pause in run.pauses] == [True]


@pytest.mark.parametrize("value", ["999999", "9" * 400, "Fri, 31 Dec 2199 23:59:59 GMT"], ids=len)
def test_retry_after_past_max_wait_fails_at_once(emulator: Emulator, run: ModuleRunner, value: str) -> None:
    emulator.faults.add("rate_limit", retry_after=value, method="POST", times=None)
    message = run.failure(MODULE, **TEXT)
    assert "429" in message
    assert "max_wait" in message
    assert (run.pauses, len(posts(emulator))) == ([], 1)

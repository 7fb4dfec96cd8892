# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the tests of the modules. Knows no single option."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import MODULE, contents
from tests.http.modules.downloading import Refused


@pytest.fixture(params=[False, True], ids=["run", "check"])
def refused(emulator: Emulator, run: ModuleRunner, request: pytest.FixtureRequest) -> Refused:
    """One run of bitbucket_download, and one in check mode, that must fail before any request; returns the message."""

    def refuse(**options: Any) -> str:
        result = run.failed(MODULE, check=request.param, **options)
        assert len(emulator.journal) == 0
        assert result.get("requests", 0) == 0
        assert contents(emulator) == {}
        return str(result["msg"])

    return refuse

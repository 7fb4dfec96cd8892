# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prepare the tests of the package _downloads."""

from __future__ import annotations

import pytest

from tests.http.modules.downloading import without_jitter


@pytest.fixture(autouse=True)
def _without_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry at once, except after a response with Retry-After."""
    without_jitter(monkeypatch)

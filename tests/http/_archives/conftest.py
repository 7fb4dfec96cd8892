# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the fixtures of the tests of unpacking."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.fetching import FetchRunner
from tests.http._archives.helpers import UnpackRunner


@pytest.fixture
def unpack(fetch: FetchRunner, tmp_path: Path) -> UnpackRunner:
    """Fetch and unpack into a directory that does not exist yet: ``unpack()``. See UnpackRunner."""
    return UnpackRunner(fetch, tmp_path / "opt" / "app")

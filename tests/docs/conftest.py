# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the built site."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import build


@pytest.fixture(scope="session")
def site() -> Path:
    """Return the folder of the HTML, which `make docs` builds before it runs these tests."""
    if not (build.HTML / "index.html").exists():
        build.main()
    return build.HTML

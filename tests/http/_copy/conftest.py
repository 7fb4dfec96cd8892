# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Share the runner with the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.modules import ModuleRunner

from .helpers import Copy


@pytest.fixture
def copy(run: ModuleRunner, tmp_path: Path) -> Copy:
    """Run bitbucket_download_copy: ``copy("app")``. See Copy."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return Copy(run, folder)

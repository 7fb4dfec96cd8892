# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Publish a signed release for all tests in this folder that ask for it."""

from __future__ import annotations

import pytest

from tests.emulator import Emulator
from tests.helpers.release_keys import ReleaseKey
from tests.http._fetch.releases import Release


@pytest.fixture
def release(emulator: Emulator, key: ReleaseKey, other_key: ReleaseKey) -> Release:
    """Publish a good release."""
    release = Release(emulator, key, other_key)
    release.put()
    return release

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the options that reach the emulator, for all modules."""

from __future__ import annotations

from tests.emulator import Emulator


def connection(emulator: Emulator) -> dict[str, str]:
    """Return the options for acme/widgets with the API token, for a host without environment variables."""
    return {
        "api_url": emulator.api_url,
        "workspace": "acme",
        "repository": "widgets",
        "user": emulator.user,
        "api_token": emulator.api_token,
    }

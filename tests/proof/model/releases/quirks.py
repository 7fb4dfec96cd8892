# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List the possible behavior for releases: switches of the emulator that an example combines."""

from __future__ import annotations

from ..quirks import Quirk, leave_out

LISTINGS: tuple[Quirk, ...] = (
    {"listing_lag_reads": 1},
    {"listing_lag_reads": 3},
    {"listing_lag_seconds": 10.0},
    {"listing_repeat": True},
    {"page_cap": 1},
    {"page_cap": 2},
    {"list_size": False},
    {"list_user": False},
)
WRITES: tuple[Quirk, ...] = (
    {"created_on_moves": False},
    {"upload_status": 200},
    {"upload_effect": "none", "upload_effect_names": "channel"},
    {"upload_effect": "none", "upload_effect_names": "notes"},
    {"delete_effect": "none", "delete_effect_names": "channel"},
    {"delete_effect": "none", "delete_effect_names": "app"},
)
CONTENTS: tuple[Quirk, ...] = ({"etag": "multipart"}, {"etag": "none"}, {"content_encoding": "None"})

quirks = leave_out((LISTINGS, WRITES, CONTENTS))

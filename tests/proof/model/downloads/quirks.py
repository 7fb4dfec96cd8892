# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List the possible behavior of Downloads: switches of the emulator that an example combines."""

from __future__ import annotations

from ..quirks import Quirk, leave_out

LISTINGS: tuple[Quirk, ...] = (
    {"listing_lag_reads": 1},
    {"listing_lag_reads": 3},
    {"listing_lag_seconds": 0.9},
    {"listing_lag_seconds": 10.0},
    {"listing_repeat": True},
    {"page_cap": 1},
    {"page_cap": 2},
    {"list_size": False},
    {"list_user": False},
    {"downloads_free_plan": "empty"},
)
UPLOADS: tuple[Quirk, ...] = (
    {"created_on_moves": False},
    {"upload_status": 200},
    {"upload_effect": "none", "upload_effect_names": "app"},
    {"upload_effect": "none", "upload_effect_names": "SHA256SUMS"},
    {"upload_effect": "suffix", "upload_effect_names": "zip"},
    {"upload_effect": "suffix"},
    {"delete_effect": "none", "delete_effect_names": "b-"},
    {"stored_damage": "truncate"},
    {"stored_damage": "zero"},
)
RENAMES: tuple[Quirk, ...] = tuple({"rename": rule} for rule in ("spaces", "django", "nfc", "nfd", "lower", "keep_case"))
CONTENTS: tuple[Quirk, ...] = ({"etag": "multipart"}, {"etag": "opaque"}, {"etag": "none"}, {"content_encoding": "None"})

quirks = leave_out((LISTINGS, UPLOADS, RENAMES, CONTENTS))

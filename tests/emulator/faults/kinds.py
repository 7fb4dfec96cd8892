# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the kinds of faults by name."""

from __future__ import annotations

from . import call, damage, damage_bytes, damage_lists

KINDS: dict[str, type[damage.Damage]] = {
    "status": damage.Status,
    "rate_limit": damage.RateLimit,
    "html": damage.Html,
    "json": damage.Json,
    "strings_in_values": damage.StringsInValues,
    "expired": damage.Expired,
    "redirect": damage.Redirect,
    "drop_before": damage.DropBefore,
    "drop_after": damage.DropAfter,
    "truncate": damage_bytes.Truncate,
    "open_end": damage_bytes.OpenEnd,
    "extra": damage_bytes.Extra,
    "wrong_length": damage_bytes.WrongLength,
    "stall": damage_bytes.Stall,
    "drip": damage_bytes.Drip,
    "drip_head": damage_bytes.DripHead,
    "corrupt": damage_bytes.Corrupt,
    "hang_up": damage_bytes.HangUp,
    "refuse": damage_bytes.Refuse,
    "wrong_types": damage_lists.WrongTypes,
    "foreign_next": damage_lists.ForeignNext,
    "repeating_next": damage_lists.RepeatingNext,
    "duplicate_page": damage_lists.DuplicatePage,
    "hidden_item": damage_lists.HiddenItem,
    "call": call.Call,
}
IN_PROCESS = ("call",)  # kinds with arguments that JSON cannot express

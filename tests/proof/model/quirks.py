# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Combine possible behavior of the service: switches of the emulator."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

Quirk = dict[str, Any]

WITHOUT = set(filter(None, os.environ.get("MODEL_WITHOUT", "").split(",")))


def leave_out(groups: Iterable[Iterable[Quirk]]) -> st.SearchStrategy[Quirk]:
    """Return up to three compatible settings, without the switches that the environment excludes.

    The last of two settings for the same switch takes effect.
    """
    wanted = [[quirk for quirk in group if not quirk.keys() & WITHOUT] for group in groups]
    chosen = st.lists(st.one_of(*(st.sampled_from(group) for group in wanted if group)), max_size=3)
    return chosen.map(lambda found: {name: value for quirk in found for name, value in quirk.items()})

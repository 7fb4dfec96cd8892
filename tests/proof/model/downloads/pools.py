# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the names and contents of operations: few, so that operations collide, and many of equal size."""

from __future__ import annotations

import unicodedata

from hypothesis import strategies as st

MANIFEST = "SHA256SUMS"
CAFE = "caf\u00e9.txt"
NAMES = (
    "app.zip",
    "App.zip",
    "app 1.zip",
    "app_1.zip",
    "app (1).zip",
    "b-1.0.tgz",
    "b-1.1.tgz",
    "b-2.0.tgz",
    CAFE,
    unicodedata.normalize("NFD", CAFE),
)
CONTENTS = (b"aaaa", b"bbbb", b"cccc", b"ccccc", b"", b"a\nlonger\ttext" * 5)

names = st.sampled_from(NAMES)
contents = st.sampled_from(CONTENTS)
texts = st.sampled_from([content.decode() for content in CONTENTS])
files = st.dictionaries(names, contents, min_size=1, max_size=4)

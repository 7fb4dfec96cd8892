# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of a listing, as the diff of a task shows it."""

from __future__ import annotations

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.api import Artifact
from ansible_collections.releng.bitbucket.plugins.module_utils._outcome import listing_text


def test_a_line_for_each_artifact_sorted_by_name() -> None:
    listing = {name: Artifact(name, size, "2026-11-01T00:00:00Z") for name, size in (("b", 2), ("a b", 10), ("C", 0))}
    text = listing_text(listing, {"a b": "f" * 64, "b": None, "gone": "e" * 64})
    assert text == f"C  0 bytes\na b  10 bytes  sha256:{'f' * 64}\nb  2 bytes\n"


def test_nothing_listed_is_an_empty_text() -> None:
    assert listing_text({}, {"gone": "e" * 64}) == ""

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of tests.http._downloads.helpers for tests that still import them from here."""

from __future__ import annotations

from typing import Any

from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import (
    LISTING,
    MANIFEST,
    MODULE,
    by_name,
    contents,
    ended,
    fetches,
    lines,
    listings,
    most_at_once,
    numbered,
    posts,
    sha256,
    statuses,
    widgets,
    write,
    writes,
)

__all__ = [
    "LISTING",
    "MANIFEST",
    "MODULE",
    "by_name",
    "contents",
    "ended",
    "failed",
    "fetches",
    "lines",
    "listings",
    "most_at_once",
    "numbered",
    "posts",
    "sha256",
    "statuses",
    "widgets",
    "write",
    "writes",
]


def failed(run: ModuleRunner, **options: Any) -> dict[str, Any]:
    """One run that must fail; returns the whole result."""
    return run.failed(MODULE, **options)

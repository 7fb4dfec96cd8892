# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hold the probes by topic. They run in the order of the files, with the basic ones first."""

from __future__ import annotations

from importlib import import_module

ORDER = (
    "uploads",
    "listing",
    "names",
    "parts",
    "redirect",
    "storage",
    "deletion",
    "addresses",
    "wire",
    "plans",
    "snippet_lists",
    "snippet_forms",
    "snippet_files",
    "snippet_changes",
    "snippet_limits",
    "oauth",
    "access",
    "public",
    "modules",
)


def load_probes() -> None:
    """Import all files, so that their probes are registered."""
    for name in ORDER:
        import_module(f"{__name__}.{name}")

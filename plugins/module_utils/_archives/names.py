# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which artifacts are archives, by their names. Knows nothing of what is in them, and costs a task next to nothing."""

from __future__ import annotations

import typing as t

from .._errors import BadInput
from .._text import quoted

SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip")


def suffix_of(name: str) -> str | None:
    """The suffix that makes this name an archive's, in lower case, or None."""
    return next((suffix for suffix in SUFFIXES if name.lower().endswith(suffix)), None)


def require_archive(names: t.Sequence[str]) -> None:
    """Raise BadInput where none of the names is an archive's."""
    if not any(suffix_of(name) for name in names):
        raise BadInput(
            f"unpack_dest needs an archive, with a name that ends in one of {', '.join(SUFFIXES)};"
            f" fetched would be {', '.join(quoted(name) for name in names)}"
        )

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How results show a snippet. Pure: knows no network and no plan."""

from __future__ import annotations

import typing as t

from .._outcome import Result
from .document import Snippet
from .plan import SnippetState, digest


def described(state: SnippetState, wished: t.Mapping[str, str] | None = None) -> Result:
    """A snippet as results show it; ``wished``: wished names of files by stored name."""
    files = []
    for stored, data in sorted(state.contents.items()):
        name = (wished or {}).get(stored, stored)
        link = (state.snippet.files or {}).get(stored)
        entry: Result = {"name": name, "size": len(data), "sha256": digest(data), "url": link}
        if name != stored:
            entry["stored_name"] = stored
        files.append(entry)
    return dict(described_without_files(state.snippet), files=files)


def described_without_files(snippet: Snippet) -> Result:
    """A snippet of a listing, which does not tell files."""
    return {
        "id": snippet.id or None,
        "title": snippet.title,
        "is_private": snippet.is_private,
        "url": snippet.url,
        "revision": snippet.revision,
        "created_on": snippet.created_on,
        "updated_on": snippet.updated_on,
    }

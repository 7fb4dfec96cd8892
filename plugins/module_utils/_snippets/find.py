# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find snippets in the listings of a workspace.

The listing for the role member has all snippets of the members. The one without a role also has public snippets of others, but
lacks private ones that nobody watches (documented). Without credentials there is no role, and all snippets are public.
"""

from __future__ import annotations

import typing as t

from .._errors import BitbucketError, RequestFailed
from .._text import quoted
from .api import Snippets
from .document import Snippet


def list_members(snippets: Snippets) -> list[Snippet]:
    """Return the snippets of members, or the public ones if requests have no credentials."""
    return snippets.list_items() if snippets.anonymous else snippets.list_items("member")


def list_snippets(snippets: Snippets) -> list[Snippet]:
    """Return the snippets of both listings, those of members first."""
    members = list_members(snippets)
    if snippets.anonymous:
        return members
    known = {snippet.id for snippet in members}
    return members + [snippet for snippet in snippets.list_items() if snippet.id not in known]


def find_by_title(snippets: Snippets, title: str, members: t.Sequence[Snippet]) -> Snippet | None:
    """Return the snippet with exactly this title, None if there is none; raises BitbucketError for several.

    ``members``: the snippets of members. The other listing is read if none of them has the title.
    """
    found = [snippet for snippet in members if snippet.title == title]
    if not found and not snippets.anonymous:
        found = [snippet for snippet in snippets.list_items() if snippet.title == title]
    if len(found) > 1:
        ids = ", ".join(sorted(snippet.id for snippet in found))
        raise BitbucketError(f"{len(found)} snippets have the title {quoted(title)}: say which by snippet_id, one of {ids}")
    return found[0] if found else None


def require_absent(snippets: Snippets, snippet_id: str, failure: BitbucketError) -> None:
    """Raise RequestFailed if the snippet is listed, or if the workspace cannot be listed: then the failure proves nothing."""
    if snippet_id in [snippet.id for snippet in list_members(snippets)]:
        raise RequestFailed(f"{str(failure).rstrip('.')}. But snippet {quoted(snippet_id)} is still listed")

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create a snippet, without a duplicate if the response is lost.

The service makes the ID of a snippet, so a repeated request would create a second one. After an unclear failure the listing
decides whether the snippet exists.
"""

from __future__ import annotations

import typing as t

from .._errors import BitbucketError, RequestFailed
from .._text import quoted
from .api import Snippets
from .document import Snippet
from .find import list_members
from .request import SnippetRequest


class SnippetCreator:
    """Creates one snippet; ``members``: the snippets of members before that."""

    def __init__(self, snippets: Snippets, request: SnippetRequest, members: t.Iterable[Snippet]) -> None:
        self._snippets = snippets
        self._title = request.title or ""
        self._is_private = request.is_private is not False
        self._files = request.files or {}
        self._known = {snippet.id for snippet in members}

    def create(self) -> str:
        """Create the snippet and return its ID."""
        attempts = 0
        while True:
            try:
                created = self._snippets.create_once(self._title, self._is_private, self._files)
            except RequestFailed as failure:
                attempts += 1
                found = self._recover(failure, attempts)
            else:
                found = created or self._find_accepted()
            if found:
                return found

    def _recover(self, failure: RequestFailed, attempts: int) -> str | None:
        """Return the ID if the failed request has created the snippet, None if another attempt may follow."""
        found = self._find_new() if failure.may_have_applied else None
        if found:
            return found
        self._snippets.retries.pause_after(failure, attempts)
        # The snippet might have been listed late.
        return self._find_new() if failure.may_have_applied else None

    def _find_accepted(self) -> str:
        found = self._find_new()
        if not found:
            raise BitbucketError(f"The snippet {quoted(self._title)} was accepted, but is not in the listing")
        return found

    def _find_new(self) -> str | None:
        """Return the ID of the one new snippet with the title."""
        titled = [snippet.id for snippet in list_members(self._snippets) if snippet.title == self._title]
        new = sorted(snippet_id for snippet_id in titled if snippet_id not in self._known)
        if len(new) > 1:
            raise BitbucketError(
                f"{len(new)} new snippets have the title {quoted(self._title)}, and one of them may be ours: {', '.join(new)}"
            )
        return new[0] if new else None

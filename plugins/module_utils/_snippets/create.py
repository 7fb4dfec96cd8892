# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create a snippet, and prove that it is stored as requested and that later tasks can find it by its title.

The service assigns the ID of a snippet, so a repeated request would create another one. After an unclear failure, the listing
decides whether the snippet exists. A listing can lag, so a duplicate is possible. Messages name it.
"""

from __future__ import annotations

import typing as t

from .._errors import BitbucketError, RequestFailed
from .._text import quoted
from .api import NoSuchSnippet, Snippets
from .document import Listing, SnippetState
from .find import EMPTY_LISTING, find_new, list_new
from .reading import read_snippet
from .request import SnippetRequest
from .verify import is_as_sent, require_stored


class SnippetCreator:
    """Creates one snippet. ``known``: IDs of the existing snippets. ``begin``: called with a sentence when the snippet exists.

    ``warnings``: facts about the result that the user must know.
    """

    def __init__(
        self, snippets: Snippets, request: SnippetRequest, known: t.Iterable[str], begin: t.Callable[[str], None]
    ) -> None:
        self._snippets = snippets
        self._title = request.title or ""
        self._is_private = request.is_private is not False
        self._request = request._replace(is_private=self._is_private)
        self._known = set(known)
        self._begin = begin
        self._lost = 0
        self._missing = NoSuchSnippet("")
        self.warnings: list[str] = []

    def create(self) -> SnippetState:
        """Create the snippet, and return its stored state."""
        snippet_id = self._create()
        self._begin(f"The snippet {snippet_id} was created")
        state = self._snippets.retries.settle(lambda: self._read(snippet_id), lambda state: state is not None)
        if state is None:
            raise self._missing
        created = require_stored(state, self._request)
        self._require_listed(snippet_id)
        return created

    def _create(self) -> str:
        """Return the ID of the new snippet."""
        attempts = 0
        while True:
            try:
                created = self._snippets.create_once(self._title, self._is_private, self._request.files or {})
            except RequestFailed as failure:
                attempts += 1
                found = self._recover(failure, attempts)
            else:
                found = created or self._find_accepted()
            if found:
                return found

    def _recover(self, failure: RequestFailed, attempts: int) -> str | None:
        """Return the ID if the failed request created the snippet, or None if another attempt can follow."""
        self._lost += failure.may_have_applied
        found = self._find_own()[0] if failure.may_have_applied else None
        if found:
            return found
        self._snippets.retries.pause_after(failure, attempts)
        # The listing might show the snippet only after the pause.
        return self._find_own()[0] if failure.may_have_applied else None

    def _find_accepted(self) -> str:
        """Return the ID of a snippet that was accepted in a response without the snippet."""
        found, listing = self._snippets.retries.settle(self._find_own, lambda result: result[0] is not None)
        if not found:
            empty = "" if listing.snippets else f". {EMPTY_LISTING}"
            raise BitbucketError(f"The snippet {quoted(self._title)} was accepted, but is not in the listing{empty}")
        return found

    def _find_own(self) -> tuple[str | None, Listing]:
        """Return the ID of the only new snippet with the title, which must match the request, and the listing."""
        new, listing = find_new(self._snippets, self._title, self._known)
        if len(new) > 1:
            raise BitbucketError(
                f"{len(new)} new snippets have the title {quoted(self._title)}, and this task might have created one of"
                f" them: {', '.join(new)}"
            )
        state = self._read(new[0]) if new else None
        if state is None:
            return None, listing
        if not is_as_sent(state, self._request):
            raise BitbucketError(
                f"No response names the created snippet. The new snippet {new[0]} has the title {quoted(self._title)}, but it"
                " differs from the request, so another task might have created it. It was not changed. Check it, and set"
                " snippet_id"
            )
        return new[0], listing

    def _read(self, snippet_id: str) -> SnippetState | None:
        """Return the snippet, or None if the service does not find it (yet)."""
        try:
            return read_snippet(self._snippets, snippet_id, self._request.files or {})
        except NoSuchSnippet as exc:
            self._missing = exc
            return None

    def _require_listed(self, snippet_id: str) -> None:
        """Raise BitbucketError if the snippet is not listed by its title, or if this task might have created a duplicate."""
        title = self._title
        listing = list_new(self._snippets, snippet_id, title)
        titled = [one.id for one in listing.snippets if one.title == title]
        if snippet_id not in titled:
            empty = "" if listing.snippets else f". {EMPTY_LISTING}"
            raise BitbucketError(
                f"it is not listed with the title {quoted(title)}, so the next run would create another one. Set snippet_id"
                f" to {snippet_id}{empty}"
            )
        # No snippet had the title before the creation.
        others = ", ".join(sorted({*titled} - {snippet_id}))
        if self._lost and not self._known.issuperset({*titled} - {snippet_id}):
            raise BitbucketError(
                f"snippet {others} has the same title, probably from an earlier attempt whose response was lost."
                " Delete one of them, or set snippet_id"
            )
        if others:
            self.warnings.append(
                f"Snippet {others} now has the title of the new snippet {snippet_id} as well. Set snippet_id in later tasks"
            )

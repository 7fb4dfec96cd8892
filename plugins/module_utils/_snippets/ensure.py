# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ensure that a snippet is present or absent: read, decide, then predict (check mode) or apply."""

from __future__ import annotations

import typing as t

from .._errors import BadInput, BitbucketError, Forbidden, Gone, StorageRefused
from .._outcome import ABSENT, CREATED, DELETED, UNCHANGED, UPDATED, Outcome, Progress
from .._text import quoted
from .api import NoSuchSnippet, Snippets, UnclearDeletion
from .create import SnippetCreator
from .document import Snippet, SnippetState
from .find import find_by_title, list_members, require_absent
from .plan import plan_snippet, predict_creation, predict_update
from .reading import read_snippet
from .report import Change, report_change
from .request import SnippetRequest
from .update import SnippetUpdater
from .verify import require_stored


class SnippetTask:
    """One task for one snippet, which its ID or its title identifies."""

    def __init__(self, snippets: Snippets, request: SnippetRequest, check_mode: bool, progress: Progress) -> None:
        self._snippets = snippets
        self._request = request
        self._check_mode = check_mode
        self._progress = progress

    def ensure_present(self) -> Outcome:
        """Create or update the snippet, or predict it."""
        snippet_id, members = self._find()
        change = self._update(snippet_id) if snippet_id is not None else self._create(members)
        return report_change(change, self._request.files or {})

    def ensure_absent(self, with_diff: bool) -> Outcome:
        """Delete the snippet, or predict it; read its contents for check mode and a diff only."""
        snippet_id, _members = self._find()
        if snippet_id is None:
            return report_change(Change(ABSENT))
        before = None
        try:
            if with_diff or self._check_mode:
                before = self._read_before_deletion(snippet_id)
            if not self._check_mode:
                self._delete(snippet_id)
        except NoSuchSnippet as exc:
            require_absent(self._snippets, snippet_id, exc)
            return report_change(Change(ABSENT))
        return report_change(Change(DELETED, before))

    def _find(self) -> tuple[str | None, t.Sequence[Snippet]]:
        """Return the ID of the snippet if it exists, and the snippets that were listed to find it."""
        if self._request.snippet_id is not None:
            return self._request.snippet_id, []
        members = list_members(self._snippets)
        found = find_by_title(self._snippets, self._request.title or "", members)
        return found.id if found else None, members

    def _read(self, snippet_id: str) -> SnippetState:
        return read_snippet(self._snippets, snippet_id, self._request.files or {})

    def _create(self, members: t.Sequence[Snippet]) -> Change:
        if not self._request.files:
            title = quoted(self._request.title or "")
            raise BadInput(f"There is no snippet titled {title}, and files are needed to create it")
        if self._check_mode:
            return Change(CREATED, None, predict_creation(self._request))
        snippet_id = SnippetCreator(self._snippets, self._request, members).create()
        self._progress.begin(f"The snippet {snippet_id} was created")
        created = require_stored(self._read(snippet_id), self._request)
        # A snippet that was found after a lost response might differ from the request.
        return Change(CREATED, None, SnippetUpdater(self._snippets, self._request).update(created).after)

    def _update(self, snippet_id: str) -> Change:
        try:
            before = self._read(snippet_id)
            if self._check_mode:
                plan = plan_snippet(before, self._request)
                return Change(UPDATED if plan.changes else UNCHANGED, before, predict_update(before, plan))
            return SnippetUpdater(self._snippets, self._request).update(before)
        except NoSuchSnippet as exc:
            raise BitbucketError(f"There is no snippet {quoted(snippet_id)} to update: {exc}") from None

    def _read_before_deletion(self, snippet_id: str) -> SnippetState | None:
        """Return what a diff shows, None if the snippet cannot be read.

        Spam cannot be read, nor can any snippet with a credential that only has the scope to delete. Both can be deleted,
        which check mode cannot know.
        """
        try:
            return self._read(snippet_id)
        except (Forbidden, Gone, StorageRefused):
            if self._check_mode:
                raise
            return None

    def _delete(self, snippet_id: str) -> None:
        try:
            self._snippets.delete(snippet_id)
        except UnclearDeletion as exc:
            require_absent(self._snippets, snippet_id, exc)

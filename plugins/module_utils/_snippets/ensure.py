# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ensure that a snippet is present or absent: read, decide, and apply, or predict in check mode."""

from __future__ import annotations

import functools
import typing as t
from types import MappingProxyType

from .._errors import BadInput, BitbucketError, Forbidden, Gone, StorageRefused
from .._outcome import ABSENT, CREATED, DELETED, UNCHANGED, UPDATED, Outcome, Progress
from .._text import quoted
from .api import NoSuchSnippet, Snippets, UnclearDeletion
from .create import SnippetCreator
from .document import Listing, SnippetState
from .find import EMPTY_LISTING, Found, find_by_title, prove_absent, require_deleted, warn_if_empty, warn_if_listed
from .plan import find_similar_title, plan_snippet, predict_creation, predict_update
from .reading import read_snippet
from .report import Change, report_change
from .request import SnippetRequest
from .update import SnippetUpdater

_NO_FILES: t.Mapping[str, bytes] = MappingProxyType({})


class SnippetTask:
    """One task for one snippet, which its ID or its title identifies."""

    def __init__(self, snippets: Snippets, request: SnippetRequest, check_mode: bool, progress: Progress) -> None:
        self._snippets = snippets
        self._request = request
        self._check_mode = check_mode
        self._progress = progress
        self._warnings: list[str] = []

    def ensure_present(self) -> Outcome:
        """Create or update the snippet, or predict the outcome in check mode."""
        if self._request.snippet_id is not None:
            change = self._update_by_id(self._request.snippet_id)
        else:
            found = find_by_title(self._snippets, self._request.title or "", self._read, to_write=True)
            if found.stale and not found.state:
                raise BitbucketError(f"Nothing was changed: {found.stale[0]}. Run the task again later, or set snippet_id")
            change = self._update(found.state) if found.state else self._create(found.listing)
        return self._report(change, self._request.files or {})

    def ensure_absent(self, with_diff: bool) -> Outcome:
        """Delete the snippet, or predict the outcome in check mode. Its contents are read only for check mode and a diff."""
        with_contents = with_diff or self._check_mode
        found = self._find_for_deletion(with_contents)
        if found.snippet_id is None:
            return self._report(Change(ABSENT))
        return self._report(self._delete(found.snippet_id, found.state if with_contents else None))

    def _report(self, change: Change, files: t.Mapping[str, bytes] = _NO_FILES) -> Outcome:
        outcome = report_change(change, files)
        return outcome._replace(warnings=[*outcome.warnings, *self._warnings])

    def _read(self, snippet_id: str) -> SnippetState:
        return read_snippet(self._snippets, snippet_id, self._request.files or {})

    def _create(self, listing: Listing) -> Change:
        title = self._request.title or ""
        if not self._request.files:
            empty = "" if listing.snippets else f". {EMPTY_LISTING}"
            raise BadInput(f"There is no snippet titled {quoted(title)}, and files is required to create it{empty}")
        similar = find_similar_title(title, listing.snippets)
        if similar:
            raise BitbucketError(
                f"There is no snippet titled {quoted(title)}, but snippet {similar.id} has the title {quoted(similar.title)}."
                f" Bitbucket might have stored the title in that form. Set snippet_id to {similar.id},"
                " or use a title that differs more"
            )
        if self._check_mode:
            return Change(CREATED, None, predict_creation(self._request))
        creator = SnippetCreator(self._snippets, self._request, listing.ids, self._progress.begin)
        created = creator.create()
        self._warnings += creator.warnings
        return Change(CREATED, None, created)

    def _update_by_id(self, snippet_id: str) -> Change:
        try:
            return self._update(self._read(snippet_id))
        except NoSuchSnippet as exc:
            raise BitbucketError(f"There is no snippet {quoted(snippet_id)} to update: {exc}") from None

    def _update(self, before: SnippetState) -> Change:
        if self._check_mode:
            plan = plan_snippet(before, self._request)
            return Change(UPDATED if plan.changes else UNCHANGED, before, predict_update(before, plan))
        return SnippetUpdater(self._snippets, self._request, self._progress.note_change).update(before)

    def _find_for_deletion(self, with_contents: bool) -> Found:
        """Return the snippet to delete, or None with a warning if there is evidence that the snippet might exist."""
        if self._request.snippet_id is None:
            read = functools.partial(self._read_before_deletion, with_contents=with_contents)
            found = find_by_title(self._snippets, self._request.title or "", read, to_write=True)
            if found.snippet_id is None:
                self._warnings += [f"Nothing was deleted: {words}" for words in found.stale] or warn_if_empty(found.listing)
            return found
        try:
            before = self._read_before_deletion(self._request.snippet_id, with_contents) if with_contents else None
        except NoSuchSnippet as exc:
            self._prove_absent(self._request.snippet_id, exc)
            return Found()
        return Found(self._request.snippet_id, before)

    def _read_before_deletion(self, snippet_id: str, with_contents: bool) -> SnippetState | None:
        """Return the snippet, with contents if a diff needs them, or None if it cannot be read.

        Spam cannot be read, and credentials with only the scope to delete cannot read any snippet. In both cases the snippet can
        be deleted. Check mode cannot know the scopes.
        """
        try:
            return self._read(snippet_id) if with_contents else SnippetState(self._snippets.get(snippet_id), {})
        except Gone:
            return None
        except (Forbidden, StorageRefused):
            if self._check_mode:
                raise
            return None

    def _delete(self, snippet_id: str, before: SnippetState | None) -> Change:
        if self._check_mode:
            return Change(DELETED, before)
        try:
            self._snippets.delete(snippet_id)
        except NoSuchSnippet as exc:
            self._prove_absent(snippet_id, exc)
            return Change(ABSENT)
        except UnclearDeletion as exc:
            self._warnings += warn_if_listed(prove_absent(self._snippets, snippet_id, exc), snippet_id)
        else:
            require_deleted(self._snippets, snippet_id)
        return Change(DELETED, before)

    def _prove_absent(self, snippet_id: str, failure: BitbucketError) -> None:
        listing = prove_absent(self._snippets, snippet_id, failure)
        self._warnings += warn_if_listed(listing, snippet_id) + warn_if_empty(listing)

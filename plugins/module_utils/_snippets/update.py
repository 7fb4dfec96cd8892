# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Update a snippet by compare-and-swap: send a plan for the revision that was read, and plan again after a conflict.

The service does not version title and visibility, so the comparison of revisions does not protect them. A response proves
nothing. The snippet is read after each update, and must then be as requested.
"""

from __future__ import annotations

import typing as t

from .._errors import BitbucketError, Conflict, RequestFailed
from .._outcome import UNCHANGED, UPDATED
from .api import Snippets
from .document import Snippet, SnippetState
from .plan import SnippetPlan, plan_snippet
from .reading import read_snippet
from .report import Change
from .request import SnippetRequest
from .verify import describe_wrong, require_stored

# Maximum number of conflicts with other tasks in one task.
MAX_CONFLICTS = 3


class SnippetUpdater:
    """Updates one snippet. ``note_change``: called when the service accepted an update."""

    def __init__(self, snippets: Snippets, request: SnippetRequest, note_change: t.Callable[[], None]) -> None:
        self._snippets = snippets
        self._request = request
        self._note_change = note_change
        self._applied = False
        self._conflicts = 0
        self._attempts = 0

    def update(self, before: SnippetState) -> Change:
        """Send the differences. Raise NoSuchSnippet.

        The status is also "updated" if a response was lost and the snippet is now as requested.
        """
        after, plan = self._swap(before)
        if plan.remove_after_upload:
            after, _plan = self._swap(after)
        return Change(UPDATED if self._applied else UNCHANGED, before, after)

    def _swap(self, current: SnippetState) -> tuple[SnippetState, SnippetPlan]:
        """Return the state after one accepted plan, and that plan, which is empty if the snippet is as requested."""
        while (plan := plan_snippet(current, self._request)).changes:
            try:
                after = self._send(current, plan)
            except RequestFailed as failure:
                current = self._read_after(failure, current.snippet.id)
            else:
                self._applied = True
                return after, plan
        return current, plan

    def _send(self, current: SnippetState, plan: SnippetPlan) -> SnippetState:
        """Send the plan once, and return the state after it. Raise RequestFailed if the plan had no effect."""
        written = self._snippets.update_once(current.snippet, plan)
        self._note_change()
        after = self._read(current.snippet.id)
        left = plan_snippet(after, self._request)
        removals = [name for name in plan.remove if name in after.contents]
        if not (left.properties or left.uploads or removals):
            return after
        wrong = describe_wrong(after, self._request, removals)
        if _had_no_effect(current.snippet, after.snippet, plan):
            message = f"The update of snippet {after.snippet.id} was accepted, but had no effect: {wrong}"
            raise RequestFailed(message, transient=True)
        if written and written.revision and after.snippet.revision != written.revision:
            raise Conflict(f"The update created revision {written.revision}, which is no longer the newest")
        require_stored(after, self._request)
        raise BitbucketError(f"The update of snippet {after.snippet.id} was accepted, but {wrong}")

    def _read_after(self, failure: RequestFailed, snippet_id: str) -> SnippetState:
        """Return the state after a failure. Raise the failure if another attempt must not follow."""
        self._applied = self._applied or failure.may_have_applied
        if isinstance(failure, Conflict):
            self._count_conflict(failure, snippet_id)
            return self._read(snippet_id)
        if failure.may_have_applied:
            current = self._read(snippet_id)
            if not plan_snippet(current, self._request).changes:
                return current
        self._attempts += 1
        self._snippets.retries.pause_after(failure, self._attempts)
        return self._read(snippet_id)

    def _count_conflict(self, failure: Conflict, snippet_id: str) -> None:
        self._conflicts += 1
        if self._conflicts > MAX_CONFLICTS:
            raise BitbucketError(
                f"Another user or task keeps changing snippet {snippet_id}. {self._conflicts} attempts found a newer revision:"
                f" {failure}"
            ) from failure

    def _read(self, snippet_id: str) -> SnippetState:
        return read_snippet(self._snippets, snippet_id, self._request.files or {})


def _had_no_effect(before: Snippet, after: Snippet, plan: SnippetPlan) -> bool:
    """Return whether a plan changed nothing: neither the revision, for files, nor title and visibility."""
    if plan.uploads or plan.remove:
        return after.revision is not None and after.revision == before.revision
    return all(getattr(after, name) == getattr(before, name) for name in plan.properties)

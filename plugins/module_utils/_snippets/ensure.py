# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A snippet present or absent: read, decide, then show the plan (check mode) or apply it. Knows no option parsing and no HTTP.

An update is compare-and-swap on the revision that was read. A create is never repeated blindly: ids are made by the service,
so a repeated one would make a second snippet.
"""

from __future__ import annotations

import typing as t

from .._errors import BadInput, BitbucketError, Conflict, Forbidden, Gone, RequestFailed
from .._outcome import ABSENT, CREATED, DELETED, UNCHANGED, UPDATED, Outcome, Progress, Result
from .._text import quoted
from .api import NoSuchSnippet, Snippets
from .document import Snippet
from .plan import SnippetPlan, SnippetState, SnippetWish, differences, plan_snippet, predicted, stored_names
from .report import described

# How often a snippet that others change at the same time is read and decided again.
MAX_CONFLICTS = 3


class _Done(t.NamedTuple):
    """A status with the state before and after, and the stored names of files by wished name."""

    status: str
    before: SnippetState | None = None
    after: SnippetState | None = None


class SnippetTask:
    """One task for one snippet, found by its id or by its title."""

    def __init__(
        self, snippets: Snippets, snippet_id: str | None, wish: SnippetWish, check_mode: bool, progress: Progress
    ) -> None:
        self._snippets = snippets
        self._id = snippet_id
        self._wish = wish
        self._check_mode = check_mode
        self._progress = progress
        self._known: set[str] = set()

    def ensure_present(self) -> Outcome:
        """Create or update the snippet, or predict it."""
        current_id = self._id if self._id is not None else self._id_by_title()
        if current_id is None:
            return self._outcome(self._created())
        try:
            return self._outcome(self._updated(self._read(current_id)))
        except NoSuchSnippet as exc:
            raise BitbucketError(f"There is no snippet {quoted(current_id)} to update: {exc}") from exc

    def ensure_absent(self, with_diff: bool) -> Outcome:
        """Delete the snippet, or predict it; its contents are read only for a diff."""
        current_id = self._id if self._id is not None else self._id_by_title()
        if current_id is None:
            return self._outcome(_Done(ABSENT))
        before = None
        try:
            if with_diff or self._check_mode:
                before = self._before_deletion(current_id)
            gone = not self._check_mode and not self._snippets.delete(current_id)
        except NoSuchSnippet as exc:
            self._snippets.require_absent(current_id, exc)
            gone = True
        return self._outcome(_Done(ABSENT if gone else DELETED, before))

    def _before_deletion(self, snippet_id: str) -> SnippetState | None:
        """What a diff shows; None for what must not be read, but may be deleted all the same, which check mode cannot know.

        Such are spam, and any snippet where the credential has the scope to delete alone.
        """
        try:
            return self._read(snippet_id)
        except (Forbidden, Gone):
            if self._check_mode:
                raise
            return None

    def _read(self, snippet_id: str) -> SnippetState:
        return self._snippets.read(snippet_id, self._wish.files)

    def _id_by_title(self) -> str | None:
        members = self._snippets.of_members()
        self._known = {snippet.id for snippet in members}
        found = self._snippets.one_titled(self._wish.title or "", members)
        return found.id if found else None

    def _created(self) -> _Done:
        wish = self._wish
        if not wish.files:
            raise BadInput(f"There is no snippet titled {quoted(wish.title or '')}, and files are needed to create it")
        if self._check_mode:
            return _Done(CREATED, None, predicted(None, wish, SnippetPlan()))
        snippet_id = self._created_id(wish.title or "", wish.is_private is not False, wish.files)
        self._progress.begin(f"The snippet {snippet_id} was created")
        done = self._updated(self._checked(self._read(snippet_id)))
        return _Done(CREATED, None, done.after)

    def _created_id(self, title: str, is_private: bool, files: t.Mapping[str, bytes]) -> str:
        """The id of the new snippet; after a lost answer it is looked for before anything is sent again."""
        client = self._snippets.client
        tries = 0
        while True:
            try:
                created = self._snippets.create_once(title, is_private, files)
            except RequestFailed as failure:
                tries += 1
                found = self._new_id(title) if failure.may_have_applied else None
                if found is None:
                    client.pause_after(failure, tries)
                    found = self._new_id(title) if failure.may_have_applied else None
            else:
                found = created or self._new_id(title)
                if found is None:
                    raise BitbucketError(f"The snippet {quoted(title)} was accepted, but is not in the listing")
            if found is not None:
                return found

    def _new_id(self, title: str) -> str | None:
        found = [
            snippet.id for snippet in self._snippets.of_members() if snippet.title == title and snippet.id not in self._known
        ]
        if len(found) > 1:
            raise BitbucketError(
                f"{len(found)} new snippets have the title {quoted(title)}, and one of them may be"
                f" ours: {', '.join(sorted(found))}"
            )
        return found[0] if found else None

    def _updated(self, before: SnippetState) -> _Done:
        snippet_id, current = before.snippet.id, before
        failures: list[RequestFailed] = []
        sent = False
        while True:
            plan = plan_snippet(current, self._wish)
            if not plan.changes:
                # Where an answer was lost it was most likely ours that had its effect, else somebody else's.
                ours = sent or any(failure.may_have_applied for failure in failures)
                return _Done(UPDATED if ours else UNCHANGED, before, current)
            if self._check_mode:
                return _Done(UPDATED, before, predicted(current, self._wish, plan))
            try:
                written = self._snippets.update_once(current.snippet, plan)
                if written and (sent or not plan.later):
                    return _Done(UPDATED, before, self._after(current, plan, written))
                current = self._checked_names(self._read(snippet_id))
                if not written and plan_snippet(current, self._wish).changes and not plan.later:
                    words = "".join(f", and it has {each}" for each in self._wrong(current))
                    raise RequestFailed(
                        f"The update of snippet {snippet_id} was answered without the snippet{words}", transient=True
                    )
                sent = True
            except RequestFailed as failure:
                failures.append(failure)
                current = self._read_after(failures, snippet_id)

    def _read_after(self, failures: t.Sequence[RequestFailed], snippet_id: str) -> SnippetState:
        """The snippet as it is after a failed update; raises where there shall be no other try."""
        failure = failures[-1]
        conflicts = sum(isinstance(each, Conflict) for each in failures)
        if isinstance(failure, Conflict):
            if conflicts > MAX_CONFLICTS:
                raise BitbucketError(
                    f"Snippet {snippet_id} is being changed by somebody else, {conflicts} tries met a newer revision: {failure}"
                ) from failure
            return self._read(snippet_id)
        if failure.may_have_applied:
            current = self._read(snippet_id)
            if not plan_snippet(current, self._wish).changes:
                return current
        self._snippets.client.pause_after(failure, len(failures) - conflicts)
        return self._read(snippet_id)

    def _after(self, current: SnippetState, plan: SnippetPlan, written: Snippet) -> SnippetState:
        """The state after a write: the service's own names, with the contents that were sent or had been read."""
        foretold = predicted(current, self._wish, plan).contents
        state = SnippetState(written, foretold)
        if set(written.files or {}) == set(foretold) and not plan_snippet(state, self._wish).fields:
            return state
        return self._checked(self._read(current.snippet.id))

    def _checked(self, state: SnippetState) -> SnippetState:
        """The state after a write, which must have what was sent."""
        wrong = self._wrong(state)
        if wrong:
            raise BitbucketError(f"What was sent for snippet {state.snippet.id} was accepted, but it has {' and '.join(wrong)}")
        return self._checked_names(state)

    def _wrong(self, state: SnippetState) -> list[str]:
        """What of title and visibility is not as it was wished, in words."""
        return [_instead(name, state.snippet, self._wish) for name in plan_snippet(state, self._wish).fields]

    def _checked_names(self, state: SnippetState) -> SnippetState:
        files = self._wish.files or {}
        renamed = stored_names(state.contents, files)
        lost = [name for name in files if name not in state.contents and name not in renamed]
        if lost:
            raise BitbucketError(
                "The snippet was accepted, but these files are not in it under their names:"
                f" {', '.join(map(quoted, lost))}; it has"
                f" {', '.join(map(quoted, sorted(state.contents)))}"
            )
        return state

    def _outcome(self, done: _Done) -> Outcome:
        result: Result = {"status": done.status}
        warnings = []
        if done.after is not None:
            renamed = stored_names(done.after.contents, self._wish.files or {})
            result["snippet"] = described(done.after, {stored: wished for wished, stored in renamed.items()})
            warnings = [
                f"Bitbucket has stored the file {quoted(wished)} under the name {quoted(stored)}"
                for wished, stored in renamed.items()
            ]
        return Outcome(
            result,
            changed=done.status not in (UNCHANGED, ABSENT),
            warnings=warnings,
            diffs=differences(done.before, done.after) if done.status not in (UNCHANGED, ABSENT) else [],
        )


def _instead(name: str, snippet: Snippet, wish: SnippetWish) -> str:
    if name == "title":
        return f"the title {quoted(snippet.title)} instead of {quoted(wish.title or '')}"
    return f"is_private {snippet.is_private} instead of {wish.is_private}"

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve changes of snippets: POST, PUT, DELETE and watching, with compare-and-swap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug import Response

from ..altering import TITLES
from ..auth.accounts import Credential
from ..auth.gate import Refused
from ..http import responses
from ..http.exchange import Exchange
from ..switches import Switches
from ..workspaces import Workspace
from .forms import Forms
from .gate import DELETE, DELETE_REVISION, READ, SIGN_IN, WATCH, WRITE, SnippetGate
from .input import Draft, Reader
from .revisions import Change, LastFile, Stale
from .shapes import Shapes
from .state import Snippet

NO_PLAN = "Snippets are not available on this plan. Upgrade to a Standard or Premium plan."


@dataclass(frozen=True)
class Writing:
    """Serve the routes that change something."""

    switches: Switches
    gate: SnippetGate
    read: Reader
    forms: Forms

    def create_global(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """POST /snippets: fails because the account has no workspace."""
        self.gate.check_scopes(credential, WRITE)
        return responses.error(500, "Something went wrong")

    def create(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """POST /snippets/{workspace}: create a public snippet if `is_private` is missing, so that tests notice the omission."""
        workspace = self.gate.workspace(credential, path[0], WRITE)
        if self.switches.snippet_free_plan is True:
            return responses.error(402, NO_PLAN)
        kind = self.forms.choose(exchange)
        draft = self.read(exchange)
        self._refuse_unknown(draft, {})
        if not draft.files and self.switches.snippet_empty_create == 400:
            raise self._invalid(file=["This field is required."])
        values = self._kept({"title": "", **draft.values})
        title = values["title"]
        private = values.get("is_private") is True
        snippet = workspace.snippets.create(
            title if isinstance(title, str) else None, draft.files, private, self.gate.user(credential)
        )
        if self.switches.snippet_create_effect == "none":
            workspace.snippets.remove(snippet.id)
        exchange.entry.snippet = snippet.id
        response = self._respond(kind, exchange, workspace, snippet, 201)
        response.headers["Location"] = Shapes(exchange.origin, self.switches).base(workspace, snippet)
        return response

    def update(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """PUT of a snippet, or of its newest revision."""
        workspace, snippet = self.gate.snippet(credential, path, WRITE)
        kind = self.forms.choose(exchange)
        if len(path) > 2:
            self._refuse_old(snippet, path[2])
        draft = self.read(exchange)
        with snippet.lock:
            expected = path[2] if len(path) > 2 else None
            self._apply(snippet, draft, self.gate.user(credential) or "", expected)
            return self._respond(kind, exchange, workspace, snippet, 200)

    def delete(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """DELETE of a snippet regardless of its newest revision."""
        workspace, snippet = self.gate.snippet(credential, path, DELETE)
        if self.switches.snippet_delete_effect == "delete":
            workspace.snippets.remove(snippet.id)
        return responses.empty(204)

    def delete_revision(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """DELETE of a snippet if the given revision is its newest one."""
        workspace, snippet = self.gate.snippet(credential, path, DELETE_REVISION)
        self._refuse_old(snippet, path[2])
        try:
            workspace.snippets.remove_at(snippet, path[2])
        except Stale:
            raise not_the_newest() from None
        return responses.empty(204)

    def is_watched(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """GET …/watch: whether the user watches the snippet."""
        _home, snippet = self.gate.snippet(credential, path, READ, anonymous=404)
        watched = self.gate.user(credential) in snippet.watchers
        return responses.empty(204) if watched else responses.error(404, "You are not watching this snippet.")

    def watch(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """PUT and DELETE …/watch: start or stop watching."""
        _home, snippet = self.gate.snippet(credential, path, WATCH)
        user = self.gate.user(credential)
        if user is None:
            raise self.gate.gate.unauthorized(SIGN_IN)
        (snippet.watchers.add if exchange.method == "PUT" else snippet.watchers.discard)(user)
        return responses.empty(204)

    def _respond(self, kind: str, exchange: Exchange, workspace: Workspace, snippet: Snippet, status: int) -> Response:
        if self.switches.snippet_write_body == "empty":
            return responses.empty(status)
        return self.forms.respond(kind, exchange, workspace, snippet, snippet.tip, status)

    def _kept(self, values: Mapping[str, object]) -> dict[str, object]:
        """Return title and visibility as stored."""
        kept = dict(values)
        if isinstance(kept.get("title"), str):
            change = self.switches.snippet_title_change
            title = TITLES[change](str(kept["title"])) if change else str(kept["title"])
            kept["title"] = title[: self.switches.snippet_title_length]
        if self.switches.snippet_stays_public and "is_private" in kept:
            kept["is_private"] = False
        return kept

    def _apply(self, snippet: Snippet, draft: Draft, author: str, expected: str | None) -> None:
        sent = draft.files
        if self.switches.rename == "keep_case":
            sent = {self.switches.renamed(name, snippet.tip.files): content for name, content in sent.items()}
        files = {**sent, **dict.fromkeys(draft.removed)}
        may_be_empty = self.switches.snippet_last_file == 200 or not files
        commits = self.switches.identical_put_commits
        try:
            if expected in (None, snippet.revision):
                self._refuse_unknown(draft, snippet.tip.files)
                if self.switches.snippet_put_effect == "none":
                    return
            snippet.apply(Change(files, self._kept(draft.values)), author, expected, commits, may_be_empty)
        except Stale:
            raise not_the_newest() from None
        except LastFile:
            raise self._invalid(files=["A snippet must have at least one file."]) from None

    def _refuse_unknown(self, draft: Draft, there: Mapping[str, bytes]) -> None:
        missing = [name for name in draft.removed if name not in there]
        if missing:
            raise self._invalid(files=[f"No file has the name {name!r}." for name in missing])

    def _refuse_old(self, snippet: Snippet, sha: str) -> None:
        if not any(revision.sha == sha for revision in list(snippet.revisions)):
            raise no_such_revision(sha)
        if sha != snippet.revision:
            raise not_the_newest()

    def _invalid(self, **fields: list[str]) -> Refused:
        return Refused(responses.bad_request(self.switches.plain_400, fields=fields))


def no_such_revision(sha: str) -> Refused:
    """Return the refusal with 404 of a revision."""
    return Refused(responses.error(404, f"Revision '{sha}' not found."))


def not_the_newest() -> Refused:
    """Return the refusal with 405: only the newest revision can be changed."""
    response = responses.error(405, "This is not the latest revision of the snippet.")
    response.headers["Allow"] = "GET, HEAD"
    return Refused(response)

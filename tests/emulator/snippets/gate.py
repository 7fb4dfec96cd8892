# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide who may do what with snippets (fact sheet, sections 2.1 and 2.5)."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug import Response

from ..auth import accounts as who
from ..auth.accounts import Credential
from ..auth.gate import Gate, Refused, lacking
from ..http import answers
from ..workspaces import State, Workspace
from .state import Snippet

NO_ACCESS = "You do not have access to this snippet."
WRONG_MECHANISM = "This API is not accessible by this authentication mechanism"
Found = tuple[Workspace, Snippet]
SIGN_IN = "Authentication is required to access this resource."


@dataclass(frozen=True)
class Need:
    """A right: all of these scopes for API tokens, or one of the older scopes."""

    api_scopes: tuple[str, ...]
    old_scope: str
    write: bool = False


READ = Need((who.SNIPPET_READ,), who.OLD_SNIPPET_READ)
WRITE = Need((who.SNIPPET_READ, who.SNIPPET_WRITE), who.OLD_SNIPPET_WRITE, write=True)
DELETE = Need((who.SNIPPET_DELETE,), who.OLD_SNIPPET_WRITE, write=True)
DELETE_REVISION = Need((who.SNIPPET_WRITE,), who.OLD_SNIPPET_WRITE, write=True)
WATCH = Need((who.SNIPPET_WRITE,), who.OLD_SNIPPET_WRITE)


@dataclass
class SnippetGate:
    """Refuses, or gives what was asked for."""

    gate: Gate
    state: State

    def user(self, credential: Credential | None) -> str | None:
        """Return who acts: an account, or a consumer as the `app_user` that it is."""
        return None if credential is None else credential.identity

    def check_scopes(self, credential: Credential | None, need: Need) -> None:
        """Whatever the snippet: may a credential like this one ask?"""
        if credential is None:
            return
        if credential.kind == "access_token":
            if self.gate.switches.snippet_access_token == 401:
                raise self.gate.unauthorized(answers.BAD_TOKEN)
            raise Refused(answers.error(403, WRONG_MECHANISM))
        wanted = need.api_scopes if credential.kind == "api_token" else (need.old_scope,)
        if not credential.granted().issuperset(wanted):
            raise Refused(lacking(credential, *wanted))

    def workspace(self, credential: Credential | None, name: str, need: Need) -> Workspace:
        """The workspace; 404 if there is none, 401 or 403 for those who want to write and may not."""
        self.check_scopes(credential, need)
        home = self.state.find_workspace(name)
        if home is None:
            raise Refused(answers.error(404, f"No workspace with identifier '{name}'."))
        if need.write and credential is None:
            raise self.gate.unauthorized(SIGN_IN)
        if need.write and not self.member(credential, home):
            raise Refused(answers.error(403, "You do not have permission to create snippets in this workspace."))
        return home

    def snippet(
        self, credential: Credential | None, path: list[str], need: Need, stranger: int = 401
    ) -> tuple[Workspace, Snippet]:
        """The snippet of workspace and id; `stranger` is the status for those who did not say who they are."""
        self.check_scopes(credential, need)
        home = self.state.find_workspace(path[0])
        snippet = home.snippets.get(path[1]) if home else None
        if home is None or snippet is None:
            raise Refused(not_there())
        if credential is None and (need.write or snippet.is_private):
            raise Refused(not_there()) if stranger == 404 else self.gate.unauthorized(SIGN_IN)
        if not self.sees(credential, home, snippet):
            hidden = self.gate.switches.snippet_hidden
            raise Refused(not_there() if hidden == 404 else answers.error(403, NO_ACCESS))
        if snippet.spam and need != DELETE:
            raise Refused(answers.error(410, "This snippet has been marked as spam."))
        if need.write and not self.edits(credential, home, snippet):
            raise Refused(answers.error(403, "You do not have permission to change this snippet."))
        return home, snippet

    def member(self, credential: Credential | None, home: Workspace) -> bool:
        """Whether the credential's account belongs to the workspace."""
        return credential is not None and credential.role != "none" and home.member

    def is_listed_member(self, credential: Credential | None, home: Workspace) -> bool:
        """Return whether `role=member` lists the snippets of the workspace: of an `app_user` that is not known."""
        is_app = credential is not None and credential.user is None
        return self.member(credential, home) and (self.gate.switches.snippet_app_user_member or not is_app)

    def sees(self, credential: Credential | None, home: Workspace, snippet: Snippet) -> bool:
        """Public ones are for all, private ones for members and the owner."""
        mine = snippet.owner is not None and snippet.owner == self.user(credential)
        return not snippet.is_private or mine or (self.member(credential, home) and not snippet.foreign)

    def edits(self, credential: Credential | None, home: Workspace, snippet: Snippet) -> bool:
        """The workspace's ones are for all members, others only for the owner."""
        if snippet.owner is not None:
            return snippet.owner == self.user(credential)
        return self.member(credential, home) and not snippet.foreign


def not_there() -> Response:
    """404 for a snippet."""
    return answers.error(404, "Snippet not found.")

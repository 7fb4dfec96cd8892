# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide which credentials can read or change snippets (fact sheet, sections 2.1 and 2.5)."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug import Response

from ..auth import accounts as who
from ..auth.accounts import Credential
from ..auth.gate import Gate, Refused, lacking
from ..http import responses
from ..workspaces import State, Workspace
from .state import Snippet

NO_ACCESS = "You do not have access to this snippet."
WRONG_MECHANISM = "This API is not accessible by this authentication mechanism"
Found = tuple[Workspace, Snippet]
SIGN_IN = "Authentication is required to access this resource."


@dataclass(frozen=True)
class Need:
    """Describe a permission: all of these scopes for API tokens, or one of the older scopes."""

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
    """Check the permissions for workspaces and snippets."""

    gate: Gate
    state: State

    def user(self, credential: Credential | None) -> str | None:
        """Return the identity of the credential: an account, or the `app_user` of a consumer."""
        return None if credential is None else credential.identity

    def check_scopes(self, credential: Credential | None, need: Need) -> None:
        """Raise `Refused` if the kind of the credential or its scopes do not permit the request."""
        if credential is None:
            return
        if credential.kind == "access_token":
            if self.gate.switches.snippet_access_token == 401:
                raise self.gate.unauthorized(responses.BAD_TOKEN)
            raise Refused(responses.error(403, WRONG_MECHANISM))
        required = need.api_scopes if credential.kind == "api_token" else (need.old_scope,)
        if not credential.granted().issuperset(required):
            raise Refused(lacking(credential, *required))

    def workspace(self, credential: Credential | None, name: str, need: Need) -> Workspace:
        """Return the workspace. Raise `Refused` with 404 if it does not exist, or with 401 or 403 for a write."""
        self.check_scopes(credential, need)
        workspace = self.state.find_workspace(name)
        if workspace is None:
            raise Refused(responses.error(404, f"No workspace with identifier '{name}'."))
        if need.write and credential is None:
            raise self.gate.unauthorized(SIGN_IN)
        if need.write and not self.member(credential, workspace):
            raise Refused(responses.error(403, "You do not have permission to create snippets in this workspace."))
        return workspace

    def snippet(
        self, credential: Credential | None, path: list[str], need: Need, anonymous: int = 401
    ) -> tuple[Workspace, Snippet]:
        """Return the snippet with this workspace and ID; `anonymous` is the status for a request without credentials."""
        self.check_scopes(credential, need)
        workspace = self.state.find_workspace(path[0])
        snippet = workspace.snippets.get(path[1]) if workspace else None
        if workspace is None or snippet is None:
            raise Refused(not_found())
        if credential is None and (need.write or snippet.is_private):
            raise Refused(not_found()) if anonymous == 404 else self.gate.unauthorized(SIGN_IN)
        if not self.sees(credential, workspace, snippet):
            hidden = self.gate.switches.snippet_hidden
            raise Refused(not_found() if hidden == 404 else responses.error(403, NO_ACCESS))
        if snippet.spam and need != DELETE:
            raise Refused(responses.error(410, "This snippet has been marked as spam."))
        if need.write and not self.edits(credential, workspace, snippet):
            raise Refused(responses.error(403, "You do not have permission to change this snippet."))
        return workspace, snippet

    def member(self, credential: Credential | None, workspace: Workspace) -> bool:
        """Return whether the credential's account is a member of the workspace."""
        return credential is not None and credential.role != "none" and workspace.member

    def is_listed_member(self, credential: Credential | None, workspace: Workspace) -> bool:
        """Return whether `role=member` lists the snippets of the workspace. For an `app_user`, the facts are unknown."""
        is_app = credential is not None and credential.user is None
        return self.member(credential, workspace) and (self.gate.switches.snippet_app_user_member or not is_app)

    def sees(self, credential: Credential | None, workspace: Workspace, snippet: Snippet) -> bool:
        """Return whether the snippet is visible: public ones to all, private ones to members and the owner."""
        mine = snippet.owner is not None and snippet.owner == self.user(credential)
        return not snippet.is_private or mine or (self.member(credential, workspace) and not snippet.foreign)

    def edits(self, credential: Credential | None, workspace: Workspace, snippet: Snippet) -> bool:
        """Return whether the snippet can be changed: by all members, or only by its owner if it has one."""
        if snippet.owner is not None:
            return snippet.owner == self.user(credential)
        return self.member(credential, workspace) and not snippet.foreign


def not_found() -> Response:
    """Return the 404 of a snippet."""
    return responses.error(404, "Snippet not found.")

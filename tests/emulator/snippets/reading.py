# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve reads of snippets: listings, a snippet, its files, its history (fact sheet, section 2.3)."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass

from werkzeug import Response

from ..auth.accounts import Credential
from ..auth.gate import Refused
from ..http import responses
from ..http.exchange import Exchange
from ..http.pages import paged
from ..switches import Switches
from .diff import diff_text, patch_text
from .forms import Forms
from .gate import READ, SIGN_IN, Found, SnippetGate
from .revisions import Revision
from .shapes import Shapes
from .state import Snippet
from .writing import NO_PLAN, no_such_revision

ROLES = ("owner", "contributor", "member")
DEPRECATED = "CHANGE-2770 - Functionality has been deprecated"


@dataclass(frozen=True)
class Reading:
    """Serve the routes that change nothing."""

    switches: Switches
    gate: SnippetGate
    forms: Forms

    def list_global(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """GET /snippets, which is deprecated."""
        self.gate.check_scopes(credential, READ)
        if self.switches.snippet_global_list == 410:
            more = "Please read the changelog entry for more details."
            return responses.error(410, DEPRECATED, detail=more, data={})
        found = [(workspace, one) for workspace in self.gate.state.workspaces.values() for one in workspace.snippets]
        return self._page(exchange, credential, found, "/2.0/snippets")

    def list_workspace(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """GET /snippets/{workspace}: a page of the listing."""
        workspace = self.gate.workspace(credential, path[0], READ)
        if self.switches.snippet_free_plan:
            texts = [NO_PLAN] * 3 if self.switches.snippet_free_plan is True else []
            return responses.document({"pagelen": 10, "values": texts, "page": 1, "size": len(texts)})
        listed = workspace.snippets.listed(exchange.query.get("role"), first=exchange.query.get("page", "1") == "1")
        return self._page(exchange, credential, [(workspace, one) for one in listed], f"/2.0/snippets/{workspace.slug}")

    def _page(self, exchange: Exchange, credential: Credential | None, found: list[Found], path: str) -> Response:
        self.forms.require_json(exchange)
        role = exchange.query.get("role")
        if role is not None and role not in ROLES:
            return responses.error(400, f"Invalid role '{role}'")
        if role is not None and credential is None:
            raise self.gate.gate.unauthorized(SIGN_IN)
        shown = [item for item in found if self._listed(credential, item, role)]
        if self.switches.snippet_order == "oldest":
            shown.reverse()
        shapes = Shapes(exchange.origin, self.switches)
        keep = ("role", "pagelen")
        return paged(shown, lambda item: shapes.item(*item), exchange.origin + path, exchange.query, self.switches, keep)

    def _listed(self, credential: Credential | None, found: Found, role: str | None) -> bool:
        """Return whether a listing contains a snippet. Without a role, it contains public and watched snippets only."""
        workspace, snippet = found
        if snippet.spam and not self.switches.snippet_spam_listed:
            return False
        user = self.gate.user(credential)
        watched = user is not None and user in snippet.watchers and self.gate.sees(credential, workspace, snippet)
        owned = user is not None and snippet.owner == user
        if role is None:
            return watched or not snippet.is_private
        member = self.gate.is_listed_member(credential, workspace) and not snippet.foreign
        return owned or (watched and role != "owner") or (member and role == "member")

    def show(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """GET of a snippet, or of one of its revisions."""
        workspace, snippet = self.gate.snippet(credential, path, READ)
        revision = self._revision(snippet, path[2]) if len(path) > 2 else snippet.tip
        return self.forms.respond(self.forms.choose(exchange), exchange, workspace, snippet, revision)

    def newest_file(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """GET …/files/{path}: a redirect. With a revision before the path, it is the documented form of a file's link."""
        workspace, snippet = self.gate.snippet(credential, path, READ, 404)
        old = snippet.find(path[3]) if len(path) > 4 and path[3] != "HEAD" else None
        if old is not None:
            return self._content(exchange, old, path[4:])
        name = self._name(snippet.tip, path[3:])
        real = Switches(snippet_file_links="real")
        location = Shapes(exchange.origin, real).file_url(workspace, snippet, snippet.tip, name)
        if self.switches.snippet_file_redirect_401:
            location = location.replace("/2.0/snippets/", "/!api/2.0/snippets/", 1)
        response = responses.empty(302)
        response.headers["Location"] = location
        return response

    def file(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """GET …/{revision}/files/{path}: the content of a file."""
        _home, snippet = self.gate.snippet(credential, path, READ, 404)
        return self._content(exchange, self._revision(snippet, path[2]), path[4:])

    def file_of_site(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """GET of a file at the website, which accepts no credentials of the API."""
        _home, snippet = self.gate.snippet(None, path[1:], READ)
        return self._content(exchange, self._revision(snippet, path[3]), path[5:])

    def commits(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """GET …/commits: the revisions, newest first."""
        workspace, snippet = self.gate.snippet(credential, path, READ, 404)
        self.forms.require_json(exchange)
        shapes = Shapes(exchange.origin, self.switches)
        revisions = list(reversed(snippet.revisions))
        url = shapes.base(workspace, snippet) + "/commits"
        return paged(revisions, lambda one: shapes.commit(workspace, snippet, one), url, exchange.query, self.switches)

    def commit(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """GET …/commits/{revision}: one revision."""
        workspace, snippet = self.gate.snippet(credential, path, READ, 404)
        self.forms.require_json(exchange)
        shapes = Shapes(exchange.origin, self.switches)
        return responses.document(shapes.commit(workspace, snippet, self._revision(snippet, path[3])))

    def difference(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """GET …/{revision}/diff and …/{revision}/patch: the changes of a revision."""
        _home, snippet = self.gate.snippet(credential, path, READ, 404)
        revision = self._revision(snippet, path[2])
        parent = snippet.find(revision.parent) if revision.parent else None
        old = parent.files if parent else {}
        is_diff = path[3] == "diff"
        text = diff_text(old, revision.files, exchange.query.get("path")) if is_diff else patch_text(revision, old)
        return Response(text, content_type="text/plain")

    def _revision(self, snippet: Snippet, sha: str) -> Revision:
        found = snippet.find(sha)
        if found is None:
            raise no_such_revision(sha)
        return found

    def _name(self, revision: Revision, segments: list[str]) -> str:
        name = "/".join(segments)
        if name not in revision.files or any("/" in segment for segment in segments):
            raise Refused(responses.error(404, f"File {name} not found."))
        return name

    def _content(self, exchange: Exchange, revision: Revision, segments: list[str]) -> Response:
        """Return the bytes. The content type follows from the name and has no charset."""
        name = self._name(revision, segments)
        exchange.entry.artifact = name
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        response = Response(revision.files[name], headers={"Content-Type": kind})
        response.headers["Content-Disposition"] = "attachment"
        return response

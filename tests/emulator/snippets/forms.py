# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose one of the three forms of a snippet from the Accept header and the switches."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug import Response

from ..auth.gate import Refused
from ..http import responses
from ..http.exchange import Exchange
from ..switches import Switches
from ..workspaces import Workspace
from .parts import Parts
from .revisions import Revision
from .shapes import Shapes
from .state import Snippet

JSON, RELATED, FORM = "application/json", "multipart/related", "multipart/form-data"


@dataclass(frozen=True)
class Forms:
    """Choose the form of a response, and build it."""

    switches: Switches

    def choose(self, exchange: Exchange) -> str:
        """Return the content type of the response. Raise `Refused` before the request has an effect."""
        style = self.switches.snippet_answers
        if style == "json_only" or not exchange.headers.get("Accept", "").strip():
            return JSON
        kinds = {"json_406": [JSON], "form_only": [JSON, FORM, RELATED]}.get(style, [JSON, RELATED, FORM])
        best = exchange.request.accept_mimetypes.best_match(kinds)
        if best is None:
            raise not_acceptable()
        return FORM if style == "form_only" and best == RELATED else best

    def require_json(self, exchange: Exchange) -> None:
        """Raise `Refused` if the client does not accept JSON."""
        if exchange.headers.get("Accept", "").strip() and exchange.request.accept_mimetypes.best_match([JSON]) is None:
            raise not_acceptable()

    def respond(
        self, kind: str, exchange: Exchange, workspace: Workspace, snippet: Snippet, revision: Revision, status: int = 200
    ) -> Response:
        """Return the snippet with the files of a revision."""
        document = Shapes(exchange.origin, self.switches).whole(workspace, snippet, revision)
        if kind == JSON:
            return responses.document(document, status)
        if kind == RELATED:
            body, content_type = Parts(self.switches).related(document, revision.files)
        else:
            names = ["title", "is_private", "scm", "id", "created_on", "updated_on"]
            shown = names if self.switches.snippet_form_fields == "all" else names[:1]
            body, content_type = Parts(self.switches).form({name: document[name] for name in shown}, revision.files)
        response = Response(body, status, content_type=content_type)
        response.headers["MIME-Version"] = "1.0"
        return response


def not_acceptable() -> Refused:
    """Return the refusal with 406."""
    return Refused(responses.error(406, "Could not satisfy the request Accept header."))

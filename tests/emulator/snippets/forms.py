# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose which of its three forms a snippet is sent in, by the Accept header and the switches."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug import Response

from ..auth.gate import Refused
from ..http import answers
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
    """Chooses and makes an answer."""

    switches: Switches

    def choose(self, exchange: Exchange) -> str:
        """The content type to answer with; raises `Refused` before anything has happened."""
        style = self.switches.snippet_answers
        if style == "json_only" or not exchange.headers.get("Accept", "").strip():
            return JSON
        kinds = {"json_406": [JSON], "form_only": [JSON, FORM, RELATED]}.get(style, [JSON, RELATED, FORM])
        best = exchange.request.accept_mimetypes.best_match(kinds)
        if best is None:
            raise not_acceptable()
        return FORM if style == "form_only" and best == RELATED else best

    def want_json(self, exchange: Exchange) -> None:
        """For what is only there as JSON."""
        if exchange.headers.get("Accept", "").strip() and exchange.request.accept_mimetypes.best_match([JSON]) is None:
            raise not_acceptable()

    def answer(
        self, kind: str, exchange: Exchange, home: Workspace, snippet: Snippet, revision: Revision, status: int = 200
    ) -> Response:
        """The snippet with the files of a revision."""
        document = Shapes(exchange.origin, self.switches).whole(home, snippet, revision)
        if kind == JSON:
            return answers.document(document, status)
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
    """406."""
    return Refused(answers.error(406, "Could not satisfy the request Accept header."))

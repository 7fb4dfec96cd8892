# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve the Downloads of a repository at the API host (fact sheet, sections 1.1 to 1.5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import quote

from werkzeug import Response

from ..auth.accounts import Credential, profile
from ..auth.dispatch import Route, dispatch
from ..auth.gate import Gate
from ..auth.signing import Signer
from ..http import answers
from ..http.exchange import Exchange
from ..http.multipart import BadUpload, Upload, boundary_of, read_upload
from ..http.names import stored_name
from ..switches import Switches
from ..workspaces import State
from .blobs import Blob
from .gate import READ, WRITE, RepositoryGate
from .listing import page_of, repository_document
from .state import Artifact, Repository

ApiRoute = Callable[["Api", Exchange, Credential | None, list[str]], Response]


@dataclass
class Api:
    """The API under `/2.0`."""

    state: State
    switches: Switches
    gate: Gate
    rights: RepositoryGate
    signer: Signer
    storage_url: Callable[[], str]
    _urls: dict[str, tuple[float, str]] = field(default_factory=dict)

    def __call__(self, exchange: Exchange) -> Response:
        """Answer a request."""
        return dispatch(exchange, self.gate, self._find)

    def _find(self, segments: list[str]) -> dict[str, Route]:
        return {method: partial(route, self) for method, route in find_routes(segments).items()}

    def describe(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """GET of the repository: the few facts that clients of others read before they come to Downloads."""
        repository = self.rights.require(credential, self.state.find(path[0], path[1]), READ)
        return answers.document(repository_document(repository, exchange.origin))

    def list_artifacts(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """GET …/downloads"""
        repository = self.rights.require(credential, self.state.find(path[0], path[1]), READ)
        return page_of(repository, exchange.query, exchange.origin, self.switches)

    def get_artifact(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """GET and HEAD …/downloads/{name}: a redirect to the storage host; only a GET counts as a download."""
        repository = self.rights.require(credential, self.state.find(path[0], path[1]), READ)
        artifact = repository.get(path[3])
        if artifact is None:
            return no_such_file(path[3])
        exchange.entry.artifact = artifact.name
        if exchange.method == "GET":
            artifact.downloads += 1
        response = answers.empty(302)
        response.set_data(self.switches.redirect_body)
        response.headers["Location"] = self._cached_url(repository, artifact)
        return response

    def delete_artifact(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """DELETE …/downloads/{name}"""
        repository = self.rights.require(credential, self.state.find(path[0], path[1]), WRITE)
        exchange.entry.artifact = path[3]
        if repository.get(path[3]) is not None and self.switches.effect_of_delete(path[3]) == "none":
            return answers.empty(204)
        return answers.empty(204) if repository.remove(path[3]) else no_such_file(path[3])

    def upload(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """POST …/downloads: every `files` part becomes an artifact, all of them or none."""
        repository = self.rights.require(credential, self.state.find(path[0], path[1]), WRITE)
        if (refusal := self._refuse_upload(exchange)) is not None:
            return refusal
        boundary = boundary_of(exchange.headers.get("Content-Type", ""))
        if boundary is None:
            return answers.error(406, "Unsupported Content-Type. Use multiplart/form-data.")
        if not boundary:
            return answers.bad_request(self.switches.plain_400)
        try:
            upload = read_upload(exchange.body, boundary, self.state.blobs.new_path)
            exchange.body.drain()
        except BadUpload:
            return answers.bad_request(self.switches.plain_400)
        return self._store(exchange, credential, repository, upload)

    def _refuse_upload(self, exchange: Exchange) -> Response | None:
        """Return a refusal by the plan, or for the want of a length; let a body in chunks be read if it is accepted."""
        refused = self.switches.downloads_free_plan and self.switches.downloads_free_plan_post
        if refused in (402, 403):
            return answers.error(refused, answers.UPGRADE)
        chunked = exchange.headers.get("Transfer-Encoding", "").lower() == "chunked"
        if chunked and self.switches.chunked_upload == 201:
            exchange.body.read_chunks()
            return None
        has_length = "Transfer-Encoding" not in exchange.headers and "Content-Length" in exchange.headers
        return None if has_length else answers.error(411, "Length Required")

    def _store(self, exchange: Exchange, credential: Credential | None, repository: Repository, upload: Upload) -> Response:
        named = [(stored_name(part.name), part) for part in upload.files if part.field == "files"]
        taken = [(self.switches.renamed(name, repository.names()), part) for name, part in named if name is not None]
        taken = [(name, part) for name, part in taken if name]
        if not taken:
            upload.drop()
            if self.switches.missing_files == 201:
                return answers.empty(self.switches.upload_status)
            return answers.bad_request(self.switches.plain_400, fields={"files": ["This field is required."]})
        user = profile(credential.identity) if credential else None
        for name, part in taken:
            exchange.entry.uploads.append(part.name)
            if (effect := self.switches.effect_of_upload(name)) == "none":
                continue
            free = repository.free_name(name) if effect == "suffix" else name
            blob = Blob(part.path, part.size)
            blob.damage(self.switches.stored_damage)
            repository.store(free, blob, user=user, keep_date=not self.switches.created_on_moves)
            upload.files.remove(part)
            exchange.entry.stored.append(free)
        upload.drop()
        return answers.empty(self.switches.upload_status)

    def _cached_url(self, repository: Repository, artifact: Artifact) -> str:
        """Return a signed URL, or the one that is cached for the contents; the first one can be made to have expired."""
        if not self.switches.signed_url_cached:
            return self.signed_url(repository, artifact)
        now = self.state.clock.now().timestamp()
        key = f"{self.signer.key_id}/{artifact.key}"
        until, url = self._urls.get(key, (0.0, ""))
        if until <= now:
            life = -60.0 if not url and self.switches.signed_url_cached_expired else None
            url = self.signed_url(repository, artifact, life)
            self._urls[key] = now + self.switches.signed_url_cached, url
        return url

    def signed_url(self, repository: Repository, artifact: Artifact, life: float | None = None) -> str:
        """Where the content is, for a while. The name in the disposition is encoded once more, as it is really seen."""
        name = quote(artifact.name, safe="")
        overrides = {"response-content-disposition": f'attachment; filename="{name}"'}
        if self.switches.content_encoding is not None:
            overrides["response-content-encoding"] = self.switches.content_encoding
        if self.switches.url_style == "uuid":
            path = f"/{repository.uuid}/downloads/{artifact.key}/{name}"
        else:
            path = f"/{quote(repository.workspace.slug)}/{quote(repository.slug)}/downloads/{name}"
        expires = int(self.state.clock.now().timestamp() + (self.switches.signed_url_life if life is None else life))
        return f"{self.storage_url()}{path}?{self.signer.query(path, overrides, expires)}"


def no_such_file(name: str) -> Response:
    """404 for an artifact."""
    return answers.error(404, f"File {name} not found.")


REPOSITORY_ROUTES: dict[str, ApiRoute] = {"GET": Api.describe}
LIST_ROUTES: dict[str, ApiRoute] = {"GET": Api.list_artifacts, "HEAD": Api.list_artifacts, "POST": Api.upload}
SLASH_ROUTES: dict[str, ApiRoute] = {"GET": Api.list_artifacts, "HEAD": Api.list_artifacts}
FILE_ROUTES: dict[str, ApiRoute] = {"GET": Api.get_artifact, "HEAD": Api.get_artifact, "DELETE": Api.delete_artifact}


def find_routes(segments: list[str]) -> dict[str, ApiRoute]:
    """The methods of a path, none if there is no such path. Dots and slashes inside of a segment lead nowhere."""
    if segments[:2] != ["2.0", "repositories"] or segments[4:5] not in ([], ["downloads"]):
        return {}
    if len(segments) == 4:
        return REPOSITORY_ROUTES if segments[3] not in ("", ".", "..") else {}
    if len(segments) not in (5, 6):
        return {}
    if len(segments) == 5:
        return LIST_ROUTES
    if segments[5] == "":
        return SLASH_ROUTES
    bad = segments[5] in (".", "..") or "/" in segments[5] or "\\" in segments[5]
    return {} if bad else FILE_ROUTES

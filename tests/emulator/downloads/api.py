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
from ..http import responses
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
    """Serve the API under `/2.0`."""

    state: State
    switches: Switches
    gate: Gate
    rights: RepositoryGate
    signer: Signer
    storage_url: Callable[[], str]
    _urls: dict[str, tuple[float, str]] = field(default_factory=dict)

    def __call__(self, exchange: Exchange) -> Response:
        """Serve a request."""
        return dispatch(exchange, self.gate, self._find)

    def _find(self, segments: list[str]) -> dict[str, Route]:
        return {method: partial(route, self) for method, route in find_routes(segments).items()}

    def describe(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """GET of the repository, with the few properties that other clients read before they use Downloads."""
        repository = self.rights.require(credential, self.state.find(path[0], path[1]), READ)
        return responses.document(repository_document(repository, exchange.origin))

    def list_artifacts(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """GET …/downloads: a page of the listing."""
        repository = self.rights.require(credential, self.state.find(path[0], path[1]), READ)
        return page_of(repository, exchange.query, exchange.origin, self.switches)

    def get_artifact(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """GET and HEAD …/downloads/{name}: a redirect to the storage host. Only a GET counts as a download."""
        repository = self.rights.require(credential, self.state.find(path[0], path[1]), READ)
        artifact = repository.get(path[3])
        if artifact is None:
            return no_such_file(path[3])
        exchange.entry.artifact = artifact.name
        if exchange.method == "GET":
            artifact.downloads += 1
        response = responses.empty(302)
        response.set_data(self.switches.redirect_body)
        response.headers["Location"] = self._cached_url(repository, artifact)
        return response

    def delete_artifact(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """DELETE …/downloads/{name}: delete the artifact."""
        repository = self.rights.require(credential, self.state.find(path[0], path[1]), WRITE)
        exchange.entry.artifact = path[3]
        if repository.get(path[3]) is not None and self.switches.effect_of_delete(path[3]) == "none":
            return responses.empty(204)
        return responses.empty(204) if repository.remove(path[3]) else no_such_file(path[3])

    def upload(self, exchange: Exchange, credential: Credential | None, path: list[str]) -> Response:
        """POST …/downloads: store each `files` part as an artifact, all of them or none."""
        repository = self.rights.require(credential, self.state.find(path[0], path[1]), WRITE)
        if (refusal := self._refuse_upload(exchange)) is not None:
            return refusal
        boundary = boundary_of(exchange.headers.get("Content-Type", ""))
        if boundary is None:
            return responses.error(406, "Unsupported Content-Type. Use multiplart/form-data.")
        if not boundary:
            return responses.bad_request(self.switches.plain_400)
        try:
            upload = read_upload(exchange.body, boundary, self.state.blobs.new_path)
            exchange.body.drain()
        except BadUpload:
            return responses.bad_request(self.switches.plain_400)
        return self._store(exchange, credential, repository, upload)

    def _refuse_upload(self, exchange: Exchange) -> Response | None:
        """Return a refusal by the plan or of a missing length, or None. Prepare an accepted body in chunks for reading."""
        refused = self.switches.downloads_free_plan and self.switches.downloads_free_plan_post
        if refused in (402, 403):
            return responses.error(refused, responses.UPGRADE)
        chunked = exchange.headers.get("Transfer-Encoding", "").lower() == "chunked"
        if chunked and self.switches.chunked_upload == 201:
            exchange.body.read_chunks()
            return None
        has_length = "Transfer-Encoding" not in exchange.headers and "Content-Length" in exchange.headers
        return None if has_length else responses.error(411, "Length Required")

    def _store(self, exchange: Exchange, credential: Credential | None, repository: Repository, upload: Upload) -> Response:
        named = [(stored_name(part.name), part) for part in upload.files if part.field == "files"]
        taken = [(self.switches.renamed(name, repository.names()), part) for name, part in named if name is not None]
        taken = [(name, part) for name, part in taken if name]
        if not taken:
            upload.drop()
            if self.switches.missing_files == 201:
                return responses.empty(self.switches.upload_status)
            return responses.bad_request(self.switches.plain_400, fields={"files": ["This field is required."]})
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
        return responses.empty(self.switches.upload_status)

    def _cached_url(self, repository: Repository, artifact: Artifact) -> str:
        """Return a signed URL, or the cached URL of the contents. A switch makes the first URL an expired one."""
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
        """Return a signed URL of the content. The name in the disposition is encoded twice, as observed at the service."""
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
    """Return the 404 of an artifact."""
    return responses.error(404, f"File {name} not found.")


REPOSITORY_ROUTES: dict[str, ApiRoute] = {"GET": Api.describe}
LIST_ROUTES: dict[str, ApiRoute] = {"GET": Api.list_artifacts, "HEAD": Api.list_artifacts, "POST": Api.upload}
SLASH_ROUTES: dict[str, ApiRoute] = {"GET": Api.list_artifacts, "HEAD": Api.list_artifacts}
FILE_ROUTES: dict[str, ApiRoute] = {"GET": Api.get_artifact, "HEAD": Api.get_artifact, "DELETE": Api.delete_artifact}


def find_routes(segments: list[str]) -> dict[str, ApiRoute]:
    """Return the routes of a path by method, none if the path does not exist. Dots and slashes in a segment match no path."""
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

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send the requests of the Snippets API: list, get, create, update and delete.

Two field names are easily confused (documented): the field ``file`` has an upload, and the text field ``files`` a name to delete.
"""

from __future__ import annotations

import contextlib
import json
import typing as t

from .._errors import BitbucketError, Forbidden, NotAcceptable, NotFound, RequestFailed, Unauthorized
from .._http.client import ApiResponse, Client
from .._http.credentials import ACCESS_TOKEN, ANONYMOUS, API_TOKEN, OAUTH
from .._http.multipart import encode_form
from .._http.storage import open_link
from .._names import check_name, path_segment
from .document import Listing, Snippet, parse_snippet, parse_snippet_url
from .plan import SnippetPlan

MAX_FILE = 128 * 1024 * 1024
_JSON = "application/json"
# Public clients never request multipart/related, so JSON is accepted as well.
_MULTIPART_OR_JSON = f"multipart/related, {_JSON};q=0.5"
_UPLOAD_FIELD = "file"
_REMOVE_FIELD = "files"
_PAGE_LENGTH = 100

_NO_ACCESS = "Access tokens cannot reach Snippets: use an API token with user, or an OAuth consumer."
_SCOPES = {
    API_TOKEN: "Snippets require the scope read:snippet:bitbucket, also write:snippet:bitbucket to create and update,"
    " and delete:snippet:bitbucket to delete.",
    OAUTH: "The OAuth consumer must have the scope snippet, and snippet:write to change snippets.",
}


class NoSuchSnippet(BitbucketError):
    """The service responded with 404 for a snippet, which is absent or hidden."""


class UnclearDeletion(BitbucketError):
    """The service accepted a deletion, but did not return the documented status."""


class Snippets:
    """The snippets in the workspace of the connection. ``anonymous``: whether requests have no credentials."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.retries = client.retries
        self.anonymous = client.credential_kind == ANONYMOUS
        workspace = check_name(client.workspace, "workspace")
        self._path = f"/snippets/{path_segment(workspace)}"

    def list_once(self, role: str | None = None) -> Listing:
        """Return the snippets of one listing, without files. ``role``: only list snippets for which the user has this role."""
        query = f"pagelen={_PAGE_LENGTH}" + (f"&role={role}" if role else "")
        what = f"GET {self._client.url(self._path)}"
        with _explain_refusals(self._client):
            listed = self._client.list_once(f"{self._path}?{query}")
        found: dict[str, Snippet] = {}
        for item in listed.items:
            snippet = parse_snippet(item, what)
            found.setdefault(snippet.id, snippet)
        return Listing(list(found.values()), listed.problem or _find_problem(listed.items, len(found)))

    def get(self, snippet_id: str) -> Snippet:
        """Return a snippet without its contents. Raise NoSuchSnippet."""
        url = self._client.url(self._path_of(snippet_id))
        with _explain_refusals(self._client), _detect_absence():
            return parse_snippet(self._client.get_json(url), f"GET {url}", snippet_id)

    def get_with_contents(self, snippet_id: str) -> ApiResponse:
        """Return the response with a snippet and, if the service sends them, its contents; raises NoSuchSnippet."""
        url = self._client.url(self._path_of(snippet_id))
        with _explain_refusals(self._client), _detect_absence():
            try:
                return self._client.read(url, _MULTIPART_OR_JSON, MAX_FILE)
            except NotAcceptable:
                return self._client.read(url, _JSON)

    def parse_json(self, response: ApiResponse) -> dict[str, t.Any]:
        """Return the JSON object in a response; raises RequestFailed."""
        return self._client.parse(response)

    def get_file(self, link: str, limit: int) -> bytes:
        """Return at most ``limit`` bytes from the link of a file."""
        with _explain_refusals(self._client):
            return self.retries.repeat(lambda: _get_file_once(self._client, link, limit))

    def create_once(self, title: str, is_private: bool, files: t.Mapping[str, bytes]) -> str | None:
        """Send one POST, and return the new ID if the response holds it.

        After a RequestFailed that might have been applied, the caller must look for the snippet before another attempt.
        """
        body, content_type = _encode({"title": title, "is_private": is_private}, files)
        with _explain_refusals(self._client):
            response = self._client.send_once("POST", self._path, body, content_type)
        written = _parse_written(self._client, response)
        return written.id if written else parse_snippet_url(response.location)

    def update_once(self, snippet: Snippet, plan: SnippetPlan) -> Snippet | None:
        """Send one PUT for the revision that was read, and return the snippet if the response holds it.

        This is compare-and-swap: the service responds with 405, a Conflict, if there is a newer revision.
        """
        if plan.uploads or plan.remove:
            body, content_type = _encode(plan.properties, plan.uploads, plan.remove)
        else:
            body, content_type = json.dumps(plan.properties).encode("utf-8"), _JSON
        with _explain_refusals(self._client):
            path = f"{self._path_of(snippet.id)}/{path_segment(self._get_revision(snippet))}"
            response = self._client.send_once("PUT", path, body, content_type)
        return _parse_written(self._client, response)

    def delete(self, snippet_id: str) -> None:
        """Delete a snippet in any revision. Raise NoSuchSnippet, or UnclearDeletion, after which only a listing is proof."""
        path = self._path_of(snippet_id)
        with _explain_refusals(self._client):
            deletion = self._client.delete(path)
        if not deletion.found:
            raise NoSuchSnippet(deletion.words)
        if not deletion.proved:
            raise UnclearDeletion(deletion.words)

    def _path_of(self, snippet_id: str) -> str:
        return f"{self._path}/{path_segment(check_name(snippet_id, 'snippet_id'))}"

    def _get_revision(self, snippet: Snippet) -> str:
        """Return the newest revision, from the list of commits if the snippet was read without it."""
        if snippet.revision:
            return snippet.revision
        url = snippet.commits_link or self._client.url(f"{self._path_of(snippet.id)}/commits")
        commits = self._client.get_json(url).get("values")
        newest = commits[0].get("hash") if isinstance(commits, list) and commits and isinstance(commits[0], dict) else None
        if not isinstance(newest, str) or not newest:
            raise RequestFailed(f"Cannot determine the newest revision of snippet {snippet.id}, so it was not changed")
        return newest


def _find_problem(items: t.Sequence[t.Mapping[str, t.Any]], count: int) -> str:
    """Return why the items of a listing, which have ``count`` IDs, are unreliable, or an empty text."""
    if items and not any("title" in item for item in items):
        return "none of its items has a title"
    repeated = len(items) - count
    return f"{repeated} of its items were repeated" if repeated else ""


def _get_file_once(client: Client, link: str, limit: int) -> bytes:
    with open_link(client, link) as response:
        if response.status != 200:
            raise response.explain_unexpected()
        return response.read_all(limit)


def _encode(
    properties: t.Mapping[str, str | bool], uploads: t.Mapping[str, bytes], remove: t.Sequence[str] = ()
) -> tuple[bytes, str]:
    """Return the body of a form, and its content type."""
    fields = [(name, str(value).lower() if isinstance(value, bool) else value) for name, value in properties.items()]
    fields.extend((_REMOVE_FIELD, name) for name in remove)
    return encode_form(fields, _UPLOAD_FIELD, uploads)


def _parse_written(client: Client, response: ApiResponse) -> Snippet | None:
    """Return the snippet in the response to a write, None if it holds no trustworthy one."""
    try:
        document = client.parse(response)
        snippet = parse_snippet(document, response.what)
    except RequestFailed:
        return None
    return snippet if snippet.files and document["id"] == snippet.id else None


@contextlib.contextmanager
def _detect_absence() -> t.Iterator[None]:
    """Raise NoSuchSnippet for a 404."""
    try:
        yield
    except NotFound as exc:
        raise NoSuchSnippet(str(exc)) from exc


@contextlib.contextmanager
def _explain_refusals(client: Client) -> t.Iterator[None]:
    """Add advice about the credentials to a refusal."""
    try:
        yield
    except (Unauthorized, Forbidden) as failure:
        advice = _advise(failure, client.credential_kind)
        raise failure.reword(f"{str(failure).rstrip('.')}. {advice}" if advice else str(failure)) from None


def _advise(failure: RequestFailed, kind: str) -> str:
    if kind == ACCESS_TOKEN:
        return _NO_ACCESS
    return _SCOPES.get(kind, "") if isinstance(failure, Forbidden) else ""

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Snippets of one workspace: listing, reading, writing. Knows no plans and no options.

Field names are crossed in this API (documented): snippets upload in ``file``, and their text field ``files`` means "delete".
"""

from __future__ import annotations

import json
import typing as t

from .._errors import BitbucketError, Forbidden, NotAcceptable, NotFound, RequestFailed, Unauthorized
from .._http.client import NO_CONTENT, Answer, Client
from .._http.credentials import ACCESS_TOKEN, ANONYMOUS, API_TOKEN, OAUTH
from .._http.multipart import form_body
from .._names import check_name, path_segment
from .._text import quoted, status_text
from .document import Snippet, parse_snippet, snippet_id_in
from .parts import BrokenAnswer, Parts, parse_form, parse_related
from .plan import SnippetPlan, SnippetState, form_bool, same_but_line_ends

# Public clients never ask for multipart/related, so JSON is accepted as well.
_ACCEPT = "multipart/related, application/json;q=0.5"
_JSON = "application/json"
_UPLOAD_FIELD = "file"
_REMOVE_FIELD = "files"
_MAX_FILE = 128 * 1024 * 1024
_PAGE_LENGTH = 100

_T = t.TypeVar("_T")


class NoSuchSnippet(BitbucketError):
    """The service answered 404 for a snippet, which does not tell whether it is absent or hidden."""


class Snippets:
    """The snippets of the connection's workspace."""

    def __init__(self, client: Client) -> None:
        self.client = client
        workspace = check_name(client.connection.workspace, "workspace")
        self._path = f"/snippets/{path_segment(workspace)}"

    def listed(self) -> list[Snippet]:
        """Every snippet that a listing shows: those of members, new private ones included, and then the bare one's."""
        members = self.of_members()
        return members if self._anonymous() else _each_once([*members, *self._items("")])

    def of_members(self) -> list[Snippet]:
        """The listing for the role member: the bare one lacks private snippets that nobody watches (documented).

        Without credentials there is no role, and the bare one shows what is public.
        """
        return self._items("" if self._anonymous() else "&role=member")

    def one_titled(self, title: str, members: t.Sequence[Snippet] | None = None) -> Snippet | None:
        """The snippet of exactly this title, None where no listing shows one; more than one is an error with their ids.

        ``members``: the listing of members where it has been read already; the bare one is read if that has no match.
        """
        found = [snippet for snippet in (self.of_members() if members is None else members) if snippet.title == title]
        if not found and not self._anonymous():
            found = [snippet for snippet in self._items("") if snippet.title == title]
        if len(found) > 1:
            raise BitbucketError(
                f"{len(found)} snippets have the title {quoted(title)}: say which by snippet_id, one of"
                f" {', '.join(sorted(snippet.id for snippet in found))}"
            )
        return found[0] if found else None

    def require_absent(self, snippet_id: str, said: str | BitbucketError) -> None:
        """Raise where snippets cannot be listed, or this one is among them: then what was ``said`` proves nothing."""
        if snippet_id in [snippet.id for snippet in self.of_members()]:
            raise RequestFailed(f"{str(said).rstrip('.')}. But snippet {quoted(snippet_id)} is still listed")

    def read(self, snippet_id: str, wished: t.Mapping[str, bytes] | None = None, exact: bool = False) -> SnippetState:
        """A snippet with its contents, in one request where the service gives all in one.

        ``wished``: contents to compare with; a text that differs from them in line ends alone is read again, for
        multipart answers may change line ends. ``exact``: read every text again. Raises NoSuchSnippet for a 404.
        """
        return self._explained(lambda: self._read(snippet_id, wished or {}, exact))

    def document(self, snippet_id: str) -> Snippet:
        """A snippet without its contents. Raises NoSuchSnippet for a 404."""
        return self._explained(lambda: self._document(snippet_id))

    def file(self, snippet: Snippet, name: str, limit: int) -> bytes:
        """The contents of one file, at most ``limit`` bytes, by its link."""
        return self._explained(lambda: self._file(snippet, name, limit))

    def create_once(self, title: str, is_private: bool, files: t.Mapping[str, bytes]) -> str | None:
        """One POST; the new id where the answer tells it. After an unclear RequestFailed look before trying again."""
        fields = [("title", title), ("is_private", form_bool(is_private))]
        body, content_type = form_body(fields, _UPLOAD_FIELD, files)
        answer = self._explained(lambda: self.client.send_once("POST", self._path, body, content_type))
        written = self._written(answer)
        return written.id if written else snippet_id_in(answer.location)

    def update_once(self, snippet: Snippet, plan: SnippetPlan) -> Snippet | None:
        """One PUT on the revision that was read: compare and swap, answered 405 where it is not the newest any more."""
        path = f"{self._snippet_path(snippet.id)}/{path_segment(self._revision(snippet))}"
        if plan.uploads or plan.remove:
            fields = [*plan.fields.items(), *((_REMOVE_FIELD, name) for name in plan.remove)]
            body, content_type = form_body(fields, _UPLOAD_FIELD, plan.uploads)
        else:
            properties = {name: _value(name, text) for name, text in plan.fields.items()}
            body, content_type = json.dumps(properties).encode("utf-8"), _JSON
        return self._explained(lambda: self._written(self.client.send_once("PUT", path, body, content_type)))

    def delete(self, snippet_id: str) -> bool:
        """Delete a snippet, whatever its revision; False where it was not there."""
        path = self._snippet_path(snippet_id)
        status = self._explained(lambda: self.client.delete(path))
        if status != NO_CONTENT:
            self.require_absent(snippet_id, f"DELETE {self.client.url(path)} was answered with HTTP status {status_text(status)}")
        return status != 404

    def _anonymous(self) -> bool:
        return self.client.connection.credentials.kind == ANONYMOUS

    def _snippet_path(self, snippet_id: str) -> str:
        return f"{self._path}/{path_segment(check_name(snippet_id, 'snippet_id'))}"

    def _items(self, query: str) -> list[Snippet]:
        path = f"{self._path}?pagelen={_PAGE_LENGTH}{query}"
        what = f"GET {self.client.url(self._path)}"
        return _each_once(self._explained(lambda: [parse_snippet(item, what) for item in self.client.items(path)]))

    def _document(self, snippet_id: str) -> Snippet:
        url = self.client.url(self._snippet_path(snippet_id))
        return self._snippet(_found(lambda: self.client.get_json(url)), snippet_id)

    def _snippet(self, document: t.Mapping[str, t.Any], snippet_id: str) -> Snippet:
        """The value of a document that must be this snippet's."""
        what = f"GET {self.client.url(self._snippet_path(snippet_id))}"
        snippet = parse_snippet(document, what)
        if snippet.id != snippet_id:
            raise RequestFailed(f"{what} answered with another snippet, {quoted(snippet.id)}")
        return snippet

    def _read(self, snippet_id: str, wished: t.Mapping[str, bytes], exact: bool) -> SnippetState:
        snippet, parts = self._whole(snippet_id)
        contents = {}
        for name in snippet.files or {}:
            data = parts.contents.get(name)
            doubtful = name in parts.textual and _may_be_altered(data, wished.get(name), exact)
            contents[name] = self._file(snippet, name, like=data) if data is None or doubtful else data
        return SnippetState(snippet, contents)

    def _whole(self, snippet_id: str) -> tuple[Snippet, Parts]:
        """The snippet, and those contents that came in the same answer."""
        url = self.client.url(self._snippet_path(snippet_id))
        try:
            answer = _found(lambda: self.client.read(url, _ACCEPT, _MAX_FILE))
        except NotAcceptable:
            answer = self.client.read(url, _JSON)
        kind = answer.content_type.partition(";")[0].strip().lower()
        try:
            if kind == "multipart/related":
                parts = parse_related(answer.content_type, answer.body)
                return self._snippet(parts.document, snippet_id), parts
            if kind == "multipart/form-data":
                # It has no links, and so no revision.
                return self._document(snippet_id), parse_form(answer.content_type, answer.body)
        except BrokenAnswer:
            return self._document(snippet_id), Parts({})
        return self._snippet(self.client.parsed(answer), snippet_id), Parts({})

    def _file(self, snippet: Snippet, name: str, limit: int = _MAX_FILE, like: bytes | None = None) -> bytes:
        """``like``: a text that it must be, but for line ends."""
        link = (snippet.files or {}).get(name)
        if not link:
            raise RequestFailed(f"The file {quoted(name)} of snippet {snippet.id} has no link")
        return self.client.repeat(lambda: self._file_once(link, limit, like))

    def _file_once(self, link: str, limit: int, like: bytes | None) -> bytes:
        with self.client.open_link(link) as response:
            if response.status != 200:
                raise RequestFailed(f"{response.what} answered with status {response.status}, which was not asked for")
            data = response.read_all(limit)
        if like is not None and not same_but_line_ends(like, data):
            raise RequestFailed(
                f"{response.what} answered with {len(data)} bytes that are not the text that came with the snippet",
                transient=True,
            )
        return data

    def _revision(self, snippet: Snippet) -> str:
        if snippet.revision:
            return snippet.revision
        path = snippet.commits_link or self.client.url(self._snippet_path(snippet.id) + "/commits")
        newest = self.client.get_json(path).get("values")
        found = newest[0].get("hash") if isinstance(newest, list) and newest and isinstance(newest[0], dict) else None
        if not isinstance(found, str) or not found:
            raise RequestFailed(f"The newest revision of snippet {snippet.id} cannot be told, so it is not changed")
        return found

    def _written(self, answer: Answer) -> Snippet | None:
        """The snippet that an answer to a write holds; None where it holds none, or none that can be believed."""
        try:
            document = self.client.parsed(answer)
            snippet = parse_snippet(document, answer.what)
        except RequestFailed:
            return None
        return snippet if snippet.files and document["id"] == snippet.id else None

    def _explained(self, action: t.Callable[[], _T]) -> _T:
        """Do it, and say what a refusal means for snippets."""
        try:
            return action()
        except RequestFailed as exc:
            raise _advised(exc, self.client.connection.credentials.kind) from None


def _found(action: t.Callable[[], _T]) -> _T:
    """Do it, and call a 404 what it is."""
    try:
        return action()
    except NotFound as exc:
        raise NoSuchSnippet(str(exc)) from exc


def _each_once(snippets: t.Iterable[Snippet]) -> list[Snippet]:
    """One that is changed while pages are read moves to the front, and can be on two of them."""
    found: dict[str, Snippet] = {}
    for snippet in snippets:
        found.setdefault(snippet.id, snippet)
    return list(found.values())


def _may_be_altered(data: bytes | None, wished: bytes | None, exact: bool) -> bool:
    """Whether a text of a multipart answer must be read again to know its line ends."""
    if data is None or exact:
        return True
    return wished is not None and data != wished and same_but_line_ends(data, wished)


def _value(name: str, text: str) -> t.Any:
    return text == "true" if name == "is_private" else text


_NO_ACCESS = "Access tokens cannot reach Snippets: use an API token with user, or an OAuth consumer."
_SCOPES = {
    API_TOKEN: "Snippets need the scope read:snippet:bitbucket, to create and update also write:snippet:bitbucket,"
    " and to delete delete:snippet:bitbucket.",
    OAUTH: "Snippets need the scope snippet of the consumer, and to write snippet:write.",
}


def _advised(failure: RequestFailed, kind: str) -> RequestFailed:
    advice = ""
    if isinstance(failure, (Unauthorized, Forbidden)) and kind == ACCESS_TOKEN:
        advice = _NO_ACCESS
    elif isinstance(failure, Forbidden):
        advice = _SCOPES.get(kind, "")
    if not advice:
        return failure
    return failure.reworded(f"{str(failure).rstrip('.')}. {advice}")

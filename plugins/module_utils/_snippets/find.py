# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find snippets in the listings of a workspace.

The listing for the role member has all snippets of the members. The listing without a role also has public snippets of other
users, but lacks private snippets that the user does not watch (documented). Without credentials there is no role, and all
snippets are public.

A listing can lag behind a write, and its pages can change while other tasks write. So the document of a snippet decides whether
it has the title under which it is listed, and listings are read again until they are complete and match the documents.
"""

from __future__ import annotations

import typing as t

from .._errors import BitbucketError, RequestFailed
from .._text import quoted
from .api import NoSuchSnippet, Snippets
from .document import Listing, SnippetState

# Observed (fact sheet 10): the list of such a workspace is empty, even if the workspace has snippets.
EMPTY_LISTING = (
    "The list of snippets is empty. If the workspace has snippets, it might be on the Free plan, for which Bitbucket lists none,"
    " or the credentials might be those of an OAuth consumer, which Bitbucket does not treat as a member"
)

Read = t.Callable[[str], t.Optional[SnippetState]]


class Found(t.NamedTuple):
    """The result of a search for a title.

    ``snippet_id``: the only snippet with the title, None if there is none. ``state``: its state, None if it cannot be read.
    ``listing``: the listed snippets. ``stale``: clauses about listed snippets that do not have the title.
    """

    snippet_id: str | None = None
    state: SnippetState | None = None
    listing: Listing = Listing()
    stale: t.Sequence[str] = ()


def list_once(snippets: Snippets) -> Listing:
    """Return the snippets of both listings, those of members first, from one reading."""
    members = _list_members(snippets)
    return members if snippets.anonymous else members.join(snippets.list_once())


def list_snippets(snippets: Snippets) -> Listing:
    """Return the snippets of both listings, those of members first. Read them again until they are complete."""
    return snippets.retries.settle(lambda: list_once(snippets), lambda listing: not listing.problem)


def find_by_title(snippets: Snippets, title: str, read: Read, to_write: bool = False) -> Found:
    """Return the snippet with exactly this title. Raise BitbucketError for several.

    ``read``: returns the state of the snippet with an ID, or None if it cannot be read, and raises NoSuchSnippet. ``to_write``:
    whether the task then writes, so that the listing must be complete. If no snippet is found, it must be complete in any case.
    """

    def is_settled(found: Found) -> bool:
        if found.snippet_id is not None:
            return not (to_write and found.listing.problem)
        return not found.stale and not found.listing.problem

    found = snippets.retries.settle(lambda: _search(snippets, title, read), is_settled)
    if found.listing.problem and not (found.snippet_id is not None and not to_write):
        raise RequestFailed(
            f"Cannot determine which snippets have the title {quoted(title)}, because the list of snippets might be incomplete:"
            f" {found.listing.problem}. Run the task again, or set snippet_id"
        )
    return found


def find_new(snippets: Snippets, title: str, known: t.Container[str]) -> tuple[list[str], Listing]:
    """Return the sorted IDs of unknown snippets of members with the title, and the listing that shows them."""
    listing = _list_members(snippets)
    return sorted(one.id for one in listing.snippets if one.title == title and one.id not in known), listing


def list_new(snippets: Snippets, snippet_id: str, title: str) -> Listing:
    """Return a listing that shows the new snippet with its title, or the last reading if the wait was too short."""

    def shows(listing: Listing) -> bool:
        return any(one.id == snippet_id and one.title == title for one in listing.snippets)

    def read() -> Listing:
        members = _list_members(snippets)
        return members if shows(members) or snippets.anonymous else members.join(snippets.list_once())

    return snippets.retries.settle(read, shows)


def prove_absent(snippets: Snippets, snippet_id: str, failure: BitbucketError) -> Listing:
    """Return a listing without a snippet that the service does not find, or the last reading if listings continue to show it.

    Raise RequestFailed if the snippet still exists, or if the workspace cannot be listed, because then the absence is not proved.
    """
    listing = snippets.retries.settle(lambda: _list_members(snippets), lambda listing: snippet_id not in listing.ids)
    if snippet_id in listing.ids and not _is_unknown(snippets, snippet_id):
        raise RequestFailed(f"{str(failure).rstrip('.')}. However, snippet {quoted(snippet_id)} is still listed")
    return listing


def require_deleted(snippets: Snippets, snippet_id: str) -> None:
    """Raise RequestFailed if a snippet can be read after the service accepted its deletion.

    If the credentials do not permit reading, the response is the only evidence.
    """

    def exists() -> bool:
        try:
            snippets.get(snippet_id)
        except BitbucketError:
            return False
        return True

    if snippets.retries.settle(exists, lambda result: not result):
        raise RequestFailed(f"The deletion of snippet {quoted(snippet_id)} was accepted, but the snippet still exists")


def warn_if_listed(listing: Listing, snippet_id: str) -> list[str]:
    """Return a warning if a listing shows a snippet that the service does not find."""
    return [f"Snippet {quoted(snippet_id)} is still listed, although it does not exist"] if snippet_id in listing.ids else []


def warn_if_empty(listing: Listing) -> list[str]:
    """Return a warning about an empty listing, which proves little."""
    return [] if listing.snippets else [f"{EMPTY_LISTING}."]


def _is_unknown(snippets: Snippets, snippet_id: str) -> bool:
    try:
        snippets.get(snippet_id)
    except NoSuchSnippet:
        return True
    except RequestFailed:
        return False
    return False


def _list_members(snippets: Snippets) -> Listing:
    """Return the snippets of members, or the public snippets if requests have no credentials."""
    return snippets.list_once(None if snippets.anonymous else "member")


def _search(snippets: Snippets, title: str, read: Read) -> Found:
    listing = _list_members(snippets)
    if not snippets.anonymous and title not in [snippet.title for snippet in listing.snippets]:
        listing = listing.join(snippets.list_once())
    found: list[tuple[str, SnippetState | None]] = []
    stale = []
    for snippet_id in [snippet.id for snippet in listing.snippets if snippet.title == title]:
        try:
            state = read(snippet_id)
        except NoSuchSnippet:
            stale.append(f"snippet {snippet_id} is listed with this title, but does not exist")
            continue
        if state is None or state.snippet.title == title:
            found.append((snippet_id, state))
        else:
            stale.append(f"snippet {snippet_id} is listed with this title, but its title is {quoted(state.snippet.title)}")
    if len(found) > 1:
        ids = ", ".join(sorted(snippet_id for snippet_id, _state in found))
        raise BitbucketError(f"{len(found)} snippets have the title {quoted(title)}. Set snippet_id to one of {ids}")
    return Found(*found[0], listing, stale) if found else Found(listing=listing, stale=stale)

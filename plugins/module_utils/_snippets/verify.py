# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that the service stored a snippet as requested, without the network."""

from __future__ import annotations

import hashlib
import typing as t

from .._errors import BitbucketError
from .._text import quoted
from .document import Snippet, SnippetState
from .plan import find_changed_properties, find_stored_names, plan_snippet

if t.TYPE_CHECKING:
    from .request import SnippetRequest


def require_stored(state: SnippetState, request: SnippetRequest) -> SnippetState:
    """Return the state after a write. Raise BitbucketError if a property, a file name or the contents of a file differ."""
    wrong = describe_wrong_properties(state.snippet, request)
    if wrong:
        raise BitbucketError(f"Bitbucket accepted the request, but snippet {state.snippet.id} has {' and '.join(wrong)}")
    missing = _find_missing(state, request)
    if missing:
        raise BitbucketError(
            f"Bitbucket accepted the request, but snippet {state.snippet.id} does not have these files under their names:"
            f" {', '.join(map(quoted, missing))}. It has {', '.join(map(quoted, sorted(state.contents)))}"
        )
    other = describe_wrong_contents(state, request)
    if other:
        raise BitbucketError(f"Bitbucket stored other bytes in snippet {state.snippet.id} than were sent: {'; '.join(other)}")
    return state


def describe_wrong(state: SnippetState, request: SnippetRequest, removals: t.Sequence[str] = ()) -> str:
    """Return the differences from the request in words. ``removals``: existing files that the plan should have removed."""
    words = [f"it has {wrong}" for wrong in describe_wrong_properties(state.snippet, request)]
    words += [f"{quoted(name)} is missing" for name in _find_missing(state, request)]
    words += describe_wrong_contents(state, request)
    words += [f"{quoted(name)} still exists" for name in removals]
    return ", ".join(words)


def is_as_sent(state: SnippetState, request: SnippetRequest) -> bool:
    """Return whether a snippet matches a request to create it, without any other file."""
    plan = plan_snippet(state, request._replace(purge=True))
    return not plan.changes and not plan.remove_after_upload


def describe_wrong_properties(snippet: Snippet, request: SnippetRequest) -> list[str]:
    """Return the properties that differ from the request, in words."""
    words = {
        "title": f"the title {quoted(snippet.title)} instead of {quoted(request.title or '')}",
        "is_private": f"is_private {snippet.is_private} instead of {request.is_private}",
    }
    return [words[name] for name in find_changed_properties(snippet, request)]


def describe_wrong_contents(state: SnippetState, request: SnippetRequest) -> list[str]:
    """Return the files that exist under their names but have other contents than requested, in words."""
    return [
        f"{quoted(name)} has {_describe(state.contents[name])} instead of {_describe(data)}"
        for name, data in (request.files or {}).items()
        if state.contents.get(name, data) != data
    ]


def _find_missing(state: SnippetState, request: SnippetRequest) -> list[str]:
    """Return the names of requested files that do not exist, not even under a renamed form that the service might use."""
    files = request.files or {}
    stored = find_stored_names(state.contents, files)
    return [name for name in files if name not in state.contents and name not in stored]


def _describe(data: bytes) -> str:
    return f"{len(data)} bytes with sha256:{hashlib.sha256(data).hexdigest()}"

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that the service has stored a snippet as requested, without any network."""

from __future__ import annotations

import typing as t

from .._errors import BitbucketError
from .._text import quoted
from .document import Snippet, SnippetState
from .plan import find_changed_properties, find_stored_names

if t.TYPE_CHECKING:
    from .request import SnippetRequest


def require_stored(state: SnippetState, request: SnippetRequest) -> SnippetState:
    """Return the state after a write; raises BitbucketError if a property or the name of a file is not as requested."""
    wrong = describe_wrong_properties(state.snippet, request)
    if wrong:
        raise BitbucketError(f"What was sent for snippet {state.snippet.id} was accepted, but it has {' and '.join(wrong)}")
    return require_files(state, request)


def require_files(state: SnippetState, request: SnippetRequest) -> SnippetState:
    """Return the state after a write; raises BitbucketError if a requested file is missing."""
    files = request.files or {}
    stored = find_stored_names(state.contents, files)
    lost = [name for name in files if name not in state.contents and name not in stored]
    if lost:
        raise BitbucketError(
            "The snippet was accepted, but these files are not in it under their names:"
            f" {', '.join(map(quoted, lost))}; it has {', '.join(map(quoted, sorted(state.contents)))}"
        )
    return state


def describe_wrong_properties(snippet: Snippet, request: SnippetRequest) -> list[str]:
    """Return in words the properties that are not as requested."""
    words = {
        "title": f"the title {quoted(snippet.title)} instead of {quoted(request.title or '')}",
        "is_private": f"is_private {snippet.is_private} instead of {request.is_private}",
    }
    return [words[name] for name in find_changed_properties(snippet, request)]

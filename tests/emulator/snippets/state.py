# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold snippets with their properties and revisions in memory, independent of HTTP."""

from __future__ import annotations

import copy
import secrets
import string
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..clock import Clock
from ..switches import Switches
from .lag import Lag
from .revisions import Change, Contents, LastFile, Revision, Stale, as_bytes, commit_sha


@dataclass(eq=False)
class Snippet:
    """Describe a snippet. `owner` is the email address of a user, None for the workspace.

    A `foreign` snippet belongs to no identity of the emulator. `lag` receives each change that listings show.
    """

    id: str
    title: str | None
    is_private: bool
    clock: Clock
    creator: str
    owner: str | None = None
    foreign: bool = False
    spam: bool = False
    lag: Lag | None = None
    watchers: set[str] = field(default_factory=set)
    revisions: list[Revision] = field(default_factory=list)  # oldest first
    lock: threading.RLock = field(default_factory=threading.RLock)
    created_on: datetime = field(init=False)
    updated_on: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.created_on = self.clock.tick()
        self.updated_on = self.clock.tick()

    @property
    def tip(self) -> Revision:
        """Return the newest revision."""
        return self.revisions[-1]

    @property
    def revision(self) -> str:
        """Return the hash of the newest revision."""
        return self.tip.sha

    @property
    def files(self) -> dict[str, bytes]:
        """Return the contents of the newest revision by name."""
        return dict(self.tip.files)

    def find(self, sha: str) -> Revision | None:
        """Return the revision with this full hash, or the newest for HEAD."""
        return self.tip if sha == "HEAD" else next((one for one in list(self.revisions) if one.sha == sha), None)

    def apply(
        self,
        change: Change,
        author: str,
        expected: str | None = None,
        identical_commits: bool = False,
        may_be_empty: bool = True,
    ) -> None:
        """Apply a change completely or not at all. `expected` is the revision that must be the newest."""
        with self.lock:
            if expected not in (None, self.revision):
                raise Stale(expected)
            merged = {**self.tip.files, **change.files}
            files = {name: content for name, content in merged.items() if content is not None}
            if not files and not may_be_empty:
                raise LastFile
            if files != self.tip.files or (identical_commits and change.files):
                self.commit(files, author)
            before = copy.copy(self)
            self._set(change.values)
            if (before.title, before.is_private) != (self.title, self.is_private):
                self.updated_on = self.clock.tick()
                if self.lag:
                    self.lag.note(self.id, before)

    def commit(self, files: Mapping[str, bytes], author: str) -> None:
        """Add a revision with exactly these files."""
        with self.lock:
            parent = self.revision if self.revisions else None
            date = self.clock.tick()
            message = "Snippet updated." if parent else "Snippet created."
            sha = commit_sha(files, parent, author, date, message)
            self.revisions.append(Revision(sha, parent, dict(files), date, author, message))
            if parent:
                self.updated_on = date

    def _set(self, values: Mapping[str, object]) -> None:
        if "title" in values:
            title = values["title"]
            assert title is None or isinstance(title, str)
            self.title = title
        if "is_private" in values:
            self.is_private = values["is_private"] is True

    def edit(self, files: Contents | None = None, author: str = "someone@example.com", **values: object) -> str:
        """Change the snippet as another user: `files`, `title=`, `is_private=`. Return the newest hash."""
        self.apply(Change(as_bytes(files or {}), values), author)
        return self.revision

    def mark_spam(self, spam: bool = True) -> None:
        """Mark the snippet as spam, so that requests return 410."""
        self.spam = spam


@dataclass(eq=False)
class Snippets:
    """Hold the snippets of a workspace. `user` is the default creator."""

    clock: Clock
    user: str
    switches: Switches = field(default_factory=Switches)
    by_id: dict[str, Snippet] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lag = Lag(self.clock, self.switches)

    def create(
        self,
        title: str | None,
        files: Contents,
        is_private: bool = True,
        creator: str | None = None,
        owner: str | None = None,
        foreign: bool = False,
        watched: bool = False,
        id: str | None = None,  # noqa: A002 (the name is the service's)
    ) -> Snippet:
        """Create a snippet; `watched`: by the default user. See `Snippet` for the other arguments."""
        made = creator or self.user
        snippet = Snippet(id or self._new_id(), title, is_private, self.clock, made, owner, foreign, lag=self._lag)
        snippet.watchers |= {self.user} if watched else set()
        snippet.commit({name: content for name, content in as_bytes(files).items() if content is not None}, made)
        self.by_id[snippet.id] = snippet
        self._lag.note(snippet.id, None)
        return snippet

    def get(self, identity: str) -> Snippet | None:
        """Return the snippet with this ID, or None."""
        return self.by_id.get(identity)

    def end_lag(self) -> None:
        """Make the listings show every write."""
        self._lag.end()

    def remove(self, identity: str) -> bool:
        """Delete a snippet, and return whether it existed."""
        snippet = self.by_id.pop(identity, None)
        if snippet is not None:
            self._lag.note(identity, snippet)
        return snippet is not None

    def remove_at(self, snippet: Snippet, expected: str) -> None:
        """Delete the snippet if this is its newest revision."""
        with snippet.lock:
            if snippet.revision != expected:
                raise Stale(expected)
            self.remove(snippet.id)

    def clear(self) -> None:
        """Delete all snippets."""
        self.by_id.clear()

    def watch(self, identity: str, user: str | None = None) -> None:
        """Make a user watch a snippet, by default the default user."""
        self.by_id[identity].watchers.add(user or self.user)

    def newest_first(self) -> list[Snippet]:
        """Return all snippets, newest first."""
        return sort_newest_first(self.by_id.values())

    def listed(self, role: str | None, first: bool = True) -> list[Snippet]:
        """Return the snippets that the listing for a role shows, which might lag; `first` starts a reading of the listing."""
        if first:
            self._lag.begin_reading(role)
        return sort_newest_first(self._lag.apply(list(self.by_id.values()), role))

    def __iter__(self) -> Iterator[Snippet]:
        return iter(self.newest_first())

    def __len__(self) -> int:
        return len(self.by_id)

    def _new_id(self) -> str:
        """Return an unused ID of letters and digits, such as "9qa8b"."""
        while (made := "".join(secrets.choice(string.ascii_letters + string.digits) for _unused in range(5))) in self.by_id:
            pass
        return made


def sort_newest_first(snippets: Iterable[Snippet]) -> list[Snippet]:
    """Sort snippets by their dates, newest first."""
    return sorted(snippets, key=lambda snippet: snippet.created_on, reverse=True)

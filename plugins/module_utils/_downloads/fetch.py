# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Artifacts as files on this host: decide, then show the plan (check mode) or apply it. Knows no option parsing and no HTTP.

A transfer goes to a temporary file beside its destination; the old file stays until the new one is whole and verified.
"""

from __future__ import annotations

import os
import threading
import typing as t

from .._errors import BadInput, BitbucketError
from .._files.checksum import Checksum
from .._files.destination import Destination, inspect, remove_empty
from .._files.payload import Payload
from .._files.temporary import TemporaryFiles
from .._names import renamed_pattern
from .._outcome import REPLACED, UNCHANGED, Outcome, Progress, Result, state_line
from .._parallel import run_all
from .._text import quoted
from .api import Downloads
from .artifact import Artifact, Listing, Selection
from .fetch_plan import FetchWish, Verdict, algorithms, decide
from .manifest import Manifest
from .manifest_store import ManifestStore
from .same_content import compare_content, if_none_match
from .transfer import Transfer

# Those attributes of a file that differ, as they were and as they shall be.
Attributes = t.Tuple[t.Mapping[str, t.Any], t.Mapping[str, t.Any]]
NO_ATTRIBUTES: Attributes = ({}, {})


class FileInstaller(t.Protocol):
    """What Ansible does about files; implemented where AnsibleModule is known."""

    def install(self, temporary: str, path: str) -> str | None:
        """Move the temporary file to the path, atomically; returns the path of a backup, if one was made."""

    def set_attributes(self, path: str) -> Attributes:
        """Set mode, owner and so on as the task wishes; returns those that differ, as they were and as they shall be."""


class FetchOptions(t.NamedTuple):
    """What to fetch: ``names``, each once, or what ``selection`` chooses; the other fields are options of the same names."""

    destination: Destination
    names: t.Sequence[str] | None = None
    selection: Selection | None = None
    checksum: Checksum | None = None
    manifest: str | None = None
    force: bool = False
    parallel: int = 4
    check_names: t.Callable[[t.Sequence[str]], None] | None = None  # raises for artifacts that do not suit the task


class Fetcher:
    """One fetching task from one repository."""

    def __init__(self, downloads: Downloads, options: FetchOptions, installer: FileInstaller) -> None:
        self._downloads = downloads
        self._options = options
        self._installer = installer
        self._keeper = ManifestStore(downloads, options.manifest) if options.manifest is not None else None
        self._lock = threading.Lock()
        self._temporary = TemporaryFiles()
        self._done: dict[str, _Done] = {}
        self._settled: Verdict | None = None

    def run(self, check_mode: bool, progress: Progress) -> Outcome:
        """Fetch, or predict it."""
        wishes = self._settled_without_network() or self._wishes()
        made = [] if check_mode else self._options.destination.create()
        progress.follow(lambda: self._so_far(wishes))
        try:
            with self._temporary:
                run_all(self._predict if check_mode else self._fetch, wishes, self._options.parallel)
        except BaseException:
            remove_empty(made)
            raise
        done = [self._done[wish.name] for wish in wishes]
        return Outcome(
            {"artifacts": [each.result for each in done]},
            changed=any(each.changed for each in done),
            before="".join(each.before for each in done),
            after="".join(each.after for each in done),
        )

    def _so_far(self, wishes: t.Sequence[FetchWish]) -> tuple[Result, bool]:
        done = [self._done[wish.name] for wish in wishes if wish.name in self._done]
        fetched = [each.result for each in done if each.result["status"] != UNCHANGED]
        return {"artifacts": fetched}, any(each.changed for each in done)

    def _settled_without_network(self) -> t.Sequence[FetchWish]:
        """The one wish, where the file at its place already has the digest that ``checksum`` asks for; else nothing."""
        options = self._options
        names = options.names or ()
        if options.checksum is None or options.force or self._keeper or len(names) != 1:
            return ()
        local = inspect(options.destination.path_for(names[0]))
        wish = FetchWish(names[0], local, None, [options.checksum], proved=True)
        self._settled = decide(wish)
        return [wish] if self._settled.status == UNCHANGED else ()

    def _wishes(self) -> list[FetchWish]:
        options = self._options
        listing = self._downloads.listing()
        artifacts = self._meant(listing)
        if options.checksum and len(artifacts) > 1:
            raise BadInput(f"checksum goes with one artifact, but {len(artifacts)} are meant")
        names = [artifact.name for artifact in artifacts]
        if options.check_names:
            options.check_names(names)
        options.destination.check(names)
        manifest = self._keeper.read(listing) if self._keeper else None
        return [self._wish(artifact, manifest) for artifact in artifacts]

    def _meant(self, listing: Listing) -> list[Artifact]:
        if self._options.selection:
            found = self._options.selection.choose(listing.values())
            if not found:
                raise BitbucketError(f"No artifact in {self._downloads.path} matches the patterns")
            return found
        names = self._options.names or ()
        missing = [_missing(name, listing) for name in names if name not in listing]
        if missing:
            raise BitbucketError(f"Not in the Downloads of {self._downloads.repository}: {', '.join(missing)}")
        return [listing[name] for name in names]

    def _wish(self, artifact: Artifact, manifest: Manifest | None) -> FetchWish:
        options = self._options
        expected = [options.checksum] if options.checksum else []
        proved = bool(expected)
        if manifest and artifact.name != manifest.name:
            promised = Checksum("sha256", self._promised(artifact.name, manifest), f"the manifest {manifest.name}")
            for each in expected:
                each.require_compatible(promised, artifact.name)
            expected.append(promised)
            proved = proved or manifest.trusted_digest(artifact) is not None
        local = inspect(options.destination.path_for(artifact.name))
        return FetchWish(artifact.name, local, artifact, expected, proved, options.force)

    def _promised(self, name: str, manifest: Manifest) -> str:
        if manifest.artifact is None:
            raise BitbucketError(f"The manifest {manifest.name} is not in the Downloads of {self._downloads.repository}")
        if name not in manifest.digests:
            raise BitbucketError(f"The manifest {manifest.name} has no line, or no clear one, for {quoted(name)}")
        return manifest.digests[name]

    def _predict(self, wish: FetchWish) -> None:
        verdict = self._decided(wish)
        if verdict.status is None and wish.artifact:
            local = Payload(wish.name, wish.local.size, path=wish.local.path)
            same = compare_content(self._downloads, wish.artifact, local).same
            if not same and wish.expected:
                raise BitbucketError(
                    f"{quoted(wish.name)} does not have the digest that {wish.expected[0].source}"
                    " expects: its contents differ from a file that has it"
                )
            verdict = Verdict(UNCHANGED if same else REPLACED, "same content" if same else "content differs", verdict.digests)
        foretold = {each.algorithm: each.digest for each in wish.expected}
        self._note(wish, verdict, foretold, self._installer.set_attributes(wish.local.path))

    def _fetch(self, wish: FetchWish) -> None:
        verdict = self._decided(wish)
        if verdict.status == UNCHANGED or wish.artifact is None:
            self._settle(wish, verdict)
            return
        directory = os.path.dirname(wish.local.path) or "."
        with self._temporary.new(directory) as sink:
            condition = {} if verdict.status else if_none_match(verdict.digests)
            digests = Transfer(self._downloads, wish.artifact, sink, algorithms(wish)).run(condition)
            for each in wish.expected:
                each.require(digests or verdict.digests, wish.name)
            if verdict.status is None:
                same = digests is None or digests["sha256"] == verdict.digests["sha256"]
                verdict = verdict._replace(status=UNCHANGED) if same else Verdict(REPLACED, "content differs", verdict.digests)
            self._settle(wish, verdict, digests, str(sink.name))

    def _decided(self, wish: FetchWish) -> Verdict:
        """The verdict; not decided twice for a wish without an item of the listing, for that reads the whole local file."""
        return self._settled if self._settled and wish.artifact is None else decide(wish)

    def _settle(
        self,
        wish: FetchWish,
        verdict: Verdict,
        digests: t.Mapping[str, str] | None = None,
        temporary: str | None = None,
    ) -> None:
        """Put the new file into its place, where there is one, and set attributes; one thread at a time, as umask is global."""
        with self._lock:
            backup = None
            if verdict.status != UNCHANGED and temporary:
                backup = self._installer.install(temporary, wish.local.path)
        # The file is in its place, also where its attributes cannot be set.
        self._note(wish, verdict, digests or verdict.digests, NO_ATTRIBUTES, backup)
        with self._lock:
            attributes = self._installer.set_attributes(wish.local.path)
        self._note(wish, verdict, digests or verdict.digests, attributes, backup)

    def _note(
        self,
        wish: FetchWish,
        verdict: Verdict,
        digests: t.Mapping[str, str],
        attributes: Attributes,
        backup: str | None = None,
    ) -> None:
        unchanged = verdict.status == UNCHANGED
        digest = (verdict.digests if unchanged else digests).get("sha256")
        size = wish.artifact.size if wish.artifact else wish.local.size
        result = {
            "name": wish.name,
            "dest": wish.local.path,
            "size": size,
            "sha256": digest,
            "status": verdict.status,
            "reason": verdict.reason,
            "url": self._downloads.artifact_url(wish.name),
        }
        if backup:
            result["backup_file"] = backup
        there = wish.local.kind == "file"
        # Check mode cannot know the attributes of a file that is not there yet.
        old, new = attributes if there else NO_ATTRIBUTES
        before = state_line(wish.local.path, wish.local.size, verdict.digests.get("sha256"), old) if there else ""
        after = state_line(wish.local.path, size, digest, new)
        with self._lock:
            self._done[wish.name] = _Done(result, not unchanged or bool(new), before, after)


class _Done(t.NamedTuple):
    """One artifact's result, whether it or its attributes changed, and its lines in the diff."""

    result: Result
    changed: bool
    before: str
    after: str


def _missing(name: str, listing: Listing) -> str:
    pattern = renamed_pattern(name)
    similar = [quoted(other) for other in listing if pattern and pattern.match(other)]
    return quoted(name) + (f" (the service may have stored it as {' or '.join(similar)})" if similar else "")

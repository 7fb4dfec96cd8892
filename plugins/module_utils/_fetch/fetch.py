# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch artifacts as files on this host, or predict the results in check mode.

A transfer writes to a temporary file in the directory of the destination. The old file remains until the new one is complete
and verified.
"""

from __future__ import annotations

import os
import typing as t

from .._downloads.api import Downloads
from .._downloads.choose_transfer import create_transfer
from .._downloads.same_content import compare_content, has_digest, if_none_match
from .._errors import BitbucketError, LinkExpired
from .._files.destination import remove_empty
from .._files.local_file import FILE, RECORDED
from .._files.temporary import TemporaryFile, TemporaryFiles
from .._outcome import UNCHANGED, Outcome, Progress, Result, mark_line, state_line
from .._parallel import run_all
from .._text import quoted
from .local import FetchOptions, Requests, examine
from .plan import NEEDS_CONTENTS, FetchRequest, Partial, Verdict, decide

# The differing attributes of a file before and after the task.
Attributes = t.Tuple[t.Mapping[str, t.Any], t.Mapping[str, t.Any]]
NO_ATTRIBUTES: Attributes = ({}, {})


class FileInstaller(t.Protocol):
    """Ansible's file functions, which threads can call concurrently."""

    def install(self, temporary: str, path: str) -> str | None:
        """Move the temporary file to the path atomically. Return the path of the backup, if one was created."""

    def set_attributes(self, path: str) -> Attributes:
        """Set mode, owner and so on, except in check mode. Return the differing attributes before and after."""


class Fetched(t.NamedTuple):
    """An artifact and its file after the task.

    ``described``: the artifact as Downloads describes it. ``sha256``: of the file, None if check mode cannot predict it.
    ``present``: the file has the contents, and they are not only predicted.
    """

    request: FetchRequest
    verdict: Verdict
    sha256: str | None
    described: Result
    backup: str | None = None
    attributes: Attributes = NO_ATTRIBUTES
    present: bool = True

    @property
    def name(self) -> str:
        """Return the name of the artifact."""
        return self.request.artifact.name

    @property
    def path(self) -> str:
        """Return the path of the file."""
        return self.request.local.path

    @property
    def unchanged(self) -> bool:
        """Return whether the contents are unchanged."""
        return self.verdict.status == UNCHANGED

    @property
    def changed(self) -> bool:
        """Return whether contents or attributes change."""
        return not self.unchanged or bool(self.attributes[1])

    def render(self) -> Result:
        """Return the artifact for results."""
        dest = None if self.request.local.record else self.path
        result = {**self.described, "dest": dest, "sha256": self.sha256, **self.verdict._asdict()}
        return {**result, "backup_file": self.backup} if self.backup else result

    def diff_lines(self) -> tuple[str, str]:
        """Return the lines of the file in a diff, before and after."""
        local, size = self.request.local, self.request.artifact.size
        digest = (self.request.digests or {}).get("sha256")
        old, new = self.attributes if local.kind == FILE else NO_ATTRIBUTES  # check mode cannot predict those of a new file
        known = {FILE: local.path, RECORDED: local.record}.get(local.kind)
        before = state_line(known, local.size, digest, old) if known else ""
        after = state_line(local.record or local.path, size, self.sha256, new)
        return before, mark_line(after, "fetched again") if before == after and not self.unchanged else after


def summarize(fetched: t.Sequence[Fetched], facts: Result) -> Outcome:
    """Return the outcome of a task that has fetched these artifacts. ``facts``: additional results."""
    lines = [each.diff_lines() for each in fetched]
    return Outcome(
        {"artifacts": [each.render() for each in fetched], **facts},
        changed=any(each.changed for each in fetched),
        before="".join(before for before, _unused in lines),
        after="".join(after for _unused, after in lines),
    )


class Fetcher:
    """One task that fetches artifacts from one repository.

    ``done``: results so far. ``partial``: partial files of artifacts whose signed URLs have expired. Both are by name.
    """

    def __init__(self, downloads: Downloads, requests: Requests, options: FetchOptions, installer: FileInstaller) -> None:
        self._downloads = downloads
        self._requests = requests
        self._options = options
        self._installer = installer
        self._temporary = TemporaryFiles()
        self._connections = 1  # of each transfer
        self.done: dict[str, Fetched] = {}
        self.partial: dict[str, Partial] = {}

    def run(self, check_mode: bool, progress: Progress) -> list[Fetched]:
        """Fetch the artifacts, or predict the results."""
        requests = self._requests.make(check_mode)
        self._connections = self._options.parallel // max(1, min(len(requests), self._options.parallel))
        progress.follow(lambda: self._report(requests))
        made = [] if check_mode else self._options.destination.create()
        act = self._predict if check_mode else self._fetch
        try:
            with self._temporary:
                return run_all(lambda request: self._requests.repeat(act, request), requests, self._options.parallel)
        except BaseException:
            remove_empty(made)
            raise

    def _report(self, requests: t.Sequence[FetchRequest]) -> tuple[Result, bool]:
        done = [self.done[each.artifact.name] for each in requests if each.artifact.name in self.done]
        return {"artifacts": [each.render() for each in done if not each.unchanged]}, any(each.changed for each in done)

    def _predict(self, request: FetchRequest) -> Fetched:
        request = examine(request)
        verdict = decide(request)
        if verdict == NEEDS_CONTENTS:
            verdict = decide(request, self._compare(request))
        expected = {each.algorithm: each.digest for each in request.expectation.checksums}
        fetched = self._describe(request, verdict, expected)
        return self._finish(fetched._replace(present=fetched.unchanged))

    def _compare(self, request: FetchRequest) -> bool:
        name, local, expected = request.artifact.name, request.local, request.expectation.checksums
        if local.kind == RECORDED:
            same = has_digest(self._downloads, request.artifact, request.digests or {})
        else:
            from .._files.payload import Payload  # only check mode compares contents without a transfer

            same = compare_content(self._downloads, request.artifact, Payload(name, local.size, path=local.path)).same
        if not same and expected:
            problem = BitbucketError(
                f"{quoted(name)} does not have the digest that {expected[0].source}"
                " expects: its contents differ from the local file, which has that digest"
            )
            self._requests.require_current(request, problem)
            raise problem
        return same

    def _fetch(self, request: FetchRequest) -> Fetched:
        request = examine(request)
        verdict = decide(request)
        if verdict.status == UNCHANGED:
            return self._finish(self._describe(request, verdict, {}))
        partial = self._requests.find_partial(request.artifact.name)
        with self._temporary.new(os.path.dirname(request.local.path) or ".", partial.path if partial else "") as sink:
            digests = self._transfer(request, verdict, sink)
            if verdict == NEEDS_CONTENTS:
                verdict = decide(request, digests["sha256"] == (request.digests or {})["sha256"])
            fetched = self._describe(request, verdict, digests)
            if not fetched.unchanged:
                fetched = fetched._replace(backup=self._installer.install(sink.path, fetched.path))
        return self._finish(fetched)

    def _transfer(self, request: FetchRequest, verdict: Verdict, sink: TemporaryFile) -> t.Mapping[str, str]:
        """Return the digests of the contents. Write the contents unless the local file already has them."""
        local = (request.digests or {}) if verdict == NEEDS_CONTENTS else {}
        transfer = create_transfer(self._downloads, request.artifact, request.algorithms, sink, self._connections)
        if partial := self._requests.find_partial(request.artifact.name):
            transfer.resume(partial.etag)
        try:
            digests = transfer.run_unless(if_none_match(local)) or local
        except LinkExpired as exc:
            self._keep(request, sink, exc)
            raise
        try:
            for each in request.expectation.checksums:
                each.require(digests, request.artifact.name)
        except BitbucketError as exc:
            self._requests.require_current(request, exc)
            raise
        return digests

    def _keep(self, request: FetchRequest, sink: TemporaryFile, failure: LinkExpired) -> None:
        """Keep the bytes that have arrived for a run with another signed URL."""
        if failure.position and failure.etag:
            sink.truncate(failure.position)
            self._temporary.keep(sink.path)
            self.partial[request.artifact.name] = Partial(sink.path, failure.etag)

    def _describe(self, request: FetchRequest, verdict: Verdict, digests: t.Mapping[str, str]) -> Fetched:
        """Return the artifact with the digests of its contents, or of the unchanged local file."""
        known = (request.digests or {}) if verdict.status == UNCHANGED else digests
        name, size = request.artifact.name, request.artifact.size
        described = self._downloads.describe(name, size, version=self._options.order.tell_version(name))
        return Fetched(request, verdict, known.get("sha256"), described)

    def _finish(self, fetched: Fetched) -> Fetched:
        """Set the attributes of an installed file. Record it as done even if this fails."""
        self.done[fetched.name] = fetched
        self.done[fetched.name] = finished = fetched._replace(attributes=self._installer.set_attributes(fetched.path))
        return finished

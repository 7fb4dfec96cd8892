# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Delete a channel and then its signatures, or predict the outcome. The artifacts that it names remain."""

from __future__ import annotations

import typing as t

from .._downloads.api import Downloads
from .._downloads.artifact import Artifact, manifest_names
from .._downloads.deletion import Deleter
from .._downloads.listing import ArtifactList
from .._manifest.manifest import ManifestSignature
from .._outcome import ABSENT, DELETED, Outcome, Progress, Result
from .move import ChannelOptions
from .plan import ChannelPlan, plan_deletion
from .read import ChannelReader


class _State(t.NamedTuple):
    """The state that a plan is based on. ``signatures``: names of existing signatures of the channel."""

    listed: ArtifactList
    signatures: t.Sequence[str]
    plan: ChannelPlan


class ChannelRemover:
    """Removes one channel. ``version``: the version that the channel must name, None for any version."""

    def __init__(self, downloads: Downloads, options: ChannelOptions, version: str | None, progress: Progress) -> None:
        self._downloads = downloads
        self._options = options
        self._version = version
        self._progress = progress
        self._reader = ChannelReader(downloads, options.name, options.trust)
        self._deleter = Deleter(downloads, 1)

    def run(self) -> Outcome:
        """Delete the channel if it exists."""
        self._progress.follow(lambda: ({}, bool(self._deleter.deleted)))
        state = self._downloads.decide(self._examine)
        names = [*([self._reader.file] if state.plan.before else ()), *state.signatures]
        if not self._options.check_mode:
            for name in names:
                self._deleter.delete(_find(state.listed, name), verify=True)
        return self._render(state, bool(names))

    def _examine(self) -> _State:
        listed = self._downloads.list_artifacts().require_complete(self._downloads.path)
        listing = listed.by_name
        found = self._reader.read(listing)
        if found and self._version is not None:
            self._reader.require_version(found, self._version)
        own = self._options.trust.signature if self._options.trust else None
        signatures = sorted(name for name in manifest_names(self._reader.file, own) - {self._reader.file} if name in listing)
        return _State(listed, signatures, plan_deletion(found.channel if found else None))

    def _render(self, state: _State, changed: bool) -> Outcome:
        plan, trust = state.plan, self._options.trust
        before, after = plan.describe()
        results: Result = {"status": plan.status, "previous": plan.previous, "channel": None, "bytes_sent": 0}
        if trust:
            status = DELETED if trust.signature in state.signatures else ABSENT
            results["signature"] = ManifestSignature(trust.signature, trust.verifier.format).describe(status)
        return Outcome(results, changed=changed, before=before, after=after)


def _find(listed: ArtifactList, name: str) -> list[Artifact]:
    """Return all artifacts with this name, of which there might be several."""
    return [artifact for artifact in listed.artifacts if artifact.name == name]

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copy artifacts from one repository to another: choose them in the source, and publish them in the destination."""

from __future__ import annotations

import typing as t

from .._downloads.api import Downloads, Inconsistent
from .._downloads.artifact import is_channel_name
from .._errors import BadInput
from .._fetch.choose import Chooser, Wanted
from .._manifest.manifest import Current
from .._names import check_written_name
from .._outcome import Outcome
from .._publish.apply import Executor
from .._publish.evidence import plan_payloads
from .._publish.plan import Step, refuse_manifest
from .._text import quoted
from .payload import SourceArtifact
from .upload import oldest_first

_CHANNEL = "is a channel, which cannot be copied. Set channel to copy the artifacts that it names"


class CopyOptions(t.NamedTuple):
    """What to copy, and how; the fields are options of the module."""

    wanted: Wanted
    overwrite: str = "refuse"
    parallel: int = 4


class Copier:
    """One task that copies artifacts from ``source`` to ``destination``, to which ``executor`` applies the steps."""

    def __init__(self, source: Downloads, destination: Downloads, executor: Executor, options: CopyOptions) -> None:
        self._source = source
        self._destination = destination
        self._executor = executor
        self._options = options
        self._chooser = Chooser(source, _without_signer(options.wanted), self._check_names)

    def run(self) -> Outcome:
        """Copy the artifacts, or predict it in check mode."""
        outcome = self._executor.apply(*self._destination.decide(self._plan))
        facts = self._chooser.facts
        return outcome._replace(results={**outcome.results, "channel": facts["channel"]}) if "channel" in facts else outcome

    def _plan(self) -> tuple[Current, list[Step]]:
        payloads = self._choose()
        current = self._executor.read()
        options = self._options
        return current, plan_payloads(self._destination, current, payloads, options.overwrite, parallel=options.parallel)

    def _choose(self) -> list[SourceArtifact]:
        """Return the artifacts in the order of their names in the task or in the channel, or the oldest first."""
        try:
            found = self._chooser.choose()
        except Inconsistent as exc:
            raise Inconsistent(f"In the Downloads of {self._source.repository}: {exc}") from exc
        chosen = [SourceArtifact(self._source, self._chooser, each) for each in found]
        return oldest_first(chosen) if self._options.wanted.selection else chosen

    def _check_names(self, names: t.Sequence[str]) -> None:
        """Raise BadInput for a name that the task does not copy, or that the service would not store as it is."""
        wanted = self._options.wanted
        refuse_manifest(names, wanted.manifest, wanted.trust.signature if wanted.trust else None, "the artifacts to copy")
        for name in names:
            if is_channel_name(check_written_name(name)):
                raise BadInput(f"{quoted(name)} {_CHANNEL}")


def _without_signer(wanted: Wanted) -> Wanted:
    """Return what verifies the source, where the task signs nothing: advice about its own manifest would be wrong there."""
    return wanted._replace(trust=wanted.trust._replace(signer=None)) if wanted.trust else wanted

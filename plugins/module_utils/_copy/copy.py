# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copy artifacts from one repository to another: choose them in the source, and publish them to the destination."""

from __future__ import annotations

import typing as t

from .._downloads.api import Downloads, Inconsistent
from .._downloads.artifact import is_channel_name
from .._errors import BadInput
from .._fetch.choose import Chooser, Wanted
from .._names import check_written_name
from .._outcome import Outcome
from .._publish.apply import Executor
from .._publish.evidence import plan_payloads
from .._publish.plan import Current, Step, refuse_manifest
from .._text import quoted
from .payload import SourceArtifact
from .upload import oldest_first

_CHANNEL = "is a channel, which cannot be copied. Set channel to copy the artifacts that it names"


class CopyOptions(t.NamedTuple):
    """Options of the module: the artifacts to copy, and how to copy them."""

    wanted: Wanted
    overwrite: str = "refuse"
    parallel: int = 4


class Copier:
    """Copies artifacts from ``source`` to ``destination``. ``executor``: applies the steps to the destination."""

    def __init__(self, source: Downloads, destination: Downloads, executor: Executor, options: CopyOptions) -> None:
        self._source = source
        self._destination = destination
        self._executor = executor
        self._options = options
        self._chooser = Chooser(source, _without_signer(options.wanted), self._check_names)

    def run(self) -> Outcome:
        """Copy the artifacts, or predict the outcome in check mode."""
        outcome = self._executor.apply(*self._destination.decide(self._plan))
        facts = self._chooser.facts
        return outcome._replace(results={**outcome.results, "channel": facts["channel"]}) if "channel" in facts else outcome

    def _plan(self) -> tuple[Current, list[Step]]:
        payloads = self._choose()
        current = self._executor.read()
        options = self._options
        return current, plan_payloads(self._destination, current, payloads, options.overwrite, parallel=options.parallel)

    def _choose(self) -> list[SourceArtifact]:
        """Return the chosen artifacts in the order of the task or of the channel, or oldest first for a selection."""
        try:
            found = self._chooser.choose()
        except Inconsistent as exc:
            raise Inconsistent(f"In the Downloads of {self._source.repository}: {exc}") from exc
        chosen = [SourceArtifact(self._source, self._chooser, each) for each in found]
        return oldest_first(chosen) if self._options.wanted.selection else chosen

    def _check_names(self, names: t.Sequence[str]) -> None:
        """Raise BadInput for a name that the task cannot copy, or that the service would store differently."""
        wanted = self._options.wanted
        refuse_manifest(names, wanted.manifest, wanted.trust.signature if wanted.trust else None, "the artifacts to copy")
        for name in names:
            if is_channel_name(check_written_name(name)):
                raise BadInput(f"{quoted(name)} {_CHANNEL}")


def _without_signer(wanted: Wanted) -> Wanted:
    """Return the request without the signer: advice about signing would be wrong for the source, where nothing is signed."""
    return wanted._replace(trust=wanted.trust._replace(signer=None)) if wanted.trust else wanted

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verify artifacts in the repository: compute the digests of several artifacts at the same time, without writing contents."""

from __future__ import annotations

import typing as t

from .._downloads.api import Downloads, require_gone
from .._downloads.artifact import EMPTY
from .._downloads.transfer import Transfer
from .._errors import BitbucketError
from .._manifest.store import ManifestStore
from .._outcome import MISMATCH, MISSING, VERIFIED, Outcome, Progress, Result
from .._parallel import run_all
from .plan import Check, Verdict, VerifyRequest, judge, plan

if t.TYPE_CHECKING:
    from .._manifest.manifest import ManifestSignature
    from .._trust.trust import Trust


class VerifyOptions(t.NamedTuple):
    """Options of a verification. ``report``: whether artifacts that are not verified are only reported."""

    request: VerifyRequest
    manifest: str | None = None
    trust: Trust | None = None
    report: bool = False
    parallel: int = 4


class Planner:
    """Plans the checks. ``signature`` and ``warnings``: of the manifest and the listing that were read last."""

    def __init__(self, downloads: Downloads, options: VerifyOptions) -> None:
        self._downloads = downloads
        self._options = options
        self._store = ManifestStore(downloads, options.manifest, options.trust) if options.manifest is not None else None
        self.signature: ManifestSignature | None = None
        self.warnings: list[str] = []

    def plan(self) -> list[Check]:
        """Return the checks of the task."""
        return self._downloads.decide(lambda: self._plan(self._options.request))

    def plan_named(self, names: t.Sequence[str]) -> list[Check]:
        """Return the checks of some names, with a new listing and a new manifest."""
        return self._plan(self._options.request._replace(names=names, selection=None))

    def _plan(self, request: VerifyRequest) -> list[Check]:
        listing = self._downloads.listing()
        manifest = self._store.require(listing) if self._store else None
        checks = plan(listing, manifest, request, self._downloads.path)
        missing = [check.name for check in checks if check.status == MISSING]
        require_gone(self._downloads, missing, listing, self._options.parallel)
        self.signature = manifest.signature if manifest else None
        self.warnings = [] if listing else [EMPTY]
        return checks


class ArtifactVerifier:
    """Verifies artifacts of one repository."""

    def __init__(self, downloads: Downloads, options: VerifyOptions) -> None:
        self._downloads = downloads
        self._options = options
        self._planner = Planner(downloads, options)
        self._names: list[str] = []
        self._verdicts: dict[str, Verdict] = {}

    def run(self, progress: Progress) -> Outcome:
        """Return the result for each artifact. Raise if an artifact is not verified, unless the task only reports."""
        progress.follow(lambda: (self._render(), False))
        checks = self._planner.plan()
        self._names = [check.name for check in checks]
        run_all(self._verify, checks, self._options.parallel)
        self._verify_replaced()
        if not self._options.report:
            self._require_verified()
        return Outcome(self._render(), warnings=self._planner.warnings)

    def _verify(self, check: Check) -> None:
        """Verify one artifact, with a new listing if another task replaced or deleted the artifact."""
        pending = [check]
        self._verdicts[check.name] = self._downloads.decide(
            lambda: self._read(pending.pop() if pending else self._planner.plan_named([check.name])[0])
        )

    def _read(self, check: Check) -> Verdict:
        if check.artifact is None or check.status:
            return judge(check, {})
        return judge(check, Transfer(self._downloads, check.artifact, check.algorithms).run())

    def _verify_replaced(self) -> None:
        """Verify again the mismatches whose artifact or line was replaced while the task ran."""
        old = [verdict.check for verdict in self._list_verdicts() if verdict.status == MISMATCH]
        if old:
            new = self._downloads.decide(lambda: self._planner.plan_named([check.name for check in old]))
            replaced = [now for before, now in zip(old, new) if now.identity != before.identity]
            run_all(self._verify, replaced, self._options.parallel)

    def _require_verified(self) -> None:
        found = [verdict for verdict in self._list_verdicts() if verdict.status != VERIFIED]
        problems = [verdict.explain(self._options.manifest, self._downloads.repository) for verdict in found]
        if problems:
            raise BitbucketError(". ".join([f"Not verified: {'; '.join(problems)}", *self._planner.warnings]))

    def _list_verdicts(self) -> list[Verdict]:
        return [self._verdicts[name] for name in self._names if name in self._verdicts]

    def _render(self) -> Result:
        results: Result = {"artifacts": [self._render_verdict(verdict) for verdict in self._list_verdicts()]}
        signature = self._planner.signature
        return {**results, "signature": signature.describe()} if signature else results

    def _render_verdict(self, verdict: Verdict) -> Result:
        artifact, expected = verdict.check.artifact, verdict.check.expected
        return self._downloads.describe(
            verdict.check.name,
            artifact.size if artifact else None,
            status=verdict.status,
            sha256=verdict.digests.get("sha256"),
            expected=expected.digest if expected else None,
        )

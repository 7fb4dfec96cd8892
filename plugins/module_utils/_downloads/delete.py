# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Artifacts absent: decide, then show the plan (check mode) or apply it. Knows no option parsing and no HTTP.

Order on a run: artifacts first, the manifest after them: a run that breaks off leaves lines that the next one drops.
"""

from __future__ import annotations

import typing as t

from .._errors import BadInput
from .._names import check_name
from .._outcome import DELETED, Outcome, Progress, Result
from .._parallel import run_all
from .._text import quoted
from .api import Downloads
from .artifact import Listing, listing_text
from .manifest import Manifest, ManifestPlan, plan_manifest
from .manifest_keeper import ManifestKeeper, manifest_result
from .plan import Step, plan_deleting, predicted_listing
from .upload import Uploader


class Deleter:
    """One deleting task for one repository; ``manifest`` is the name of the manifest to keep up to date, or None.

    ``verify``: whether to read the listing again after the manifest was sent.
    """

    def __init__(self, downloads: Downloads, manifest: str | None, parallel: int, verify: bool = True) -> None:
        self._downloads = downloads
        self._keeper = ManifestKeeper(downloads, manifest) if manifest is not None else None
        self._uploader = Uploader(downloads) if self._keeper else None
        self._parallel = parallel
        self._verify = verify

    def run(self, names: t.Sequence[str], check_mode: bool, progress: Progress) -> Outcome:
        """Delete the artifacts of exactly these names, or predict it."""
        if not names:
            raise BadInput("name is empty: there is nothing to delete")
        for name in names:
            check_name(name)
            if self._keeper and name == self._keeper.name:
                raise BadInput(f"{quoted(name)} is the manifest, which the module keeps itself: leave it out of name")
        before = self._downloads.listing()
        return self.apply(plan_deleting(names, before), before, check_mode, progress)

    def apply(self, steps: t.Sequence[Step], before: Listing, check_mode: bool, progress: Progress) -> Outcome:
        """Do what the steps say, or predict it; ``before`` is the listing that they were decided from."""
        manifest = self._keeper.read(before) if self._keeper else Manifest("")
        plan = plan_manifest(manifest, {}, predicted_listing(before, steps)) if self._keeper else ManifestPlan("absent")
        if not check_mode:
            self._delete([step for step in steps if step.status == DELETED], progress)
            plan = self._apply_manifest(manifest, plan, steps, before)
        digests = {**{name: manifest.believed(before[name]) for name in before}, manifest.name: manifest.sha256}
        found: Result = {"artifacts": [self._result(step, digests) for step in steps]}
        if self._keeper:
            found["manifest"] = manifest_result(self._keeper, plan)
        found["bytes_sent"] = self._uploader.bytes_sent if self._uploader else 0
        return Outcome(
            found,
            changed=any(step.changes for step in steps) or plan.changes,
            before=listing_text(before, digests),
            after=listing_text(
                plan.applied_to(predicted_listing(before, steps), manifest.name),
                {**digests, manifest.name: plan.sha256(manifest)},
            ),
        )

    def _delete(self, steps: t.Sequence[Step], progress: Progress) -> None:
        done: list[Step] = []

        def delete(step: Step) -> None:
            self._downloads.delete(step.name)
            done.append(step)

        progress.follow(lambda: self._so_far([step for step in steps if step in done]))
        run_all(delete, steps, self._parallel)

    def _apply_manifest(self, manifest: Manifest, plan: ManifestPlan, steps: t.Sequence[Step], before: Listing) -> ManifestPlan:
        if self._keeper is None or self._uploader is None or not plan.changes:
            return plan
        after = predicted_listing(before, steps)
        if self._verify:
            # Somebody may have published since.
            after = self._downloads.listing()
            plan = plan_manifest(self._keeper.refreshed(manifest, after), {}, after)
        self._keeper.apply(plan, self._uploader, after, self._verify)
        return plan

    def _so_far(self, done: t.Sequence[Step]) -> tuple[Result, bool]:
        return {"artifacts": [self._result(step, {}) for step in done]}, bool(done)

    def _result(self, step: Step, digests: t.Mapping[str, str | None]) -> Result:
        kept = step.current if step.status != DELETED else None
        return {
            "name": step.name,
            "size": kept.size if kept else None,
            "sha256": digests.get(step.name) if kept else None,
            "status": step.status,
            "reason": step.reason,
            "url": self._downloads.artifact_url(step.name),
            "created_on": kept.created_on if kept else None,
        }

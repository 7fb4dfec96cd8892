# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge that a task succeeds if the service is only slow, unusual or disturbed for a short time."""

from __future__ import annotations

from ..disturbance import Cut, Fault
from .excuses import has_renamed_manifest, meets_other_names
from .manifests import lines_of
from .pools import MANIFEST
from .trial import Trial

# Switches that change what or how often a task reads, and must not make it fail.
HARMLESS = {
    "created_on_moves",
    "etag",
    "content_encoding",
    "list_size",
    "list_user",
    "listing_lag_reads",
    "listing_lag_seconds",
    "listing_repeat",
    "next_drops",
    "page_cap",
    "pagelen_max",
    "rename",
    "storage_cached_seconds",
    "upload_status",
}
EXPECTED = {"present": "refuse", "bitbucket_download_fetch": "missing"}


def require_success(trial: Trial, changed_switches: set[str]) -> None:
    """Require that a task succeeded if nothing prevents it, also after a transient fault."""
    if not trial.run.failed or trial.others or not changed_switches <= HARMLESS:
        return
    if isinstance(trial.disturbance, Cut) or (isinstance(trial.disturbance, Fault) and trial.disturbance.times > 1):
        return
    if may_fail(trial):
        return
    raise AssertionError(f"the task failed without a reason: {trial.result['msg']}")


def may_fail(trial: Trial) -> bool:
    """Return whether the options can make the task fail regardless of the service."""
    if trial.payloads:
        return trial.options["overwrite"] == "refuse" or meets_other_names(trial) or has_renamed_manifest(trial)
    if trial.dest is None:
        return False
    names = trial.options.get("name") or []
    lines = lines_of(trial.before)
    if trial.manifest is not None and (MANIFEST not in trial.before or not set(lines) >= trial.before.keys() - {MANIFEST}):
        return True
    return not set(names) <= trial.before.keys() or trial.manifest is not None or not names

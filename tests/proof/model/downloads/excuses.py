# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List the known limits. Only these functions exempt an operation from a rule.

Races with another publisher need no function: rules check only names that no other publisher changed during the task.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from tests.emulator.renaming import apply_rule, make_valid

from ..disturbance import Fault
from .manifests import find_false
from .trial import Trial


def fold(name: str) -> str:
    """Return a key that is equal for names which the service might store as one name."""
    return make_valid(unicodedata.normalize("NFC", name)).lower()


def has_other_name(name: str, existing: Iterable[str]) -> bool:
    """Return whether the upload might replace an existing artifact with another name.

    Before the upload, it is unknown whether the service changes names, and by which rule (design.md, section 2, "Names").
    """
    return any(other != name and fold(other) == fold(name) for other in existing)


def is_unverified(trial: Trial) -> bool:
    """Return whether the task does not verify what was stored.

    With ``verify: false``, a task notices neither an upload without effect nor a changed name.
    """
    switches = trial.switches
    lies = switches.upload_effect != "store" or switches.rename is not None or switches.downloads_free_plan is not None
    return loses_contents(trial) or ((lies or meets_other_names(trial)) and not trial.options.get("verify", True))


def loses_contents(trial: Trial) -> bool:
    """Return whether storage loses contents while the listing shows the sent size.

    Section 6 of design.md requires reading the contents only if neither date nor size changed.
    """
    return trial.switches.stored_damage is not None


def meets_other_names(trial: Trial) -> bool:
    """Return whether a task publishes a name that the service might store as another existing name."""
    names = list(trial.payloads)
    return any(has_other_name(name, [*trial.before, *names]) for name in names)


def has_renamed_manifest(trial: Trial) -> bool:
    """Return whether the service stores the manifest under another name, where the next task would not find it."""
    return trial.manifest is not None and _is_renamed(trial, trial.manifest)


def is_unpredictable(trial: Trial) -> bool:
    """Return whether check mode cannot predict the replaced artifact, or the length of its name in the manifest."""
    return any(_is_renamed(trial, name) for name in trial.payloads) or meets_other_names(trial)


def _is_renamed(trial: Trial, name: str) -> bool:
    return apply_rule(trial.switches.rename, name, trial.before) != name


def is_equal_by_rule(trial: Trial, name: str) -> bool:
    """Return whether ``unchanged`` is based on the size only, or on a manifest that another publisher made false.

    Contract 1.9: a replacement by other means with the same size and date is not noticed.
    """
    compare = trial.options["compare"]
    return compare == "size" or (compare == "checksum" and has_false_line(trial, name))


def has_false_line(trial: Trial, name: str) -> bool:
    """Return whether the manifest of the task has a line that another publisher made false before (contract 1.9)."""
    return trial.manifest is not None and name in find_false(trial.before)


def is_equal_anyway(trial: Trial, item: dict[str, object]) -> bool:
    """Return whether ``overwrite: always`` sent the existing contents.

    The verification then compares contents, so an upload that was stored under another name is not noticed.
    """
    old = trial.before.get(str(item.get("stored_name", item["name"])))
    return trial.options["overwrite"] == "always" and old is not None and old.content == trial.payloads[str(item["name"])]


def has_date_of_earlier_upload(trial: Trial) -> bool:
    """Return whether a lagging listing might show the date of an earlier upload of the same artifact.

    A task that only reads cannot notice this. If the response to an upload is lost, the publishing task cannot know that its
    first attempt succeeded, which has equal contents.
    """
    switches = trial.switches
    if trial.payloads:
        return switches.listing_lag_reads > 0 and isinstance(trial.disturbance, Fault)
    return switches.listing_lag_reads > 0 or switches.listing_lag_seconds > 0


def has_old_date(trial: Trial) -> bool:
    """Return whether dates never change and the task ended before the update of its manifest, or has no manifest.

    The manifest then does not look older than the changed artifacts (contract 1.9).
    """
    return not trial.switches.created_on_moves and (trial.run.failed or trial.manifest is None)


def hides_renamed(trial: Trial) -> bool:
    """Return whether the list of a Free plan hides an artifact with the stored name of the upload.

    A task requests the given name and a few likely ones, not all names that the service might store (A6, C1).
    """
    return trial.switches.downloads_free_plan is not None and trial.switches.rename is not None

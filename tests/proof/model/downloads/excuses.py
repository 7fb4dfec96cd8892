# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Name what cannot be closed. Each rule that looks away does so by one of these functions, and by nothing else.

A race with another publisher is no function: rules look at names that nobody else touched while the task ran.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from tests.emulator.renaming import apply_rule, make_valid

from .manifests import find_false
from .trial import Trial


def fold(name: str) -> str:
    """Return what names have in common that the service might store under one name."""
    return make_valid(unicodedata.normalize("NFC", name)).lower()


def has_other_name(name: str, existing: Iterable[str]) -> bool:
    """Return whether an artifact exists that the service might replace by an upload of another name.

    Nothing tells before the upload whether this service changes names, and by which rule (design.md, section 2, "Names").
    """
    return any(other != name and fold(other) == fold(name) for other in existing)


def is_unverified(trial: Trial) -> bool:
    """Return whether nothing that a task reads can show what was stored.

    With ``verify: false`` a task does not look, so it knows neither an upload without effect nor a changed name.
    """
    switches = trial.switches
    lies = switches.upload_effect != "store" or switches.rename is not None or switches.downloads_free_plan is not None
    return loses_contents(trial) or ((lies or meets_other_names(trial)) and not trial.options.get("verify", True))


def loses_contents(trial: Trial) -> bool:
    """Return whether storage loses contents, which the listing shows as they were sent.

    Section 6 of design.md asks for the contents only where neither date nor size has moved.
    """
    return trial.switches.stored_damage is not None


def meets_other_names(trial: Trial) -> bool:
    """Return whether a task publishes a name beside another one that the service might store alike."""
    names = list(trial.payloads)
    return any(has_other_name(name, [*trial.before, *names]) for name in names)


def is_unpredictable(trial: Trial) -> bool:
    """Return whether check mode cannot know which artifact an upload replaces, or how long its name in the manifest is."""
    names, rule = list(trial.payloads), trial.switches.rename
    is_renamed = any(apply_rule(rule, name, trial.before) != name for name in names)
    return is_renamed or meets_other_names(trial)


def is_equal_by_rule(trial: Trial, name: str) -> bool:
    """Return whether ``unchanged`` follows from the size alone, or from a manifest that others have made false.

    Contract 1.9: who replaces an artifact by other means, with the same size and without a new date, is not noticed.
    """
    compare = trial.options["compare"]
    return compare == "size" or (compare == "checksum" and trial.manifest is not None and name in find_false(trial.before))


def is_equal_anyway(trial: Trial, item: dict[str, object]) -> bool:
    """Return whether ``overwrite: always`` sent contents that the artifact had before.

    Evidence is then the content, so that an upload under another name, which this one proves nothing about, is not noticed.
    """
    old = trial.before.get(str(item.get("stored_name", item["name"])))
    return trial.options["overwrite"] == "always" and old is not None and old.content == trial.payloads[str(item["name"])]


def has_old_date(trial: Trial) -> bool:
    """Return whether dates do not move and the task ended before it could renew its manifest, or keeps none.

    The manifest then looks as new as the artifacts that have changed below it (contract 1.9).
    """
    return not trial.switches.created_on_moves and (trial.run.failed or trial.manifest is None)


def hides_renamed(trial: Trial) -> bool:
    """Return whether the list of a Free plan hides an artifact that the service would store the upload as.

    A task asks for the requested name and for a few likely ones, and not for all that the service might make of it (A6, C1).
    """
    return trial.switches.downloads_free_plan is not None and trial.switches.rename is not None

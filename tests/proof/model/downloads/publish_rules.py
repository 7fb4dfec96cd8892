# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge uploads."""

from __future__ import annotations

from tests.emulator.renaming import apply_rule

from .common_rules import require_untouched, same_upload
from .excuses import hides_renamed, is_equal_anyway, is_equal_by_rule, is_unverified
from .manifests import digest, find_false, lines_of
from .pools import MANIFEST
from .trial import Trial

SENT = ("created", "replaced")


def judge_publish(trial: Trial) -> None:
    """Require that the reported state exists after a success, and that ``never`` and ``refuse`` protect existing artifacts."""
    targets = {apply_rule(trial.switches.rename, name, trial.before) for name in trial.payloads} | set(trial.payloads)
    require_untouched(trial, targets | ({MANIFEST} if trial.manifest else set()))
    if trial.options["overwrite"] in ("never", "refuse") and not hides_renamed(trial):
        _require_releases(trial)
    if not trial.run.failed:
        for item in trial.result["artifacts"]:
            _require_stored(trial, item)
        _require_lines(trial)
        require_no_strays(trial)
        assert [item["name"] for item in trial.result["artifacts"]] == list(trial.payloads), "the order of the results"


def _require_releases(trial: Trial) -> None:
    for name, old in trial.before.items():
        if name != MANIFEST and trial.is_ours(name):
            assert same_upload(old, trial.after.get(name)), f"{trial.options['overwrite']} did not protect {name!r}"


def _require_stored(trial: Trial, item: dict[str, object]) -> None:
    """Require that each artifact of a success has the reported contents."""
    name, status = str(item.get("stored_name", item["name"])), item["status"]
    if not trial.is_ours(name) or is_unverified(trial):
        return
    now = trial.after.get(name)
    if now is None:
        raise AssertionError(f"{name!r} is {status}, but does not exist")
    assert item["size"] == now.size, f"the result has a wrong size of {name!r}"
    if status in SENT or (status == "unchanged" and not is_equal_by_rule(trial, name)):
        assert now.content == trial.payloads[str(item["name"])], f"{name!r} is {status}, but has other contents"
    assert status not in SENT or not same_upload(now, trial.before.get(name)) or is_equal_anyway(trial, item), (
        f"{name!r} is {status}, but was not sent"
    )
    assert (status == "created") <= (name not in trial.before), f"{name!r} is {status}, but existed"


def require_no_strays(trial: Trial) -> None:
    """Require that the result names each new artifact, or that the task reports a problem."""
    reported = {item[key] for item in trial.result["artifacts"] for key in ("name", "stored_name") if key in item}
    strays = trial.after.keys() - trial.before.keys() - reported - trial.others.keys() - {trial.manifest}
    sent_anyway = any(is_equal_anyway(trial, item) for item in trial.result["artifacts"])
    assert not strays or sent_anyway or is_unverified(trial), f"{sorted(strays)} are new, but not in the result"


def _require_lines(trial: Trial) -> None:
    """Require that the manifest has a true line for each artifact with known contents."""
    if trial.manifest is None or MANIFEST in trial.others or is_unverified(trial):
        return
    lines = lines_of(trial.after)
    for item in trial.result["artifacts"]:
        name = item.get("stored_name", item["name"])
        if item["status"] == "kept" or item["sha256"] is None or not trial.is_ours(name) or name in find_false(trial.before):
            continue
        now = trial.after.get(name)
        assert now is not None, f"{name!r} is {item['status']}, but does not exist"
        assert lines.get(name) == digest(now.content), (
            f"{name!r} is {item['status']}, but its line in the manifest is missing or wrong"
        )

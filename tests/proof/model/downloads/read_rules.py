# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge fetched files and lists."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

from .common_rules import same_upload
from .manifests import digest, read_lines
from .pools import MANIFEST
from .trial import Trial


def judge_fetch(trial: Trial) -> None:
    """Require that each file is a complete version of its artifact, and that nothing else is in the folder."""
    assert trial.dest is not None
    assert trial.before.keys() | trial.others.keys() >= trial.after.keys(), "fetching wrote to Downloads"
    for path in sorted(trial.dest.iterdir()):
        assert not path.name.startswith("."), f"{path.name} was left behind"
    if trial.run.failed:
        return
    for item in trial.result["artifacts"]:
        _require_file(trial, item)
    if trial.is_undisturbed and not trial.run.warnings:
        names = {item["name"] for item in trial.result["artifacts"]}
        assert names == _expect_names(trial), f"fetched {sorted(names)}, expected {sorted(_expect_names(trial))}"


def _require_file(trial: Trial, item: dict[str, object]) -> None:
    name, content = str(item["name"]), Path(str(item["dest"])).read_bytes()
    versions = trial.versions(name)
    assert content in versions, f"{name!r} was fetched with contents that it never had"
    assert item["sha256"] == digest(content), f"the result has a wrong digest of the file {name!r}"
    assert item["size"] == len(content), f"the result has a wrong size of the file {name!r}"
    stored = trial.after.get(name)
    if stored is not None and trial.is_ours(name):
        assert stored.size == len(content), f"{name!r} was fetched with {len(content)} bytes of {stored.size}"
    if trial.manifest is not None:
        lines = [read_lines(text).get(name) for text in trial.versions(MANIFEST)]
        assert digest(content) in lines, f"{name!r} was fetched with another digest than the manifest has"


def _expect_names(trial: Trial) -> set[str]:
    if trial.options.get("name"):
        return set(trial.options["name"])
    patterns = trial.options["patterns"]
    return {name for name in trial.before if name != trial.manifest and any(fnmatchcase(name, pattern) for pattern in patterns)}


def judge_info(trial: Trial) -> None:
    """Require that each artifact that existed during the task is listed once, unless a warning calls the list incomplete."""
    if trial.run.speaks:
        return
    listed = [item["name"] for item in trial.result["artifacts"]]
    assert len(set(listed)) == len(listed), "an artifact is listed twice"
    stayed = {name for name, old in trial.before.items() if name in trial.after and same_upload(old, trial.after[name])}
    missing = {name for name in stayed if trial.is_ours(name)} - set(listed)
    assert not missing, f"{sorted(missing)} are not listed"
    invented = set(listed) - trial.before.keys() - trial.others.keys()
    assert not invented, f"{sorted(invented)} are listed, but never existed"

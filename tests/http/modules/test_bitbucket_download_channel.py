# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test bitbucket_download_channel: contradictory options, which send no request, the commit, and credentials.

Tests of moving and deleting channels are in tests/http/_channel.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._channel.helpers import CHANNEL, NEW, OLD, name_artifacts, stored
from tests.http._downloads.helpers import put

[ARTIFACT] = name_artifacts(OLD)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": None}, "missing required arguments: name"),
        ({"version": None}, "state is present but all of the following are missing: version"),
        ({"artifacts": None}, "state is present but any of the following are missing: artifacts, patterns"),
        ({"artifacts": []}, "artifacts and patterns are empty: a channel names at least one artifact"),
        ({"artifacts": None, "patterns": []}, "artifacts and patterns are empty: a channel names at least one artifact"),
        ({"patterns": ["a*"]}, "mutually exclusive: artifacts|patterns"),
        ({"excludes": ["a*"]}, "mutually exclusive: artifacts|excludes"),
        ({"artifacts": None, "patterns": ["a("], "use_regex": True}, "patterns: 'a(' is not a valid regular expression"),
        ({"name": "a/b"}, "name 'a/b' is refused: the name of a channel must start with"),
        ({"name": "stable.channel.json"}, "Set name to 'stable'"),
        ({"version": "../../evil"}, "version '../../evil' is refused: a version must start with"),
        ({"version": ""}, "version '' is refused"),
        ({"version": 1.1}, "version must be a string, but it is a number"),
        ({"artifacts": [1.1]}, "artifacts must list names or the artifacts that bitbucket_download returned, not 1.1"),
        ({"artifacts": [{"size": 3}]}, "artifacts must list names or the artifacts that bitbucket_download returned, not {"),
        ({"artifacts": ["../app"]}, "artifacts: the name '../app' is refused"),
        ({"artifacts": ["beta.channel.json"]}, "artifacts: 'beta.channel.json' is a channel or its signature"),
        ({"artifacts": ["beta.channel.json.asc"]}, "artifacts: 'beta.channel.json.asc' is a channel or its signature"),
        ({"artifacts": [{**ARTIFACT, "size": "3"}]}, "artifacts: the size of 'app-1.4.1.tgz' must be a number of bytes, not '3'"),
        ({"artifacts": [{**ARTIFACT, "sha256": "abc"}]}, "the sha256 of 'app-1.4.1.tgz' must have 64 lowercase hex digits"),
        ({"artifacts": [ARTIFACT, "app-1.4.1.tgz"]}, "artifacts has two different items for 'app-1.4.1.tgz'"),
        ({"manifest": "../SUMS"}, "manifest '../SUMS' is refused"),
        ({"commit": "a\nb"}, "commit must be one line of at most 255 characters"),
        ({"commit": "a" * 256}, "commit must be one line of at most 255 characters"),
        ({"parallel": 0}, "parallel must be from 1 to 16, not 0"),
        ({"repository": ".."}, "repository '..' is refused"),
        ({"signed_by": []}, "signed_by is empty"),
        ({"signature": "x"}, "signature needs signing_key or signed_by"),
        ({"gnupg_home": "/tmp"}, "gnupg_home needs signing_key"),
        ({"state": "absent"}, "artifacts needs state=present"),
        ({"state": "absent", "artifacts": None, "patterns": "a*"}, "patterns needs state=present"),
        ({"state": "absent", "artifacts": None, "manifest": "SUMS"}, "manifest needs state=present"),
        ({"state": "absent", "artifacts": None, "version": ".."}, "version '..' is refused"),
        ({"user": None, "api_token": None}, "credential"),
    ],
    ids=lambda value: str(value)[:60],
)
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_contradictory_options_are_refused_before_any_request(
    emulator: Emulator, run: ModuleRunner, options: dict[str, Any], words: str, check: bool
) -> None:
    given = {"name": "stable", "version": "1.4.1", "artifacts": ["app-1.4.1.tgz"], **options}
    assert words in run.failure(CHANNEL, **given, check=check)
    assert len(emulator.journal) == 0


@pytest.mark.parametrize(("given", "commit"), [(None, "4a2f0c7"), ("v1.4.1", "v1.4.1"), ("", None)])
def test_commit_is_that_of_the_environment_unless_it_is_set(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch, given: str | None, commit: str | None
) -> None:
    monkeypatch.setenv("BITBUCKET_COMMIT", "4a2f0c7")
    put(emulator, OLD)
    result = run.ok(CHANNEL, name="stable", version="1.4.1", artifacts=list(OLD), commit=given)
    assert stored(emulator) == result["channel"]
    assert result["channel"]["commit"] == commit


def test_another_commit_alone_changes_nothing(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {**OLD, **NEW})
    run.ok(CHANNEL, name="stable", version="1.4.1", artifacts=list(OLD), commit="first")
    result = run.ok(CHANNEL, name="stable", version="1.4.1", artifacts=list(OLD), commit="second")
    assert (result["status"], result["changed"], result["channel"]["commit"]) == ("unchanged", False, "first")
    result = run.ok(CHANNEL, name="stable", version="1.4.2", artifacts=list(NEW), commit="second")
    assert (result["status"], result["changed"], result["channel"]["commit"]) == ("moved", True, "second")

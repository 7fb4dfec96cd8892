# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test which artifacts patterns, order and number select."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.artifact import Artifact
from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.selection import parse_selection
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput


def dated(name: str, day: int) -> Artifact:
    return Artifact(name, 1, f"2026-11-{int(day):02}T00:00:00+00:00")


TGZ = {"patterns": ["*.tgz"], "excludes": None, "use_regex": False}
FOUR = [dated("b.tgz", 2), dated("a.tgz", 1), dated("d.zip", 4), dated("c.tgz", 3)]


@pytest.mark.parametrize(
    ("newest", "names"),
    [
        (None, ["c.tgz", "b.tgz", "a.tgz"]),
        (1, ["c.tgz"]),
        (2, ["c.tgz", "b.tgz"]),
        (9, ["c.tgz", "b.tgz", "a.tgz"]),
    ],
)
def test_the_newest_matching_artifacts_are_chosen(newest: int | None, names: list[str]) -> None:
    assert [artifact.name for artifact in parse_selection({**TGZ, "newest": newest}).choose(FOUR)] == names


HISTORY = [
    dated("app-1.9.tgz", 1),
    dated("app-1.10-rc1.tgz", 2),
    dated("app-1.10.tgz", 3),
    dated("app-1.10.zip", 4),
    dated("app-1.9.1.tgz", 5),
    dated("notes.txt", 6),
]
GROUP = r"^app-(.+)\.(?:tgz|zip)$"


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, "notes.txt app-1.9.1.tgz app-1.10.zip app-1.10.tgz app-1.10-rc1.tgz app-1.9.tgz"),
        ({"order": "date", "newest": 1}, "notes.txt"),
        ({"order": "version"}, "app-1.10.zip app-1.10.tgz app-1.10-rc1.tgz app-1.9.1.tgz app-1.9.tgz notes.txt"),
        ({"order": "version", "newest": 1}, "app-1.10.zip"),
        ({"order": "version", "newest": 1, "group_by": GROUP}, "app-1.10.zip app-1.10.tgz"),
        ({"order": "version", "newest": 2, "group_by": GROUP}, "app-1.10.zip app-1.10.tgz app-1.10-rc1.tgz"),
        (
            {"order": "version", "group_by": GROUP},
            "app-1.10.zip app-1.10.tgz app-1.10-rc1.tgz app-1.9.1.tgz app-1.9.tgz notes.txt",
        ),
        ({"order": "date", "newest": 2, "group_by": GROUP}, "app-1.9.1.tgz app-1.10.zip app-1.10.tgz"),
        ({"newest": 9, "group_by": GROUP, "prereleases": False}, "app-1.9.1.tgz app-1.10.zip app-1.10.tgz app-1.9.tgz"),
        ({"order": "version", "newest": 3, "prereleases": False}, "app-1.10.zip app-1.10.tgz app-1.9.1.tgz"),
        ({"prereleases": False, "newest": 5}, "notes.txt app-1.9.1.tgz app-1.10.zip app-1.10.tgz app-1.9.tgz"),
        ({"order": "version", "newest": 1, "group_by": r"^app-(\d+\.\d+)", "prereleases": False}, "app-1.10.zip app-1.10.tgz"),
    ],
    ids=str,
)
def test_order_decides_which_releases_are_the_newest(options: dict[str, Any], names: str) -> None:
    selection = parse_selection({**TGZ, "patterns": ["*"], **options})
    assert [artifact.name for artifact in selection.choose(HISTORY)] == names.split()


OWN = ["SUMS", "SUMS.asc", "SUMS.sig", "of SUMS"]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"patterns": None}, []),
        ({"patterns": ["*"]}, []),
        ({"patterns": ["S*", "o*"], "newest": 1}, []),
        ({"patterns": ["SUMS?asc", "[S]UMS", "sums*"]}, []),
        ({"patterns": ["SUMS"]}, ["SUMS"]),
        ({"patterns": ["*", "SUMS.sig", "of SUMS"]}, ["SUMS.sig", "of SUMS"]),
        ({"patterns": OWN}, OWN),
        ({"patterns": ["SUMS*"], "manifest": None, "signature": None}, ["SUMS", "SUMS.asc", "SUMS.sig"]),
        ({"patterns": OWN, "excludes": ["*.*"]}, ["SUMS", "of SUMS"]),
        ({"patterns": ["SUMS$", "^SUMS.asc"]}, []),
        ({"patterns": [".*", "SUMS.*", "^", "$", ""], "use_regex": True}, []),
        ({"patterns": ["SUMS|x", "(?i)sums", "SUMS.asc|SUMS"], "use_regex": True}, []),
        ({"patterns": ["SUMS"], "use_regex": True}, ["SUMS"]),
        ({"patterns": ["SUMS.sig"], "use_regex": True}, ["SUMS.sig"]),
        ({"patterns": [r"^SUMS\.asc$", r"\ASUMS\Z", r"of\ SUMS"], "use_regex": True}, ["SUMS", "SUMS.asc", "of SUMS"]),
    ],
    ids=str,
)
def test_patterns_skip_the_manifest_and_its_signatures_unless_named_exactly(options: dict[str, Any], found: list[str]) -> None:
    known = {"excludes": None, "use_regex": False, "manifest": "SUMS", "signature": "of SUMS", **options}
    chosen = [artifact.name for artifact in parse_selection(known).choose(Artifact(name, 1) for name in OWN)]
    assert chosen == found


CHANNELS = ["app.tgz", "stable.channel.json", "stable.channel.json.asc", "beta.channel.json.sig"]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"patterns": ["*"]}, ["app.tgz"]),
        ({"patterns": None}, ["app.tgz"]),
        ({"patterns": ["*"], "manifest": None}, CHANNELS),
        ({"patterns": ["a*", "stable.channel.json"]}, ["app.tgz", "stable.channel.json"]),
        ({"patterns": ["stable.channel.json*"]}, []),
        ({"patterns": [r"^stable\.channel\.json$", ".*asc"], "use_regex": True}, ["stable.channel.json"]),
    ],
    ids=str,
)
def test_patterns_skip_channels_beside_a_manifest_unless_named_exactly(options: dict[str, Any], found: list[str]) -> None:
    known = {"excludes": None, "use_regex": False, "manifest": "SUMS", **options}
    chosen = [artifact.name for artifact in parse_selection(known).choose(Artifact(name, 1) for name in CHANNELS)]
    assert sorted(chosen) == sorted(found)


@pytest.mark.parametrize("newest", [0, -1])
def test_fewer_than_one_is_refused(newest: int) -> None:
    with pytest.raises(BadInput, match=rf"^newest must be 1 or more, not {newest}$"):
        parse_selection({**TGZ, "newest": newest})

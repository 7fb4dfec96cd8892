# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test artifacts as values: how they are parsed, dated, sorted, chosen and shown."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.artifact import (
    Artifact,
    listing_lines,
    newest_first,
    parse_artifact,
    parse_selection,
    parse_time,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput, RequestFailed
from ansible_collections.releng.bitbucket.plugins.module_utils._outcome import state_line

UTC = datetime.UTC


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2016-01-24T17:05:31.001541+00:00", datetime.datetime(2016, 1, 24, 17, 5, 31, 1541, UTC)),
        ("2016-01-24T17:05:31+00:00", datetime.datetime(2016, 1, 24, 17, 5, 31, 0, UTC)),
        ("2016-01-24T17:05:31Z", datetime.datetime(2016, 1, 24, 17, 5, 31, 0, UTC)),
        ("2016-01-24T17:05:31.001541Z", datetime.datetime(2016, 1, 24, 17, 5, 31, 1541, UTC)),
        ("2016-01-24T19:05:31+02:00", datetime.datetime(2016, 1, 24, 17, 5, 31, 0, UTC)),
        ("2016-01-24T17:05:31", datetime.datetime(2016, 1, 24, 17, 5, 31, 0, UTC)),
        (None, None),
        ("", None),
        ("Z", None),
        ("yesterday", None),
        ("2016-13-01T00:00:00+00:00", None),
    ],
)
def test_times_are_read_with_their_offset(text: str | None, time: datetime.datetime | None) -> None:
    found = parse_time(text)
    assert found == time
    assert found is None or found.tzinfo is not None


def test_artifacts_are_sorted_newest_first_then_by_name() -> None:
    artifacts = [
        Artifact("undated-b", 1),
        Artifact("same-b", 1, "2026-11-02T10:00:00+00:00"),
        Artifact("offset", 1, "2026-11-02T11:00:00+02:00"),
        Artifact("newest", 1, "2026-11-03T10:00:00Z"),
        Artifact("same-a", 1, "2026-11-02T10:00:00Z"),
        Artifact("later", 1, "2026-11-02T10:00:00.000001+00:00"),
        Artifact("unreadable-a", 1, "garbage"),
    ]
    names = [artifact.name for artifact in newest_first(artifacts)]
    assert names == ["newest", "later", "same-a", "same-b", "offset", "undated-b", "unreadable-a"]


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


def test_the_listing_has_a_line_for_each_artifact_sorted_by_name() -> None:
    listing = {name: Artifact(name, size, "2026-11-01T00:00:00Z") for name, size in (("b", 2), ("a b", 10), ("C", 0))}
    found = listing_lines(listing, {"a b": "f" * 64, "b": None, "gone": "e" * 64})
    assert list(found.items()) == [("C", "C  0 bytes\n"), ("a b", f"a b  10 bytes  sha256:{'f' * 64}\n"), ("b", "b  2 bytes\n")]


def test_an_empty_listing_has_no_line() -> None:
    assert listing_lines({}, {"gone": "e" * 64}) == {}


ITEM = {"name": "app.tgz", "size": 5, "created_on": "2026-11-01T00:00:00Z", "downloads": 3, "user": {"display_name": "Ann"}}


@pytest.mark.parametrize(
    ("changes", "artifact"),
    [
        ({}, Artifact("app.tgz", 5, "2026-11-01T00:00:00Z", 3, "Ann")),
        ({"size": 0}, Artifact("app.tgz", 0, "2026-11-01T00:00:00Z", 3, "Ann")),
        ({"created_on": 7, "downloads": "3", "user": None}, Artifact("app.tgz", 5)),
        ({"name": "\ud7ff\ue000"}, Artifact("\ud7ff\ue000", 5, "2026-11-01T00:00:00Z", 3, "Ann")),
        ({"user": {"nickname": "ann", "username": "a"}}, Artifact("app.tgz", 5, "2026-11-01T00:00:00Z", 3, "ann")),
        ({"user": {"display_name": "", "username": "a"}}, Artifact("app.tgz", 5, "2026-11-01T00:00:00Z", 3, "a")),
        ({"user": {"display_name": 1}}, Artifact("app.tgz", 5, "2026-11-01T00:00:00Z", 3)),
        ({"user": "ann"}, Artifact("app.tgz", 5, "2026-11-01T00:00:00Z", 3)),
    ],
)
def test_parse_artifact_accepts_values_of_the_documented_type(changes: dict[str, Any], artifact: Artifact) -> None:
    assert parse_artifact({**ITEM, **changes}) == artifact


@pytest.mark.parametrize("changes", [{"name": None}, {"name": 1}, {"size": None}, {"size": "5"}, {"size": True}, {"size": -1}])
def test_parse_artifact_refuses_items_without_name_and_size(changes: dict[str, Any]) -> None:
    words = "^The artifact list contains an item without a valid name and size, so it cannot be trusted$"
    with pytest.raises(RequestFailed, match=words):
        parse_artifact({**ITEM, **changes})


@pytest.mark.parametrize("name", ["\ud800", "a\udfff", "\udc00b"])
def test_parse_artifact_refuses_names_that_are_not_utf_8(name: str) -> None:
    words = r"^The artifact list contains a name that is not valid UTF-8, so it cannot be trusted$"
    with pytest.raises(RequestFailed, match=words):
        parse_artifact({**ITEM, "name": name})


def test_attributes_end_the_line_of_a_file() -> None:
    line = state_line("/srv/app", 5, "f" * 64, {"owner": "root", "mode": "0644"})
    assert line == f"/srv/app  5 bytes  sha256:{'f' * 64}  mode:0644  owner:root\n"

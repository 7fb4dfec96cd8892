# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test artifacts as values: how they are parsed, dated, sorted and shown."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.artifact import (
    Artifact,
    listing_lines,
    newest_first,
    parse_artifact,
    parse_time,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import RequestFailed
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


APP = Artifact("app", 5, "2026-11-02T10:00:00Z", 3, "Ann")


@pytest.mark.parametrize("old", [None, *(APP._replace(size=size) for size in (4, 6)), APP._replace(created_on="2026-11-09")])
def test_artifact_is_new_without_an_old_one_of_the_same_size_and_date(old: Artifact | None) -> None:
    assert APP.differs_from(old)
    assert not APP.differs_from(APP._replace(downloads=4, uploaded_by=None))


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

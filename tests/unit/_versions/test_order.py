# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the order of releases in histories with late patches, and refuse invalid expressions."""

from __future__ import annotations

import packaging.version
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.artifact import Artifact, newest_first
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._versions.order import Order, parse_group_by

# Releases in the order of their uploads: late patches of old releases, and release candidates after their releases.
stages = st.sampled_from(["", "", "-rc.1", "-rc.2", "-rc.11", "-beta.3"])
versions = st.builds("{}.{}.{}{}".format, st.integers(0, 2), st.sampled_from([0, 1, 9, 10, 11]), st.integers(0, 3), stages)
histories = st.lists(versions, unique=True, max_size=12)
SUFFIXES = (".tar.gz", "-linux-x86_64.7z", ".SHA256SUMS")
GROUP = parse_group_by(r"^app-(.+?)(?:\.tar\.gz|-linux-x86_64\.7z|\.SHA256SUMS)$")


def upload(history: list[str], suffixes: tuple[str, ...] = SUFFIXES) -> list[Artifact]:
    """Return the artifacts newest first."""
    names = [f"app-{version}{suffix}" for version in history for suffix in suffixes]
    dates = [f"2026-11-{1 + place // 24:02}T{place % 24:02}:00:00Z" for place in range(len(names))]
    return newest_first(Artifact(name, 1, date) for name, date in zip(names, dates, strict=True))


@given(histories)
def test_releases_are_in_the_order_of_their_versions_whatever_their_dates(history: list[str]) -> None:
    expected = sorted(history, key=packaging.version.Version, reverse=True)
    for group_by in (GROUP, None):
        order = Order(by_version=True, group_by=group_by)
        found = [order.tell_version(each.name) for each in order.sort(upload(history))]
        assert found == [version for version in expected for _unused in SUFFIXES]


@given(histories, st.integers(1, 4))
def test_newest_releases_are_complete(history: list[str], count: int) -> None:
    expected = sorted(history, key=packaging.version.Version, reverse=True)[:count]
    order = Order(by_version=True, group_by=GROUP)
    found = order.take(order.sort(upload(history)), count)
    assert [each.name for each in found] == [f"app-{version}{suffix}" for version in expected for suffix in SUFFIXES[::-1]]


@given(histories)
def test_prereleases_are_ignored_if_the_task_excludes_them(history: list[str]) -> None:
    for by_version in (True, False):
        for group_by in (GROUP, None, parse_group_by(r"^app-(\d+\.\d+\.\d+)")):
            order = Order(by_version, group_by, prereleases=False)
            found = {each.name for each in upload(history, (".zip", ".tar.gz")) if order.admits(each.name)}
            assert found == {f"app-{each}{suffix}" for each in history if "-" not in each for suffix in (".zip", ".tar.gz")}


def test_equal_versions_are_ordered_by_date_and_names_without_version_are_last() -> None:
    uploaded = ["app-1.5.zip", "notes.txt", "app-1.5.0.zip", "app-v1.5.tar.gz", "README", "app-1.4.zip"]
    artifacts = newest_first(Artifact(name, 1, f"2026-11-{day:02}T00:00:00Z") for day, name in enumerate(uploaded, 1))
    found = [each.name for each in Order(by_version=True).sort(artifacts)]
    assert found == ["app-v1.5.tar.gz", "app-1.5.0.zip", "app-1.5.zip", "app-1.4.zip", "README", "notes.txt"]


@pytest.mark.parametrize(
    ("name", "release", "version"),
    [
        ("app-v1.5.zip", "v1.5", "v1.5"),
        ("app-latest.zip", "latest", None),
        ("app-.zip", "", None),
        ("tool-1.5.zip", None, None),
    ],
)
def test_group_is_the_release_and_its_version(name: str, release: str | None, version: str | None) -> None:
    order = Order(group_by=parse_group_by(r"^app-(.*)\.zip$"))
    assert (order.find_release(name), order.tell_version(name)) == (release, version)


def test_match_without_the_group_is_in_no_release() -> None:
    assert Order(group_by=parse_group_by(r"^(?:app-(\d)|tool)")).find_release("tool-1") is None


@pytest.mark.parametrize(("text", "count"), [("app", 0), ("(a)(b)", 2), ("(?:a)", 0), ("((a))", 2), (r"\(a\)", 0), ("", 0)])
def test_an_expression_without_exactly_one_group_is_refused(text: str, count: int) -> None:
    with pytest.raises(BadInput, match=rf"^group_by must have exactly one group, but .* has {count}$"):
        parse_group_by(text)


@pytest.mark.parametrize("text", ["(", "([a)", "(?P<n>a", "(*)"])
def test_invalid_expression_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"^group_by: '.*' is not a valid regular expression"):
        parse_group_by(text)

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the order of versions with SemVer 2.0 and, for versions that both define, with ``packaging.version``."""

from __future__ import annotations

import re
from typing import Any

import packaging.version
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._versions.version import Version, find_version, read_version

PATTERN = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")

numbers = st.integers(0, 12) | st.integers(0, 10**30)
cores = st.builds("{}.{}.{}".format, numbers, numbers, numbers)
parts = numbers.map(str) | st.from_regex(r"[0-9]?[A-Za-z-]{1,3}(?:[0-9][A-Za-z-]{1,2})?[0-9]?", fullmatch=True)
builds = st.just("") | st.lists(st.from_regex(r"[0-9A-Za-z-]{1,4}", fullmatch=True), min_size=1, max_size=3).map(
    lambda texts: "+" + ".".join(texts)
)
semver_texts = st.builds(
    "{}{}{}".format,
    st.sampled_from(["1.0.0", "1.0.1"]) | cores,
    st.just("") | st.lists(parts, min_size=1, max_size=4).map(lambda texts: "-" + ".".join(texts)),
    builds,
)


def semver_key(text: str) -> tuple[Any, ...]:
    """Return the precedence by section 11 of SemVer 2.0, which is natural order for numbers of one digit."""
    match = PATTERN.fullmatch(text)
    assert match
    release = [int(number) for number in match.groups()[:3]]
    if match.group(4) is None:
        return release, 1, []
    parts = match.group(4).split(".")
    return release, 0, [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]


def sign(low: Any, high: Any) -> int:
    return int(low > high) - int(low < high)


def read(text: str) -> Version:
    version = read_version(text)
    assert version
    return version


def found(name: str) -> Version:
    version = find_version(name)
    assert version
    return version


@given(semver_texts, semver_texts)
def test_entire_texts_have_the_precedence_of_semver(one: str, other: str) -> None:
    assert sign(read(one).precedence, read(other).precedence) == sign(semver_key(one), semver_key(other))
    assert read(one).is_prerelease is (semver_key(one)[1] == 0)


products = st.sampled_from(["app-", "app_", "app-v", "python3-app-", "x86_64-tool-", ""])
suffixes = st.sampled_from(
    ["", ".7z", ".zip", ".tar.gz", ".tar.gz.asc", "-linux-x86_64.tar.gz", "-1.el9.x86_64.rpm", ".SHA256SUMS", ".channel.json"]
)
words = st.sampled_from(["alpha", "beta", "pre", "preview", "rc", "cr", "dev", "snapshot", "nightly", "canary", "next"])
prereleases = st.just("") | st.builds(
    "-{}{}".format, words, st.lists(st.builds(".{}".format, numbers | words), max_size=3).map("".join)
)
name_texts = st.builds("{}{}".format, st.sampled_from(["1.0.0", "1.0.1"]) | cores, prereleases)


@given(name_texts, st.sampled_from(["", "+7", "+build.7"]), products, suffixes)
def test_name_of_a_file_does_not_hide_its_version(text: str, build: str, product: str, suffix: str) -> None:
    version = found(product + text + build + suffix)
    assert version.text == text + build
    assert version.precedence == read(text).precedence
    assert version.is_prerelease is ("-" in text)


@given(name_texts, name_texts, suffixes, suffixes)
def test_versions_in_names_have_the_precedence_of_semver(one: str, other: str, suffix: str, other_suffix: str) -> None:
    ranks = found(f"app-{one}{suffix}").precedence, found(f"app-{other}{other_suffix}").precedence
    assert sign(*ranks) == sign(semver_key(one), semver_key(other))


small = st.integers(0, 3) | st.integers(9, 11)
releases = st.lists(small, min_size=2, max_size=4).map(lambda found: ".".join(map(str, found)))
python_texts = st.builds(
    "{}{}".format, releases, st.just("") | st.builds("{}{}".format, st.sampled_from(["a", "b", "rc"]), small)
)
semver_styles = st.sampled_from(["-{}.{}", "-{}{}"])
stages = st.none() | st.tuples(st.sampled_from(["alpha", "beta", "rc"]), small)


@given(python_texts, python_texts)
def test_versions_of_python_packages_are_ordered_as_packaging_orders_them(one: str, other: str) -> None:
    expected = sign(packaging.version.Version(one), packaging.version.Version(other))
    assert sign(read(one).precedence, read(other).precedence) == expected
    assert sign(found(f"app-{one}.whl").precedence, found(f"app-{other}.tar.gz").precedence) == expected
    assert read(one).is_prerelease is found(f"app-{one}.zip").is_prerelease is packaging.version.Version(one).is_prerelease


@given(semver_styles, cores, cores, stages, stages)
def test_both_definitions_give_the_same_order(style: str, core: str, other_core: str, stage: Any, other_stage: Any) -> None:
    one = core + (style.format(*stage) if stage else "")
    for other in (other_core, core):
        other += style.format(*other_stage) if other_stage else ""
        expected = sign(packaging.version.Version(one), packaging.version.Version(other))
        assert sign(read(one).precedence, read(other).precedence) == expected
        assert sign(found(f"app-{one}.zip").precedence, found(f"app-{other}.7z").precedence) == expected


@given(st.text(max_size=40) | st.text("0123456789.-v+rcab", max_size=40))
def test_any_text_has_a_version_or_none(text: str) -> None:
    version = find_version(text)
    assert version is None or version.text in text
    whole = read_version(text)
    assert (whole.text if whole else text) == text
    assert whole is not None or not re.search("[0-9]", text)

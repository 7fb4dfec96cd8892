# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find and compare versions in file names and texts, with the examples of semver.org."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._versions.version import Version, find_version, read_version


def found(name: str) -> Version:
    version = find_version(name)
    assert version
    return version


def read(text: str) -> Version:
    version = read_version(text)
    assert version
    return version


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("app-1.5.0.tar.gz", "1.5.0"),
        ("app-v1.5.0.zip", "1.5.0"),
        ("app1.5.zip", "1.5"),
        ("app-1.2.3.4.zip", "1.2.3.4"),
        ("app-1.5.0.7z", "1.5.0"),
        ("app-1.5.7z", "1.5"),
        ("app-1.5.0.7z.001", "1.5.0"),
        ("app-1.5.0.SHA256SUMS", "1.5.0"),
        ("app-2026-11-22.zip", "2026-11-22"),
        ("v2026-11-22", "2026-11-22"),
        ("app-2026.11.22.zip", "2026.11.22"),
        ("app-v7", "7"),
        ("app_V7.tar.gz", "7"),
        ("app-v7.7z", "7"),
        ("app-v1.7z", "1"),
        ("v7-app-1.5.zip", "7"),
        ("python3-app-2.0.whl", "2.0"),
        ("log4j-1.2-api-2.17.1.jar", "1.2"),
        ("tool-1.5.0-linux-x86_64.tar.gz", "1.5.0"),
        ("tool-x86_64-1.5.0.tar.gz", "1.5.0"),
        ("tool-1.5.0-1.el9.x86_64.rpm", "1.5.0"),
        ("tool_1.5.0-1_amd64.deb", "1.5.0"),
        ("tool-1.5.0+dfsg-1.tar.gz", "1.5.0+dfsg"),
        ("tool-1.0.0+exp.sha.5114f85.zip", "1.0.0+exp.sha.5114f85"),
        ("tool-1.0.0+21AF26D3---117B344092BD.zip", "1.0.0+21AF26D3---117B344092BD"),
        ("tool-1.5.0+g1a2b3c4-linux-x86_64.zip", "1.5.0+g1a2b3c4"),
        ("tool-1.5.0-2026-11-22.zip", "1.5.0"),
        ("tool-1.5.0-premium.zip", "1.5.0"),
        ("tool-1.5.0-device-tree.zip", "1.5.0"),
        ("tool-1.5.0linux.zip", "1.5.0"),
        ("openssl-1.0.2k.tar.gz", "1.0.2"),
        ("tool-1.5.0a.zip", "1.5.0"),
        ("app-01.05.zip", "01.05"),
        ("app-" + "9" * 5000 + ".1.zip", "9" * 5000 + ".1"),
    ],
)
def test_release_is_found_in_a_name(name: str, text: str) -> None:
    assert found(name)[::2] == (text, False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("app_1.5.0-rc.1+build.7.tar.gz", "1.5.0-rc.1+build.7"),
        ("app-1.5.0rc1.zip", "1.5.0rc1"),
        ("app-1.5.0b2-py3-none-any.whl", "1.5.0b2"),
        ("app-1.5.0.dev3.tar.gz", "1.5.0.dev3"),
        ("app-1.5.0-a1.zip", "1.5.0-a1"),
        ("app-1.5.0-SNAPSHOT.jar", "1.5.0-SNAPSHOT"),
        ("app_1.5.0~rc1-1_amd64.deb", "1.5.0~rc1"),
        ("app-1.5.0dev-1.el9.noarch.rpm", "1.5.0dev"),
        ("app-1.5.0-rc-1.zip", "1.5.0-rc-1"),
        ("app-1.5.0-rc-1.el9.x86_64.rpm", "1.5.0-rc"),
        ("app_1.5.0_beta_amd64.deb", "1.5.0_beta"),
        ("app-1.5.0-beta-x86_64.zip", "1.5.0-beta"),
        ("app-1.5.0-cr2.jar", "1.5.0-cr2"),
        ("app-1.5.0-preview.2.zip", "1.5.0-preview.2"),
        ("app-1.5.0-prerelease.zip", "1.5.0-prerelease"),
        ("app-1.5.0-canary.zip", "1.5.0-canary"),
        ("app-1.5.0-next.3.zip", "1.5.0-next.3"),
        ("app-1.5.0-nightly-2026-11-22-linux.zip", "1.5.0-nightly-2026-11-22"),
        ("app-2026-11-22-rc1.zip", "2026-11-22-rc1"),
        ("app-v7rc1.zip", "7rc1"),
        ("app-1.0.0-alpha.beta", "1.0.0-alpha.beta"),
        ("app-1.0.0-alpha.beta.tar.gz", "1.0.0-alpha.beta"),
        ("app-1.0.0-alpha.x.1.tar.gz", "1.0.0-alpha.x.1"),
        ("app-1.0.0-dev.5.gabc1234", "1.0.0-dev.5.gabc1234"),
        ("app-1.5.0-rc.1.7z", "1.5.0-rc.1"),
        ("app-1.5.0-rc.1-linux-x86_64.tar.gz", "1.5.0-rc.1"),
        ("app-1.5.0-rc.1.el9.x86_64.rpm", "1.5.0-rc.1"),
        ("app-1.5.0-rc.1.linux.amd64.zip", "1.5.0-rc.1"),
        ("app-1.5.0-rc.1.arm64.deb", "1.5.0-rc.1"),
        ("app-1.5.0-rc.1.sbom.json", "1.5.0-rc.1"),
        ("app-1.5.0-rc.1.tar.gz.asc", "1.5.0-rc.1"),
        ("app-1.5.0-rc.1.whatever", "1.5.0-rc.1"),
    ],
)
def test_prerelease_is_found_in_a_name(name: str, text: str) -> None:
    assert found(name)[::2] == (text, True)


@pytest.mark.parametrize(
    "name",
    [
        *("", "v", "1.", "notes.txt", "SHA256SUMS", "x86_64", "app-7.zip", "app-1.7z", "app-20261122.zip", "app-2026-13-45.zip"),
        *("app-rc1.zip", "app-dev7.zip", "app-armv7.zip", "app-arm64-v8a.apk", "app-rev12", "app-1-1.el9.rpm"),
        "app-\u0661.\u0662.zip",
    ],
)
def test_name_without_a_version_has_none(name: str) -> None:
    assert find_version(name) is None


@pytest.mark.parametrize(
    "ascending",
    [
        "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0",
        "1.0.0 2.0.0 2.1.0 2.1.1",
        "1.0.0-0.3.7 1.0.0-1 1.0.0-alpha 1.0.0-x.7.z.92 1.0.0-x-y-z.-- 1.0.0",
        "1.0.0-rc2 1.0.0-rc10 1.0.0",
        "1.9 1.10 1.10.0.1",
        "1.5.0.dev1 1.5.0rc1 1.5.0 1.5.0.post1 1.5.1",
        "2026-11-22 2026-11-22-1 2026-11-23",
        "v7-1 v7-2 v8",
        "jammy-1 r2 r10 0.1",
        "release-1.5.0-rc.1 release-1.5.0 release-1.10.0",
    ],
)
def test_texts_are_in_the_order_of_their_precedence(ascending: str) -> None:
    ranks = [read(text).precedence for text in ascending.split()]
    assert all(low < high for low, high in itertools.pairwise(ranks))


@pytest.mark.parametrize(
    "equal",
    [
        "1.5 1.5.0 v1.5 01.05.0 release-1.5",
        "1.0.0 1.0.0+20130313144700 1.0.0+21AF26D3---117B344092BD",
        "1.0.0-rc1 1.0.0-rc01",
        "1.5rc1 1.5rc1+7 v1.5-rc1+build.8 1.5.0-rc1+9",
    ],
)
def test_texts_have_equal_precedence(equal: str) -> None:
    assert len({read(text).precedence for text in equal.split()}) == 1


@pytest.mark.parametrize(
    ("text", "is_prerelease"),
    [
        ("1.5.0-linux", True),
        ("1.5.0-1", True),
        ("1.5.0-x-y-z.--", True),
        ("v1.5.0-rc.1", True),
        ("1.5rc1", True),
        ("7-beta", True),
        ("app-1.5.0-rc.1", True),
        ("2026-11-22", False),
        ("2026-11-22-linux", False),
        ("1.5-1", False),
        ("1.5.0.7z", False),
        ("1.5.0+rc.1", False),
        ("r12", False),
    ],
)
def test_entire_text_is_the_version(text: str, is_prerelease: bool) -> None:
    assert read(text)[::2] == (text, is_prerelease)


@pytest.mark.parametrize("text", ["", "latest", "v", "stable-linux"])
def test_text_without_a_number_is_not_a_version(text: str) -> None:
    assert read_version(text) is None


def test_suffix_of_a_name_does_not_change_the_precedence() -> None:
    names = ["app-1.5.0.tar.gz", "app-1.5.0.7z", "app-1.5.0-linux-x86_64.zip", "app-v1.5.0.SHA256SUMS", "app-1.5-1.el9.rpm"]
    assert len({found(name).precedence for name in names}) == 1

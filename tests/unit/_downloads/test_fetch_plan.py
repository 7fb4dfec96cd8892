# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deciding about one artifact to fetch, without a network: the whole table."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.artifact import Artifact
from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.fetch_plan import FetchWish, algorithms, decide
from ansible_collections.releng.bitbucket.plugins.module_utils._files.checksum import Checksum
from ansible_collections.releng.bitbucket.plugins.module_utils._files.destination import inspect
from ansible_collections.releng.bitbucket.plugins.module_utils._files.local_file import LocalFile

DATA = b"application"
RIGHT = Checksum("sha256", hashlib.sha256(DATA).hexdigest())
WRONG = Checksum("sha256", "0" * 64)
SHA512 = Checksum("sha512", hashlib.sha512(DATA).hexdigest())


def wish(
    local: LocalFile,
    *expected: Checksum,
    size: int | None = len(DATA),
    proved: bool = False,
    force: bool = False,
) -> FetchWish:
    artifact = None if size is None else Artifact("app", size)
    return FetchWish("app", local, artifact, expected, proved, force)


@pytest.fixture
def local(tmp_path: Path) -> LocalFile:
    """A file with DATA."""
    (tmp_path / "app").write_bytes(DATA)
    return inspect(str(tmp_path / "app"))


def told(wished: FetchWish) -> tuple[str | None, str]:
    verdict = decide(wished)
    return verdict.status, verdict.reason


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("expected", [[], [RIGHT], [WRONG]])
def test_what_is_not_there_is_fetched(tmp_path: Path, expected: list[Checksum], force: bool) -> None:
    absent = inspect(str(tmp_path / "app"))
    assert told(wish(absent, *expected, proved=bool(expected), force=force)) == ("fetched", "not there")


@pytest.mark.parametrize("force", [False, True])
def test_a_link_is_replaced_whatever_it_leads_to(tmp_path: Path, local: LocalFile, force: bool) -> None:
    (tmp_path / "link").symlink_to("app")
    link = inspect(str(tmp_path / "link"))
    assert told(wish(link, RIGHT, proved=True, force=force)) == ("replaced", "a link is there")


def test_force_replaces_what_is_the_same(local: LocalFile) -> None:
    assert told(wish(local, RIGHT, proved=True, force=True)) == ("replaced", "forced")


@pytest.mark.parametrize("size", [0, len(DATA) - 1, len(DATA) + 1])
def test_another_size_needs_no_look_at_the_file(local: LocalFile, size: int) -> None:
    verdict = decide(wish(local, RIGHT, proved=True, size=size))
    assert (verdict.status, verdict.reason, verdict.digests) == ("replaced", "size differs", {})


@pytest.mark.parametrize("proved", [False, True])
@pytest.mark.parametrize("expected", [[WRONG], [RIGHT, WRONG], [WRONG, RIGHT], [SHA512, WRONG]])
def test_another_digest_than_any_that_is_expected_is_replaced(local: LocalFile, expected: list[Checksum], proved: bool) -> None:
    assert told(wish(local, *expected, proved=proved)) == ("replaced", "content differs")


@pytest.mark.parametrize("expected", [[RIGHT], [RIGHT, SHA512], [SHA512]])
@pytest.mark.parametrize("size", [len(DATA), None])
def test_a_proof_makes_it_unchanged(local: LocalFile, expected: list[Checksum], size: int | None) -> None:
    assert told(wish(local, *expected, proved=True, size=size)) == ("unchanged", "same content")


@pytest.mark.parametrize("expected", [[], [RIGHT]])
def test_without_a_proof_only_the_contents_can_tell(local: LocalFile, expected: list[Checksum]) -> None:
    assert decide(wish(local, *expected)).status is None


@pytest.mark.parametrize("expected", [[], [RIGHT], [SHA512]])
def test_the_digests_of_the_file_are_at_hand_afterwards(local: LocalFile, expected: list[Checksum]) -> None:
    digests = decide(wish(local, *expected)).digests
    assert digests["sha256"] == RIGHT.digest
    assert digests["md5"] == hashlib.md5(DATA, usedforsecurity=False).hexdigest()
    assert {each.algorithm for each in expected} <= digests.keys()


def test_a_transfer_computes_sha256_and_what_is_expected(local: LocalFile) -> None:
    assert algorithms(wish(local)) == ["sha256"]
    assert algorithms(wish(local, RIGHT)) == ["sha256"]
    assert algorithms(wish(local, RIGHT, SHA512)) == ["sha256", "sha512"]

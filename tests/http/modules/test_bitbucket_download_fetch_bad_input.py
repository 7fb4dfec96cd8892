# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_fetch, wishes that cannot be meant: refused before any request, in check mode too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.fetching import FETCH, files

SHA256 = "0123456789abcdef" * 4


def refused(run: ModuleRunner, emulator: Emulator, dist: Path, **options: Any) -> str:
    """A run, and one in check mode, that must fail alike before any request and change nothing; returns the message."""
    before = files(dist)
    results = [run(FETCH, check=check, **{"dest": f"{dist}/new/", **options}) for check in (True, False)]
    assert all(result.get("failed") for result in results), results
    assert [result.get("requests", 0) for result in results] == [0, 0]
    assert len(emulator.journal) == 0
    assert files(dist) == before
    assert results[0]["msg"] == results[1]["msg"]
    return str(results[0]["msg"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, ["name", "patterns"]),
        ({"name": [], "patterns": None}, ["name and patterns are empty"]),
        ({"patterns": []}, ["name and patterns are empty"]),
        ({"name": ["app"], "patterns": ["a*"]}, ["name", "patterns", "mutually exclusive"]),
        ({"name": ["app"], "excludes": ["a*"]}, ["name", "excludes", "mutually exclusive"]),
        ({"name": ["app"], "newest": 1}, ["name", "newest", "mutually exclusive"]),
        ({"patterns": ["*"], "newest": 0}, ["newest must be 1 or more, not 0"]),
        ({"patterns": ["*"], "newest": -1}, ["newest must be 1 or more, not -1"]),
        ({"patterns": ["a("], "use_regex": True}, ["patterns: 'a(' is not a regular expression"]),
        ({"patterns": [".*"], "excludes": ["*a"], "use_regex": True}, ["excludes: '*a' is not a regular expression"]),
        ({"name": ["app"], "parallel": 0}, ["parallel must be from 1 to 16, not 0"]),
        ({"name": ["app"], "parallel": 17}, ["parallel must be from 1 to 16, not 17"]),
        ({"name": ["app"], "dest": None}, ["dest"]),
        ({"name": ["app"], "dest": ""}, ["dest"]),
        ({"name": ["app"], "retries": -1}, ["retries must be 0 or more"]),
    ],
    ids=str,
)
def test_options_that_do_not_fit_are_refused(
    emulator: Emulator, run: ModuleRunner, dist: Path, options: dict[str, Any], words: list[str]
) -> None:
    message = refused(run, emulator, dist, **options)
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    "text",
    [
        "",
        SHA256,
        f"crc32:{SHA256}",
        f"sha3_256:{SHA256}",
        f"sha-256:{SHA256}",
        f":{SHA256}",
        f"sha256={SHA256}",
        "https://example.com/SHA256SUMS",
    ],
)
def test_a_checksum_of_another_form_is_refused_and_the_known_ones_are_named(
    emulator: Emulator, run: ModuleRunner, dist: Path, text: str
) -> None:
    message = refused(run, emulator, dist, name="app", checksum=text)
    for algorithm in ("md5", "sha1", "sha256", "sha512"):
        assert algorithm in message


@pytest.mark.parametrize(("algorithm", "length"), [("md5", 32), ("sha1", 40), ("sha256", 64), ("sha512", 128)])
@pytest.mark.parametrize("wrong", ["short", "long", "no hex", "empty"])
def test_a_digest_of_another_length_is_refused(
    emulator: Emulator, run: ModuleRunner, dist: Path, algorithm: str, length: int, wrong: str
) -> None:
    digest = {"short": "0" * (length - 1), "long": "0" * (length + 1), "no hex": "g" * length, "empty": ""}[wrong]
    message = refused(run, emulator, dist, name="app", checksum=f"{algorithm}:{digest}")
    assert f"a digest of {algorithm} has {length} hex digits" in message


def test_a_checksum_does_not_go_with_several_names(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    message = refused(run, emulator, dist, name=["a", "b"], checksum=f"sha256:{SHA256}")
    assert "checksum goes with one artifact, but 2 are meant" in message


def test_several_names_do_not_go_into_one_file(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    message = refused(run, emulator, dist, name=["a", "b"], dest=str(dist / "file"))
    assert "is one file, but 2 artifacts are meant" in message


def test_a_dest_in_a_missing_directory_is_refused(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    assert "parent directory" in refused(run, emulator, dist, name="app", dest=str(dist / "missing" / "file"))


def test_a_dest_that_ends_in_a_slash_but_is_a_file_is_refused(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    (dist / "file").write_bytes(b"mine")
    assert "not a directory" in refused(run, emulator, dist, name="app", dest=f"{dist}/file/")


@pytest.mark.parametrize("option", ["repository", "workspace"])
@pytest.mark.parametrize("name", ["..", "a/b", ""])
def test_a_repository_that_is_no_name_is_refused(
    emulator: Emulator, run: ModuleRunner, dist: Path, option: str, name: str
) -> None:
    assert option in refused(run, emulator, dist, patterns=["*"], **{option: name})

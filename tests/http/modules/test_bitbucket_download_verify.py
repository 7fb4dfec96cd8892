# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test bitbucket_download_verify: selection, invalid input, which sends no request, and credentials.

Tests of verification are in tests/http/_verify.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import MANIFEST, lines, put
from tests.http._verify.helpers import VERIFY, found

DATA = {"app-1.0.tgz": b"one", "app-1.1.tgz": b"two", "notes.txt": b"notes"}
SHA256 = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ({"name": ["notes.txt", "app-1.0.tgz"]}, ["notes.txt", "app-1.0.tgz"]),
        ({"patterns": ["app-*", "n*"]}, ["notes.txt", "app-1.1.tgz", "app-1.0.tgz"]),
        ({"pattern": "app-*"}, ["app-1.1.tgz", "app-1.0.tgz"]),
        ({"patterns": ["*"], "excludes": ["*.txt", "*1.1*"]}, ["app-1.0.tgz"]),
        ({"patterns": ["*"], "exclude": "app*"}, ["notes.txt"]),
        ({"patterns": [r"app-\d\.0"], "use_regex": True}, ["app-1.0.tgz"]),
        ({"patterns": [r"app-\d", "n"], "excludes": [r".*\.1"], "use_regex": True}, ["notes.txt", "app-1.0.tgz"]),
    ],
    ids=str,
)
def test_options_choose_artifacts(emulator: Emulator, run: ModuleRunner, options: dict[str, Any], chosen: list[str]) -> None:
    put(emulator, {**DATA, "SUMS": lines(DATA)})
    result = run.ok(VERIFY, **options, manifest="SUMS")
    assert list(found(result).items()) == [(name, "verified") for name in chosen]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": None}, "one of the following is required: name, patterns"),
        ({"manifest": None}, "one of the following is required: manifest, checksum"),
        ({"name": []}, "name and patterns are empty: there is nothing to verify"),
        ({"name": None, "patterns": []}, "name and patterns are empty: there is nothing to verify"),
        ({"patterns": ["a*"]}, "mutually exclusive: name|patterns"),
        ({"excludes": ["a*"]}, "mutually exclusive: name|excludes"),
        ({"checksum": f"sha256:{SHA256}"}, "mutually exclusive: manifest|checksum"),
        ({"name": None, "patterns": ["a("], "use_regex": True}, "patterns: 'a(' is not a valid regular expression"),
        ({"manifest": None, "checksum": f"crc32:{SHA256}"}, "checksum must be ALGORITHM:DIGEST"),
        ({"manifest": None, "checksum": f"md5:{SHA256}", "name": ["a", "b"]}, "checksum requires exactly one artifact, but 2"),
        ({"manifest": None, "checksum": f"md5:{SHA256}"}, "checksum: a digest of md5 has 32 hexadecimal digits"),
        ({"name": ["app", "../x"]}, "name '../x' is refused"),
        ({"manifest": "../SUMS"}, "manifest '../SUMS' is refused"),
        ({"manifest": None, "checksum": f"sha256:{SHA256}", "signed_by": ["x"]}, "signed_by needs manifest"),
        ({"signature": "SUMS.asc"}, "signature needs signing_key or signed_by"),
        ({"on_mismatch": "warn"}, "value of on_mismatch must be one of: fail, report"),
        ({"parallel": 0}, "parallel must be from 1 to 16, not 0"),
        ({"repository": ".."}, "repository '..' is refused"),
    ],
    ids=lambda value: str(value)[:60],
)
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_invalid_options_are_refused_before_any_request(
    emulator: Emulator, run: ModuleRunner, options: dict[str, Any], words: str, check: bool
) -> None:
    given = {"name": ["app"], "manifest": MANIFEST, **options}
    assert words in run.failure(VERIFY, **given, check=check)
    assert len(emulator.journal) == 0


def test_only_a_private_repository_needs_credentials(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {**DATA, MANIFEST: lines(DATA)})
    options: dict[str, Any] = {"patterns": ["*"], "manifest": MANIFEST, "user": None, "api_token": None}
    assert "HTTP 40" in run.failure(VERIFY, **options, on_mismatch="report")
    emulator.repository(private=False)
    emulator.journal.clear()
    assert set(found(run.ok(VERIFY, **options)).values()) == {"verified"}
    assert not any("Authorization" in entry.headers for entry in emulator.journal)

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test bitbucket_download_fetch: invalid options, which send no request, and credentials."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.fetching import FETCH, NEW, SAME, FetchRunner, snapshot
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import MANIFEST, lines

DATA = b"application" * 10_000
ANONYMOUS: dict[str, Any] = {"user": None, "api_token": None}
SHA256 = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": None}, "one of the following is required: name, patterns"),
        ({"name": []}, "name and patterns are empty"),
        ({"name": None, "patterns": []}, "name and patterns are empty"),
        ({"patterns": ["a*"]}, "mutually exclusive: name|patterns"),
        ({"excludes": ["a*"]}, "mutually exclusive: name|excludes"),
        ({"newest": 1}, "mutually exclusive: name|newest"),
        ({"name": None, "patterns": ["*"], "newest": 0}, "newest must be 1 or more, not 0"),
        ({"order": "size"}, "value of order must be one of: date, version, got: size"),
        ({"name": None, "patterns": ["*"], "group_by": "app"}, "group_by must have exactly one group, but 'app' has 0"),
        ({"name": None, "patterns": ["a("], "use_regex": True}, "patterns: 'a(' is not a valid regular expression"),
        (
            {"name": None, "patterns": ["a"], "excludes": ["*"], "use_regex": True},
            "excludes: '*' is not a valid regular expression",
        ),
        ({"parallel": 0}, "parallel must be from 1 to 16, not 0"),
        ({"parallel": 17}, "parallel must be from 1 to 16, not 17"),
        ({"retries": -1}, "retries must be 0 or more"),
        ({"dest": None}, "missing required arguments: dest"),
        ({"dest": ""}, "dest is empty"),
        ({"dest": "{dist}/missing/file"}, "dest '{dist}/missing/file' cannot be written: its parent directory does not exist"),
        ({"dest": "{dist}/file/"}, "dest '{dist}/file/' ends in a slash, but is not a directory"),
        ({"name": ["a", "b"], "dest": "{dist}/file"}, "is one file, but 2 artifacts are selected"),
        ({"checksum": f"crc32:{SHA256}"}, "checksum must be ALGORITHM:DIGEST. Supported algorithms: md5, sha1, sha256, sha512"),
        ({"checksum": "sha1:12"}, "checksum: a digest of sha1 has 40 hexadecimal digits"),
        ({"name": ["a", "b"], "checksum": f"sha256:{SHA256}"}, "checksum requires exactly one artifact, but 2 are selected"),
        ({"manifest": "../SUMS"}, "manifest '../SUMS' is refused"),
        ({"repository": ".."}, "repository '..' is refused"),
        ({"workspace": "a/b"}, "workspace 'a/b' is refused"),
        ({"unpack_dest": ""}, "unpack_dest is empty"),
        ({"name": ["a.tar"], "unpack_dest": "{dist}/new", "unpack_max_ratio": 0}, "unpack_max_ratio must be 1 or more, not 0"),
        ({"name": ["a.tar"], "unpack_dest": "{dist}/new", "strip_components": -1}, "strip_components must be 0 or more, not -1"),
        ({"name": ["a.tar"], "strip_components": 1}, "strip_components needs unpack_dest"),
        ({"name": ["a.tar"], "unpack_exact": True}, "unpack_exact needs unpack_dest"),
        ({"name": ["a.tar"], "keep_archive": False}, "keep_archive=false needs unpack_dest"),
        (
            {"name": [f"{'a' * 242}.tar"], "unpack_dest": "{dist}/new", "keep_archive": False},
            f"keep_archive cannot be false for '{'a' * 242}.tar': the name of its record would be longer than 255 bytes",
        ),
        ({"unpack_dest": "{dist}/file/sub"}, "unpack_dest '{dist}/file/sub' cannot be used: '{dist}/file' is not a directory"),
        (
            {"name": ["VERSION", "a.gz"], "unpack_dest": "{dist}/new"},
            "unpack_dest needs an archive, whose name ends in one of .tar, .tar.gz, .tgz, .tar.bz2, .tbz2, .tar.xz,"
            " .txz, .tar.zst, .tzst, .zip. The task would fetch only 'VERSION', 'a.gz'",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_invalid_options_are_refused_before_any_request(
    emulator: Emulator, run: ModuleRunner, fetch: FetchRunner, options: dict[str, Any], words: str
) -> None:
    fetch.write(file=b"mine")
    place = str(fetch.folder)
    given = {key: value.replace("{dist}", place) if isinstance(value, str) else value for key, value in options.items()}
    before = snapshot(fetch.folder)
    result = run.failed(FETCH, **{"name": ["app"], "dest": f"{place}/new/", **given})
    assert words.replace("{dist}", place) in result["msg"]
    assert (result.get("requests", 0), len(emulator.journal)) == (0, 0)
    assert snapshot(fetch.folder) == before


def test_options_are_also_checked_in_check_mode(emulator: Emulator, fetch: FetchRunner) -> None:
    assert fetch.failure("a", "b", checksum=f"sha256:{SHA256}", check=True) == fetch.failure(
        "a", "b", checksum=f"sha256:{SHA256}"
    )
    assert len(emulator.journal) == 0


def test_only_a_private_repository_needs_credentials(emulator: Emulator, fetch: FetchRunner) -> None:
    fetch.put({"app": DATA, MANIFEST: lines({"app": DATA})})
    assert "HTTP 40" in fetch.failure("app", **ANONYMOUS)
    token = emulator.mint_api_token(["read:repository:bitbucket"])
    assert fetch.outcome("app", manifest=MANIFEST, check=True, api_token=token) == NEW
    emulator.repository("acme", "widgets", private=False)
    emulator.journal.clear()
    assert fetch.outcome("app", manifest=MANIFEST, **ANONYMOUS) == NEW
    assert fetch.outcome("app", manifest=MANIFEST, **ANONYMOUS) == SAME
    assert not any("Authorization" in entry.headers for entry in emulator.journal)


@pytest.mark.parametrize("kind", ["api token", "access token", "oauth"])
def test_credentials_are_sent_only_to_the_api_and_not_shown_in_results(emulator: Emulator, fetch: FetchRunner, kind: str) -> None:
    options: dict[str, dict[str, Any]] = {
        "api token": {},
        "access token": {**ANONYMOUS, "access_token": emulator.access_token},
        "oauth": {**ANONYMOUS, "client_id": emulator.client_id, "client_secret": emulator.client_secret},
    }
    fetch.put(app=DATA)
    emulator.faults.add("truncate", host="storage")
    results = [fetch("app", diff=True, **options[kind]) for _unused in range(2)]
    emulator.faults.add("truncate", host="storage", times=None)
    results.append(fetch.failed("app", diff=True, force=True, retries=1, **options[kind]))
    assert [entry.status for entry in fetch.transfers[:3]] == [200, 206, 304]
    basic = base64.b64encode(f"{emulator.user}:{emulator.api_token}".encode()).decode()
    secrets = [emulator.api_token, basic, emulator.access_token, emulator.client_secret]
    secrets += [entry.headers["Authorization"].partition(" ")[2] for entry in emulator.journal.select(host="api")]
    secrets += [entry.query[name] for entry in fetch.transfers for name in ("Signature", "x-amz-security-token")]
    assert [secret for secret in secrets if secret in json.dumps(results)] == []
    for entry in fetch.transfers:
        assert not {"Authorization", "Cookie", "Content-Type", "Proxy-Authorization"} & set(entry.headers.keys())
        assert not [secret for secret in secrets[:4] if secret in str(dict(entry.headers))]
    for entry in emulator.journal.select(host="api"):
        assert not {"Range", "If-Range", "If-None-Match"} & set(entry.headers.keys())

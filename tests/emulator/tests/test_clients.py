# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that third-party clients work with the emulator."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from .. import Emulator
from .client import Client

CURL = shutil.which("curl")


def test_atlassian_python_api_lists_and_downloads(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client follows `next`, requires `type`, parses dates, and fetches with the link and its own Accept header."""
    monkeypatch.setenv("NO_PROXY", "*")
    cloud = pytest.importorskip("atlassian.bitbucket").Cloud(
        url=emulator.origin, username=emulator.user, password=emulator.api_token
    )
    contents = {f"file {number}+.txt": b'{"n": %d}' % number for number in range(12)}
    for name, content in contents.items():
        emulator.repository().put(name, content)
    found = list(cloud.repositories.get("acme", "widgets").downloads.each())
    assert {download.name: download.size for download in found} == {n: len(c) for n, c in contents.items()}
    assert all(download.created_on.tzinfo for download in found)
    assert found[0].get_content() == {"n": 11}
    fetched = emulator.journal.select(host="storage")[-1]
    assert (fetched.status, "Authorization" in fetched.headers) == (200, False)


@pytest.mark.skipif(CURL is None, reason="needs curl")
def test_curl_uploads_and_downloads(emulator: Emulator, api: Client, tmp_path: Path) -> None:
    assert CURL is not None
    source, copy = tmp_path / "a b.bin", tmp_path / "copy"
    source.write_bytes(bytes(range(256)) * 20_000)
    user = f"{emulator.user}:{emulator.api_token}"
    for arguments in (["-F", f"files=@{source}", api.url], ["-L", "-o", str(copy), f"{api.url}/a%20b.bin"]):
        subprocess.run([CURL, "-sS", "--fail", "--noproxy", "*", "-u", user, *arguments], check=True, timeout=20)
    assert copy.read_bytes() == source.read_bytes()
    assert [entry.status for entry in emulator.journal] == [201, 302, 200]

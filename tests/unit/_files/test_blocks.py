# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read, write and hash contents in blocks."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError
from ansible_collections.releng.bitbucket.plugins.module_utils._files.blocks import BLOCK, hash_file, write_all
from ansible_collections.releng.bitbucket.plugins.module_utils._files.checksum import ALGORITHMS
from tests.helpers.fips import refuse_md5


def hexdigest(algorithm: str, data: bytes) -> str:
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7])
def test_hash_file_returns_the_digests_of_its_content(tmp_path: Path, size: int) -> None:
    data = (b"0123456789abcdef!" * (size // 17 + 1))[:size]
    (tmp_path / "app").write_bytes(data)
    found = hash_file(str(tmp_path / "app"), ["sha256", "md5", "sha256", "sha512", "sha1"])
    assert found == {algorithm: hexdigest(algorithm, data) for algorithm in ALGORITHMS}
    assert hash_file(str(tmp_path / "app")) == {"sha256": hexdigest("sha256", data)}


def test_hash_file_skips_an_algorithm_that_the_host_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app").write_bytes(b"application")
    refuse_md5(monkeypatch)
    assert hash_file(str(tmp_path / "app"), ["md5", "sha256"]) == {"sha256": hexdigest("sha256", b"application")}


def test_hash_file_names_a_file_that_it_cannot_read(tmp_path: Path) -> None:
    with pytest.raises(BitbucketError, match=r"^Cannot read '.*/app': No such file or directory$"):
        hash_file(str(tmp_path / "app"))
    with pytest.raises(BitbucketError, match=r"^Cannot read '.*': Is a directory$"):
        hash_file(str(tmp_path))


class Reluctant(io.BytesIO):
    """A file that accepts at most three bytes per call."""

    def write(self, data: object) -> int:
        assert isinstance(data, memoryview)
        return super().write(data[:3])


def test_write_all_repeats_partial_writes() -> None:
    sink = Reluctant()
    write_all(sink, b"application")
    write_all(sink, memoryview(b" and more"))
    assert sink.getvalue() == b"application and more"

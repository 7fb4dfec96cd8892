# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checksums: what is read from the option, what is refused, and digests of local files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput, BitbucketError
from ansible_collections.releng.bitbucket.plugins.module_utils._files.blocks import BLOCK, hash_file
from ansible_collections.releng.bitbucket.plugins.module_utils._files.checksum import (
    ALGORITHMS,
    Checksum,
    parse_checksum,
)
from tests.helpers.fips import refuse_md5

SHA256 = "0123456789abcdef" * 4


def hexdigest(algorithm: str, data: bytes) -> str:
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


@given(st.sampled_from(sorted(ALGORITHMS)), st.binary(), st.booleans())
def test_every_digest_of_a_known_algorithm_is_read(algorithm: str, data: bytes, capitals: bool) -> None:
    text = f"{algorithm}:{hexdigest(algorithm, data)}"
    checksum = parse_checksum(text.upper() if capitals else text)
    assert checksum == Checksum(algorithm, hexdigest(algorithm, data))
    checksum.require({algorithm: hexdigest(algorithm, data)}, "app")


@pytest.mark.parametrize("text", [f" sha256:{SHA256}\n", f"sha256: {SHA256}", f"SHA256:{SHA256.upper()}"])
def test_blanks_and_case_do_not_matter(text: str) -> None:
    assert parse_checksum(text) == Checksum("sha256", SHA256)


@pytest.mark.parametrize("text", ["", ":", SHA256, f"sha384:{SHA256}", f"sha256 {SHA256}", "http://example.com/SUMS"])
def test_another_form_is_refused_with_the_known_algorithms(text: str) -> None:
    with pytest.raises(BadInput, match=r"^checksum must be ALGORITHM:DIGEST with one of md5, sha1, sha256, sha512$"):
        parse_checksum(text)


@pytest.mark.parametrize(
    "digest", ["", SHA256[:-1], SHA256 + "0", SHA256[:-1] + "g", SHA256 + "\n0", SHA256[:-1] + "٣", f"{SHA256}  app"]
)
def test_another_length_and_other_characters_are_refused(digest: str) -> None:
    with pytest.raises(BadInput, match=r"^checksum: a digest of sha256 has 64 hex digits$"):
        parse_checksum(f"sha256:{digest}")


def test_an_algorithm_that_this_host_lacks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_md5(monkeypatch)
    with pytest.raises(BadInput, match=r"^checksum: md5 is not to be had on this host$"):
        parse_checksum("md5:" + "0" * 32)
    assert parse_checksum(f"sha256:{SHA256}").algorithm == "sha256"


def test_another_digest_is_an_error_that_names_all_of_it() -> None:
    checksum = Checksum("sha256", SHA256, "the manifest SUMS")
    with pytest.raises(BitbucketError) as caught:
        checksum.require({"sha256": "f" * 64, "md5": "0" * 32}, "my\napp")
    for word in ("'my\\napp'", "the manifest SUMS", "sha256", "f" * 64, SHA256):
        assert word in str(caught.value)


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7])
def test_digests_of_a_file_are_those_of_its_content(tmp_path: Path, size: int) -> None:
    data = (b"0123456789abcdef!" * (size // 17 + 1))[:size]
    (tmp_path / "app").write_bytes(data)
    found = hash_file(str(tmp_path / "app"), ["sha256", "md5", "sha256", "sha512", "sha1"])
    assert found == {algorithm: hexdigest(algorithm, data) for algorithm in ALGORITHMS}


def test_only_what_is_asked_for_is_computed(tmp_path: Path) -> None:
    (tmp_path / "app").write_bytes(b"application")
    assert hash_file(str(tmp_path / "app"), ["sha1"]) == {"sha1": hexdigest("sha1", b"application")}


def test_an_algorithm_that_this_host_lacks_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app").write_bytes(b"application")
    refuse_md5(monkeypatch)
    assert hash_file(str(tmp_path / "app"), ["md5", "sha256"]) == {"sha256": hexdigest("sha256", b"application")}


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BitbucketError, match=r"^Cannot read '.*/app': No such file or directory$"):
        hash_file(str(tmp_path / "app"), ["sha256"])
    with pytest.raises(BitbucketError, match=r"^Cannot read '.*': Is a directory$"):
        hash_file(str(tmp_path), ["sha256"])

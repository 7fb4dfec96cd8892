# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse checksums, and compare them with digests."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput, BitbucketError
from ansible_collections.releng.bitbucket.plugins.module_utils._files.checksum import ALGORITHMS, Checksum, parse_checksum
from tests.helpers.fips import refuse_md5

SHA256 = "0123456789abcdef" * 4


@given(st.sampled_from(sorted(ALGORITHMS)), st.binary(), st.booleans())
def test_digest_of_every_known_algorithm_is_parsed(algorithm: str, data: bytes, capitals: bool) -> None:
    digest = hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()
    text = f"{algorithm}:{digest}"
    checksum = parse_checksum(text.upper() if capitals else text)
    assert checksum == Checksum(algorithm, digest)
    checksum.require({algorithm: digest}, "app")


@pytest.mark.parametrize("text", [f" sha256:{SHA256}\n", f"sha256: {SHA256}", f"SHA256:{SHA256.upper()}", f"Sha256:{SHA256}"])
def test_blanks_and_case_are_ignored(text: str) -> None:
    assert parse_checksum(text) == Checksum("sha256", SHA256)


@pytest.mark.parametrize(
    "text",
    ["", ":", SHA256, f":{SHA256}", f"sha384:{SHA256}", f"sha-256:{SHA256}", f"sha256 {SHA256}", "http://example.com/SUMS"],
)
def test_invalid_checksum_is_refused_with_the_known_algorithms(text: str) -> None:
    with pytest.raises(BadInput, match=r"^checksum must be ALGORITHM:DIGEST. Supported algorithms: md5, sha1, sha256, sha512$"):
        parse_checksum(text)


@pytest.mark.parametrize(
    "digest", ["", SHA256[:-1], SHA256 + "0", SHA256[:-1] + "g", SHA256 + "\n0", SHA256[:-1] + "٣", f"{SHA256}  app"]
)
def test_wrong_length_or_characters_are_refused(digest: str) -> None:
    with pytest.raises(BadInput, match=r"^checksum: a digest of sha256 has 64 hexadecimal digits$"):
        parse_checksum(f"sha256:{digest}")


def test_algorithm_that_the_host_lacks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_md5(monkeypatch)
    with pytest.raises(BadInput, match=r"^checksum: md5 is not available on this host$"):
        parse_checksum("md5:" + "0" * 32)
    assert parse_checksum(f"sha256:{SHA256}").algorithm == "sha256"


def test_different_digest_is_an_error_with_both_digests() -> None:
    checksum = Checksum("sha256", SHA256, "the manifest SUMS")
    with pytest.raises(BitbucketError) as caught:
        checksum.require({"sha256": "f" * 64, "md5": "0" * 32}, "my\napp")
    for word in ("'my\\napp'", "the manifest SUMS", "sha256", "f" * 64, SHA256):
        assert word in str(caught.value)

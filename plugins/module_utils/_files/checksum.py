# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Represent expected digests in the format of the option ``checksum``. This module reads no files."""

from __future__ import annotations

import hashlib
import re
import typing as t

from .._errors import BadInput, BitbucketError
from .._text import quoted

ALGORITHMS = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}


class Checksum(t.NamedTuple):
    """An algorithm and the expected hex digest in lower case. ``source``: what expects it, in words."""

    algorithm: str
    digest: str
    source: str = "checksum"

    def require_compatible(self, other: Checksum, name: str) -> None:
        """Raise BitbucketError if both contradict each other."""
        if self.algorithm == other.algorithm and self.digest != other.digest:
            raise BitbucketError(
                f"The expected digests of {quoted(name)} contradict each other: {self.source} says"
                f" {self.algorithm}:{self.digest}, {other.source} says {other.algorithm}:{other.digest}"
            )

    def require(self, digests: t.Mapping[str, str], name: str) -> None:
        """Raise BitbucketError if the digests do not match."""
        if not self.matches(digests):
            raise BitbucketError(self.explain_mismatch(digests, name))

    def matches(self, digests: t.Mapping[str, str]) -> bool:
        """Return whether the digests match."""
        return digests[self.algorithm] == self.digest

    def explain_mismatch(self, digests: t.Mapping[str, str], name: str) -> str:
        """Return the message for contents without the expected digest."""
        return (
            f"{quoted(name)} does not have the digest that {self.source} expects: its"
            f" {self.algorithm} is {digests[self.algorithm]} instead of {self.digest}"
        )


def parse_checksum(text: str) -> Checksum:
    """Parse a checksum such as ``sha256:…``. Raise BadInput for another format, an unknown algorithm or a wrong length."""
    algorithm, colon, digest = text.strip().partition(":")
    algorithm, digest = algorithm.lower(), digest.strip().lower()
    if not colon or algorithm not in ALGORITHMS:
        raise BadInput(f"checksum must be ALGORITHM:DIGEST. Supported algorithms: {', '.join(sorted(ALGORITHMS))}")
    if not re.match(rf"[0-9a-f]{{{ALGORITHMS[algorithm]}}}\Z", digest):
        raise BadInput(f"checksum: a digest of {algorithm} has {ALGORITHMS[algorithm]} hexadecimal digits")
    try:
        hashlib.new(algorithm)
    except ValueError as exc:
        raise BadInput(f"checksum: {algorithm} is not available on this host") from exc
    return Checksum(algorithm, digest)

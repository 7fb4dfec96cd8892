# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expected digests, as the option ``checksum`` writes them, and digests of local files. Knows no network."""

from __future__ import annotations

import hashlib
import re
import typing as t

from .._errors import BadInput, BitbucketError
from .._names import shown
from .payload import BLOCK

ALGORITHMS = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}


class Checksum(t.NamedTuple):
    """An algorithm and the hex digest that is expected, in lower case; ``source`` says who expects it."""

    algorithm: str
    digest: str
    source: str = "checksum"

    def require_agreement(self, other: Checksum, name: str) -> None:
        """Raise where both cannot hold."""
        if self.algorithm == other.algorithm and self.digest != other.digest:
            raise BitbucketError(
                "%s cannot have both digests that are expected: %s says %s:%s, %s says %s:%s"
                % (shown(name), self.source, self.algorithm, self.digest, other.source, other.algorithm, other.digest)
            )

    def require(self, digests: t.Mapping[str, str], name: str) -> None:
        """Raise where the digests are not what is expected."""
        found = digests[self.algorithm]
        if found != self.digest:
            raise BitbucketError(
                "%s does not have the digest that %s expects: its %s is %s, expected is %s"
                % (shown(name), self.source, self.algorithm, found, self.digest)
            )


def parse_checksum(text: str) -> Checksum:
    """``sha256:…`` and the like; raises BadInput for another form, an unknown algorithm or a digest of another length."""
    algorithm, colon, digest = text.strip().partition(":")
    algorithm, digest = algorithm.lower(), digest.strip().lower()
    if not colon or algorithm not in ALGORITHMS:
        raise BadInput("checksum must be ALGORITHM:DIGEST with one of %s" % ", ".join(sorted(ALGORITHMS)))
    if not re.match(r"[0-9a-f]{%d}\Z" % ALGORITHMS[algorithm], digest):
        raise BadInput("checksum: a digest of %s has %d hex digits" % (algorithm, ALGORITHMS[algorithm]))
    try:
        hashlib.new(algorithm)
    except ValueError as exc:
        raise BadInput("checksum: %s is not to be had on this host" % algorithm) from exc
    return Checksum(algorithm, digest)


def file_digests(path: str, algorithms: t.Iterable[str]) -> t.Dict[str, str]:
    """Hex digests of a file by algorithm, read once; an algorithm that this host does not have is left out."""
    hashes = {name: found for name, found in ((name, _new(name)) for name in set(algorithms)) if found}
    try:
        with open(path, "rb", buffering=0) as source:
            block = source.read(BLOCK)
            while block:
                for each in hashes.values():
                    each.update(block)
                block = source.read(BLOCK)
    except OSError as exc:
        raise BitbucketError("Cannot read %s: %s" % (shown(path), exc.strerror)) from exc
    return {name: each.hexdigest() for name, each in hashes.items()}


def _new(algorithm: str) -> t.Any:
    try:
        return hashlib.new(algorithm)
    except ValueError:  # MD5 under FIPS
        return None

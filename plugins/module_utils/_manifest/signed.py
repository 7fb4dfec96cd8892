# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a signed manifest or channel, and verify its signature before the contents are used.

If the signature does not match, the caller reads both again once, because a publisher might be replacing them.
"""

from __future__ import annotations

import hashlib
import typing as t

from .._downloads.api import Downloads, Inconsistent, StaleListing, require_gone
from .._downloads.artifact import Listing, manifest_names
from .._errors import BitbucketError, NotFound
from .._signatures.values import BadSignature
from .._text import quoted
from .manifest import ManifestSignature

if t.TYPE_CHECKING:
    from .._trust.trust import Trust

MAX_MANIFEST_BYTES = 16 * 1024 * 1024
MAX_SIGNATURE_BYTES = 64 * 1024
RECOVERY_ADVICE = (
    "If an upload was interrupted or the old key has expired, delete both artifacts with state=absent and without the option"
    " manifest, and publish again, or use another name for the manifest. Otherwise, find out who changed them"
)


class Kind(t.NamedTuple):
    """A kind of signed document. ``word``: its name in messages. ``limit``: in bytes. ``advice``: for tasks that write it."""

    word: str
    limit: int
    advice: str


MANIFEST = Kind("manifest", MAX_MANIFEST_BYTES, RECOVERY_ADVICE)


class SignedReader:
    """Reads the manifest ``name`` of one repository, or a document of another ``kind``, and its signature."""

    def __init__(self, downloads: Downloads, name: str, trust: Trust, kind: Kind = MANIFEST) -> None:
        self._downloads = downloads
        self._name = name
        self._trust = trust
        self._kind = kind

    def read(self, listing: Listing) -> tuple[bytes, ManifestSignature]:
        """Return the verified bytes and the signature. Raise Inconsistent if no trusted key signed the document."""
        name = self._trust.signature
        artifact = listing.get(name)
        if artifact is None:
            require_gone(self._downloads, [name], listing)
            raise self._refuse(f"The {self._kind.word} {quoted(self._name)} is not signed: {quoted(name)} does not exist")
        document, data = self._read(self._name, self._kind.limit), self._read(name, MAX_SIGNATURE_BYTES)
        try:
            proof = self._trust.verifier.verify(document, data)
        except BadSignature as exc:
            raise self._refuse(f"The signature {quoted(name)} of the {self._kind.word} {quoted(self._name)} {exc}") from exc
        return document, ManifestSignature(name, proof.format, artifact, proof, hashlib.sha256(data).hexdigest())

    def find_orphan(self, listing: Listing) -> ManifestSignature:
        """Return the signature of a missing manifest, which proves nothing."""
        name = self._trust.signature
        return ManifestSignature(name, self._trust.verifier.format, listing.get(name))

    def _read(self, name: str, limit: int) -> bytes:
        """Return contents, whatever their size in the listing is. The signature proves that they are complete."""
        try:
            return self._downloads.read(name, lambda contents: contents.read_all(limit))
        except NotFound as exc:
            raise StaleListing(str(exc)) from exc

    def _refuse(self, words: str) -> Inconsistent:
        advice = f". {self._kind.advice}" if self._trust.signer else ""
        return Inconsistent(f"{words}. The {self._kind.word} was not used{advice}")


def require_unsigned(name: str, listing: Listing, word: str = MANIFEST.word) -> None:
    """Raise BitbucketError if the document has a signature, which would not match the changed document."""
    signatures = [each for each in sorted(manifest_names(name)) if each != name and each in listing]
    if signatures:
        raise BitbucketError(
            f"The {word} {quoted(name)} has the signature {quoted(signatures[0])}, and the task would change the {word}."
            " Set signing_key to sign it, or delete the signature to continue without one"
        )

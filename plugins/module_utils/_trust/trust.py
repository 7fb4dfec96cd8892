# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign and verify with the keys of one task."""

from __future__ import annotations

import typing as t

from .._signatures.values import SUFFIXES, BadSignature, CannotSign, Proof, Signature, Signer, Verifier

_PROBE = b"This text makes sure that a key can sign. It is no manifest.\n"


class Trust(t.NamedTuple):
    """The keys of one task. ``signature``: name of the signature artifact. ``signer``: None for a task that only verifies."""

    signature: str
    verifier: Verifier
    signer: Signer | None = None

    def for_document(self, document: str) -> Trust:
        """Return the same keys for another document, whose signature has the default name."""
        return self._replace(signature=document + SUFFIXES[self.verifier.format])

    def find_key(self) -> Proof:
        """Return the signing key without unlocking it. Raise CannotSign if ``signed_by`` does not have the key."""
        key = self.require_signer().find_key()
        if not self.verifier.knows(key.fingerprint):
            raise CannotSign(f"signing_key is {key.fingerprint}, which signed_by does not have. Add its public key to signed_by")
        return key

    def sign(self, document: bytes) -> Signature:
        """Return the signature. Raise CannotSign if it cannot be verified with ``signed_by``."""
        signature = self.require_signer().sign(document)
        try:
            self.verifier.verify(document, signature.data)
        except BadSignature as exc:
            raise CannotSign(f"Readers cannot verify the signature that signing_key made: it {exc}") from exc
        return signature

    def prove_key(self) -> None:
        """Raise CannotSign if the key is locked, or cannot sign for another reason."""
        self.sign(_PROBE)

    def require_signer(self) -> Signer:
        """Return the signer. Raise CannotSign for a task that only verifies."""
        if self.signer is None:
            raise CannotSign("signed_by needs a signature, and the task would change the manifest. Set signing_key to sign it")
        return self.signer

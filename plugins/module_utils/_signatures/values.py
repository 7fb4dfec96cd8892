# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the values, methods and errors that signers and verifiers of both formats have in common."""

from __future__ import annotations

import typing as t

from .._errors import BitbucketError

OPENPGP = "openpgp"
SSH = "ssh"
SUFFIXES = {OPENPGP: ".asc", SSH: ".sig"}


class Proof(t.NamedTuple):
    """The key and the time of a signature.

    ``fingerprint``: of the primary key, 40 uppercase hex digits for OpenPGP, ``SHA256:…`` for SSH. ``signed_on``: ISO 8601 in
    UTC, None if the signature or the program does not state it.
    """

    format: str
    fingerprint: str
    signed_on: str | None = None


class Signature(t.NamedTuple):
    """A new detached signature: its bytes and its key."""

    data: bytes
    proof: Proof


class BadSignature(BitbucketError):
    """A signature proves nothing.

    The message is a predicate about the signature, such as "was made by the key 0123…, which signed_by does not have". The
    caller writes the names of the signature and of the document before it.
    """


# Advice for bitbucket_download_fetch in messages about a missing program.
OTHER_HOST = ". Alternatively, use via: link or via: controller of bitbucket_download_fetch to verify on the control node"


class MissingTool(BitbucketError):
    """No program that can verify or sign is installed on this host."""


class CannotSign(BitbucketError):
    """The signing key is missing, expired, revoked or locked."""


class Verifier(t.Protocol):
    """The keys of ``signed_by``, or the public key of the signing key."""

    format: str

    def knows(self, fingerprint: str) -> bool:
        """Return whether a key with this fingerprint, primary or not, is one of the trusted keys."""

    def verify(self, document: bytes, signature: bytes) -> Proof:
        """Return the key that made the signature over exactly these bytes. Raise BadSignature or MissingTool."""


class Signer(t.Protocol):
    """One private key, which might be in an agent or on a hardware token."""

    format: str

    def find_key(self) -> Proof:
        """Return the key without unlocking it, with ``signed_on`` None. Raise CannotSign or MissingTool if it cannot sign."""

    def sign(self, document: bytes) -> Signature:
        """Return the signature over exactly these bytes. Raise CannotSign or MissingTool."""

    def create_verifier(self) -> Verifier:
        """Return a verifier that trusts only this key."""

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define what signers and verifiers of both formats have in common: their values, their methods and their errors."""

from __future__ import annotations

import typing as t

from .._errors import BitbucketError

OPENPGP = "openpgp"
SSH = "ssh"
SUFFIXES = {OPENPGP: ".asc", SSH: ".sig"}


class Proof(t.NamedTuple):
    """Who signed, and when.

    ``fingerprint``: of the primary key, 40 upper-case hex digits for OpenPGP, ``SHA256:…`` for SSH. ``signed_on``: ISO 8601 in
    UTC, None if the signature or the tool does not tell.
    """

    format: str
    fingerprint: str
    signed_on: str | None = None


class Signature(t.NamedTuple):
    """A detached signature that was just made: its bytes, and who made it."""

    data: bytes
    proof: Proof


class BadSignature(BitbucketError):
    """A signature proves nothing.

    The message is a predicate about the signature, such as "was made by the key 0123…, which signed_by does not have": the
    caller puts the names of the signature and of the document before it.
    """


# How bitbucket_download_fetch goes on, in messages about a program that is missing.
OTHER_HOST = ". Alternatively, use via: link or via: controller of bitbucket_download_fetch to verify on the control node"


class MissingTool(BitbucketError):
    """No program that can verify or sign is installed on this host."""


class CannotSign(BitbucketError):
    """The signing key is missing, expired, revoked or locked."""


class Verifier(t.Protocol):
    """The keys of ``signed_by``, or the public half of the signing key."""

    format: str

    def knows(self, fingerprint: str) -> bool:
        """Return whether a key with this fingerprint, primary or not, is one of the trusted keys."""

    def verify(self, document: bytes, signature: bytes) -> Proof:
        """Return who made the signature over exactly these bytes; raise BadSignature or MissingTool."""


class Signer(t.Protocol):
    """One private key, which might be in an agent or on a hardware token."""

    format: str

    def find_key(self) -> Proof:
        """Return the key without unlocking it, ``signed_on`` None; raise CannotSign or MissingTool if it cannot sign."""

    def sign(self, document: bytes) -> Signature:
        """Return the signature over exactly these bytes; raise CannotSign or MissingTool."""

    def create_verifier(self) -> Verifier:
        """Return a verifier that trusts this key alone."""

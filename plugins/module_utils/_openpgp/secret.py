# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose the secret key that signs from the list of gpg (doc/DETAILS of GnuPG, format of the colon listings)."""

from __future__ import annotations

import re
import typing as t

from .._errors import BadInput
from .._signatures.values import CannotSign

_IDENTIFIER = re.compile(r"(?:0X)?([0-9A-F]{40}|[0-9A-F]{16})(!?)\Z")
_SHORT = re.compile(r"(?:0X)?[0-9A-F]{8}!?\Z")
_EXPIRED, _REVOKED, _NO_SECRET = "e", "r", "#"
_EXTEND = "Extend it with gpg --quick-set-expire, or sign with another key"


class SecretKey(t.NamedTuple):
    """The certificate that signs. ``fingerprints``: of its primary key, then of its subkeys."""

    fingerprints: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """Return the fingerprint of the primary key."""
        return self.fingerprints[0]


class _Part(t.NamedTuple):
    """One line for a primary key or subkey. ``secret``: ``#`` if its secret part is missing, otherwise ``+`` or a card."""

    validity: str
    capabilities: str
    secret: str
    fingerprint: str = ""


def parse_signing_key(text: str) -> str:
    """Return a fingerprint or a long key ID in uppercase, with the optional ``!`` that requires exactly this key.

    Raise BadInput for anything else. The message does not repeat the text, which might be a private key.
    """
    key = re.sub(r"\s", "", text).upper()
    match = _IDENTIFIER.match(key)
    if match:
        return match.group(1) + match.group(2)
    wanted = "signing_key must be the fingerprint of a key (40 hex digits) or its long ID (16 hex digits)"
    if not key:
        raise BadInput(f"{wanted}, but it is empty")
    if "PRIVATEKEY" in key or "PUBLICKEY" in key:
        raise BadInput(f"{wanted}, not the key itself. Import the key into the GnuPG home first")
    if _SHORT.match(key):
        raise BadInput(f"{wanted}: short IDs are not unique")
    raise BadInput(f"{wanted}: user IDs are not unique. Run gpg --list-secret-keys to show the fingerprints")


def choose_secret_key(listing: bytes, key: str, home: str) -> SecretKey:
    """Return the only certificate in a list of secret keys if it can sign as ``key``. Otherwise, raise CannotSign.

    ``home``: the GnuPG home, for the message.
    """
    found = _parse_listing(listing)
    if not found:
        raise CannotSign(
            f"The GnuPG home {home} has no secret key {key}. Import it there with gpg --import, or set gnupg_home to the"
            " home that has it"
        )
    if len(found) > 1:
        raise CannotSign(f"More than one secret key in the GnuPG home {home} matches {key}. Set signing_key to the fingerprint")
    cause = _find_obstacle(found[0], key)
    if cause:
        raise CannotSign(f"Cannot sign with the key {key}: {cause}")
    return SecretKey(tuple(part.fingerprint for part in found[0]))


def _find_obstacle(parts: t.Sequence[_Part], key: str) -> str | None:
    """Return why neither the primary key nor a subkey can sign, or None if one can, by the rules of gpg.

    With ``!`` in ``key``, only this key counts.
    """
    if parts[0].validity == _REVOKED:
        return "it was revoked. Sign with another key"
    if parts[0].validity == _EXPIRED:
        return f"it has expired. {_EXTEND}"
    exact = [part for part in parts if part.fingerprint.endswith(key[:-1])] if key.endswith("!") else parts
    signing = [part for part in exact if "s" in part.capabilities]
    valid = [part for part in signing if part.validity not in (_EXPIRED, _REVOKED)]
    if not signing:
        return "it cannot sign. Add a subkey that can, with gpg --quick-add-key FINGERPRINT default sign, or use another key"
    if not valid:
        return f"the part of it that signs has expired or was revoked. {_EXTEND}"
    if all(part.secret == _NO_SECRET for part in valid):
        return "the GnuPG home has only a stub of its secret part. Import the secret part, or use another key"
    return None


def _parse_listing(listing: bytes) -> list[list[_Part]]:
    """Return primary key and subkeys of each certificate."""
    found: list[list[_Part]] = []
    for line in listing.decode("utf-8", "replace").split("\n"):
        fields = line.split(":")
        if fields[0] == "sec":
            found.append([])
        if fields[0] in ("sec", "ssb") and len(fields) > 14 and found:
            found[-1].append(_Part(fields[1], fields[11], fields[14]))
        elif fields[0] == "fpr" and len(fields) > 9 and found and found[-1]:
            found[-1][-1] = found[-1][-1]._replace(fingerprint=fields[9])
    return [parts for parts in found if parts]

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create the keys of a task from its options. The code for a format is imported only for keys of the format."""

from __future__ import annotations

import typing as t

from .._errors import BadInput
from .._names import check_written_name
from .._renames import renamed_pattern
from .._signatures.values import SUFFIXES
from .._text import quoted
from .trust import Trust

if t.TYPE_CHECKING:
    from .._signatures.values import Signer, Verifier


def create_trust(options: t.Mapping[str, t.Any], document: str | None) -> Trust | None:
    """Return the keys, or None if the options contain none. Raise BadInput. See ``parse_trust``."""
    verifier, signer = _parse_verifier(options.get("signed_by")), _parse_signer(options)
    if signer and verifier and signer.format != verifier.format:
        raise BadInput(
            f"signature_format is {signer.format}, but signed_by has {verifier.format} keys. Both must have the same format"
        )
    if signer and not verifier:
        verifier = signer.create_verifier()
    if verifier is None:
        return None
    return Trust(_parse_name(options, document or options["manifest"], verifier, signer), verifier, signer)


def _parse_verifier(signed_by: t.Sequence[str] | None) -> Verifier | None:
    if signed_by is None:
        return None
    from .signed_by import parse_signed_by

    return parse_signed_by(signed_by)


def _parse_signer(options: t.Mapping[str, t.Any]) -> Signer | None:
    if options.get("signing_key") is None:
        return None
    from .signing import create_signer

    return create_signer(
        options["signing_key"], options["signature_format"], options["signing_passphrase"], options["gnupg_home"]
    )


def _parse_name(options: t.Mapping[str, t.Any], document: str, verifier: Verifier, signer: Signer | None) -> str:
    name = check_written_name(options["signature"] or document + SUFFIXES[verifier.format], "signature")
    if name == document:
        word = "manifest" if document == options.get("manifest") else "channel"
        raise BadInput(f"signature and {word} are both {quoted(name)}. Set another name for the signature")
    if signer and renamed_pattern(name):
        raise BadInput(
            f"signature {quoted(name)} is refused: Bitbucket might store it under another name."
            " Use only letters, digits, '.', '_' and '-'"
        )
    return name

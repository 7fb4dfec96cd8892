# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the trusted keys in ``signed_by``: public keys of one format as text, or paths of files with public keys."""

from __future__ import annotations

import os
import re
import stat
import typing as t

from .._errors import BadInput
from .._signatures.values import OPENPGP, SSH, Verifier
from .._text import quoted

MAX_SIZE = 16 * 1024 * 1024
_ARMOR = b"-----BEGIN PGP "
_BOTH = "signed_by has both OpenPGP keys and SSH keys. List keys of one format only"
_KINDS = "neither OpenPGP public keys (armored, binary or a keyring) nor SSH public keys or allowed-signers lines"

_FINGERPRINT = re.compile(r"(?:0x)?[0-9A-Fa-f ]{16,59}|SHA256:[0-9A-Za-z+/]{43}=?")

_Keys = t.TypeVar("_Keys")


class _Source(t.NamedTuple):
    """The bytes of an item or of its file. ``place``: its description in errors, which must not repeat the bytes."""

    place: str
    data: bytes


def parse_signed_by(items: t.Sequence[str]) -> Verifier:
    """Return a verifier that trusts exactly the keys in the items. Raise BadInput without keys or for keys of both formats.

    Files are compiled for each task, so only those of one format are imported.
    """
    if not items:
        raise BadInput("signed_by is empty. List at least one public key, or omit the option")
    sources = [_read_item(f"Item {number} of signed_by", item) for number, item in enumerate(items, 1)]
    formats = {_find_format(source) for source in sources}
    if len(formats) > 1:
        raise BadInput(_BOTH)
    return _create_ssh_verifier(sources) if SSH in formats else _create_openpgp_verifier(sources)


def _create_ssh_verifier(sources: t.Sequence[_Source]) -> Verifier:
    from .._ssh.keys import SshKeys, parse_ssh_keys
    from .._ssh.verify import SshVerifier

    return SshVerifier(SshKeys.join(_parse(parse_ssh_keys, source) for source in sources))


def _create_openpgp_verifier(sources: t.Sequence[_Source]) -> Verifier:
    from .._openpgp.keys import OpenpgpKeys, parse_openpgp_keys
    from .._openpgp.verify import OpenpgpVerifier

    return OpenpgpVerifier(OpenpgpKeys.join(_parse(parse_openpgp_keys, source) for source in sources))


def _parse(parse: t.Callable[[bytes], _Keys], source: _Source) -> _Keys:
    try:
        return parse(source.data)
    except BadInput as exc:
        raise BadInput(f"{source.place} {exc}") from exc


def _find_format(source: _Source) -> str:
    """Return the format of the keys. Raise BadInput if the source has none."""
    place, data = source
    if b"PRIVATE KEY" in data:
        raise BadInput(f"{place} has a private key. Use only the public key, and keep the private key secret")
    if _looks_like_ssh(data):
        if _ARMOR in data:
            raise BadInput(_BOTH)
        return SSH
    from .._openpgp.keys import looks_like_openpgp

    if looks_like_openpgp(data):
        return OPENPGP
    raise BadInput(f"{place} has {_KINDS}" if data else f"{place} is empty")


def _looks_like_ssh(data: bytes) -> bool:
    if b" AAAA" not in data.replace(b"\t", b" "):
        return False
    from .._ssh.keys import looks_like_ssh

    return looks_like_ssh(data)


def _read_item(place: str, item: str) -> _Source:
    text = item.strip()
    if not text:
        raise BadInput(f"{place} is empty. List a public key or the path of one, or omit the option")
    data = text.encode("utf-8", "surrogateescape")
    if b"-----BEGIN " in data or b"\n" in data or _looks_like_ssh(data):
        return _Source(place, data)
    if _FINGERPRINT.fullmatch(text) and not os.path.exists(text):
        raise BadInput(f"{place} is a fingerprint, which cannot verify a signature. Use the public key or the path of its file")
    place = f"{place}, the file {quoted(text)} on the host that verifies the signature,"
    return _Source(place, _read(place, os.path.expanduser(text)))


def _read(place: str, path: str) -> bytes:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise BadInput(f"{place} is not a file, but a directory or a device")
        with open(path, "rb") as source:
            data = source.read(MAX_SIZE + 1)
    except (OSError, ValueError) as exc:
        raise BadInput(f"{place} cannot be read ({getattr(exc, 'strerror', None) or exc})") from exc
    if len(data) > MAX_SIZE:
        raise BadInput(f"{place} is larger than {MAX_SIZE >> 20} MiB, so it is not a file of keys")
    return data

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse SSH signatures: their key, namespace and algorithms. Only ssh-keygen verifies them.

The format is PROTOCOL.sshsig of OpenSSH. Nothing here reads a file or runs a program.
"""

from __future__ import annotations

import base64
import binascii
import typing as t

from .._signatures.values import BadSignature
from .._text import quoted
from .keys import NAMESPACE, BlobReader, MalformedKey, PublicKey, parse_public_key

MAX_SIZE = 256 * 1024
_BEGIN = b"-----BEGIN SSH SIGNATURE-----"
_END = b"-----END SSH SIGNATURE-----"
_MAGIC = b"SSHSIG"
_VERSION = 1
_WIDTH = 70
_DIGESTS = ("sha256", "sha512")
_WEAK = ("ssh-rsa", "ssh-dss")


class SshSignature(t.NamedTuple):
    """A signature for the namespace ``file``. ``data``: the bytes without armor. ``algorithm``: such as ``rsa-sha2-512``."""

    data: bytes
    key: PublicKey
    digest: str
    algorithm: str

    def armor(self) -> bytes:
        """Return the signature in the format of ssh-keygen, without any text around it."""
        text = base64.b64encode(self.data)
        return b"\n".join([_BEGIN, *(text[at : at + _WIDTH] for at in range(0, len(text), _WIDTH)), _END, b""])


def parse_ssh_signature(armored: bytes) -> SshSignature:
    """Return the parsed signature. Raise BadSignature if it is not an SSH signature, or not one for files."""
    data = _remove_armor(armored.strip())
    try:
        return _parse(data)
    except MalformedKey as exc:
        raise BadSignature(str(exc)) from exc


def _remove_armor(text: bytes) -> bytes:
    if not text:
        raise BadSignature("is empty")
    if len(text) > MAX_SIZE:
        raise BadSignature(f"is larger than {MAX_SIZE} bytes, so it is not an SSH signature")
    if text.startswith(b"-----BEGIN PGP "):
        raise BadSignature("is an OpenPGP signature, but signed_by has SSH keys")
    if not text.startswith(_BEGIN):
        raise BadSignature("is not an SSH signature")
    inside, end, after = text[len(_BEGIN) :].partition(_END)
    if not end:
        raise BadSignature("is truncated")
    if after:
        raise BadSignature("has data after its end")
    try:
        return base64.b64decode(b"".join(inside.split()), validate=True)
    except binascii.Error as exc:
        raise BadSignature("is damaged: it is not base64") from exc


def _parse(data: bytes) -> SshSignature:
    reader = BlobReader(data)
    if reader.read(len(_MAGIC)) != _MAGIC:
        raise BadSignature("is damaged: it does not start with SSHSIG")
    version = reader.number()
    if version != _VERSION:
        raise BadSignature(f"has version {version}, but only version {_VERSION} is supported")
    blob, namespace = reader.string(), reader.text()
    reader.string()  # reserved
    digest, signature = reader.text(), BlobReader(reader.string())
    reader.end()
    _check_use(namespace, digest)
    return SshSignature(data, _parse_key(blob), digest, _parse_algorithm(signature))


def _check_use(namespace: str, digest: str) -> None:
    if namespace != NAMESPACE:
        raise BadSignature(
            f"was made for the namespace {quoted(namespace)} instead of '{NAMESPACE}' (ssh-keygen -Y sign -n file)"
        )
    if digest not in _DIGESTS:
        raise BadSignature(f"uses the digest algorithm {quoted(digest)}, but only {' and '.join(_DIGESTS)} are accepted")


def _parse_key(blob: bytes) -> PublicKey:
    try:
        return parse_public_key(blob)
    except MalformedKey as exc:
        raise BadSignature(f"was made by a key that {exc}") from exc


def _parse_algorithm(signature: BlobReader) -> str:
    algorithm = signature.text()
    if algorithm in _WEAK:
        raise BadSignature(f"uses the weak algorithm {algorithm} (SHA-1)")
    return algorithm

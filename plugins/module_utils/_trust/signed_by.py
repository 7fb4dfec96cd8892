# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the trusted keys of ``signed_by``: public keys of one format as text, or paths of files with such keys."""

from __future__ import annotations

import os
import stat
import typing as t

from .._errors import BadInput
from .._openpgp.keys import OpenpgpKeys, looks_like_openpgp, parse_openpgp_keys
from .._openpgp.verify import OpenpgpVerifier
from .._signatures.values import Verifier
from .._ssh.keys import SshKeys, looks_like_ssh, parse_ssh_keys
from .._ssh.verify import SshVerifier
from .._text import quoted

MAX_SIZE = 16 * 1024 * 1024
_BOTH = "signed_by has OpenPGP keys and SSH keys: a signature has one of both formats, so list keys of one"
_KINDS = "neither OpenPGP public keys (armored, binary or a keyring) nor SSH public keys or allowed-signers lines"


def parse_signed_by(items: t.Sequence[str]) -> Verifier:
    """Return a verifier that trusts exactly the keys of these items; raise BadInput if they are none or of both formats."""
    if not items:
        raise BadInput("signed_by is empty: list at least one public key, or leave the option out")
    openpgp: list[OpenpgpKeys] = []
    ssh: list[SshKeys] = []
    for number, item in enumerate(items, 1):
        keys = _parse_item(f"Item {number} of signed_by", item)
        if isinstance(keys, SshKeys):
            ssh.append(keys)
        else:
            openpgp.append(keys)
    if openpgp and ssh:
        raise BadInput(_BOTH)
    return SshVerifier(SshKeys.join(ssh)) if ssh else OpenpgpVerifier(OpenpgpKeys.join(openpgp))


def _parse_item(place: str, item: str) -> SshKeys | OpenpgpKeys:
    text = item.strip()
    if not text:
        raise BadInput(f"{place} is empty: list a public key or the path of one, or leave the option out")
    data = text.encode("utf-8", "surrogateescape")
    if b"-----BEGIN " not in data and b"\n" not in data and not looks_like_ssh(data):
        place = f"{place}, the file {quoted(text)} on the host that runs the module,"
        data = _read(place, os.path.expanduser(text))
    return _parse_keys(place, data)


def _parse_keys(place: str, data: bytes) -> SshKeys | OpenpgpKeys:
    """Return the keys in the data. No message repeats any of it: somebody might have passed a private key."""
    if b"PRIVATE KEY" in data:
        raise BadInput(f"{place} has a private key: pass the public key only, and keep the private key secret")
    if b"-----BEGIN PGP " in data and looks_like_ssh(data):
        raise BadInput(_BOTH)
    try:
        if looks_like_openpgp(data):
            return parse_openpgp_keys(data)
        if looks_like_ssh(data):
            return parse_ssh_keys(data)
    except BadInput as exc:
        raise BadInput(f"{place} {exc}") from exc
    raise BadInput(f"{place} has {_KINDS}" if data else f"{place} is empty")


def _read(place: str, path: str) -> bytes:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise BadInput(f"{place} is no file, but a directory or a device")
        with open(path, "rb") as source:
            data = source.read(MAX_SIZE + 1)
    except (OSError, ValueError) as exc:
        raise BadInput(f"{place} cannot be read ({getattr(exc, 'strerror', None) or exc})") from exc
    if len(data) > MAX_SIZE:
        raise BadInput(f"{place} is larger than {MAX_SIZE >> 20} MiB, so it is no file of keys")
    return data

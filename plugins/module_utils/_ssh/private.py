# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the SSH key that signs in a file or in an agent, without unlocking it.

The format of private keys is PROTOCOL.key of OpenSSH, in which the public key is not encrypted.
"""

from __future__ import annotations

import base64
import os
import re
import stat
import typing as t

from .._errors import BadInput
from .._signatures.programs import run
from .._signatures.values import CannotSign
from .._text import one_line, quoted
from .keys import BlobReader, MalformedKey, PublicKey, looks_like_ssh, parse_public_key, parse_ssh_keys
from .verify import find_openssh, run_keygen

_MAX_SIZE = 1024 * 1024
_OPENSSH = re.compile(rb"-----BEGIN OPENSSH PRIVATE KEY-----(.*?)-----END", re.DOTALL)
_MAGIC = b"openssh-key-v1\0"
_LOCKED_PEM = re.compile(rb"^(?:-----BEGIN ENCRYPTED |Proc-Type: *4, *ENCRYPTED)", re.MULTILINE)
_AGENT = "SSH_AUTH_SOCK"
OPEN_TO_OTHERS = "can be read by other users, so ssh-keygen refuses it. Run chmod 600 on it"


class SigningKey(t.NamedTuple):
    """A key that can sign. ``path``: of the private key, None if only the agent has it."""

    public: PublicKey
    path: str | None

    @property
    def line(self) -> bytes:
        """Return the line of the public key."""
        return f"{self.public.type} {_encode(self.public)}\n".encode("ascii")


def find_signing_key(path: str, has_passphrase: bool) -> SigningKey:
    """Return the key in a file. Raise MissingTool, or CannotSign with a predicate about the key as its message."""
    find_openssh("ssh-keygen")
    found, data = _read(path)
    if b"PRIVATE KEY-----" in data:
        return _find_private(path, found, data, has_passphrase)
    if not looks_like_ssh(data):
        raise CannotSign("is not an SSH key in OpenSSH or PEM format")
    key = _parse_one(data)
    if not _is_in_agent(key):
        raise CannotSign(f"is a public key, {key.fingerprint}, whose private key is not in the SSH agent. {_advise_agent()}")
    return SigningKey(key, None)


def find_agent() -> dict[str, str]:
    """Return the environment for the SSH agent of the task, empty if it has none."""
    return {_AGENT: os.environ[_AGENT]} if os.environ.get(_AGENT) else {}


def _advise_agent() -> str:
    if find_agent():
        return "Add it with ssh-add, or set signing_key to the path of the private key"
    return f"The task has no agent, because {_AGENT} is not set in its environment (become removes it)"


def _read(path: str) -> tuple[os.stat_result, bytes]:
    where = "on the host that runs the module"
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise CannotSign(f"is not a file {where}, but a directory or a device")
        with open(path, "rb") as source:
            return found, source.read(_MAX_SIZE)
    except FileNotFoundError as exc:
        raise CannotSign(f"does not exist {where}") from exc
    except (OSError, ValueError) as exc:
        raise CannotSign(f"cannot be read {where} ({getattr(exc, 'strerror', None) or exc})") from exc


def _find_private(path: str, found: os.stat_result, data: bytes, has_passphrase: bool) -> SigningKey:
    if found.st_uid == os.getuid() and found.st_mode & 0o077:
        raise CannotSign(OPEN_TO_OTHERS)
    openssh = _OPENSSH.search(data)
    if openssh:
        public, is_locked = _parse_openssh(openssh[1])
    else:
        is_locked = _LOCKED_PEM.search(data) is not None
        public = _read_public_key(path) if is_locked else _derive_public_key(path)
    if is_locked and not has_passphrase and not _is_in_agent(public):
        raise CannotSign("is locked by a passphrase. Set signing_passphrase, or add the key to an SSH agent with ssh-add")
    return SigningKey(public, path)


def _parse_openssh(text: bytes) -> tuple[PublicKey, bool]:
    """Return the public key in a private key file, and whether a passphrase locks the private key."""
    try:
        reader = BlobReader(base64.b64decode(b"".join(text.split()), validate=True))
        if reader.read(len(_MAGIC)) != _MAGIC:
            raise MalformedKey("has contents in another format")
        cipher = reader.text()
        reader.string()  # name of the key derivation
        reader.string()  # its options
        reader.number()  # number of keys, which is 1
        return parse_public_key(reader.string()), cipher != "none"
    except MalformedKey as exc:
        raise CannotSign(f"is a private key that {exc}") from exc
    except ValueError as exc:
        raise CannotSign("is a damaged private key: it is not base64") from exc


def _derive_public_key(path: str) -> PublicKey:
    done = run_keygen(["-y", "-f", path], b"", {})
    if done.status:
        raise CannotSign(f"is not a private key that ssh-keygen can read: {one_line(done.messages.decode('utf-8', 'replace'))}")
    return _parse_one(done.output)


def _read_public_key(path: str) -> PublicKey:
    """Return the public key of a locked PEM file from the file beside it, because the PEM file does not contain it."""
    beside = f"{path}.pub"
    try:
        with open(beside, "rb") as source:
            return _parse_one(source.read(_MAX_SIZE))
    except OSError as exc:
        raise CannotSign(
            f"is a locked PEM file, whose public key must be in {quoted(beside)}, which cannot be read ({exc.strerror})."
            " Create it with ssh-keygen -y"
        ) from exc


def _parse_one(data: bytes) -> PublicKey:
    try:
        entries = parse_ssh_keys(data).entries
    except BadInput as exc:
        raise CannotSign(str(exc)) from exc
    if len(entries) != 1 or entries[0].is_authority:
        raise CannotSign("must be one public key")
    return entries[0].key


def _is_in_agent(key: PublicKey) -> bool:
    agent = find_agent()
    if not agent:
        return False
    return _encode(key).encode("ascii") in run([find_openssh("ssh-add"), "-L"], b"", agent).output.split()


def _encode(key: PublicKey) -> str:
    return base64.b64encode(key.blob).decode("ascii")

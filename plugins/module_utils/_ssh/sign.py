# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign with ``ssh-keygen -Y sign`` and a private key in a file or in an SSH agent."""

from __future__ import annotations

import contextlib
import os
import sys
import typing as t

from .._signatures.programs import Completed, Folder, forbid_core_dumps, private_folder
from .._signatures.values import SSH, BadSignature, CannotSign, Proof, Signature
from .._text import one_line, quoted
from .keys import NAMESPACE, SshKey, SshKeys
from .private import OPEN_TO_OTHERS, SigningKey, find_agent, find_signing_key
from .signature import parse_ssh_signature
from .verify import SshVerifier, run_keygen

_MAX_PASSPHRASE = 1000  # ssh-keygen reads at most 1023 bytes

# ssh-keygen runs a program that prints the passphrase. This program is the Python interpreter, because a script cannot run in a
# temporary directory that is mounted with noexec. Python imports this file before it parses its arguments.
_ASKPASS_FILE = "sitecustomize.py"
_DESCRIPTOR = "RELENG_ASKPASS_DESCRIPTOR"
_ASKPASS = f"""\
import os
if "SSH_ASKPASS_PROMPT" not in os.environ:
    os.write(1, os.read(int(os.environ["{_DESCRIPTOR}"]), 4096))
os._exit(0)
"""

# Parts of the messages of ssh-keygen, and predicates about the key.
_DAMAGED = "is not a private key that ssh-keygen can read"
_CAUSES = (
    ("incorrect passphrase", "is locked by another passphrase: signing_passphrase is wrong"),
    ("agent refused operation", "is in the SSH agent, which refused to sign. It might be locked, or wait for confirmation"),
    ("UNPROTECTED PRIVATE KEY", OPEN_TO_OTHERS),
    ("invalid format", _DAMAGED),
    ("error in libcrypto", _DAMAGED),
)


class SshSigner:
    """A private key in a file, with or without a passphrase, or in an agent, selected by a file with its public key."""

    format = SSH

    def __init__(self, path: str, passphrase: str | None) -> None:
        forbid_core_dumps()  # the file of the private key is read to find the public key
        self._path = os.path.abspath(os.path.expanduser(path))
        self._passphrase = (passphrase or "").encode("utf-8", "surrogateescape")
        self._found: SigningKey | None = None

    def find_key(self) -> Proof:
        """Return the key without unlocking it, with ``signed_on`` None. Raise CannotSign or MissingTool if it cannot sign."""
        return Proof(SSH, self._find().public.fingerprint)

    def create_verifier(self) -> SshVerifier:
        """Return a verifier that trusts only this key."""
        return SshVerifier(SshKeys((SshKey(self._find().public),)))

    def sign(self, document: bytes) -> Signature:
        """Return the signature over exactly these bytes. Raise CannotSign or MissingTool."""
        key = self._find()
        with private_folder() as folder, _open_pipe(self._passphrase) as descriptor:
            folder.write(_ASKPASS_FILE, _ASKPASS.encode("ascii"))
            environment = {**self._create_environment(folder, key), _DESCRIPTOR: str(descriptor)}
            arguments = ["-Y", "sign", "-f", _link(folder, key), "-n", NAMESPACE]
            done = run_keygen(arguments, document, environment, [descriptor])
        if done.status:
            raise self._fail(_explain(done))
        return self._check(key, done)

    def _find(self) -> SigningKey:
        """Return the key, which is searched once."""
        if len(self._passphrase) > _MAX_PASSPHRASE or set(b"\r\n\0") & set(self._passphrase):
            raise CannotSign(f"signing_passphrase must be one line of at most {_MAX_PASSPHRASE} bytes for an SSH key")
        if self._found is None:
            try:
                self._found = find_signing_key(self._path, bool(self._passphrase))
            except CannotSign as exc:
                raise self._fail(str(exc)) from exc
        return self._found

    def _create_environment(self, folder: Folder, key: SigningKey) -> dict[str, str]:
        """Return the environment in which ssh-keygen gets the passphrase.

        With a passphrase, ssh-keygen gets no agent, so that a wrong passphrase is an error.
        """
        askpass = {"SSH_ASKPASS": sys.executable, "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":", "PYTHONPATH": folder.path}
        agent = find_agent() if key.path is None or not self._passphrase else {}
        return {"HOME": folder.path, **askpass, **agent}

    def _check(self, key: SigningKey, done: Completed) -> Signature:
        try:
            made_by = parse_ssh_signature(done.output).key
        except BadSignature as exc:
            raise self._fail(f"can sign, but its signature {exc}") from exc
        if made_by != key.public:
            raise self._fail(f"is {key.public.fingerprint}, but ssh-keygen signed with {made_by.fingerprint}")
        return Signature(done.output, Proof(SSH, key.public.fingerprint))

    def _fail(self, words: str) -> CannotSign:
        return CannotSign(f"signing_key {quoted(self._path)} {words}")


def _link(folder: Folder, key: SigningKey) -> str:
    """Return a path at which ssh-keygen finds the private key and the public key, independent of other files beside the key."""
    public = folder.write("key.pub", key.line)
    if key.path is None:
        return public
    path = os.path.join(folder.path, "key")
    os.symlink(key.path, path)
    return path


@contextlib.contextmanager
def _open_pipe(secret: bytes) -> t.Iterator[int]:
    """Yield the read end of a pipe with a short secret, so that a program can inherit it."""
    reader, writer = os.pipe()
    try:
        with open(writer, "wb") as sink:
            sink.write(secret)
        yield reader
    finally:
        os.close(reader)


def _explain(done: Completed) -> str:
    messages = done.messages.decode("utf-8", "replace")
    for part, cause in _CAUSES:
        if part in messages:
            return cause
    words = one_line(messages) or "nothing"
    return f"cannot sign: ssh-keygen ended with exit status {done.status} and printed: {words}"

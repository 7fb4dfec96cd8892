# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign with ``ssh-keygen -Y sign``, by a private key in a file or in an SSH agent."""

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

_MAX_PASSPHRASE = 1000  # ssh-keygen reads 1023 bytes at most

# ssh-keygen starts a program that prints the passphrase. It is the interpreter itself, because no script in a temporary folder
# that is mounted noexec can be started. Python imports this file before it looks at its arguments.
_ASKPASS_FILE = "sitecustomize.py"
_DESCRIPTOR = "RELENG_ASKPASS_DESCRIPTOR"
_ASKPASS = f"""\
import os
if "SSH_ASKPASS_PROMPT" not in os.environ:
    os.write(1, os.read(int(os.environ["{_DESCRIPTOR}"]), 4096))
os._exit(0)
"""

# Parts of the messages of ssh-keygen, and what they say about a key.
_DAMAGED = "is not a private key that ssh-keygen can read"
_CAUSES = (
    ("incorrect passphrase", "is locked by another passphrase: signing_passphrase is wrong"),
    ("agent refused operation", "is in the SSH agent, which refused to sign. It might be locked, or wait for confirmation"),
    ("UNPROTECTED PRIVATE KEY", OPEN_TO_OTHERS),
    ("invalid format", _DAMAGED),
    ("error in libcrypto", _DAMAGED),
)


class SshSigner:
    """A private key in a file, which a passphrase might lock, or the private half of a public key, which an agent holds."""

    format = SSH

    def __init__(self, path: str, passphrase: str | None) -> None:
        forbid_core_dumps()  # finding the public half reads the file of the private key
        self._path = os.path.abspath(os.path.expanduser(path))
        self._passphrase = (passphrase or "").encode("utf-8", "surrogateescape")
        self._found: SigningKey | None = None

    def find_key(self) -> Proof:
        """Return the key without unlocking it, ``signed_on`` None; raise CannotSign or MissingTool if it cannot sign."""
        return Proof(SSH, self._find().public.fingerprint)

    def create_verifier(self) -> SshVerifier:
        """Return a verifier that trusts this key alone."""
        return SshVerifier(SshKeys((SshKey(self._find().public),)))

    def sign(self, document: bytes) -> Signature:
        """Return the signature over exactly these bytes; raise CannotSign or MissingTool."""
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
        """Return the key, which is found once."""
        if len(self._passphrase) > _MAX_PASSPHRASE or set(b"\r\n\0") & set(self._passphrase):
            raise CannotSign(f"signing_passphrase must be one line of at most {_MAX_PASSPHRASE} bytes for an SSH key")
        if self._found is None:
            try:
                self._found = find_signing_key(self._path, bool(self._passphrase))
            except CannotSign as exc:
                raise self._fail(str(exc)) from exc
        return self._found

    def _create_environment(self, folder: Folder, key: SigningKey) -> dict[str, str]:
        """Return how ssh-keygen gets the passphrase. With one it gets no agent, so that a wrong one never succeeds."""
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
    """Return a path where ssh-keygen finds the key and its public half, whatever its format is and whatever is beside it."""
    public = folder.write("key.pub", key.line)
    if key.path is None:
        return public
    path = os.path.join(folder.path, "key")
    os.symlink(key.path, path)
    return path


@contextlib.contextmanager
def _open_pipe(secret: bytes) -> t.Iterator[int]:
    """Yield the end of a pipe that holds a short secret, so that a program can inherit it."""
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

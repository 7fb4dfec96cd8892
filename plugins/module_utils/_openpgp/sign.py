# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign with an OpenPGP key in the GnuPG home of the user or in ``gnupg_home``."""

from __future__ import annotations

import contextlib
import os
import re
import typing as t

from .._errors import BadInput
from .._signatures.programs import Completed, find_program, forbid_core_dumps, run
from .._signatures.values import OPENPGP, BadSignature, CannotSign, MissingTool, Proof, Signature
from .._text import quoted
from .keys import parse_openpgp_keys
from .secret import SecretKey, choose_secret_key, parse_signing_key
from .signature import find_weakness, parse_signatures
from .status import format_time, split_status
from .verify import OpenpgpVerifier

# --no-options: gpg.conf might add signers (local-user), make text signatures (textmode) or choose weak digests. Signing with a
# given key needs no option in it. gpg-agent.conf, which controls passphrases and cards, is still read.
# --trust-model and --no-auto-check-trustdb: signing does not need the trust database, so it is neither created nor updated.
_COMMON = ("--no-options", "--batch", "--no-tty", "--trust-model", "always", "--no-auto-check-trustdb")
# Not --digest-algo: SHA-256 is too short for P-384 and P-521 keys, for which gpg uses the next preference.
_SIGN = ("--status-fd", "2", "--personal-digest-preferences", "SHA256 SHA384 SHA512", "--armor", "--output", "-")

_MAX_PASSPHRASE = 255  # bytes, the limit of gpg-agent, which also fit in the buffer of a pipe
_BAD_PASSPHRASE = frozenset({11, 87})
_NO_PASSPHRASE = frozenset({85, 99, 177, 198, 32870})
_NO_AGENT = 77
_LOCKED = "it is locked by a passphrase. Set signing_passphrase, or unlock the key in gpg-agent first"
_FAILURES = {
    17: "its secret part is not in the GnuPG home",
    54: "it has expired, was revoked or cannot sign",
    60: "gpg-agent does not accept a passphrase from a program. Remove no-allow-loopback-pinentry from gpg-agent.conf",
    _NO_AGENT: "gpg-agent does not start. The path of the GnuPG home might be too long for its socket (108 bytes)",
    108: "its card was removed",
    112: "its card is not inserted",
    113: "the PIN of its card is blocked",
}


class OpenpgpSigner:
    """A secret key in a GnuPG home or on a card. Raise BadInput for an invalid argument.

    ``key``: fingerprint or long key ID. ``passphrase``: None if the key has none, or if gpg-agent has it. ``gnupg_home``: None
    for the GnuPG home of the user.
    """

    format = OPENPGP

    def __init__(self, key: str, passphrase: str | None = None, gnupg_home: str | None = None) -> None:
        self._key = parse_signing_key(key)
        self._passphrase = _encode_passphrase(passphrase) if passphrase else None
        self._home = os.path.abspath(gnupg_home) if gnupg_home else os.environ.get("GNUPGHOME") or None
        self._found: SecretKey | None = None
        if gnupg_home and not os.path.isdir(gnupg_home):
            raise BadInput(f"gnupg_home: {quoted(gnupg_home)} is not an existing directory")
        if self._passphrase:
            forbid_core_dumps()

    def find_key(self) -> Proof:
        """Return the key without unlocking it, with ``signed_on`` None. Raise CannotSign or MissingTool if it cannot sign."""
        return Proof(OPENPGP, self._find().fingerprint)

    def sign(self, document: bytes) -> Signature:
        """Return the signature over exactly these bytes. Raise CannotSign or MissingTool."""
        found = self._find()
        with self._open_passphrase_pipe() as (options, descriptors):
            done = self._run([*options, *_SIGN, "--local-user", self._key, "--detach-sign"], document, descriptors)
        created = _parse_created(done, found)
        if created is None or not done.output:
            raise CannotSign(f"Cannot sign with the key {self._key}: {self._explain(done)}")
        try:
            parse_signatures(done.output)
        except BadSignature as exc:
            raise CannotSign(f"gpg reported a signature with the key {self._key}, but its output {exc}") from exc
        return Signature(done.output, Proof(OPENPGP, found.fingerprint, created))

    def create_verifier(self) -> OpenpgpVerifier:
        """Return a verifier that trusts only this key. Raise CannotSign or MissingTool if the key cannot sign."""
        fingerprint = self._find().fingerprint
        done = self._run(["--export", fingerprint])
        if not done.output:
            raise CannotSign(f"Cannot export the public key {fingerprint}: {done.explain()}")
        return OpenpgpVerifier(parse_openpgp_keys(done.output))

    def _find(self) -> SecretKey:
        if self._found is None:
            done = self._run(["--with-colons", "--list-secret-keys", self._key])
            where = quoted(self._home or os.path.join("~", ".gnupg"))
            if not done.output and b"No secret key" not in done.messages:
                cause = _FAILURES[_NO_AGENT] if b"No agent running" in done.messages else done.explain()
                raise CannotSign(f"Cannot search for the key {self._key} in the GnuPG home {where}: {cause}")
            self._found = choose_secret_key(done.output, self._key, where)
        return self._found

    @contextlib.contextmanager
    def _open_passphrase_pipe(self) -> t.Iterator[tuple[t.Sequence[str], t.Sequence[int]]]:
        """Yield the options for the passphrase and the pipe from which gpg reads it. Without one, gpg must not ask for it."""
        if self._passphrase is None:
            yield ("--pinentry-mode", "error"), ()
            return
        reader, writer = os.pipe()
        try:
            with open(writer, "wb") as sink:
                sink.write(self._passphrase + b"\n")
            yield ("--pinentry-mode", "loopback", "--passphrase-fd", str(reader)), (reader,)
        finally:
            os.close(reader)

    def _run(self, arguments: t.Sequence[str], data: bytes = b"", descriptors: t.Sequence[int] = ()) -> Completed:
        program = find_program("gpg")
        if program is None:
            raise MissingTool(
                "The program gpg, which makes OpenPGP signatures, is not installed on this host. Install gnupg (package gnupg2 on"
                " Fedora and Red Hat, gpg2 on SUSE)"
            )
        environment = {"HOME": os.path.expanduser("~"), **({"GNUPGHOME": self._home} if self._home else {})}
        return run([program, *_COMMON, *arguments], data, environment, descriptors)

    def _explain(self, done: Completed) -> str:
        """Return why gpg did not sign, and what to do."""
        failures = [fields[-1] for fields in split_status(done.messages) if fields[0] == "FAILURE"]
        code = int(failures[0]) & 0xFFFF if failures and re.match(r"[0-9]{1,10}\Z", failures[0]) else 0
        if self._passphrase is None and code in _BAD_PASSPHRASE | _NO_PASSPHRASE:
            return _LOCKED
        if code in _BAD_PASSPHRASE | _NO_PASSPHRASE:
            return "signing_passphrase is wrong"
        messages = [line for line in done.messages.split(b"\n") if not line.startswith(b"[GNUPG:]")]
        return _FAILURES.get(code) or done._replace(messages=b"\n".join(messages)).explain()


def _parse_created(done: Completed, key: SecretKey) -> str | None:
    """Return the time in the only SIG_CREATED line: type, two algorithms, class, time and fingerprint.

    Return None without such a line for this key and an accepted kind of signature.
    """
    lines = [fields[1:] for fields in split_status(done.messages) if fields[0] == "SIG_CREATED"]
    if len(lines) != 1 or len(lines[0]) < 6 or not all(re.match(r"[0-9]{1,10}\Z", field) for field in lines[0][2:5]):
        return None
    kind, _algorithm, digest, signature_class, time, fingerprint = lines[0][:6]
    if kind != "D" or fingerprint not in key.fingerprints or find_weakness(int(signature_class, 16), int(digest)):
        return None
    return format_time(int(time))


def _encode_passphrase(passphrase: str) -> bytes:
    """Return the bytes of a passphrase. gpg reads one line."""
    if re.search(r"[\r\n\0]", passphrase):
        raise BadInput("signing_passphrase has a line break or a null character. Remove a final line break with the filter trim")
    try:
        encoded = passphrase.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise BadInput("signing_passphrase is not valid Unicode") from None
    if len(encoded) > _MAX_PASSPHRASE:
        raise BadInput(f"signing_passphrase is longer than {_MAX_PASSPHRASE} bytes, which gpg-agent does not accept")
    return encoded

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verify detached OpenPGP signatures with an installed program: gpgv, sqv or gpg.

Programs get only the keys of ``signed_by``, with a private directory as their home, and each signature separately.
"""

from __future__ import annotations

import time
import typing as t

from .._errors import BitbucketError
from .._signatures.programs import Completed, find_program, private_folder, run
from .._signatures.values import OPENPGP, OTHER_HOST, MissingTool, Proof
from .._text import one_line
from .keys import OpenpgpKeys
from .signature import DetachedSignature, parse_signatures
from .status import FOREIGN, Judgment, choose, judge, parse_status

_NO_HOME = ("--no-options", "--batch", "--no-tty", "--trust-model", "always", "--no-auto-key-retrieve", "--no-default-keyring")
_UNCONFIRMED = Judgment(reason="is not confirmed by the program that verified it")


class OpenpgpVerifier:
    """The public keys of ``signed_by``. ``clock``: returns seconds since 1970, to refuse signatures with a date in the future."""

    format = OPENPGP

    def __init__(self, keys: OpenpgpKeys, clock: t.Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._clock = clock

    def knows(self, fingerprint: str) -> bool:
        """Return whether a key with this fingerprint, primary or not, is one of the trusted keys."""
        return self._keys.find_primary(fingerprint) is not None

    def verify(self, document: bytes, signature: bytes) -> Proof:
        """Return the key that made the signature over exactly these bytes. Raise BadSignature or MissingTool."""
        signatures = parse_signatures(signature)
        program = _find_program()
        with private_folder() as folder:
            keyring, path = folder.write("keys", self._keys.packets), folder.write("document", document)
            task = _Task(self._keys, self._clock(), folder.path, keyring, path)
            files = [folder.write(f"signature{number}", each.packet) for number, each in enumerate(signatures)]
            return choose([_judge(program, task, each, file) for each, file in zip(signatures, files)])


class _Task(t.NamedTuple):
    """One signature to verify.

    ``home``: a directory without keyrings and configuration of a user. ``keyring``, ``document`` and ``signature``: paths in it.
    """

    keys: OpenpgpKeys
    now: float
    home: str
    keyring: str
    document: str
    signature: str = ""


class _Program(t.NamedTuple):
    """A program that verifies. ``build``: returns its arguments. ``read``: judges its output, None if the program crashed."""

    name: str
    build: t.Callable[[_Task], t.Sequence[str]]
    read: t.Callable[[Completed, _Task], Judgment | None]
    path: str = ""


def _find_program() -> _Program:
    for program in _PROGRAMS:
        if path := find_program(program.name):
            return program._replace(path=path)
    raise MissingTool(
        "No program that verifies OpenPGP signatures is installed on this host. Install gpgv (package gpgv on Debian and Ubuntu,"
        " gnupg2 on Fedora and Red Hat, gpg2 on SUSE, gnupg on Alpine), sqv or gpg" + OTHER_HOST
    )


def _judge(program: _Program, every: _Task, signature: DetachedSignature, path: str) -> Judgment:
    """Return the judgment of a program about one signature. It gets only signatures without a flaw that claim a trusted key."""
    if signature.flaw:
        return Judgment(reason=signature.flaw)
    if not signature.issuers:
        return Judgment(reason="does not state which key made it")
    claimed = {every.keys.find_primary(issuer) for issuer in signature.issuers} - {None}
    if not claimed:
        return Judgment(reason=FOREIGN.format(signature.issuers[0]))
    task = every._replace(signature=path)
    done = run([program.path, *program.build(task)], b"", {"HOME": task.home, "GNUPGHOME": task.home})
    judgment = program.read(done, task)
    if judgment is None:
        raise BitbucketError(f"{program.name} failed to verify a signature: {done.explain()}")
    return _UNCONFIRMED if judgment.proof and judgment.proof.fingerprint not in claimed else judgment


def _build_gpgv(task: _Task) -> t.Sequence[str]:
    return ["--homedir", task.home, "--keyring", task.keyring, "--status-fd", "1", task.signature, task.document]


def _build_gpg(task: _Task) -> t.Sequence[str]:
    home = ["--homedir", task.home, *_NO_HOME, "--keyring", task.keyring]
    return [*home, "--status-fd", "1", "--verify", task.signature, task.document]


def _build_sqv(task: _Task) -> t.Sequence[str]:
    return ["--keyring", task.keyring, task.signature, task.document]


def _read_status(done: Completed, task: _Task) -> Judgment | None:
    """Judge the status lines of gpgv and gpg. The exit status proves nothing, except for a failure."""
    groups = parse_status(done.output)
    if done.status < 0 or not groups:
        return None
    judgment = judge(groups[0], task.keys, task.now)
    return _UNCONFIRMED if len(groups) > 1 or (judgment.proof and done.status) else judgment


def _read_fingerprints(done: Completed, task: _Task) -> Judgment | None:
    """Judge the fingerprints that sqv prints, one per line. Its exit status is 0, or 1 for a signature that is not good."""
    fingerprints = done.output.decode("ascii", "replace").split()
    if done.status == 0 and fingerprints:
        primaries = [task.keys.find_primary(fingerprint) for fingerprint in fingerprints if len(fingerprint) == 40]
        if len(primaries) == 1 == len(fingerprints) and primaries[0]:
            return Judgment(Proof(OPENPGP, primaries[0]))
        return Judgment(reason=FOREIGN.format(one_line(fingerprints[0])))
    if done.status != 1:
        return None
    words = one_line(done.messages.decode("utf-8", "replace"))
    return Judgment(reason=f"was rejected by sqv: {words or 'it printed no reason'}", fatal=True)


_PROGRAMS = (
    _Program("gpgv", _build_gpgv, _read_status),
    _Program("sqv", _build_sqv, _read_fingerprints),
    _Program("gpg", _build_gpg, _read_status),
)

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verify SSH signatures with ``ssh-keygen -Y verify``, whose output must name the key in the signature."""

from __future__ import annotations

import re
import typing as t

from .._errors import BitbucketError
from .._signatures.programs import Completed, find_program, private_folder, run
from .._signatures.values import OTHER_HOST, SSH, BadSignature, MissingTool, Proof
from .._text import one_line, quoted
from .keys import NAMESPACE, SIGNER, PublicKey, SshKey, SshKeys, fingerprint
from .signature import SshSignature, parse_ssh_signature

_INSTALL = "Install OpenSSH 8.1 or later (package openssh-client on Debian and Ubuntu, openssh-clients on Red Hat and SUSE)"

# Parts of the messages of ssh-keygen, and predicates about the signature.
_CAUSES = (
    ("incorrect signature", "does not match: the contents were changed after signing"),
    ("key has expired", "was made by the key {key}, which has expired (valid-before in signed_by)"),
    ("key is not yet valid", "was made by the key {key}, which is not valid yet (valid-after in signed_by)"),
    ("in signature namespace", "was made by the key {key}, which signed_by limits to other namespaces"),
    ("Certificate invalid: expired", "was made with an expired certificate of the key {key}"),
    ("Certificate invalid: not yet valid", "was made with a certificate of the key {key} that is not valid yet"),
)


def find_openssh(name: str) -> str:
    """Return the path of a program of OpenSSH. Raise MissingTool if it is not installed."""
    program = find_program(name)
    if program is None:
        raise MissingTool(f"{name} is not installed on this host. {_INSTALL}{OTHER_HOST}")
    return program


def run_keygen(
    arguments: t.Sequence[str], data: bytes, environment: t.Mapping[str, str], descriptors: t.Sequence[int] = ()
) -> Completed:
    """Run ssh-keygen. Raise MissingTool if it is not installed or does not support signatures."""
    program = find_openssh("ssh-keygen")
    done = run([program, *arguments], data, environment, descriptors)
    messages = done.messages.decode("utf-8", "replace")
    if re.search(r"(?:unknown|illegal|invalid) option -- '?Y", messages):
        raise MissingTool(f"{program} is too old for signatures. {_INSTALL}{OTHER_HOST}")
    if "No user exists for uid" in messages:
        raise BitbucketError(f"{program} does not run: {one_line(messages)}. Add the user to the passwd database of this host")
    return done


class SshVerifier:
    """The SSH keys of ``signed_by``."""

    format = SSH

    def __init__(self, keys: SshKeys) -> None:
        self._keys = keys

    def knows(self, fingerprint: str) -> bool:
        """Return whether the key itself is trusted. Keys that an authority certifies are unknown."""
        return self._keys.has_key(fingerprint)

    def verify(self, document: bytes, signature: bytes) -> Proof:
        """Return the key that made the signature over exactly these bytes. Raise BadSignature or MissingTool."""
        parsed = parse_ssh_signature(signature)
        failure = ""
        for identity in self._find_identities(parsed.key):
            failure = self._find_failure(document, parsed, identity)
            if not failure:
                return Proof(SSH, parsed.key.fingerprint)
        raise BadSignature(failure)

    def _find_identities(self, key: PublicKey) -> list[str]:
        """Return the principals to verify as, at least one: SIGNER for a bare key, or the allowed principals of a certificate."""
        if not key.certificate:
            if not self._keys.has_key(key.fingerprint):
                raise BadSignature(f"was made by the key {key.fingerprint}, which signed_by does not have")
            return [SIGNER]
        authorities = self._keys.find_authorities(key.certificate.authority)
        if not authorities:
            authority = fingerprint(key.certificate.authority)
            raise BadSignature(f"was made with a certificate of the authority {authority}, which signed_by does not have")
        names = [name for name in key.certificate.principals if any(_allows(entry, name) for entry in authorities)]
        if not names:
            theirs = ", ".join(map(quoted, key.certificate.principals)) or "no principals"
            raise BadSignature(one_line(f"was made with a certificate for {theirs}, which signed_by does not allow"))
        return names

    def _find_failure(self, document: bytes, signature: SshSignature, identity: str) -> str:
        """Return why the signature proves nothing for this principal, or an empty text if it is good."""
        with private_folder() as folder:
            allowed = folder.write("allowed_signers", self._keys.render_allowed_signers().encode("utf-8"))
            detached = folder.write("signature", signature.armor())
            arguments = ["-Y", "verify", "-f", allowed, "-I", identity, "-n", NAMESPACE, "-s", detached]
            done = run_keygen(arguments, document, {"HOME": folder.path})
        key = signature.key
        good = f'Good "{NAMESPACE}" signature for {identity} with {key.label} key {key.fingerprint}'
        if done.status == 0 and done.output.rstrip(b"\r\n") == good.encode("utf-8"):
            return ""
        return _explain(done, key)


def _allows(entry: SshKey, principal: str) -> bool:
    """Return whether the patterns of a line match a principal, by the rules of ssh-keygen."""
    patterns = entry.principals.strip('"').split(",")
    matched = [pattern for pattern in patterns if _matches(pattern.lstrip("!"), principal)]
    return principal.isprintable() and bool(matched) and not any(pattern.startswith("!") for pattern in matched)


def _matches(pattern: str, text: str) -> bool:
    regex = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(regex, text) is not None


def _explain(done: Completed, key: PublicKey) -> str:
    messages = done.messages.decode("utf-8", "replace")
    for part, cause in _CAUSES:
        if part in messages:
            return cause.format(key=key.fingerprint)
    words = one_line(f"{messages} {done.output.decode('utf-8', 'replace')}") or "nothing"
    return f"was not accepted by ssh-keygen, which ended with exit status {done.status} and printed: {words}"

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make OpenPGP keys and signatures for tests, with GnuPG, while the tests run.

Ask for the session fixture ``gnupg``, an OpenpgpHome that all tests of a session share::

    def test_fetch(gnupg: OpenpgpHome) -> None:
        key = gnupg.release                       # created at its first use (30 ms), and shared
        signature = key.sign(b"contents")         # armored
        signed_by = key.public                    # armored, as the option takes it
        signing_key, home = key.fingerprint, gnupg.path

Tests must not change the shared keys. A test that revokes a key or needs its own home calls ``open_openpgp_home()``.
The agent of a home remembers passphrases for ten minutes: call ``forget_passphrases()`` before a test of a wrong one.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

# Keys are older than their signatures, so that signatures of the past can be made.
KEY_TIME = "20200101T000000"
PAST_TIME = "20210101T000000"
PAST = "2021-01-01T00:00:00+00:00"
FUTURE_TIME = "20990101T000000"
PASSPHRASE = "correct horse ä battery € staple"


class OpenpgpKey(NamedTuple):
    """A key pair of a home. ``fingerprint``: of the primary key; ``subkeys``: of its subkeys that sign."""

    home: OpenpgpHome
    fingerprint: str
    subkeys: tuple[str, ...] = ()

    @property
    def public(self) -> str:
        """Return the armored public key."""
        return self.home.run("--armor", "--export", self.fingerprint).stdout.decode("ascii")

    @property
    def binary(self) -> bytes:
        """Return the public key as binary packets."""
        return self.home.run("--export", self.fingerprint).stdout

    @property
    def private(self) -> str:
        """Return the armored private key of a key without a passphrase."""
        return self.home.run("--armor", "--export-secret-keys", self.fingerprint).stdout.decode("ascii")

    def sign(self, document: bytes, *options: str, at: str = "", armor: bool = True, command: str = "--detach-sign") -> bytes:
        """Return a detached signature, or the output of another ``command`` of gpg. ``at``: its time, such as PAST_TIME.

        The newest subkey that signs is used if there is one.
        """
        time = ("--faked-system-time", f"{at}!") if at else ()
        user = () if "--local-user" in options else ("--local-user", self.fingerprint)
        return self.home.run(*time, *user, *(["--armor"] if armor else []), *options, command, data=document).stdout


class OpenpgpHome:
    """A GnuPG home with its own agent. Its path is short, because the path of the socket has at most 108 bytes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, *arguments: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run gpg with this home; raise with its messages if it fails."""
        command = ["gpg", "--homedir", str(self.path), "--batch", "--no-tty", "--quiet", "--yes", *arguments]
        done = subprocess.run(command, input=data, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
        return done

    def create_key(
        self,
        name: str = "",
        algorithm: str = "ed25519",
        expires: str = "never",
        passphrase: str = "",
        at: str = KEY_TIME,
        usage: str = "sign",
    ) -> OpenpgpKey:
        """Create a key without subkeys. ``expires``: such as ``1d`` after ``at``; ``usage``: ``sign`` or ``cert``."""
        before = set(self._list_primaries())
        options = ("--faked-system-time", f"{at}!", "--pinentry-mode", "loopback", "--passphrase", passphrase)
        self.run(*options, "--quick-gen-key", f"{name or 'Test'} <{len(before)}@example.com>", algorithm, usage, expires)
        (fingerprint,) = set(self._list_primaries()) - before
        return OpenpgpKey(self, fingerprint)

    def add_subkey(self, key: OpenpgpKey, expires: str = "never", at: str = KEY_TIME) -> OpenpgpKey:
        """Return the key with a new subkey, which signs from now on."""
        before = set(self._list_fingerprints())
        options = ("--faked-system-time", f"{at}!", "--pinentry-mode", "loopback", "--passphrase", "")
        self.run(*options, "--quick-add-key", key.fingerprint, "ed25519", "sign", expires)
        (fingerprint,) = set(self._list_fingerprints()) - before
        return key._replace(subkeys=(*key.subkeys, fingerprint))

    def revoke(self, key: OpenpgpKey) -> None:
        """Revoke the key with the certificate that gpg wrote when it created the key."""
        certificate = (self.path / "openpgp-revocs.d" / f"{key.fingerprint}.rev").read_bytes()
        self.run("--import", data=certificate.replace(b"\n:-----BEGIN", b"\n-----BEGIN"))

    def forget_passphrases(self) -> None:
        """End the agent, which remembers passphrases. The next command starts another one."""
        subprocess.run(["gpgconf", "--homedir", str(self.path), "--kill", "all"], capture_output=True, check=False)

    @cached_property
    def release(self) -> OpenpgpKey:
        """Return the trusted key."""
        return self.create_key("Release")

    @cached_property
    def attacker(self) -> OpenpgpKey:
        """Return a valid key that is not trusted."""
        return self.create_key("Attacker")

    @cached_property
    def with_subkey(self) -> OpenpgpKey:
        """Return a valid key that signs with its subkey."""
        return self.add_subkey(self.create_key("Subkey"))

    @cached_property
    def expired(self) -> OpenpgpKey:
        """Return an expired key, which was valid at PAST_TIME. Its signatures must have that time: ``sign(…, at=PAST_TIME)``."""
        return self.create_key("Expired", expires="3y")

    @cached_property
    def revoked(self) -> OpenpgpKey:
        """Return a revoked key. Its good signature from before is ``revoked_signature``, for ``b"contents"``."""
        return self._revoked[0]

    @property
    def revoked_signature(self) -> bytes:
        """Return the signature of the revoked key for ``b"contents"``."""
        return self._revoked[1]

    @cached_property
    def locked(self) -> OpenpgpKey:
        """Return a valid key with the passphrase PASSPHRASE."""
        return self.create_key("Locked", passphrase=PASSPHRASE)

    @cached_property
    def _revoked(self) -> tuple[OpenpgpKey, bytes]:
        key = self.create_key("Revoked")
        signature = key.sign(b"contents")
        self.revoke(key)
        return key, signature

    def _list_fingerprints(self) -> list[str]:
        lines = self.run("--with-colons", "--list-keys").stdout.decode("utf-8").splitlines()
        return [line.split(":")[9] for line in lines if line.startswith("fpr:")]

    def _list_primaries(self) -> list[str]:
        lines = self.run("--with-colons", "--list-keys").stdout.decode("utf-8").splitlines()
        return [after.split(":")[9] for line, after in pairwise(lines) if line.startswith("pub:")]


@contextmanager
def open_openpgp_home() -> Iterator[OpenpgpHome]:
    """Create an empty GnuPG home; stop its agent and remove it at the end."""
    missing = [name for name in ("gpg", "gpgv", "gpgconf") if shutil.which(name) is None]
    if missing:
        pytest.fail(f"These tests need GnuPG: install {', '.join(missing)} (packages gnupg and gpgv on Debian)")
    home = OpenpgpHome(Path(tempfile.mkdtemp(prefix="g", dir="/tmp")))
    # Otherwise each new agent spends a second to measure the required number of hash iterations.
    (home.path / "gpg-agent.conf").write_text("s2k-count 65536\n", "utf-8")
    try:
        yield home
    finally:
        home.forget_passphrases()
        shutil.rmtree(home.path, ignore_errors=True)


@pytest.fixture(scope="session")
def gnupg() -> Iterator[OpenpgpHome]:
    """Return the GnuPG home with the keys that all tests share. See OpenpgpHome."""
    with open_openpgp_home() as home:
        yield home

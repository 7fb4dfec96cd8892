# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create SSH keys, certificates and agents, and sign with ssh-keygen, as users without this collection do.

Keys are made while tests run and live in folders of pytest: no private key is in the repository. Making an Ed25519 key takes
10 ms. A folder of tests gets the shared keys by ``from tests.helpers.ssh_signing import untrusted_ssh_key, ssh_key`` in its
conftest:

- ``ssh_key`` is the key that a publisher signs with and readers trust: ``signing_key=str(ssh_key.path)``,
  ``signed_by=[ssh_key.public]``.
- ``untrusted_ssh_key`` is a valid key that is not trusted.
- ``locked_ssh_key`` needs the passphrase PASSPHRASE.

A signature by hand: ``ssh_key.sign(document)``. A line of an allowed signers file: ``ssh_key.line('valid-before="20200101"')``.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PASSPHRASE = "correct horse battery staple"
PROGRAMS = ("ssh-keygen", "ssh-agent", "ssh-add")


@dataclass(frozen=True)
class SshIdentity:
    """A key pair in files. ``path``: of the private key; the public key is in the same folder, with the suffix ``.pub``."""

    path: Path

    @property
    def public(self) -> str:
        """Return the line of the public key, ``TYPE BASE64 COMMENT``."""
        return self.path.with_name(f"{self.path.name}.pub").read_text().strip()

    @property
    def fingerprint(self) -> str:
        """Return the fingerprint that ssh-keygen prints, ``SHA256:…``."""
        return _run("ssh-keygen", "-l", "-f", f"{self.path}.pub").stdout.decode().split()[1]

    def line(self, options: str = "", principals: str = "jo@example.com") -> str:
        """Return a line of an allowed signers file for this key."""
        return " ".join(filter(None, [principals, options, *self.public.split()[:2]]))

    def sign(self, document: bytes, *, namespace: str = "file", options: tuple[str, ...] = ()) -> bytes:
        """Return a detached signature by ``ssh-keygen -Y sign``; the key must have no passphrase."""
        return _run("ssh-keygen", "-Y", "sign", "-f", str(self.path), "-n", namespace, *options, data=document).stdout

    def certify(self, authority: SshIdentity, principals: str = "", validity: str = "always:forever") -> SshCertificate:
        """Return a certificate for a copy of this key. ``principals``: comma-separated. ``validity``: as for ``-V``."""
        folder = Path(tempfile.mkdtemp(dir=self.path.parent))
        for suffix in ("", ".pub"):
            shutil.copy(f"{self.path}{suffix}", folder / f"key{suffix}")
        names = ("-n", principals) if principals else ()
        _run("ssh-keygen", "-q", "-s", str(authority.path), "-I", "test", *names, "-V", validity, str(folder / "key.pub"))
        return SshCertificate(folder / "key-cert.pub")


@dataclass(frozen=True)
class SshCertificate:
    """A certificate and its private key."""

    path: Path

    def sign(self, document: bytes) -> bytes:
        """Return a detached signature that contains the certificate."""
        return _run("ssh-keygen", "-Y", "sign", "-f", str(self.path), "-n", "file", data=document).stdout


def make_ssh_key(folder: Path, *options: str, passphrase: str = "", name: str = "id") -> SshIdentity:
    """Create a key in a new file. ``options``: of ssh-keygen; the default type is Ed25519."""
    kind = () if "-t" in options else ("-t", "ed25519")
    _run("ssh-keygen", "-q", *kind, *options, "-N", passphrase, "-C", "test", "-f", str(folder / name))
    return SshIdentity(folder / name)


@contextlib.contextmanager
def ssh_agent(*identities: SshIdentity) -> Iterator[str]:
    """Run an agent that has unlocked these keys, which have no passphrase; yield the path for SSH_AUTH_SOCK."""
    with tempfile.TemporaryDirectory(prefix="a", dir="/tmp") as folder:
        socket = f"{folder}/agent"
        started = _run("ssh-agent", "-s", "-a", socket).stdout.decode()
        number = re.search(r"SSH_AGENT_PID=([0-9]+)", started)
        assert number, started
        try:
            for identity in identities:
                _run("ssh-add", "-q", str(identity.path), environment={"SSH_AUTH_SOCK": socket})
            yield socket
        finally:
            _run("ssh-agent", "-k", environment={"SSH_AUTH_SOCK": socket, "SSH_AGENT_PID": number[1]})


@pytest.fixture(scope="session")
def ssh_key(tmp_path_factory: pytest.TempPathFactory) -> SshIdentity:
    """Return the Ed25519 key that tests sign with and trust."""
    return make_ssh_key(tmp_path_factory.mktemp("ssh"))


@pytest.fixture(scope="session")
def untrusted_ssh_key(tmp_path_factory: pytest.TempPathFactory) -> SshIdentity:
    """Return a key that no test trusts."""
    return make_ssh_key(tmp_path_factory.mktemp("ssh-untrusted"))


@pytest.fixture(scope="session")
def locked_ssh_key(tmp_path_factory: pytest.TempPathFactory) -> SshIdentity:
    """Return a key with the passphrase PASSPHRASE, for SshSigner: its ``sign`` fails."""
    return make_ssh_key(tmp_path_factory.mktemp("ssh-locked"), "-a", "1", passphrase=PASSPHRASE)


def _run(*command: str, data: bytes = b"", environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run a program of OpenSSH without the agent of the user and without a terminal."""
    assert shutil.which(command[0]), (
        f"Tests need {', '.join(PROGRAMS)}: install OpenSSH (package openssh-client or openssh-clients)"
    )
    mine = {name: value for name, value in os.environ.items() if not name.startswith("SSH_")}
    done = subprocess.run(
        command, input=data, capture_output=True, start_new_session=True, check=False, env={**mine, **(environment or {})}
    )
    assert done.returncode == 0, done.stderr.decode()
    return done

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide release keys of both formats in one form, for tests that do not depend on the format.

``key`` is a trusted key, ``other_key`` is a valid key of the same format that is not trusted.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._signatures.values import SUFFIXES
from tests.helpers.openpgp import OpenpgpHome, OpenpgpKey
from tests.helpers.ssh_signing import SshIdentity

MANIFEST = "SHA256SUMS"


@dataclass(frozen=True)
class ReleaseKey:
    """A key of one format. ``public``: an item of ``signed_by``. ``sign`` returns a detached signature by the program."""

    format: str
    fingerprint: str
    public: str
    signing: dict[str, Any]
    sign: Callable[[bytes], bytes]

    @property
    def signature(self) -> str:
        """Return the name of the signature of SHA256SUMS."""
        return MANIFEST + SUFFIXES[self.format]

    @property
    def options(self) -> dict[str, Any]:
        """Return the options of a task that signs SHA256SUMS with this key."""
        return {"manifest": MANIFEST, "signature_format": self.format, **self.signing}

    def verify(self, document: bytes, signature: bytes, folder: Path) -> None:
        """Raise an error unless the signature by this key matches the document. Verify as users do without the collection."""
        (folder / "verified.signature").write_bytes(signature)
        (folder / "verified.keys").write_text(self.public if self.format == "openpgp" else f"signer {self.public}\n")
        command = _BY_HAND[self.format].format(folder=folder)
        subprocess.run(["/bin/sh", "-ec", command], input=document, check=True, capture_output=True)


_BY_HAND = {
    "openpgp": (
        "gpg --homedir {folder} --no-default-keyring --dearmor < {folder}/verified.keys > {folder}/verified.gpg;"
        " gpgv --homedir {folder} --keyring {folder}/verified.gpg {folder}/verified.signature -"
    ),
    "ssh": "ssh-keygen -Y verify -f {folder}/verified.keys -I signer -n file -s {folder}/verified.signature",
}


def from_openpgp(key: OpenpgpKey) -> ReleaseKey:
    """Return an OpenPGP key."""
    signing = {"signing_key": key.fingerprint, "gnupg_home": str(key.home.path)}
    return ReleaseKey("openpgp", key.fingerprint, key.public, signing, key.sign)


def from_ssh(key: SshIdentity) -> ReleaseKey:
    """Return an SSH key."""
    return ReleaseKey("ssh", key.fingerprint, key.public, {"signing_key": str(key.path)}, key.sign)


@pytest.fixture(params=["openpgp", "ssh"])
def key(request: pytest.FixtureRequest, gnupg: OpenpgpHome, ssh_key: SshIdentity) -> ReleaseKey:
    """Return the trusted key."""
    return from_openpgp(gnupg.release) if request.param == "openpgp" else from_ssh(ssh_key)


@pytest.fixture
def other_key(key: ReleaseKey, gnupg: OpenpgpHome, untrusted_ssh_key: SshIdentity) -> ReleaseKey:
    """Return a key of the same format that is not trusted."""
    return from_openpgp(gnupg.attacker) if key.format == "openpgp" else from_ssh(untrusted_ssh_key)

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make a release key for the demo with ssh-keygen, or with gpg if ssh-keygen is missing."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

OWNER = "release@example.com"


@dataclass(frozen=True)
class ReleaseKey:
    """Describe a key pair.

    `commands` are the commands that made it. `public` is the file with the public key. `signing` are the options with which
    sign.yml uses it. `variables` are the environment variables that Ansible needs for it.
    """

    MISSING: ClassVar[str] = (
        "To sign the release, install ssh-keygen (package openssh-client or openssh-clients) or GnuPG, and run the demo again."
    )
    commands: tuple[str, ...]
    public: Path
    signing: tuple[str, ...]
    variables: dict[str, str]
    suffix: str

    def signature_of(self, manifest: str) -> str:
        """Return the signature name of a manifest."""
        return manifest + self.suffix


@contextlib.contextmanager
def make_release_key(folder: Path) -> Iterator[ReleaseKey | None]:
    """Make a key in this directory. Yield None if neither program is installed."""
    if shutil.which("ssh-keygen"):
        yield _make_ssh_key(folder)
    elif shutil.which("gpg"):
        # The path of the agent's socket is limited to 108 bytes, so its directory cannot be that of the demo.
        with tempfile.TemporaryDirectory(prefix="g", dir="/tmp") as home:
            try:
                yield _make_openpgp_key(folder, home)
            finally:
                subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
    else:
        yield None


def _make_ssh_key(folder: Path) -> ReleaseKey:
    private = folder / "release-key"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", OWNER, "-f", str(private)]
    _run(command, {})
    public = private.with_suffix(".pub")
    return ReleaseKey((shlex.join(command),), public, ("-e", f"release_key={private}"), {}, ".sig")


def _make_openpgp_key(folder: Path, home: str) -> ReleaseKey:
    public = folder / "release-key.asc"
    gpg = ["gpg", "--quiet", "--batch"]
    make = [*gpg, "--pinentry-mode", "loopback", "--passphrase", "", "--quick-generate-key", OWNER, "ed25519", "sign"]
    export = [*gpg, "--output", str(public), "--armor", "--export", OWNER]
    variables = {"GNUPGHOME": home}
    for command in (make, export):
        _run(command, variables)
    listed = _run([*gpg, "--with-colons", "--list-keys", OWNER], variables)
    fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))
    signing = ("-e", "release_key_format=openpgp", "-e", f"release_key={fingerprint}")
    return ReleaseKey((shlex.join(make), shlex.join(export)), public, signing, variables, ".asc")


def _run(command: list[str], variables: dict[str, str]) -> str:
    return subprocess.run(command, env={**os.environ, **variables}, check=True, capture_output=True, text=True).stdout

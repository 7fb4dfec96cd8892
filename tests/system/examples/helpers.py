# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create what examples need: releases, a build, snippets, a fleet, and the variables of a CI job."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.emulator import Emulator
from tests.emulator.journal import Entry
from tests.helpers.archives import Item, archive
from tests.helpers.openpgp import PASSPHRASE, OpenpgpKey
from tests.helpers.ssh_signing import SshIdentity

MANIFEST = "SHA256SUMS"


def build(version: str) -> bytes:
    """Return an archive with a program in it."""
    program = Item("bin/widgets", f"#!/bin/sh\necho {version}\n".encode(), mode=0o755)
    return archive(".tar.gz", [program, Item("README", b"How to use widgets.\n")])


# Published artifacts that examples name, oldest first.
RELEASED = {
    "widgets-1.1.0.tar.gz": b"the archive of release 1.1.0",
    "widgets-1.2.0.tar.gz": b"the archive of release 1.2.0",
    "VERSION": b"1.4.1\n",
    "build.json": b'{"commit": "0a1b2c3"}\n',
    "widgets-1.3.0.tar.gz": b"the archive of release 1.3.0",
    "widgets-1.3.0.zip": b"the same for others",
    "widgets-1.4.1.tar.gz": build("1.4.1"),
}
# Artifacts in the repository of tested builds.
STAGED = {
    "widgets-1.4.3.tar.gz": build("1.4.3"),
    "widgets-1.5.0.tar.gz": build("1.5.0"),
}
STAGING = "widgets-staging"
# Files of the build in dist/.
BUILT = {
    "NOTES.md": b"# widgets 1.4.2\nFaster, and no more leaks.\n",
    "install.sh": b"#!/bin/sh\n",
    "widgets-1.4.2.tar.gz": build("1.4.2"),
}
# Existing snippets: files by title.
KEPT = {
    "Run book": {"start.md": "Call the team.\n", "old.md": "Out of date.\n"},
    "Settings": {"settings.yml": "channel: stable\n"},
    "Release notes of widgets 1.3.0": {"notes.md": "# widgets 1.3.0\n"},
}
FLEET = ("web1", "web2", "web3", "web4")


def lines(files: Mapping[str, bytes]) -> str:
    """Return the manifest of these files."""
    return "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))


def release(emulator: Emulator, files: Mapping[str, bytes], slug: str = "widgets") -> None:
    """Store files in a repository, and then their manifest."""
    repository = emulator.repository(slug=slug)
    for name, content in files.items():
        repository.put(name, content)
    repository.put(MANIFEST, lines(files))


# The fingerprint in the documentation, which tests replace by that of their key.
DOCUMENTED_KEY = "0EE5BE979282D80B9F7540F1CCD2ED94D21739E9"


@dataclass(frozen=True)
class Keys:
    """Release keys: an SSH key, which is `release-key` in the folder of the tests, and an OpenPGP key with a passphrase."""

    ssh: SshIdentity
    openpgp: OpenpgpKey

    def lay_out(self, folder: Path) -> None:
        """Write the key files that documentation names: release-key, release-key.pub and release-key.asc."""
        (folder / "release-key").write_bytes(self.ssh.path.read_bytes())
        (folder / "release-key").chmod(0o600)
        (folder / "release-key.pub").write_text(f"{self.ssh.public}\n", encoding="utf-8")
        (folder / "release-key.asc").write_text(self.openpgp.public, encoding="utf-8")

    def environment(self) -> dict[str, str]:
        """Return the environment of a job that signs with the OpenPGP key."""
        return {"GNUPGHOME": str(self.openpgp.home.path), "RELEASE_KEY_PASSPHRASE": PASSPHRASE}

    def fill_in(self, text: str) -> str:
        """Return documentation with the fingerprint of this OpenPGP key."""
        return text.replace(DOCUMENTED_KEY, self.openpgp.fingerprint)

    def sign_by_ssh(self, emulator: Emulator, manifest: str, files: Mapping[str, bytes]) -> None:
        """Publish a manifest of these files, signed by the SSH key."""
        _publish_signed(emulator, manifest, files, self.ssh.sign, ".sig")

    def sign_by_openpgp(self, emulator: Emulator, manifest: str, files: Mapping[str, bytes], slug: str = "widgets") -> None:
        """Publish a manifest of these files, signed by the OpenPGP key."""
        unlock = ("--pinentry-mode", "loopback", "--passphrase", PASSPHRASE)
        _publish_signed(emulator, manifest, files, lambda text: self.openpgp.sign(text, *unlock), ".asc", slug)


def _publish_signed(
    emulator: Emulator,
    manifest: str,
    files: Mapping[str, bytes],
    sign: Callable[[bytes], bytes],
    suffix: str,
    slug: str = "widgets",
) -> None:
    text = lines(files).encode()
    repository = emulator.repository(slug=slug)
    repository.put(manifest, text)
    repository.put(manifest + suffix, sign(text))


def read_repository(emulator: Emulator, slug: str = "widgets") -> dict[str, bytes]:
    """Return the contents of a repository by name."""
    return {artifact.name: artifact.content for artifact in emulator.repository(slug=slug).newest_first()}


def writes(emulator: Emulator) -> list[Entry]:
    """Return the write requests to the API."""
    return [entry for entry in emulator.journal if entry.host == "api" and entry.method != "GET"]


def secrets(emulator: Emulator) -> list[str]:
    """Return the values that must never be printed."""
    return [*emulator.accounts.credentials, emulator.client_secret, emulator.signer.session[:40], "Signature="]


def variables(folder: Path) -> dict[str, str]:
    """Return values of variables that readers set themselves: empty folders, a digest and a passphrase."""
    directories = {f"{name}_directory": folder / name for name in ("deploy", "install")} | {"fetch_directory": folder / "fetched"}
    for directory in directories.values():
        directory.mkdir(exist_ok=True)
    return {
        **{name: str(directory) for name, directory in directories.items()},
        "install_checksum": "sha256:" + hashlib.sha256(BUILT["install.sh"]).hexdigest(),
        "release_key_passphrase": PASSPHRASE,
    }


def pipeline(folder: Path, tag: str = "1.4.2") -> dict[str, str]:
    """Return the variables that Bitbucket Pipelines sets in a build of a tag whose clone is in this folder."""
    return {
        "CI": "true",
        "BITBUCKET_BUILD_NUMBER": "37",
        "BITBUCKET_CLONE_DIR": str(folder),
        "BITBUCKET_COMMIT": "7f71d5bb3cc4a1e9a9f7fc1f2f9a1f0a8f0c6a3e",
        "BITBUCKET_REPO_FULL_NAME": "acme/widgets",
        "BITBUCKET_REPO_OWNER": "acme",
        "BITBUCKET_REPO_SLUG": "widgets",
        "BITBUCKET_TAG": tag,
        "BITBUCKET_WORKSPACE": "acme",
    }


def inventory(folder: Path, values: Mapping[str, Any]) -> Path:
    """Write an inventory of hosts that are folders of this machine; `values` are variables of them all."""
    hosts = {name: {"release_path": str(folder / "fleet" / name)} for name in FLEET}
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    file = folder / "inventory.yml"
    # JSON is YAML.
    groups = {"fleet": {"hosts": hosts, "vars": {**local, **values}}, "web": {"children": {"fleet": None}}}
    file.write_text(json.dumps(groups), encoding="utf-8")
    return file


def connection(emulator: Emulator) -> dict[str, str]:
    """Return the connection as variables of an inventory; the address of the API comes from the environment."""
    return {
        "bitbucket_workspace": "acme",
        "bitbucket_repository": "widgets",
        "bitbucket_user": emulator.user,
        "bitbucket_api_token": emulator.api_token,
    }

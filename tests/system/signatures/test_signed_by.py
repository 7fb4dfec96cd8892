# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the keys of ``signed_by``: all accepted forms, and refused values."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._signatures.values import Verifier
from ansible_collections.releng.bitbucket.plugins.module_utils._trust.signed_by import MAX_SIZE, parse_signed_by
from tests.helpers.openpgp import OpenpgpHome
from tests.helpers.ssh_signing import SshIdentity

DOCUMENT = b"0123  widgets.tgz\n"


def refuse(*items: str) -> str:
    """Return why these items are refused."""
    with pytest.raises(BadInput) as caught:
        parse_signed_by(items)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def write(path: Path, data: bytes | str) -> str:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return str(path)


def accepts(verifier: Verifier, key: SshIdentity) -> bool:
    return verifier.verify(DOCUMENT, key.sign(DOCUMENT)).fingerprint == key.fingerprint


class TestSsh:
    """SSH keys as text and in files."""

    def test_text_is_accepted_in_every_form(self, ssh_key: SshIdentity) -> None:
        two_words = " ".join(ssh_key.public.split()[:2])
        for item in (
            ssh_key.public,
            two_words,
            f"\n  {two_words}\n",
            ssh_key.line(),
            "# release\n" + ssh_key.line('namespaces="file"'),
        ):
            assert accepts(parse_signed_by([item]), ssh_key)

    def test_files_are_accepted(self, ssh_key: SshIdentity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        allowed = write(tmp_path / "allowed signers", f"# release\n\n{ssh_key.line()}\r\n")
        for item in (f"{ssh_key.path}.pub", allowed, f" {allowed}\n", "~/allowed signers"):
            assert accepts(parse_signed_by([item]), ssh_key)

    def test_keys_of_all_items_are_trusted(self, ssh_key: SshIdentity, untrusted_ssh_key: SshIdentity) -> None:
        verifier = parse_signed_by([ssh_key.public, f"{untrusted_ssh_key.path}.pub"])
        assert verifier.format == "ssh"
        assert accepts(verifier, ssh_key)
        assert accepts(verifier, untrusted_ssh_key)


class TestOpenpgp:
    """OpenPGP keys as text and in files."""

    def test_text_and_files_are_accepted(self, gnupg: OpenpgpHome, tmp_path: Path) -> None:
        key = gnupg.release
        items = [
            key.public,
            f"\n{key.public}\n",
            write(tmp_path / "key.asc", key.public),
            write(tmp_path / "key.gpg", key.binary),
            str(Path(gnupg.path) / "pubring.kbx"),
        ]
        for item in items:
            verifier = parse_signed_by([item])
            assert verifier.format == "openpgp"
            assert verifier.verify(DOCUMENT, key.sign(DOCUMENT)).fingerprint == key.fingerprint

    def test_keys_of_all_items_are_trusted(self, gnupg: OpenpgpHome, tmp_path: Path) -> None:
        verifier = parse_signed_by([gnupg.release.public, write(tmp_path / "key.gpg", gnupg.attacker.binary)])
        for key in (gnupg.release, gnupg.attacker):
            assert verifier.verify(DOCUMENT, key.sign(DOCUMENT)).fingerprint == key.fingerprint


class TestRefusal:
    """Items that would leave a manifest unverified, or that are mistakes."""

    def test_no_key_is_refused(self, ssh_key: SshIdentity) -> None:
        assert refuse() == "signed_by is empty. List at least one public key, or omit the option"
        for blank in ("", " ", "\n\t"):
            assert refuse(ssh_key.public, blank).startswith("Item 2 of signed_by is empty. ")

    def test_both_formats_together_are_refused(self, ssh_key: SshIdentity, gnupg: OpenpgpHome) -> None:
        for items in ([ssh_key.public, gnupg.release.public], [f"{ssh_key.public}\n{gnupg.release.public}"]):
            assert refuse(*items).startswith("signed_by has both OpenPGP keys and SSH keys")

    def test_private_keys_are_refused_and_not_repeated(self, ssh_key: SshIdentity, gnupg: OpenpgpHome, tmp_path: Path) -> None:
        ssh, openpgp = ssh_key.path.read_text(), gnupg.release.private
        binary = gnupg.run("--export-secret-keys", gnupg.release.fingerprint).stdout
        items = [
            ssh,
            ssh.replace("\n", "\\n"),
            ssh.replace("\n", " "),
            openpgp,
            ssh_key.public + "\n" + ssh,
            str(ssh_key.path),
            write(tmp_path / "key", openpgp),
            write(tmp_path / "key.gpg", binary),
        ]
        for item in items:
            message = refuse(item)
            assert "private key" in message
            assert not any(line in message for line in [*ssh.splitlines(), *openpgp.splitlines()] if line)

    @pytest.mark.parametrize("name", ["missing.pub", "folder", "text", "empty", "pipe"])
    def test_path_that_is_not_a_key_file_is_refused_with_its_name(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "folder").mkdir()
        (tmp_path / "text").write_text("release key of the widgets")
        (tmp_path / "empty").touch()
        os.mkfifo(tmp_path / "pipe")
        cause = {
            "missing.pub": "cannot be read (No such file or directory)",
            "folder": "is not a file, but a directory or a device",
            "text": "has neither OpenPGP public keys (armored, binary or a keyring) nor SSH public keys or allowed-signers lines",
            "empty": "is empty",
            "pipe": "is not a file, but a directory or a device",
        }[name]
        path = str(tmp_path / name)
        assert refuse(path) == f"Item 1 of signed_by, the file '{path}' on the host that verifies the signature, {cause}"

    def test_invalid_path_is_refused(self) -> None:
        assert "cannot be read (embedded null byte)" in refuse("/keys\0")
        assert "cannot be read (File name too long)" in refuse("/" + "k" * 5000)

    def test_huge_file_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "image"
        with path.open("wb") as sink:
            sink.truncate(MAX_SIZE + 1)
        assert refuse(str(path)).endswith("is larger than 16 MiB, so it is not a file of keys")

    @pytest.mark.parametrize("text", ["release\nkey", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"])
    def test_other_text_is_refused_and_not_repeated(self, text: str) -> None:
        assert refuse(text).startswith("Item 1 of signed_by has neither OpenPGP public keys")

    def test_damaged_keys_are_refused_and_not_repeated(self, ssh_key: SshIdentity, gnupg: OpenpgpHome, tmp_path: Path) -> None:
        broken = ssh_key.public.split()[1][:40]
        message = refuse(f"ssh-ed25519 {broken}")
        assert message == "Item 1 of signed_by is not readable: line 1 has a key that is truncated"
        assert "Item 1 of signed_by" in refuse(gnupg.release.public[:300])
        message = refuse(write(tmp_path / "key.pub", f"ssh-ed25519 {broken}"))
        assert f"the file '{tmp_path}/key.pub' on the host that verifies the signature, is not readable: line 1" in message

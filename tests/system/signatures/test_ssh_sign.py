# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign with SSH keys in files and agents, and refuse keys that cannot sign."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._signatures.values import CannotSign, MissingTool, Proof
from ansible_collections.releng.bitbucket.plugins.module_utils._ssh.sign import SshSigner
from tests.helpers.ssh_signing import PASSPHRASE, SshIdentity, make_ssh_key, ssh_agent
from tests.system.signatures.test_ssh import DOCUMENT, KINDS, install

PEM = {"pem": ("-t", "rsa", "-b", "2048", "-m", "PEM"), "pkcs8": ("-t", "ecdsa", "-m", "PKCS8")}


@pytest.fixture(autouse=True)
def _no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


def sign(key: SshIdentity, passphrase: str | None = None, path: Path | None = None) -> None:
    """Sign with a key, and require that the signature is good, and that the key was found before."""
    signer = SshSigner(str(path or key.path), passphrase)
    assert signer.find_key() == Proof("ssh", key.fingerprint, None)
    signature = signer.sign(DOCUMENT)
    assert signature.proof == Proof("ssh", key.fingerprint, None)
    assert signer.create_verifier().verify(DOCUMENT, signature.data) == signature.proof


def refuse(path: Path | str, passphrase: str | None = None) -> str:
    """Return the reason why a key is refused before it signs."""
    with pytest.raises(CannotSign) as caught:
        SshSigner(str(path), passphrase).find_key()
    prefix = f"signing_key '{path}' "
    assert str(caught.value).startswith(prefix)
    return str(caught.value)[len(prefix) :]


def fail(path: Path, passphrase: str | None = None) -> str:
    """Return the reason why an accepted key does not sign."""
    signer = SshSigner(str(path), passphrase)
    assert signer.find_key()
    with pytest.raises(CannotSign) as caught:
        signer.sign(DOCUMENT)
    prefix = f"signing_key '{path}' "
    assert str(caught.value).startswith(prefix)
    return str(caught.value)[len(prefix) :]


class TestKeys:
    """Keys in files, with and without a passphrase."""

    @pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
    @pytest.mark.parametrize("passphrase", [None, PASSPHRASE], ids=["open", "locked"])
    def test_every_kind_of_key_signs(self, tmp_path: Path, options: tuple[str, ...], passphrase: str | None) -> None:
        sign(make_ssh_key(tmp_path, *options, passphrase=passphrase or ""), passphrase)

    def test_home_directory_is_expanded(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        key = make_ssh_key(tmp_path)
        monkeypatch.setenv("HOME", str(tmp_path))
        sign(key, path=Path("~/id"))

    def test_relative_path_is_that_of_the_working_directory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        sign(make_ssh_key(tmp_path), path=Path("id"))

    @pytest.mark.parametrize("kind", ["ed25519", "rsa", "pem", "pkcs8"])
    def test_unencrypted_key_signs_without_its_public_key(self, tmp_path: Path, kind: str) -> None:
        signer = SshSigner(str(make_ssh_key(tmp_path, *KINDS[kind]).path), None)
        (tmp_path / "id.pub").unlink()
        assert signer.sign(DOCUMENT).proof == signer.find_key()

    def test_encrypted_key_signs_without_its_public_key(self, tmp_path: Path) -> None:
        signer = SshSigner(str(make_ssh_key(tmp_path, passphrase=PASSPHRASE).path), PASSPHRASE)
        (tmp_path / "id.pub").unlink()
        assert signer.sign(DOCUMENT).proof == signer.find_key()

    def test_wrong_public_key_file_is_ignored(self, tmp_path: Path, untrusted_ssh_key: SshIdentity) -> None:
        key = make_ssh_key(tmp_path, passphrase=PASSPHRASE)
        fingerprint = key.fingerprint
        (tmp_path / "id.pub").write_text(untrusted_ssh_key.public)
        assert SshSigner(str(key.path), PASSPHRASE).sign(DOCUMENT).proof.fingerprint == fingerprint

    def test_passphrase_is_ignored_for_an_unencrypted_key(self, ssh_key: SshIdentity) -> None:
        sign(ssh_key, PASSPHRASE)

    @pytest.mark.parametrize(
        "passphrase", ["mañana €urope 🔑", " blanks ", "'\"$(id)\\n`", "-" * 1000], ids=["words", "blanks", "shell", "long"]
    )
    def test_passphrase_can_have_any_characters(self, tmp_path: Path, passphrase: str) -> None:
        sign(make_ssh_key(tmp_path, "-a", "1", passphrase=passphrase), passphrase)

    def test_key_signs_repeatedly(self, locked_ssh_key: SshIdentity) -> None:
        signer = SshSigner(str(locked_ssh_key.path), PASSPHRASE)
        assert signer.sign(DOCUMENT) == signer.sign(DOCUMENT)


class TestUnusableKeys:
    """Keys that cannot sign, and the advice for each."""

    def test_wrong_passphrase_is_an_error(self, locked_ssh_key: SshIdentity) -> None:
        assert fail(locked_ssh_key.path, "wrong") == "is locked by another passphrase: signing_passphrase is wrong"

    @pytest.mark.parametrize("options", PEM.values(), ids=PEM)
    def test_wrong_passphrase_of_a_pem_file_is_an_error(self, tmp_path: Path, options: tuple[str, ...]) -> None:
        key = make_ssh_key(tmp_path, *options, passphrase=PASSPHRASE)
        assert fail(key.path, "wrong") == "is locked by another passphrase: signing_passphrase is wrong"

    @pytest.mark.parametrize("options", [(), *PEM.values()], ids=["openssh", *PEM])
    @pytest.mark.parametrize("passphrase", [None, ""], ids=["none", "empty"])
    def test_missing_passphrase_is_an_error(self, tmp_path: Path, options: tuple[str, ...], passphrase: str | None) -> None:
        key = make_ssh_key(tmp_path, *options, passphrase=PASSPHRASE)
        assert refuse(key.path, passphrase).startswith("is locked by a passphrase. Set signing_passphrase, or add the key")

    @pytest.mark.parametrize("passphrase", ["two\nlines", "nul\0", "x" * 1001], ids=["lines", "nul", "long"])
    def test_passphrase_that_ssh_keygen_would_truncate_is_an_error(self, locked_ssh_key: SshIdentity, passphrase: str) -> None:
        with pytest.raises(CannotSign, match="signing_passphrase must be one line of at most 1000 bytes") as caught:
            SshSigner(str(locked_ssh_key.path), passphrase).find_key()
        assert passphrase not in str(caught.value)

    def test_encrypted_pem_file_needs_its_public_key(self, tmp_path: Path) -> None:
        key = make_ssh_key(tmp_path, *PEM["pem"], passphrase=PASSPHRASE)
        (tmp_path / "id.pub").unlink()
        assert refuse(key.path, PASSPHRASE) == (
            f"is a locked PEM file, whose public key must be in '{tmp_path}/id.pub', which cannot be read"
            " (No such file or directory). Create it with ssh-keygen -y"
        )

    def test_key_that_others_can_read_is_an_error(self, tmp_path: Path) -> None:
        key = make_ssh_key(tmp_path)
        key.path.chmod(0o640)
        assert refuse(key.path) == "can be read by other users, so ssh-keygen refuses it. Run chmod 600 on it"

    def test_path_without_a_key_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "text").write_text("no key")
        assert refuse(tmp_path / "missing") == "does not exist on the host that runs the module"
        assert refuse(tmp_path) == "is not a file on the host that runs the module, but a directory or a device"
        assert refuse(tmp_path / "text") == "is not an SSH key in OpenSSH or PEM format"
        assert refuse("/" + "k" * 256) == "cannot be read on the host that runs the module (File name too long)"

    @pytest.mark.parametrize(
        ("text", "cause"),
        [
            (
                "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\n-----END OPENSSH PRIVATE KEY-----",
                "is a private key that is truncated",
            ),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\n!\n-----END OPENSSH PRIVATE KEY-----", "is a damaged private key"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
                "is not a private key that ssh-keygen can read",
            ),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\n", "is not a private key that ssh-keygen can read"),
        ],
    )
    def test_damaged_key_is_an_error_that_does_not_repeat_it(self, tmp_path: Path, text: str, cause: str) -> None:
        path = tmp_path / "id"
        path.write_text(text)
        path.chmod(0o600)
        message = refuse(path)
        assert message.startswith(cause)
        assert "b3BlbnNz" not in message

    def test_key_with_a_damaged_private_part_is_an_error(self, tmp_path: Path) -> None:
        key = make_ssh_key(tmp_path)
        lines = key.path.read_text().splitlines()
        key.path.write_text("\n".join([*lines[:4], lines[4][::-1], *lines[5:]]) + "\n")
        assert fail(key.path).startswith(
            ("is not a private key that ssh-keygen can read", "cannot sign: ssh-keygen ended with exit status")
        )

    def test_certificate_is_an_error(self, ssh_key: SshIdentity, untrusted_ssh_key: SshIdentity) -> None:
        certificate = ssh_key.certify(untrusted_ssh_key, "jo")
        assert "line 1 is a certificate. Use its key" in refuse(certificate.path)

    def test_missing_tool_is_an_error_that_says_what_to_install(
        self, ssh_key: SshIdentity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(MissingTool, match=r"ssh-keygen is not installed on this host\. Install OpenSSH 8\.1 or later"):
            SshSigner(str(ssh_key.path), None).find_key()


class TestAgent:
    """Keys that an agent holds."""

    def test_public_key_signs_with_the_agent(self, ssh_key: SshIdentity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "release.pub"
        path.write_text(ssh_key.public)
        with ssh_agent(ssh_key) as socket:
            monkeypatch.setenv("SSH_AUTH_SOCK", socket)
            sign(ssh_key, path=path)

    def test_rsa_key_in_the_agent_signs_without_sha1(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        key = make_ssh_key(tmp_path, *KINDS["rsa"])
        with ssh_agent(key) as socket:
            monkeypatch.setenv("SSH_AUTH_SOCK", socket)
            sign(key, path=Path(f"{key.path}.pub"))

    def test_encrypted_key_signs_without_a_passphrase_with_the_agent(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = make_ssh_key(tmp_path)
        with ssh_agent(key) as socket:
            monkeypatch.setenv("SSH_AUTH_SOCK", socket)
            subprocess.run(["ssh-keygen", "-q", "-p", "-N", PASSPHRASE, "-f", key.path], check=True, capture_output=True)
            sign(key)
            assert fail(key.path, "wrong") == "is locked by another passphrase: signing_passphrase is wrong"

    def test_key_that_is_not_in_the_agent_is_an_error(
        self, ssh_key: SshIdentity, untrusted_ssh_key: SshIdentity, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        public = f"{untrusted_ssh_key.path}.pub"
        missing = f"is a public key, {untrusted_ssh_key.fingerprint}, whose private key is not in the SSH agent"
        assert (
            refuse(public)
            == f"{missing}. The task has no agent, because SSH_AUTH_SOCK is not set in its environment (become removes it)"
        )
        with ssh_agent(ssh_key) as socket:
            monkeypatch.setenv("SSH_AUTH_SOCK", socket)
            assert refuse(public) == f"{missing}. Add it with ssh-add, or set signing_key to the path of the private key"
        assert refuse(public).startswith(missing)

    def test_agent_that_refuses_is_an_error(self, ssh_key: SshIdentity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The key requires a confirmation, and the agent has no program to request it."""
        path = tmp_path / "release.pub"
        path.write_text(ssh_key.public)
        with ssh_agent() as socket:
            monkeypatch.setenv("SSH_AUTH_SOCK", socket)
            subprocess.run(["ssh-add", "-q", "-c", ssh_key.path], check=True, capture_output=True)
            assert fail(path).startswith("is in the SSH agent, which refused to sign")


class TestSecrets:
    """Places that must never contain passphrases and private keys."""

    def test_passphrase_is_in_no_argument_environment_or_file(
        self, locked_ssh_key: SshIdentity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A replacement of ssh-keygen records the input of itself and of its askpass program."""
        seen = tmp_path / "seen"
        seen.mkdir()
        copy = f'cat /proc/$$/cmdline /proc/$$/environ > {seen}/process; cp -r "$HOME" {seen}/home 2>/dev/null'
        install(monkeypatch, tmp_path, f'{copy}; exec /usr/bin/ssh-keygen "$@"')
        monkeypatch.setenv("BITBUCKET_TOKEN", "hidden token")
        signer = SshSigner(str(locked_ssh_key.path), PASSPHRASE)
        assert signer.sign(DOCUMENT).proof == signer.find_key()
        private = locked_ssh_key.path.read_bytes()
        texts = [path.read_bytes() for path in seen.rglob("*") if path.is_file() and path.name != "key"]
        assert len(texts) >= 3
        for text in texts:
            assert PASSPHRASE.encode() not in text
            assert b"hidden token" not in text
            assert private[60:200] not in text

    def test_signer_forbids_core_dumps(self, ssh_key: SshIdentity) -> None:
        before = resource.getrlimit(resource.RLIMIT_CORE)
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
            SshSigner(str(ssh_key.path), None)
            assert resource.getrlimit(resource.RLIMIT_CORE) == (0, before[1])
        finally:
            resource.setrlimit(resource.RLIMIT_CORE, before)

    def test_no_temporary_files_remain(
        self, locked_ssh_key: SshIdentity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        before = sorted(locked_ssh_key.path.parent.rglob("*"))
        descriptors = len(os.listdir("/proc/self/fd"))
        for passphrase in (PASSPHRASE, "wrong"):
            try:
                SshSigner(str(locked_ssh_key.path), passphrase).sign(DOCUMENT)
            except CannotSign:
                continue
        assert list(tmp_path.iterdir()) == []
        assert sorted(locked_ssh_key.path.parent.rglob("*")) == before
        assert len(os.listdir("/proc/self/fd")) == descriptors

    def test_no_file_in_the_temporary_folder_is_executed(
        self, locked_ssh_key: SshIdentity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A file system that is mounted noexec executes nothing: no file is executable, and askpass is the interpreter."""
        log = tmp_path / "log"
        script = f'find "$HOME" -type f -perm /111 > {log}; echo "askpass $SSH_ASKPASS" >> {log}; exec /usr/bin/ssh-keygen "$@"'
        install(monkeypatch, tmp_path, script)
        signer = SshSigner(str(locked_ssh_key.path), PASSPHRASE)
        assert signer.sign(DOCUMENT)
        assert log.read_text() == f"askpass {sys.executable}\n"

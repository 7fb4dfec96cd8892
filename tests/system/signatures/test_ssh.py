# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verify SSH signatures with the real ssh-keygen, and with programs that print false output."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError
from ansible_collections.releng.bitbucket.plugins.module_utils._signatures.values import BadSignature, MissingTool, Proof
from ansible_collections.releng.bitbucket.plugins.module_utils._ssh.keys import parse_ssh_keys
from ansible_collections.releng.bitbucket.plugins.module_utils._ssh.signature import parse_ssh_signature
from ansible_collections.releng.bitbucket.plugins.module_utils._ssh.verify import SshVerifier
from tests.helpers.ssh_signing import SshIdentity, make_ssh_key

DOCUMENT = b"0123  widgets.tgz\n"
KINDS = {
    "ed25519": (),
    "ecdsa": ("-t", "ecdsa", "-b", "384"),
    "ecdsa 521": ("-t", "ecdsa", "-b", "521"),
    "rsa": ("-t", "rsa", "-b", "2048"),
    "pem": ("-t", "rsa", "-b", "2048", "-m", "PEM"),
    "pkcs8": ("-t", "ecdsa", "-m", "PKCS8"),
}


def trust(*lines: str) -> SshVerifier:
    return SshVerifier(parse_ssh_keys("\n".join(lines).encode()))


def refuse(verifier: SshVerifier, signature: bytes, document: bytes = DOCUMENT) -> str:
    """Return why the signature proves nothing."""
    with pytest.raises(BadSignature) as caught:
        verifier.verify(document, signature)
    return str(caught.value)


def install(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> Path:
    """Install a program ssh-keygen as the first one on PATH."""
    program = folder / "bin" / "ssh-keygen"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/local/bin:/usr/bin:/bin")
    return program


class TestVerify:
    """Good signatures by trusted keys, and refused ones."""

    @pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
    def test_good_signature_of_every_kind_of_key_is_accepted(self, tmp_path: Path, options: tuple[str, ...]) -> None:
        key = make_ssh_key(tmp_path, *options)
        assert trust(key.public).verify(DOCUMENT, key.sign(DOCUMENT)) == Proof("ssh", key.fingerprint, None)

    def test_both_digests_are_accepted(self, ssh_key: SshIdentity) -> None:
        signature = ssh_key.sign(DOCUMENT, options=("-O", "hashalg=sha256"))
        assert trust(ssh_key.public).verify(DOCUMENT, signature).fingerprint == ssh_key.fingerprint

    def test_one_of_several_keys_is_enough(self, ssh_key: SshIdentity, untrusted_ssh_key: SshIdentity) -> None:
        verifier = trust(untrusted_ssh_key.public, ssh_key.line(principals="jane"))
        assert verifier.verify(DOCUMENT, ssh_key.sign(DOCUMENT)).fingerprint == ssh_key.fingerprint
        assert verifier.knows(ssh_key.fingerprint)
        assert not verifier.knows("SHA256:" + "A" * 43)

    @pytest.mark.parametrize(
        "changed",
        [DOCUMENT[1:], DOCUMENT + b"\n", DOCUMENT.replace(b"\n", b"\r\n"), DOCUMENT.strip(), b"", b"1" + DOCUMENT[1:]],
        ids=["shorter", "longer", "CRLF", "no line end", "empty", "changed"],
    )
    def test_changed_contents_are_refused(self, ssh_key: SshIdentity, changed: bytes) -> None:
        cause = refuse(trust(ssh_key.public), ssh_key.sign(DOCUMENT), changed)
        assert cause == "does not match: the contents were changed after signing"

    def test_untrusted_key_is_refused_with_its_fingerprint(self, ssh_key: SshIdentity, untrusted_ssh_key: SshIdentity) -> None:
        cause = refuse(trust(ssh_key.public), untrusted_ssh_key.sign(DOCUMENT))
        assert cause == f"was made by the key {untrusted_ssh_key.fingerprint}, which signed_by does not have"

    def test_other_namespace_is_refused_and_named(self, ssh_key: SshIdentity) -> None:
        cause = refuse(trust(ssh_key.line('namespaces="*"')), ssh_key.sign(DOCUMENT, namespace="git"))
        assert cause.startswith("was made for the namespace 'git' instead of 'file'")

    def test_key_for_other_namespaces_is_refused(self, ssh_key: SshIdentity) -> None:
        cause = refuse(trust(ssh_key.line('namespaces="git,email"')), ssh_key.sign(DOCUMENT))
        assert cause == f"was made by the key {ssh_key.fingerprint}, which signed_by limits to other namespaces"

    def test_key_for_several_namespaces_is_accepted(self, ssh_key: SshIdentity) -> None:
        assert trust(ssh_key.line('namespaces="git,f*"')).verify(DOCUMENT, ssh_key.sign(DOCUMENT))

    @pytest.mark.parametrize(
        ("option", "words"),
        [('valid-before="20200101"', "which has expired"), ('valid-after="20990101"', "which is not valid yet")],
    )
    def test_key_is_refused_outside_of_its_validity_period(self, ssh_key: SshIdentity, option: str, words: str) -> None:
        cause = refuse(trust(ssh_key.line(option)), ssh_key.sign(DOCUMENT))
        assert cause.startswith(f"was made by the key {ssh_key.fingerprint}, {words}")

    def test_key_is_accepted_in_its_validity_period(self, ssh_key: SshIdentity) -> None:
        verifier = trust(ssh_key.line('valid-after="20200101",valid-before="20990101"'))
        assert verifier.verify(DOCUMENT, ssh_key.sign(DOCUMENT))

    def test_damaged_signature_is_refused(self, ssh_key: SshIdentity) -> None:
        signature = ssh_key.sign(DOCUMENT)
        lines = signature.splitlines(keepends=True)
        lines[4] = bytes(reversed(lines[4].strip())) + b"\n"
        assert refuse(trust(ssh_key.public), b"".join(lines))

    def test_agents_and_settings_of_the_user_are_ignored(
        self, ssh_key: SshIdentity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        log = tmp_path / "environment"
        install(monkeypatch, tmp_path, f'env > {log}; exec /usr/bin/ssh-keygen "$@"')
        monkeypatch.setenv("SSH_AUTH_SOCK", "/agent")
        monkeypatch.setenv("BITBUCKET_TOKEN", "hidden")
        assert trust(ssh_key.public).verify(DOCUMENT, ssh_key.sign(DOCUMENT))
        names = {line.split("=")[0] for line in log.read_text().splitlines()}
        assert names <= {"PATH", "LC_ALL", "HOME", "PWD", "OLDPWD", "SHLVL", "_"}
        assert str(Path.home()) not in log.read_text()


class TestCertificate:
    """Keys that an authority in ``signed_by`` certifies."""

    def test_certified_key_is_accepted(self, ssh_key: SshIdentity, untrusted_ssh_key: SshIdentity) -> None:
        signature = ssh_key.certify(untrusted_ssh_key, "al,jo@example.com").sign(DOCUMENT)
        verifier = trust(untrusted_ssh_key.line("cert-authority", principals="*@example.com"))
        assert verifier.verify(DOCUMENT, signature) == Proof("ssh", ssh_key.fingerprint, None)

    @pytest.mark.parametrize("excluded", ["*@example.com", "*,!jo"])
    def test_principal_that_the_line_excludes_is_refused(
        self, ssh_key: SshIdentity, untrusted_ssh_key: SshIdentity, excluded: str
    ) -> None:
        signature = ssh_key.certify(untrusted_ssh_key, "jo").sign(DOCUMENT)
        cause = refuse(trust(untrusted_ssh_key.line("cert-authority", principals=excluded)), signature)
        assert cause == "was made with a certificate for 'jo', which signed_by does not allow"

    def test_certificate_without_principals_is_refused(self, ssh_key: SshIdentity, untrusted_ssh_key: SshIdentity) -> None:
        signature = ssh_key.certify(untrusted_ssh_key).sign(DOCUMENT)
        assert "a certificate for no principals" in refuse(
            trust(untrusted_ssh_key.line("cert-authority", principals="*")), signature
        )

    def test_foreign_authority_is_refused(self, ssh_key: SshIdentity, untrusted_ssh_key: SshIdentity, tmp_path: Path) -> None:
        signature = ssh_key.certify(untrusted_ssh_key, "jo").sign(DOCUMENT)
        cause = refuse(trust(make_ssh_key(tmp_path).line("cert-authority", principals="*")), signature)
        assert cause == (
            f"was made with a certificate of the authority {untrusted_ssh_key.fingerprint}, which signed_by does not have"
        )

    def test_untrusted_authority_is_refused(self, ssh_key: SshIdentity, untrusted_ssh_key: SshIdentity, tmp_path: Path) -> None:
        signature = ssh_key.certify(untrusted_ssh_key, "jo").sign(DOCUMENT)
        cause = refuse(trust(make_ssh_key(tmp_path).line("cert-authority", principals="*")), signature)
        assert cause == (
            f"was made with a certificate of the authority {untrusted_ssh_key.fingerprint}, which signed_by does not have"
        )

    def test_key_that_is_not_an_authority_certifies_nothing(self, ssh_key: SshIdentity, untrusted_ssh_key: SshIdentity) -> None:
        signature = ssh_key.certify(untrusted_ssh_key, "jo").sign(DOCUMENT)
        assert "authority" in refuse(trust(untrusted_ssh_key.public, ssh_key.public), signature)

    def test_authority_signs_no_documents(self, untrusted_ssh_key: SshIdentity) -> None:
        cause = refuse(trust(untrusted_ssh_key.line("cert-authority", principals="*")), untrusted_ssh_key.sign(DOCUMENT))
        assert "which signed_by does not have" in cause

    def test_expired_certificate_is_refused(self, ssh_key: SshIdentity, untrusted_ssh_key: SshIdentity) -> None:
        signature = ssh_key.certify(untrusted_ssh_key, "jo", "20200101:20210101").sign(DOCUMENT)
        cause = refuse(trust(untrusted_ssh_key.line("cert-authority", principals="*")), signature)
        assert cause == f"was made with an expired certificate of the key {ssh_key.fingerprint}"

    def test_forged_certificate_is_refused(self, ssh_key: SshIdentity, untrusted_ssh_key: SshIdentity) -> None:
        """The certificate names a trusted authority, which has not signed it."""
        certificate = ssh_key.certify(untrusted_ssh_key, "jo")
        signature = certificate.sign(DOCUMENT)
        raw = parse_ssh_signature(signature)
        forged = raw._replace(data=raw.data.replace(b"\0\0\0\2jo", b"\0\0\0\2al")).armor()
        assert refuse(trust(untrusted_ssh_key.line("cert-authority", principals="*")), forged)


class TestTool:
    """Programs that are missing or old, or print false output."""

    @pytest.mark.parametrize(
        "script",
        [
            "exit 0",
            "echo Good",
            "echo 'Good \"file\" signature for signer with ED25519 key SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU'",
            "echo 'Good \"git\" signature for signer with ED25519 key FINGERPRINT'",
            "echo 'Good \"file\" signature for signer with RSA key FINGERPRINT'",
            "echo x; echo 'Good \"file\" signature for signer with ED25519 key FINGERPRINT'",
            "echo 'Good \"file\" signature for signer with ED25519 key FINGERPRINT'; exit 1",
            "kill -9 $$",
        ],
    )
    def test_output_must_name_exactly_the_key(
        self, ssh_key: SshIdentity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
    ) -> None:
        signature = ssh_key.sign(DOCUMENT)
        install(monkeypatch, tmp_path, script.replace("FINGERPRINT", ssh_key.fingerprint))
        assert refuse(trust(ssh_key.public), signature).startswith("was not accepted by ssh-keygen, which ended with exit status")

    def test_untrusted_key_is_refused_even_if_the_tool_accepts_it(
        self, ssh_key: SshIdentity, untrusted_ssh_key: SshIdentity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        signature = untrusted_ssh_key.sign(DOCUMENT)
        good = f'Good "file" signature for signer with ED25519 key {untrusted_ssh_key.fingerprint}'
        install(monkeypatch, tmp_path, f"echo '{good}'")
        assert "which signed_by does not have" in refuse(trust(ssh_key.public), signature)

    def test_missing_tool_is_an_error_that_says_what_to_install(
        self, ssh_key: SshIdentity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        signature = ssh_key.sign(DOCUMENT)
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(MissingTool, match=r"ssh-keygen is not installed on this host\. Install OpenSSH 8\.1 or later"):
            trust(ssh_key.public).verify(DOCUMENT, signature)

    @pytest.mark.parametrize("words", ["unknown option -- Y", "ssh-keygen: illegal option -- Y", "invalid option -- 'Y'"])
    def test_old_tool_is_an_error_that_says_what_to_install(
        self, ssh_key: SshIdentity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
    ) -> None:
        signature = ssh_key.sign(DOCUMENT)
        program = install(monkeypatch, tmp_path, f'echo "{words}" >&2; exit 1')
        with pytest.raises(MissingTool, match=rf"{program} is too old for signatures\. Install OpenSSH 8\.1 or later"):
            trust(ssh_key.public).verify(DOCUMENT, signature)

    def test_user_without_a_name_is_an_error_that_says_so(
        self, ssh_key: SshIdentity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        signature = ssh_key.sign(DOCUMENT)
        install(monkeypatch, tmp_path, "echo No user exists for uid 1234 >&2; exit 255")
        with pytest.raises(BitbucketError, match=r"No user exists for uid 1234\. Add the user to the passwd database"):
            trust(ssh_key.public).verify(DOCUMENT, signature)

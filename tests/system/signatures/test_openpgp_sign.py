# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign with OpenPGP keys: unusable keys, passphrases, agents, and secrecy of passphrases."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._openpgp.sign import OpenpgpSigner
from ansible_collections.releng.bitbucket.plugins.module_utils._signatures.values import CannotSign, MissingTool, Proof
from tests.helpers.openpgp import PASSPHRASE, OpenpgpHome, OpenpgpKey, open_openpgp_home

DOCUMENT = b"contents"


@pytest.fixture(autouse=True)
def _without_gnupghome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GNUPGHOME", raising=False)


@pytest.fixture
def home() -> Iterator[OpenpgpHome]:
    """Return a GnuPG home that the test may change."""
    with open_openpgp_home() as home:
        yield home


def signer(key: OpenpgpKey, passphrase: str | None = None, name: str = "") -> OpenpgpSigner:
    return OpenpgpSigner(name or key.fingerprint, passphrase, str(key.home.path))


def remove_secret(key: OpenpgpKey, fingerprint: str) -> None:
    """Remove a secret key or subkey except for its stub."""
    lines = key.home.run("--with-colons", "--with-keygrip", "--list-keys", key.fingerprint).stdout.decode().splitlines()
    position = next(number for number, line in enumerate(lines) if line.startswith("fpr:") and fingerprint in line)
    grip = next(line.split(":")[9] for line in lines[position:] if line.startswith("grp:"))
    (key.home.path / "private-keys-v1.d" / f"{grip}.key").unlink()


def test_the_verifier_of_the_key_accepts_the_signature(gnupg: OpenpgpHome) -> None:
    found = signer(gnupg.release)
    made = found.sign(DOCUMENT)
    assert made.data.startswith(b"-----BEGIN PGP SIGNATURE-----")
    assert found.find_key() == Proof("openpgp", gnupg.release.fingerprint, None)
    assert found.create_verifier().verify(DOCUMENT, made.data) == made.proof
    assert made.proof.fingerprint == gnupg.release.fingerprint
    assert made.proof.signed_on


def test_a_subkey_signs_for_its_primary_key(gnupg: OpenpgpHome) -> None:
    key = gnupg.with_subkey
    for name in (key.fingerprint, key.subkeys[0], key.subkeys[0] + "!", key.fingerprint + "!"):
        made = signer(key, name=name).sign(DOCUMENT)
        assert made.proof.fingerprint == key.fingerprint
        assert signer(key, name=name).create_verifier().verify(DOCUMENT, made.data) == made.proof


def test_every_byte_is_signed(gnupg: OpenpgpHome) -> None:
    found = signer(gnupg.release)
    for document in (b"", b"a\r\n", b"a\n", bytes(range(256)) * 400):
        made = found.sign(document)
        assert found.create_verifier().verify(document, made.data) == made.proof


@pytest.mark.parametrize("algorithm", ["nistp384", "nistp521", "rsa2048"])
def test_keys_of_other_algorithms_sign(home: OpenpgpHome, algorithm: str) -> None:
    found = signer(home.create_key(algorithm=algorithm))
    assert found.create_verifier().verify(DOCUMENT, found.sign(DOCUMENT).data)


def test_a_key_is_found_by_each_form_of_its_name(gnupg: OpenpgpHome) -> None:
    fingerprint = gnupg.release.fingerprint
    blanks = " ".join(fingerprint[start : start + 4] for start in range(0, 40, 4))
    for name in (fingerprint[-16:], f"0x{fingerprint}", fingerprint.lower(), blanks, f"0x{fingerprint[-16:].lower()}!"):
        assert signer(gnupg.release, name=name).find_key().fingerprint == fingerprint


def test_a_missing_key_is_named_with_the_home(gnupg: OpenpgpHome) -> None:
    with pytest.raises(CannotSign, match=f"The GnuPG home '{gnupg.path}' has no secret key {'A' * 40}. Import it there"):
        signer(gnupg.release, name="A" * 40).find_key()


def test_a_public_key_without_secret_key_is_a_missing_key(gnupg: OpenpgpHome, home: OpenpgpHome) -> None:
    home.run("--import", data=gnupg.release.binary)
    for use in (OpenpgpSigner.find_key, OpenpgpSigner.create_verifier, lambda each: each.sign(DOCUMENT)):
        with pytest.raises(CannotSign, match="has no secret key"):
            use(OpenpgpSigner(gnupg.release.fingerprint, gnupg_home=str(home.path)))


def test_an_expired_key_cannot_sign(gnupg: OpenpgpHome) -> None:
    with pytest.raises(CannotSign, match=r"Cannot sign with the key .*: it has expired\. Extend it"):
        signer(gnupg.expired).find_key()


def test_a_revoked_key_cannot_sign(gnupg: OpenpgpHome) -> None:
    with pytest.raises(CannotSign, match=r"it was revoked\. Sign with another key"):
        signer(gnupg.revoked).find_key()


def test_a_key_that_only_certifies_cannot_sign(home: OpenpgpHome) -> None:
    key = home.create_key(usage="cert")
    with pytest.raises(CannotSign, match=r"it cannot sign\. Add a subkey"):
        signer(key).find_key()
    expired = home.add_subkey(key, expires="1y")
    with pytest.raises(CannotSign, match="the part of it that signs has expired or was revoked"):
        signer(expired).find_key()
    assert signer(home.add_subkey(key)).sign(DOCUMENT)


def test_an_exact_key_that_cannot_sign_is_not_replaced_by_another_part(home: OpenpgpHome) -> None:
    key = home.add_subkey(home.create_key(), expires="1y")
    assert signer(key).sign(DOCUMENT)
    with pytest.raises(CannotSign, match="the part of it that signs has expired"):
        signer(key, name=f"{key.subkeys[0]}!").find_key()


def test_a_stub_is_not_a_secret_key(home: OpenpgpHome) -> None:
    key = home.add_subkey(home.create_key())
    remove_secret(key, key.fingerprint)
    assert signer(key).sign(DOCUMENT)
    remove_secret(key, key.subkeys[0])
    home.forget_passphrases()
    with pytest.raises(CannotSign, match=r"has no secret key|has only a stub"):
        signer(key).find_key()


def test_the_secret_part_of_an_exact_key_must_exist(home: OpenpgpHome) -> None:
    key = home.add_subkey(home.create_key())
    remove_secret(key, key.fingerprint)
    with pytest.raises(CannotSign, match="has only a stub of its secret part"):
        signer(key, name=f"{key.fingerprint}!").find_key()


def test_the_passphrase_unlocks_the_key(gnupg: OpenpgpHome) -> None:
    gnupg.forget_passphrases()
    found = signer(gnupg.locked, PASSPHRASE)
    assert found.create_verifier().verify(DOCUMENT, found.sign(DOCUMENT).data)


def test_the_passphrase_is_ignored_for_a_key_without_one(gnupg: OpenpgpHome) -> None:
    assert signer(gnupg.release, "any").sign(DOCUMENT)


def test_an_agent_that_has_cached_the_passphrase_needs_none(gnupg: OpenpgpHome) -> None:
    signer(gnupg.locked, PASSPHRASE).sign(DOCUMENT)
    assert signer(gnupg.locked).sign(DOCUMENT)


def test_a_wrong_passphrase_is_named(gnupg: OpenpgpHome) -> None:
    for wrong in ("wrong", PASSPHRASE + " ", "x" * 255):
        gnupg.forget_passphrases()
        with pytest.raises(CannotSign, match="signing_passphrase is wrong") as caught:
            signer(gnupg.locked, wrong).sign(DOCUMENT)
        assert wrong not in str(caught.value).replace("signing_passphrase is wrong", "")


@pytest.mark.parametrize("missing", [None, ""])
def test_a_missing_passphrase_is_named(gnupg: OpenpgpHome, missing: str | None) -> None:
    gnupg.forget_passphrases()
    with pytest.raises(CannotSign, match=r"it is locked by a passphrase\. Set signing_passphrase"):
        signer(gnupg.locked, missing).sign(DOCUMENT)


def test_no_program_prompts_for_a_missing_passphrase(home: OpenpgpHome, tmp_path: Path) -> None:
    key, program, mark = home.create_key(passphrase=PASSPHRASE), tmp_path / "pinentry", tmp_path / "asked"
    program.write_text(f"#!/bin/sh\necho asked > {mark}\n", "utf-8")
    program.chmod(0o755)
    (home.path / "gpg-agent.conf").write_text(f"s2k-count 65536\npinentry-program {program}\n", "utf-8")
    home.forget_passphrases()
    with pytest.raises(CannotSign, match="it is locked by a passphrase"):
        signer(key).sign(DOCUMENT)
    assert not mark.exists()


def test_a_locked_key_is_found_without_unlocking_it(gnupg: OpenpgpHome) -> None:
    gnupg.forget_passphrases()
    assert signer(gnupg.locked).find_key().fingerprint == gnupg.locked.fingerprint


def test_an_agent_that_accepts_no_passphrase_is_named(home: OpenpgpHome) -> None:
    key = home.create_key(passphrase=PASSPHRASE)
    (home.path / "gpg-agent.conf").write_text("s2k-count 65536\nno-allow-loopback-pinentry\n", "utf-8")
    home.forget_passphrases()
    with pytest.raises(CannotSign, match="Remove no-allow-loopback-pinentry"):
        signer(key, PASSPHRASE).sign(DOCUMENT)


@pytest.mark.parametrize("passphrase", ["a\nb", "a\n", "a\r", "a\0b"])
def test_a_passphrase_with_a_line_break_is_refused(gnupg: OpenpgpHome, passphrase: str) -> None:
    with pytest.raises(BadInput, match="signing_passphrase has a line break"):
        signer(gnupg.locked, passphrase)


@pytest.mark.parametrize(("passphrase", "words"), [("ä" * 128, "longer than 255 bytes"), ("\ud800", "not valid Unicode")])
def test_a_passphrase_that_gpg_cannot_read_is_refused(gnupg: OpenpgpHome, passphrase: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        signer(gnupg.locked, passphrase)


def test_a_missing_home_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"gnupg_home: .* is not an existing directory"):
        OpenpgpSigner("A" * 40, gnupg_home=str(tmp_path / "missing"))


def test_a_home_with_a_long_path_is_explained(home: OpenpgpHome, tmp_path: Path) -> None:
    key, long = home.create_key(), tmp_path / ("x" * 120)
    shutil.copytree(home.path, long, ignore=shutil.ignore_patterns("S.*"))
    with pytest.raises(CannotSign, match=r"Cannot search for the key .* The path of the GnuPG home might be too long"):
        OpenpgpSigner(key.fingerprint, gnupg_home=str(long)).find_key()


def test_a_missing_program_is_an_error(gnupg: OpenpgpHome, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = signer(gnupg.release)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingTool, match=r"The program gpg, which makes OpenPGP signatures, is not installed.*Install gnupg"):
        found.find_key()


def test_the_default_home_is_that_of_the_user(gnupg: OpenpgpHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNUPGHOME", str(gnupg.path))
    assert OpenpgpSigner(gnupg.release.fingerprint).find_key()
    monkeypatch.delenv("GNUPGHOME")
    with tempfile.TemporaryDirectory(prefix="h", dir="/tmp") as folder:
        monkeypatch.setenv("HOME", folder)
        with pytest.raises(CannotSign, match=r"The GnuPG home '~/\.gnupg' has no secret key"):
            OpenpgpSigner(gnupg.release.fingerprint).find_key()
        assert os.listdir(folder) == []
        Path(folder, ".gnupg").symlink_to(gnupg.path)
        assert OpenpgpSigner(gnupg.release.fingerprint).find_key()


def test_the_configuration_of_the_user_does_not_change_the_signature(gnupg: OpenpgpHome, home: OpenpgpHome) -> None:
    key, other = home.create_key(), home.create_key()
    hostile = f"local-user {other.fingerprint}\ndefault-key {other.fingerprint}\ntextmode\ndigest-algo SHA1\ncomment x\n"
    (home.path / "gpg.conf").write_text(hostile, "utf-8")
    made = signer(key).sign(DOCUMENT)
    assert signer(key).create_verifier().verify(DOCUMENT, made.data).fingerprint == key.fingerprint
    assert b"Comment" not in made.data


def test_signing_changes_no_file_of_the_home(home: OpenpgpHome) -> None:
    key = home.create_key(passphrase=PASSPHRASE)
    home.forget_passphrases()

    def read() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in sorted(home.path.rglob("*")) if path.is_file()}

    before = read()
    found = signer(key, PASSPHRASE)
    assert found.create_verifier().verify(DOCUMENT, found.sign(DOCUMENT).data)
    assert read() == before


SPY = """#!/bin/sh
tr '\\000' '\\n' < /proc/$$/cmdline >> {log}
tr '\\000' '\\n' < /proc/$$/environ >> {log}
exec {gpg} "$@"
"""


def test_a_passphrase_is_in_no_argument_variable_or_file(
    gnupg: OpenpgpHome, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    locked = gnupg.locked  # Created before the monitored programs run.
    log, programs, temporary = tmp_path / "log", tmp_path / "bin", tmp_path / "tmp"
    programs.mkdir()
    temporary.mkdir()
    (programs / "gpg").write_text(SPY.format(log=log, gpg=shutil.which("gpg")), "utf-8")
    (programs / "gpg").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setenv("BITBUCKET_ACCESS_TOKEN", "secret-token")
    gnupg.forget_passphrases()
    signer(locked, PASSPHRASE).sign(DOCUMENT)
    seen = log.read_text("utf-8")
    assert "--passphrase-fd" in seen
    assert f"GNUPGHOME={gnupg.path}" in seen
    assert "secret-token" not in seen
    assert not any(word in seen for word in PASSPHRASE.split())
    assert list(temporary.iterdir()) == []


def test_a_passphrase_forbids_core_dumps(gnupg: OpenpgpHome) -> None:
    before = resource.getrlimit(resource.RLIMIT_CORE)
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
        signer(gnupg.release)
        assert resource.getrlimit(resource.RLIMIT_CORE)[0] == before[1]
        signer(gnupg.locked, PASSPHRASE)
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)


@pytest.mark.parametrize(
    ("lines", "output", "words"),
    [
        ([], "x", "Cannot sign with the key .*: it printed nothing and ended with exit status 0"),
        (["SIG_CREATED D 22 8 00 1767225600 {key}"], "", "Cannot sign with the key"),
        (["SIG_CREATED D 22 8 00 1767225600 {other}"], "x", "Cannot sign with the key"),
        (["SIG_CREATED D 22 8 01 1767225600 {key}"], "x", "Cannot sign with the key"),
        (["SIG_CREATED D 22 2 00 1767225600 {key}"], "x", "Cannot sign with the key"),
        (["SIG_CREATED C 22 8 00 1767225600 {key}"], "x", "Cannot sign with the key"),
        (["SIG_CREATED D 22 8 00 {huge} {key}"], "x", "Cannot sign with the key"),
        (["SIG_CREATED D 22 8 0x 1767225600 {key}"], "x", "Cannot sign with the key"),
        (["SIG_CREATED"], "x", "Cannot sign with the key"),
        (["SIG_CREATED D 22 8 00 1767225600 {key}"] * 2, "x", "Cannot sign with the key"),
        (["SIG_CREATED D 22 8 00 1767225600 {key}"], "x", "but its output is not an OpenPGP signature"),
        (["FAILURE sign 100663408"], "", "its card is not inserted"),
        (["FAILURE sign 1e9"], "", "it printed nothing"),
    ],
)
def test_false_output_of_a_program_is_not_a_signature(
    gnupg: OpenpgpHome, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lines: list[str], output: str, words: str
) -> None:
    found, key = signer(gnupg.release), gnupg.release.fingerprint
    found.find_key()
    status = [f"[GNUPG:] {line}".format(key=key, other=gnupg.attacker.fingerprint, huge="9" * 30) for line in lines]
    script = ["#!/bin/sh", *(f"echo '{line}' >&2" for line in status), f"printf '%s' '{output}'"]
    (tmp_path / "gpg").write_text("\n".join(script), "utf-8")
    (tmp_path / "gpg").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotSign, match=words):
        found.sign(DOCUMENT)

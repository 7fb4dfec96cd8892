# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verify OpenPGP signatures with installed programs, and with programs that print false output."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput, BitbucketError
from ansible_collections.releng.bitbucket.plugins.module_utils._openpgp.keys import OpenpgpKeys, parse_openpgp_keys
from ansible_collections.releng.bitbucket.plugins.module_utils._openpgp.verify import OpenpgpVerifier
from ansible_collections.releng.bitbucket.plugins.module_utils._signatures.values import BadSignature, MissingTool, Proof
from tests.helpers.openpgp import FUTURE_TIME, PAST, PAST_TIME, OpenpgpHome, OpenpgpKey, open_openpgp_home

DOCUMENT = b"contents"

# Replaces sqv 1.1, which is not always installed: same arguments, output and exit status, implemented with gpgv.
SQV_STAND_IN = """#!/bin/sh
[ "$1" = --keyring ] || exit 2
status=$({gpgv} --homedir "$HOME" --keyring "$2" --status-fd 1 "$3" "$4" 2> /dev/null) || {{ echo "Bad signature" >&2; exit 1; }}
echo "$status" | sed -n 's/.* VALIDSIG \\([0-9A-F]*\\) .*/\\1/p'
"""

Bin = Callable[..., Path]


def verify(*keys: OpenpgpKey, signature: bytes, document: bytes = DOCUMENT) -> Proof:
    joined = OpenpgpKeys.join(parse_openpgp_keys(key.public.encode()) for key in keys)
    return OpenpgpVerifier(joined).verify(document, signature)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bin:
    """Return a function that sets PATH to a folder with only these programs and scripts by name."""

    def create(*programs: str, **scripts: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir()
        for program in (*programs, "sh", "sed"):
            (folder / program).symlink_to(str(shutil.which(program)))
        for name, script in scripts.items():
            (folder / name).write_text(script, "utf-8")
            (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))
        return folder

    return create


def lie(*lines: str, status: int = 0) -> str:
    return "\n".join(["#!/bin/sh", *(f"echo '{line}'" for line in lines), f"exit {status}"])


@pytest.mark.parametrize("armor", [True, False])
def test_a_signature_by_a_primary_key_is_good(gnupg: OpenpgpHome, armor: bool) -> None:
    signature = gnupg.release.sign(DOCUMENT, at=PAST_TIME, armor=armor)
    assert verify(gnupg.release, signature=signature) == Proof("openpgp", gnupg.release.fingerprint, PAST)


def test_a_signature_by_a_subkey_names_its_primary_key(gnupg: OpenpgpHome) -> None:
    key = gnupg.with_subkey
    assert verify(key, signature=key.sign(DOCUMENT)).fingerprint == key.fingerprint
    assert OpenpgpVerifier(parse_openpgp_keys(key.binary)).knows(key.subkeys[0])


def test_a_binary_document_is_verified(gnupg: OpenpgpHome) -> None:
    document = bytes(range(256)) * 3
    assert verify(gnupg.attacker, gnupg.release, signature=gnupg.release.sign(document), document=document)


@pytest.mark.parametrize("document", [b"content", b"contents\n", b"", b"contentsx"])
def test_changed_contents_are_refused(gnupg: OpenpgpHome, document: bytes) -> None:
    with pytest.raises(BadSignature, match="does not match: the contents were changed"):
        verify(gnupg.release, signature=gnupg.release.sign(DOCUMENT), document=document)


def test_changed_line_ends_are_refused(gnupg: OpenpgpHome) -> None:
    with pytest.raises(BadSignature, match="does not match"):
        verify(gnupg.release, signature=gnupg.release.sign(b"a\nb\n"), document=b"a\r\nb\r\n")


def test_a_text_signature_is_refused(gnupg: OpenpgpHome) -> None:
    with pytest.raises(BadSignature, match="is a text signature"):
        verify(gnupg.release, signature=gnupg.release.sign(b"a\n", "--textmode"), document=b"a\n")


def test_an_untrusted_key_is_named(gnupg: OpenpgpHome) -> None:
    with pytest.raises(BadSignature, match=f"was made by the key {gnupg.attacker.fingerprint}, which signed_by does not have"):
        verify(gnupg.release, signature=gnupg.attacker.sign(DOCUMENT))


def test_an_expired_key_is_refused(gnupg: OpenpgpHome) -> None:
    with pytest.raises(BadSignature, match=f"was made by the key {gnupg.expired.fingerprint}, which has expired"):
        verify(gnupg.expired, signature=gnupg.expired.sign(DOCUMENT, at=PAST_TIME))


def test_a_revoked_key_is_refused(gnupg: OpenpgpHome) -> None:
    with pytest.raises(BadSignature, match=f"was made by the key {gnupg.revoked.fingerprint}, which was revoked"):
        verify(gnupg.revoked, signature=gnupg.revoked_signature)


def test_a_revocation_in_a_later_copy_of_the_key_is_used() -> None:
    with open_openpgp_home() as home:
        key = home.create_key()
        before, signature = key.binary, key.sign(DOCUMENT)
        home.revoke(key)
        keys = OpenpgpKeys.join([parse_openpgp_keys(before), parse_openpgp_keys(key.binary)])
        with pytest.raises(BadSignature, match="was revoked"):
            OpenpgpVerifier(keys).verify(DOCUMENT, signature)


def test_an_extension_in_a_later_copy_of_the_key_is_used() -> None:
    with open_openpgp_home() as home:
        key = home.create_key(expires="1y")
        before = key.binary
        home.run("--faked-system-time", f"{PAST_TIME}!", "--quick-set-expire", key.fingerprint, "never")
        keys = OpenpgpKeys.join([parse_openpgp_keys(before), parse_openpgp_keys(key.binary)])
        assert OpenpgpVerifier(keys).verify(DOCUMENT, key.sign(DOCUMENT)).fingerprint == key.fingerprint


def test_an_expired_signature_is_refused(gnupg: OpenpgpHome) -> None:
    signature = gnupg.release.sign(DOCUMENT, "--default-sig-expire", "1d", at=PAST_TIME)
    with pytest.raises(BadSignature, match="has expired"):
        verify(gnupg.release, signature=signature)


@pytest.mark.parametrize(("algorithm", "name"), [("SHA1", "SHA-1"), ("RIPEMD160", "RIPEMD-160")])
def test_a_weak_digest_algorithm_is_refused(gnupg: OpenpgpHome, algorithm: str, name: str) -> None:
    with pytest.raises(BadSignature, match=f"uses the weak digest algorithm {name}"):
        verify(gnupg.release, signature=gnupg.release.sign(DOCUMENT, "--digest-algo", algorithm))


def test_a_date_in_the_future_is_refused(gnupg: OpenpgpHome) -> None:
    with pytest.raises(BadSignature, match="has a date in the future, 2099-01-01T00:00:00"):
        verify(gnupg.release, signature=gnupg.release.sign(DOCUMENT, at=FUTURE_TIME))


@pytest.mark.parametrize("armor", [True, False])
@pytest.mark.parametrize("first", ["attacker", "release"])
def test_one_good_signature_among_unknown_ones_is_enough(gnupg: OpenpgpHome, armor: bool, first: str) -> None:
    # GnuPG checks only the first of two signatures with different digest algorithms.
    both = [
        gnupg.attacker.sign(DOCUMENT, "--digest-algo", "SHA512", armor=armor),
        gnupg.release.sign(DOCUMENT, "--digest-algo", "SHA256", armor=armor),
    ]
    signature = b"".join(both if first == "attacker" else reversed(both))
    assert verify(gnupg.release, signature=signature).fingerprint == gnupg.release.fingerprint


def test_a_bad_signature_by_a_trusted_key_invalidates_a_good_one(gnupg: OpenpgpHome) -> None:
    good, bad = (gnupg.release.sign(document, armor=False) for document in (DOCUMENT, b"other"))
    for signature in (good + bad, bad + good):
        with pytest.raises(
            BadSignature, match="has a good signature, but another signature in it by a key of signed_by does not match"
        ):
            verify(gnupg.release, signature=signature)


def test_a_signature_of_another_version_is_ignored_beside_a_good_one(gnupg: OpenpgpHome) -> None:
    good = gnupg.release.sign(DOCUMENT, armor=False)
    assert verify(gnupg.release, signature=b"\xc2\x05\x06\x00\x1b\x0a\x00" + good).fingerprint == gnupg.release.fingerprint


def test_a_revoked_signature_invalidates_a_good_one(gnupg: OpenpgpHome) -> None:
    signature = gnupg.release.sign(DOCUMENT) + gnupg.revoked_signature
    with pytest.raises(BadSignature, match="was revoked"):
        verify(gnupg.release, gnupg.revoked, signature=signature)


def test_all_reasons_are_named_if_no_signature_is_good(gnupg: OpenpgpHome) -> None:
    signature = gnupg.attacker.sign(DOCUMENT) + gnupg.release.sign(b"other")
    with pytest.raises(BadSignature, match=r"has no good signature: one was made by .*; one does not match"):
        verify(gnupg.release, signature=signature)


@pytest.mark.parametrize(
    ("command", "words"),
    [("--clear-sign", "is a clear-signed message"), ("--sign", "is a message with its text")],
)
@pytest.mark.parametrize("armor", [True, False])
def test_signatures_with_their_text_are_refused(gnupg: OpenpgpHome, command: str, words: str, armor: bool) -> None:
    with pytest.raises(BadSignature, match=words):
        verify(gnupg.release, signature=gnupg.release.sign(DOCUMENT, command=command, armor=armor))


@pytest.mark.parametrize("form", ["armored", "binary"])
def test_a_public_key_is_not_a_signature(gnupg: OpenpgpHome, form: str) -> None:
    signature = gnupg.release.public.encode() if form == "armored" else gnupg.release.binary
    with pytest.raises(BadSignature, match="is a public key, not a signature"):
        verify(gnupg.release, signature=signature)


def test_keyrings_of_all_forms_are_read(gnupg: OpenpgpHome) -> None:
    """The keybox of a home, the classic keyring, several keys in one armored block and several blocks in one file."""
    release, attacker, signature = gnupg.release, gnupg.attacker, gnupg.release.sign(DOCUMENT)
    with open_openpgp_home() as home:
        (home.path / "pubring.gpg").touch()
        home.run("--import", data=attacker.binary + release.binary)
        assert not (home.path / "pubring.kbx").exists()
        classic = (home.path / "pubring.gpg").read_bytes()
    forms = [
        (gnupg.path / "pubring.kbx").read_bytes(),
        classic,
        gnupg.run("--armor", "--export", attacker.fingerprint, release.fingerprint).stdout,
        (attacker.public + "\nAny text\n" + release.public).encode(),
        attacker.binary + release.binary,
        release.public.replace("\n", "\r\n").encode(),
    ]
    for data in forms:
        assert OpenpgpVerifier(parse_openpgp_keys(data)).verify(DOCUMENT, signature).fingerprint == release.fingerprint


def test_private_keys_are_refused(gnupg: OpenpgpHome) -> None:
    binary = gnupg.run("--export-secret-keys", gnupg.release.fingerprint).stdout
    for data in (gnupg.release.private.encode(), binary, gnupg.attacker.binary + binary):
        with pytest.raises(BadInput, match="has a private key"):
            parse_openpgp_keys(data)


def test_the_fingerprints_are_those_of_gnupg(gnupg: OpenpgpHome) -> None:
    (certificate,) = parse_openpgp_keys(gnupg.with_subkey.binary).certificates
    assert certificate.fingerprints == (gnupg.with_subkey.fingerprint, *gnupg.with_subkey.subkeys)


def test_a_missing_program_is_an_error_that_names_all(gnupg: OpenpgpHome, install: Bin) -> None:
    key, signature = parse_openpgp_keys(gnupg.release.binary), gnupg.release.sign(DOCUMENT)
    install()
    with pytest.raises(MissingTool, match=r"Install gpgv .*sqv or gpg"):
        OpenpgpVerifier(key).verify(DOCUMENT, signature)


@pytest.mark.parametrize("program", ["gpgv", "gpg", "sqv"])
def test_each_program_verifies_alone(gnupg: OpenpgpHome, install: Bin, program: str) -> None:
    key = gnupg.with_subkey
    good, untrusted = key.sign(DOCUMENT, at=PAST_TIME), gnupg.attacker.sign(DOCUMENT)
    verifier = OpenpgpVerifier(parse_openpgp_keys(key.binary))
    if program == "sqv" and not shutil.which("sqv"):
        install(sqv=SQV_STAND_IN.format(gpgv=shutil.which("gpgv")))
    else:
        install(program)
    signed_on = None if program == "sqv" else PAST
    assert verifier.verify(DOCUMENT, good) == Proof("openpgp", key.fingerprint, signed_on)
    assert verifier.verify(DOCUMENT, untrusted + good) == Proof("openpgp", key.fingerprint, signed_on)
    with pytest.raises(BadSignature):
        verifier.verify(b"other", good)
    with pytest.raises(BadSignature, match=f"was made by the key {gnupg.attacker.fingerprint}"):
        verifier.verify(DOCUMENT, untrusted)


def test_a_bad_signature_by_a_trusted_key_is_refused_with_sqv(gnupg: OpenpgpHome, install: Bin) -> None:
    signature = gnupg.release.sign(DOCUMENT) + gnupg.release.sign(b"other")
    verifier = OpenpgpVerifier(parse_openpgp_keys(gnupg.release.binary))
    install(sqv=SQV_STAND_IN.format(gpgv=shutil.which("gpgv")))
    with pytest.raises(BadSignature, match=r"has a good signature, but .* was rejected by sqv: Bad signature"):
        verifier.verify(DOCUMENT, signature)


def test_sqv_gets_no_text_signature(gnupg: OpenpgpHome, install: Bin) -> None:
    """The program sqv accepts text signatures."""
    signature = gnupg.release.sign(b"a\n", "--textmode")
    verifier = OpenpgpVerifier(parse_openpgp_keys(gnupg.release.binary))
    install(sqv=SQV_STAND_IN.format(gpgv=shutil.which("gpgv")))
    with pytest.raises(BadSignature, match="is a text signature"):
        verifier.verify(b"a\n", signature)


@pytest.mark.parametrize("program", ["gpgv", "gpg", "sqv"])
@pytest.mark.parametrize("status", [0, 139])
def test_a_program_that_prints_nothing_proves_nothing(gnupg: OpenpgpHome, install: Bin, program: str, status: int) -> None:
    verifier, signature = OpenpgpVerifier(parse_openpgp_keys(gnupg.release.binary)), gnupg.release.sign(b"other")
    install(**{program: lie(status=status)})
    with pytest.raises(
        BitbucketError, match=f"{program} failed to verify a signature: it printed nothing and ended with exit status {status}"
    ):
        verifier.verify(DOCUMENT, signature)


@pytest.mark.parametrize("lines", [["good"], ["A" * 40], ["known", "A" * 40], ["known", "known"]])
def test_sqv_must_print_one_fingerprint_of_a_trusted_key(gnupg: OpenpgpHome, install: Bin, lines: list[str]) -> None:
    verifier, signature = OpenpgpVerifier(parse_openpgp_keys(gnupg.release.binary)), gnupg.release.sign(b"other")
    install(sqv=lie(*(gnupg.release.fingerprint if line == "known" else line for line in lines)))
    with pytest.raises(BadSignature, match="which signed_by does not have"):
        verifier.verify(DOCUMENT, signature)


@pytest.mark.parametrize("program", ["gpgv", "gpg"])
def test_false_status_lines_prove_nothing(gnupg: OpenpgpHome, install: Bin, program: str) -> None:
    release, other = gnupg.release.fingerprint, gnupg.attacker.fingerprint
    verifier = OpenpgpVerifier(parse_openpgp_keys(gnupg.release.binary))
    signature = gnupg.release.sign(b"other")
    good = f"[GNUPG:] GOODSIG {other[-16:]} Attacker"
    valid = "[GNUPG:] VALIDSIG {} 2026-01-01 1767225600 0 4 0 22 10 00 {}"
    lies = [
        [good],
        [valid.format(release, release)],
        [good, valid.format(other, other)],
        [good, valid.format(other, release)],
        [good, valid.format(release, other)],
        [good, valid.format(release[-16:], release[-16:])],
    ]
    folder = install()
    for lines in lies:
        (folder / program).write_text(lie("[GNUPG:] NEWSIG", *lines), "utf-8")
        (folder / program).chmod(0o755)
        with pytest.raises(BadSignature):
            verifier.verify(DOCUMENT, signature)


@pytest.mark.parametrize("program", ["gpgv", "gpg"])
@pytest.mark.parametrize(("times", "status"), [(1, 1), (1, 2), (2, 0)])
def test_good_lines_of_a_failed_program_prove_nothing(
    gnupg: OpenpgpHome, install: Bin, program: str, times: int, status: int
) -> None:
    key = gnupg.release.fingerprint
    verifier, signature = OpenpgpVerifier(parse_openpgp_keys(gnupg.release.binary)), gnupg.release.sign(DOCUMENT)
    valid = f"[GNUPG:] VALIDSIG {key} 2026-01-01 1767225600 0 4 0 22 10 00 {key}"
    install(**{program: lie(*(["[GNUPG:] NEWSIG", f"[GNUPG:] GOODSIG {key[-16:]} Name", valid] * times), status=status)})
    with pytest.raises(BadSignature, match="is not confirmed by the program"):
        verifier.verify(DOCUMENT, signature)


def test_the_last_line_of_a_crashed_program_is_shown(gnupg: OpenpgpHome, install: Bin) -> None:
    verifier, signature = OpenpgpVerifier(parse_openpgp_keys(gnupg.release.binary)), gnupg.release.sign(DOCUMENT)
    install(gpgv="#!/bin/sh\necho first >&2\necho 'gpgv: fatal: no memory' >&2\nexit 2\n")
    with pytest.raises(BitbucketError, match="gpgv failed to verify a signature: gpgv: fatal: no memory"):
        verifier.verify(DOCUMENT, signature)


@pytest.mark.parametrize("program", ["gpgv", "gpg"])
def test_keyrings_of_the_user_are_not_read(
    gnupg: OpenpgpHome, install: Bin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str
) -> None:
    """The user trusts an attacker in every file that GnuPG would read."""
    home = tmp_path / "home"
    folder = home / ".gnupg"
    folder.mkdir(parents=True)
    folder.chmod(stat.S_IRWXU)
    for name in ("trustedkeys.gpg", "trustedkeys.kbx", "pubring.gpg"):
        (folder / name).write_bytes(gnupg.attacker.binary)
    (folder / "gpg.conf").write_text(f"keyring {folder}/pubring.gpg\n", "utf-8")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GNUPGHOME", str(folder))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    verifier, signature = OpenpgpVerifier(parse_openpgp_keys(gnupg.release.binary)), gnupg.attacker.sign(DOCUMENT)
    install(program)
    with pytest.raises(BadSignature, match="which signed_by does not have"):
        verifier.verify(DOCUMENT, signature)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_programs_get_no_variables_of_the_environment(
    gnupg: OpenpgpHome, install: Bin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    verifier, signature = OpenpgpVerifier(parse_openpgp_keys(gnupg.release.binary)), gnupg.release.sign(DOCUMENT)
    monkeypatch.setenv("BITBUCKET_ACCESS_TOKEN", "secret")
    monkeypatch.setenv("GNUPGHOME", str(gnupg.path))
    environment = tmp_path / "environment"
    install("env", gpgv=f'#!/bin/sh\nenv > {environment}\nexec {shutil.which("gpgv")} "$@"\n')
    verifier.verify(DOCUMENT, signature)
    seen = dict(line.split("=", 1) for line in environment.read_text("utf-8").splitlines())
    assert set(seen) - {"PWD", "SHLVL", "_", "OLDPWD"} == {"PATH", "LC_ALL", "HOME", "GNUPGHOME"}
    assert seen["HOME"] == seen["GNUPGHOME"] != str(gnupg.path)
    assert not os.path.exists(seen["HOME"])

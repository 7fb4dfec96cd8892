# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse SSH public keys and allowed-signers lines, refuse other text, and write lines for ssh-keygen."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._ssh.keys import (
    CERTIFICATE_TYPES,
    KEY_TYPES,
    SshKeys,
    looks_like_ssh,
    parse_ssh_keys,
)
from tests.helpers.ssh_blobs import ED25519, certificate, field, line, public_key

# Created by ssh-keygen; the fingerprint is the output of ssh-keygen -l.
REAL = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAFBTTkJhZDH3R0JqMNzjEsG0Llcp4BSnVwUByUpaiXq"
REAL_FINGERPRINT = "SHA256:a6JKQoey4arDwoFjThulqdQpqKPTVDIS6KEpQjf4/2E"
KEY = line(public_key())
OTHER = line(public_key(ED25519, b"o" * 32))
FIELDS = {
    ED25519: (b"k" * 32,),
    "ssh-rsa": (b"\1\0\1", b"n" * 256),
    "ecdsa-sha2-nistp256": (b"nistp256", b"q" * 65),
    "ecdsa-sha2-nistp384": (b"nistp384", b"q" * 97),
    "ecdsa-sha2-nistp521": (b"nistp521", b"q" * 133),
    "sk-ssh-ed25519@openssh.com": (b"k" * 32, b"ssh:"),
    "sk-ecdsa-sha2-nistp256@openssh.com": (b"nistp256", b"q" * 65, b"ssh:"),
}


def render(text: str) -> str:
    return parse_ssh_keys(text.encode()).render_allowed_signers()


def test_fingerprint_is_that_of_ssh_keygen() -> None:
    keys = parse_ssh_keys(REAL.encode())
    assert [entry.key.fingerprint for entry in keys.entries] == [REAL_FINGERPRINT]
    assert keys.has_key(REAL_FINGERPRINT)
    assert not keys.has_key(REAL_FINGERPRINT.replace("a6", "A6"))


@pytest.mark.parametrize("name", KEY_TYPES)
def test_every_type_of_key_is_read_and_written(name: str) -> None:
    text = line(public_key(name, *FIELDS[name]), name)
    assert looks_like_ssh(text.encode())
    assert render(text) == f'signer namespaces="file" {text}\n'


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param(KEY, f'signer namespaces="file" {KEY}', id="public key"),
        pytest.param(f"{KEY} jo@build with a comment", f'signer namespaces="file" {KEY}', id="comment"),
        pytest.param(f"\ufeff{KEY}\r\n", f'signer namespaces="file" {KEY}', id="byte order mark and CRLF"),
        pytest.param(f"# release\n\n \t{KEY}\n\n#{OTHER}", f'signer namespaces="file" {KEY}', id="comments and blank lines"),
        pytest.param(f"jo@example.com {KEY}", f'signer namespaces="file" {KEY}', id="principals are replaced"),
        pytest.param(f'"jo,other one" {KEY}', f'signer namespaces="file" {KEY}', id="quoted principals"),
        pytest.param(f'jo valid-before="20300101" {KEY}', f'signer valid-before="20300101",namespaces="file" {KEY}', id="expiry"),
        pytest.param(
            f'jo VALID-AFTER="202001010000Z",valid-before="20300101000000UTC" {KEY}',
            f'signer valid-after="202001010000Z",valid-before="20300101000000UTC",namespaces="file" {KEY}',
            id="times",
        ),
        pytest.param(f'jo namespaces="git" {KEY}', f'signer namespaces="git" {KEY}', id="other namespace is kept"),
        pytest.param(f'jo namespaces="git, file" {KEY}', f'signer namespaces="git, file" {KEY}', id="blank in a value"),
        pytest.param(f"*@a.example cert-authority {KEY}", f'*@a.example cert-authority,namespaces="file" {KEY}', id="authority"),
        pytest.param(f'"jo,a b" cert-authority {KEY}', f'"jo,a b" cert-authority,namespaces="file" {KEY}', id="quoted authority"),
    ],
)
def test_line_has_the_principal_of_the_module_and_keeps_its_options(text: str, written: str) -> None:
    assert render(text) == written + "\n"


def test_authority_is_not_accepted_as_a_signing_key() -> None:
    keys = parse_ssh_keys(f"* cert-authority {KEY}\njo {OTHER}".encode())
    authority, other = keys.entries
    assert not keys.has_key(authority.key.fingerprint)
    assert keys.has_key(other.key.fingerprint)
    assert keys.find_authorities(authority.key.blob) == [authority]
    assert keys.find_authorities(other.key.blob) == []


def test_keys_of_several_sources_are_combined() -> None:
    joined = SshKeys.join([parse_ssh_keys(KEY.encode()), parse_ssh_keys(OTHER.encode())])
    assert joined == parse_ssh_keys(f"{KEY}\n{OTHER}".encode())


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "has no SSH public key"),
        ("# nothing\n\n", "has no SSH public key"),
        ("ssh-ed25519", "is not readable: line 1 has no SSH public key of a supported type"),
        (f"{KEY}\nssh-dss AAAA", "is not readable: line 2 has no SSH public key of a supported type"),
        ("ssh-ed25519 AAAA!", "is not readable: line 1 has a key that is not base64"),
        (KEY[:-4], "is not readable: line 1 has a key that is truncated"),
        (line(public_key() + b"x"), "is not readable: line 1 has a key that has data after its end"),
        (line(public_key(), "ssh-rsa"), "is not readable: line 1 has a key that does not match the type in the line"),
        (line(public_key("ssh-dss")), "is not readable: line 1 has a key that has a type that is not supported"),
        (line(public_key(ED25519, b"short")), "is not readable: line 1 has a key that has the wrong length"),
        (
            line(public_key("ecdsa-sha2-nistp256", b"nistp521", b"q"), "ecdsa-sha2-nistp256"),
            "is not readable: line 1 has a key that has a curve that does not match its type",
        ),
        (line(certificate(public_key()), "ssh-ed25519-cert-v01@openssh.com"), "is not readable: line 1 is a certificate"),
        (f'jo ="x" {KEY}', "is not readable: line 1 has options that cannot be read"),
        (f'jo namespaces="file {KEY}', "is not readable: line 1"),
        (f"jo namespaces {KEY}", "is not readable: line 1 has the option namespaces, which"),
        (f'jo namespaces="" {KEY}', "is not readable: line 1 has the option namespaces, which"),
        (f'jo cert-authority="yes" {KEY}', "is not readable: line 1 has the option cert-authority, which"),
        (f'jo valid-before="tomorrow" {KEY}', "is not readable: line 1 has the option valid-before, which"),
        (f'jo valid-before="2030010" {KEY}', "is not readable: line 1 has the option valid-before, which"),
        (f'jo verify-required="x" {KEY}', "is not readable: line 1 has the option verify-required, which"),
        (f'jo namespaces="file",namespaces="git" {KEY}', "is not readable: line 1 has the option namespaces, which"),
        (f"cert-authority {KEY}", "is not readable: line 1 is not a line of an allowed-signers file"),
        (f'from="10.0.0.1" {KEY}', "is not readable: line 1 is not a line of an allowed-signers file"),
        (f"@cert-authority {KEY}", "is not readable: line 1 is not a line of an allowed-signers file"),
        (f"j\0o {KEY}", "is not readable: line 1 has control characters"),
    ],
)
def test_other_text_is_refused_without_repeating_it(text: str, cause: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_ssh_keys(text.encode())
    assert str(caught.value).startswith(cause)
    assert "AAAA" not in str(caught.value)


def test_private_key_is_refused_without_repeating_it() -> None:
    with pytest.raises(BadInput, match="is a private key") as caught:
        parse_ssh_keys(b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n")
    assert "b3Blbn" not in str(caught.value)


@pytest.mark.parametrize("name", CERTIFICATE_TYPES)
def test_certificates_are_recognized(name: str) -> None:
    assert looks_like_ssh(f"{name} AAAA".encode())


@pytest.mark.parametrize(
    "text", ["", "ssh-ed25519", "/home/jo/.ssh/ssh-ed25519.pub", "~/id_ed25519.pub", "-----BEGIN PGP", "SSHSIG"]
)
def test_paths_and_other_formats_do_not_look_like_keys(text: str) -> None:
    assert not looks_like_ssh(text.encode())


principals = st.text(st.characters(categories=["L", "N"]), min_size=1).filter(
    lambda text: text not in {*KEY_TYPES, "cert-authority"}
)
options = st.lists(
    st.sampled_from(["cert-authority", 'namespaces="file,git"', 'valid-before="20300101"', 'valid-after="20200101Z"']),
    unique=True,
)


@given(principals, options, st.binary(min_size=32, max_size=32))
def test_allowed_signers_lines_are_read_as_they_are_written(who: str, options: list[str], key: bytes) -> None:
    text = " ".join(filter(None, [who, ",".join(options), line(public_key(ED25519, key))]))
    written = render(text)
    assert render(written) == written


@given(st.data())
def test_changed_lines_are_read_or_refused(data: st.DataObject) -> None:
    good = f'jo valid-before="20300101" {KEY}\n* cert-authority {OTHER}\n'.encode()
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, len(good)))
    changed = good[:start] + data.draw(st.binary(max_size=20)) + good[end:]
    with contextlib.suppress(BadInput):
        parse_ssh_keys(changed).render_allowed_signers()


@given(st.binary())
def test_any_key_blob_is_read_or_refused(data: bytes) -> None:
    for blob in (data, field(ED25519) + data, field("ssh-rsa") + data):
        with contextlib.suppress(BadInput):
            parse_ssh_keys(line(blob).encode())

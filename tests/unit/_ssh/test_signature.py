# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse SSH signatures, and refuse those that prove nothing before any program runs."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._signatures.values import BadSignature
from ansible_collections.releng.bitbucket.plugins.module_utils._ssh.signature import MAX_SIZE, parse_ssh_signature
from tests.helpers.ssh_blobs import ED25519, armor, certificate, public_key, signature

KEY = public_key()
AUTHORITY = public_key(ED25519, b"a" * 32)
GOOD = armor(signature(KEY))

# Created by ssh-keygen -Y sign -n file.
REAL = b"""-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgAUFNOQmFkMfdHQmow3OMSwbQuV
yngFKdXBQHJSlqJeoAAAAEZmlsZQAAAAAAAAAGc2hhNTEyAAAAUwAAAAtzc2gtZWQyNTUx
OQAAAEC/8li30QbSl6zcnGDXYBid03UyuYOYhyjwJGi5LNRDURb9Y/886AMqePC1ByLhA1
jXbxsW3a2/q9rTv+bCx8cO
-----END SSH SIGNATURE-----
"""


def test_signature_of_ssh_keygen_is_read_and_written() -> None:
    parsed = parse_ssh_signature(REAL)
    assert parsed.key.type == parsed.algorithm == ED25519
    assert parsed.key.fingerprint == "SHA256:a6JKQoey4arDwoFjThulqdQpqKPTVDIS6KEpQjf4/2E"
    assert parsed.key.label == "ED25519"
    assert parsed.digest == "sha512"
    assert parsed.armor() == REAL


def test_other_line_ends_and_surrounding_blanks_are_accepted() -> None:
    assert parse_ssh_signature(b"\r\n" + REAL.replace(b"\n", b"\r\n") + b"\n ").armor() == REAL


def test_certificate_has_its_key_principals_and_authority() -> None:
    parsed = parse_ssh_signature(armor(signature(certificate(AUTHORITY, "jo", "ümit"))))
    assert parsed.key.blob == KEY
    assert parsed.key.label == "ED25519-CERT"
    assert parsed.key.certificate == (("jo", "ümit"), AUTHORITY)


@pytest.mark.parametrize(
    ("kind", "fields", "label"),
    [
        ("sk-ssh-ed25519", (b"k" * 32, b"ssh:"), "ED25519-SK-CERT"),
        ("sk-ecdsa-sha2-nistp256", (b"nistp256", b"q" * 65, b"ssh:"), "ECDSA-SK-CERT"),
    ],
)
def test_certificate_of_a_hardware_key_has_its_key(kind: str, fields: tuple[bytes, ...], label: str) -> None:
    blob = certificate(AUTHORITY, name=f"{kind}-cert-v01@openssh.com", fields=fields)
    parsed = parse_ssh_signature(armor(signature(blob)))
    assert parsed.key.blob == public_key(f"{kind}@openssh.com", *fields)
    assert parsed.key.label == label


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (b"", "is empty"),
        (b" \r\n\t\n", "is empty"),
        (
            b"-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n",
            "is an OpenPGP signature, but signed_by has SSH keys",
        ),
        (signature(KEY), "is not an SSH signature"),
        (b"\x88\x75\x04\x00", "is not an SSH signature"),
        (b"<html>not found</html>", "is not an SSH signature"),
        (b"x" * (MAX_SIZE + 1), f"is larger than {MAX_SIZE} bytes"),
        (REAL[:200], "is truncated"),
        (REAL + REAL, "has data after its end"),
        (REAL + b"x", "has data after its end"),
        (REAL.replace(b"U1NI", b"U1N!"), "is damaged: it is not base64"),
        (armor(b""), "is truncated"),
        (armor(signature(KEY)[:90]), "is truncated"),
        (armor(signature(KEY, magic=b"SSHSIC")), "is damaged: it does not start with SSHSIG"),
        (armor(signature(KEY, version=2)), "has version 2, but only version 1 is supported"),
        (armor(signature(KEY, after=b"x")), "has data after its end"),
        (armor(signature(KEY, namespace="git")), "was made for the namespace 'git' instead of 'file'"),
        (armor(signature(KEY, namespace="")), "was made for the namespace '' instead of 'file'"),
        (armor(signature(KEY, namespace="file\n")), "was made for the namespace 'file\\n' instead of 'file'"),
        (armor(signature(KEY, digest="sha1")), "uses the digest algorithm 'sha1', but only sha256 and sha512 are accepted"),
        (armor(signature(KEY, algorithm="ssh-rsa")), "uses the weak algorithm ssh-rsa (SHA-1)"),
        (armor(signature(public_key("ssh-dss"))), "was made by a key that has a type that is not supported"),
        (armor(signature(KEY + b"x")), "was made by a key that has data after its end"),
        (armor(signature(certificate(AUTHORITY, "jo") + b"x")), "was made by a key that has data after its end"),
        (armor(signature(certificate(AUTHORITY, *["jo"] * 257))), "was made by a key that has too many principals"),
    ],
)
def test_unsuitable_signature_is_refused_with_the_reason(text: bytes, cause: str) -> None:
    with pytest.raises(BadSignature) as caught:
        parse_ssh_signature(text)
    assert str(caught.value).startswith(cause)


@given(st.data())
def test_changed_signature_is_read_or_refused(data: st.DataObject) -> None:
    raw = signature(certificate(AUTHORITY, "jo", "al"))
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 8)))
    changed = raw[:start] + data.draw(st.binary(max_size=8)) + raw[end:]
    with contextlib.suppress(BadSignature):
        assert parse_ssh_signature(armor(changed)).data == changed


@given(st.binary(), st.integers(0, len(GOOD)))
def test_changed_armor_is_read_or_refused(data: bytes, at: int) -> None:
    for changed in (GOOD[:at] + data + GOOD[at:], GOOD[:at], data):
        with contextlib.suppress(BadSignature):
            parse_ssh_signature(changed)

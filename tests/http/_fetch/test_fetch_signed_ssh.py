# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attack a release with SSH signatures of every invalid kind, and with certificates of an attacker."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.emulator import Emulator
from tests.helpers import ssh_blobs
from tests.helpers.fetching import FetchRunner
from tests.helpers.release_keys import from_ssh
from tests.helpers.ssh_signing import SshIdentity, make_ssh_key
from tests.http._downloads.helpers import MANIFEST
from tests.http._fetch.releases import ARTIFACTS, Release, require_refusal

UNTRUSTED = "was made by the key {other}, which signed_by does not have"
CHANGED = "does not match: the contents were changed after signing"


class Keys(NamedTuple):
    """The trusted key, an untrusted one, and two authorities, the first of which is trusted for ``*@example.com``."""

    key: SshIdentity
    untrusted: SshIdentity
    authority: SshIdentity
    untrusted_authority: SshIdentity

    @property
    def trusted(self) -> list[str]:
        """Return an allowed-signers line for each trusted key and authority."""
        return [self.key.line(), self.authority.line("cert-authority", "*@example.com")]


def claim(signature: bytes, key: SshIdentity) -> bytes:
    """Return a signature that contains another public key."""
    data = base64.b64decode(b"".join(signature.split(b"\n")[1:-2]))
    old = 4 + int.from_bytes(data[10:14], "big")
    return ssh_blobs.armor(data[:10] + ssh_blobs.field(blob(key)) + data[10 + old :])


def blob(key: SshIdentity) -> bytes:
    return base64.b64decode(key.public.split()[1])


# How the manifest is signed, and the message of the task.
SIGNATURES: dict[str, tuple[Callable[[Keys, bytes], bytes], str]] = {
    "for git": (
        lambda keys, text: keys.key.sign(text, namespace="git"),
        "was made for the namespace 'git' instead of 'file' (ssh-keygen -Y sign -n file)",
    ),
    "for another namespace": (
        lambda keys, text: keys.key.sign(text, namespace="file@example.com"),
        "was made for the namespace 'file@example.com' instead of 'file'",
    ),
    "by an untrusted key": (lambda keys, text: keys.untrusted.sign(text), UNTRUSTED),
    "by an untrusted key, with the trusted key in it": (lambda keys, text: claim(keys.untrusted.sign(text), keys.key), CHANGED),
    "by the trusted key, with an untrusted key in it": (lambda keys, text: claim(keys.key.sign(text), keys.untrusted), UNTRUSTED),
    "by the trusted authority itself": (
        lambda keys, text: keys.authority.sign(text),
        "was made by the key {authority}, which signed_by does not have",
    ),
    "with a certificate of an untrusted authority": (
        lambda keys, text: keys.untrusted.certify(keys.untrusted_authority, "jo@example.com").sign(text),
        "was made with a certificate of the authority {untrusted_authority}, which signed_by does not have",
    ),
    "with a certificate that the key gave itself": (
        lambda keys, text: keys.untrusted.certify(keys.untrusted, "jo@example.com").sign(text),
        "was made with a certificate of the authority {other}, which signed_by does not have",
    ),
    "with a certificate of the trusted key, which is no authority": (
        lambda keys, text: keys.untrusted.certify(keys.key, "jo@example.com").sign(text),
        "was made with a certificate of the authority {key}, which signed_by does not have",
    ),
    "with a certificate for another principal": (
        lambda keys, text: keys.untrusted.certify(keys.authority, "jo@example.org").sign(text),
        "was made with a certificate for 'jo@example.org', which signed_by does not allow",
    ),
    "with a certificate for the principal of bare keys": (
        lambda keys, text: keys.untrusted.certify(keys.authority, "signer").sign(text),
        "was made with a certificate for 'signer', which signed_by does not allow",
    ),
    "with a certificate without principals": (
        lambda keys, text: keys.untrusted.certify(keys.authority).sign(text),
        "was made with a certificate for no principals, which signed_by does not allow",
    ),
    "with a certificate that has expired": (
        lambda keys, text: keys.untrusted.certify(keys.authority, "jo@example.com", "20200101:20210101").sign(text),
        "was made with an expired certificate of the key {other}",
    ),
    "with a certificate of the future": (
        lambda keys, text: keys.untrusted.certify(keys.authority, "jo@example.com", "20900101:20910101").sign(text),
        "was made with a certificate of the key {other} that is not valid yet",
    ),
    "with SHA-1": (
        lambda keys, text: ssh_blobs.armor(ssh_blobs.signature(blob(keys.key), digest="sha1")),
        "uses the digest algorithm 'sha1', but only sha256 and sha512 are accepted",
    ),
    "with RSA and SHA-1": (
        lambda keys, text: ssh_blobs.armor(ssh_blobs.signature(blob(keys.key), algorithm="ssh-rsa")),
        "uses the weak algorithm ssh-rsa (SHA-1)",
    ),
    "of another version": (
        lambda keys, text: ssh_blobs.armor(ssh_blobs.signature(blob(keys.key), version=2)),
        "has version 2, but only version 1 is supported",
    ),
    "made up": (
        lambda keys, text: ssh_blobs.armor(ssh_blobs.signature(blob(keys.key))),
        CHANGED,
    ),
    "with a DSA key": (
        lambda keys, text: ssh_blobs.armor(ssh_blobs.signature(ssh_blobs.public_key("ssh-dss", b"p", b"q", b"g", b"y"))),
        "was made by a key that has a type that is not supported",
    ),
    "with bytes after its end": (
        lambda keys, text: ssh_blobs.armor(ssh_blobs.signature(blob(keys.key)) + b"\0"),
        "has data after its end",
    ),
    "good, and an untrusted one after it": (
        lambda keys, text: keys.key.sign(text) + keys.untrusted.sign(text),
        "has data after its end",
    ),
    "good, with a page around it": (lambda keys, text: b"<html>\n" + keys.key.sign(text), "is not an SSH signature"),
    "good, with a byte order mark": (lambda keys, text: b"\xef\xbb\xbf" + keys.key.sign(text), "is not an SSH signature"),
    "good, but binary": (
        lambda keys, text: base64.b64decode(b"".join(keys.key.sign(text).split(b"\n")[1:-2])),
        "is not an SSH signature",
    ),
    "that is a private key": (lambda keys, text: keys.untrusted.path.read_bytes(), "is not an SSH signature"),
    "that is a certificate": (
        lambda keys, text: keys.untrusted.certify(keys.authority, "jo@example.com").path.read_bytes(),
        "is not an SSH signature",
    ),
}

# Options in the line of the trusted key, and the message of the task about its good signature.
LINES = {
    'namespaces="git"': "was made by the key {key}, which signed_by limits to other namespaces",
    'namespaces="git,!file,*"': "was made by the key {key}, which signed_by limits to other namespaces",
    'valid-before="20200101"': "was made by the key {key}, which has expired (valid-before in signed_by)",
    'valid-after="20900101"': "was made by the key {key}, which is not valid yet (valid-after in signed_by)",
    "cert-authority": "was made by the key {key}, which signed_by does not have",
}


@pytest.fixture
def keys(ssh_key: SshIdentity, untrusted_ssh_key: SshIdentity, tmp_path: Path) -> Keys:
    return Keys(ssh_key, untrusted_ssh_key, make_ssh_key(tmp_path, name="ca"), make_ssh_key(tmp_path, name="untrusted-ca"))


@pytest.fixture
def release(emulator: Emulator, keys: Keys) -> Release:
    """Publish a signed release."""
    release = Release(emulator, from_ssh(keys.key), from_ssh(keys.untrusted))
    release.put()
    return release


@pytest.mark.parametrize("attack", SIGNATURES)
def test_signature_is_refused(fetch: FetchRunner, release: Release, keys: Keys, attack: str) -> None:
    sign, words = SIGNATURES[attack]
    release.put_signature(sign(keys, release.manifest))
    words = words.replace("{authority}", keys.authority.fingerprint)
    words = words.replace("{untrusted_authority}", keys.untrusted_authority.fingerprint)
    require_refusal(fetch, release.explain(words), manifest=MANIFEST, signed_by=keys.trusted)


def test_certificate_of_the_trusted_authority_is_good(fetch: FetchRunner, release: Release, keys: Keys) -> None:
    release.put_signature(keys.untrusted.certify(keys.authority, "jo@example.com").sign(release.manifest))
    fetch("app", manifest=MANIFEST, signed_by=keys.trusted)
    assert fetch.files == {"app": ARTIFACTS["app"]}


@pytest.mark.parametrize("options", LINES)
def test_line_that_does_not_allow_the_signature_refuses_it(
    fetch: FetchRunner, release: Release, keys: Keys, options: str
) -> None:
    line = keys.key.line(options)
    require_refusal(fetch, release.explain(LINES[options]), manifest=MANIFEST, signed_by=line)

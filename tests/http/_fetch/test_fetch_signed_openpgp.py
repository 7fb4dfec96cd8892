# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attack a release with OpenPGP signatures of every invalid kind, and with keys that have parts of an attacker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._openpgp.packets import (
    PUBLIC_SUBKEY,
    SIGNATURE,
    Packet,
    parse_packets,
)
from tests.emulator import Emulator
from tests.helpers.fetching import FetchRunner
from tests.helpers.openpgp import FUTURE_TIME, PAST_TIME, OpenpgpHome, OpenpgpKey, open_openpgp_home
from tests.helpers.release_keys import from_openpgp
from tests.http._downloads.helpers import MANIFEST
from tests.http._fetch.releases import Install, Release, require_refusal

TEXT = "is a text signature (class 01), which does not cover line ends. Sign again without --textmode"
INLINE = "is a message with its text, not a detached signature"
FOREIGN = "was made by the key {other}, which signed_by does not have"

# How the manifest is signed, the key, and the message of the task.
Sign = Callable[[OpenpgpHome, bytes], bytes]
SIGNATURES: dict[str, tuple[Sign, str]] = {
    "by an expired key": (lambda home, text: home.expired.sign(text, at=PAST_TIME), "which has expired"),
    "by an expired key, in its name": (
        lambda home, text: claim(home.attacker.sign(text, armor=False), home.expired),
        "The signature '{signature}' of the manifest '{manifest}' does not match",
    ),
    "that has expired": (
        lambda home, text: home.release.sign(text, "--default-sig-expire", "1d", at=PAST_TIME),
        "The signature '{signature}' of the manifest '{manifest}' has expired",
    ),
    "with MD5": (lambda home, text: weaken(home.release.sign(text, armor=False)), "uses the weak digest algorithm MD5"),
    "with SHA-1": (lambda home, text: home.release.sign(text, "--digest-algo", "SHA1"), "uses the weak digest algorithm SHA-1"),
    "with RIPEMD-160": (
        lambda home, text: home.release.sign(text, "--digest-algo", "RIPEMD160"),
        "uses the weak digest algorithm RIPEMD-160",
    ),
    "of class 01": (lambda home, text: home.release.sign(text, "--textmode"), TEXT),
    "of class 01, of other line ends": (
        lambda home, text: home.release.sign(text.replace(b"\n", b"\r\n"), "--textmode"),
        TEXT,
    ),
    "of a user ID": (
        lambda home, text: extract(home.release.binary, SIGNATURE),
        "is a signature of class 13, but only signatures of files (class 00) are accepted",
    ),
    "clear-signed": (
        lambda home, text: home.release.sign(text, command="--clear-sign"),
        "is a clear-signed message, not a detached signature",
    ),
    "with its text": (lambda home, text: home.release.sign(text, command="--sign"), INLINE),
    "with its text, binary": (lambda home, text: home.release.sign(text, armor=False, command="--sign"), INLINE),
    "with its text, not compressed": (
        lambda home, text: home.release.sign(text, "--compress-algo", "none", armor=False, command="--sign"),
        INLINE,
    ),
    "that holds its text and no signature": (
        lambda home, text: home.run("--armor", "--store", data=text).stdout,
        INLINE,
    ),
    "that is the binary key": (lambda home, text: home.release.binary, "is a public key, not a signature"),
    "that is a private key": (lambda home, text: home.attacker.private.encode(), "is a private key, not a signature"),
    "of the future": (lambda home, text: home.release.sign(text, at=FUTURE_TIME), "has a date in the future, 2099-01-01"),
    "older than its key": (
        lambda home, text: home.release.sign(text, "--ignore-time-conflict", at="20190101T000000"),
        "has a date before the creation of its key {key}",
    ),
    "in the name of the trusted key": (
        lambda home, text: claim(home.attacker.sign(text, armor=False), home.release),
        "The signature '{signature}' of the manifest '{manifest}' does not match",
    ),
    "without a name": (
        lambda home, text: claim(home.attacker.sign(text, armor=False), None),
        "The signature '{signature}' of the manifest '{manifest}' does not state which key made it",
    ),
    "by a subkey of an attacker": (
        lambda home, text: home.with_subkey.sign(text),
        "which signed_by does not have",
    ),
    "good for another text, and by an attacker": (
        lambda home, text: home.release.sign(b"other") + home.attacker.sign(text),
        "has no good signature: one does not match: the contents were changed after signing",
    ),
    "good, and one for another text": (
        lambda home, text: home.release.sign(text) + home.release.sign(b"other"),
        "has a good signature, but another signature in it by a key of signed_by does not match",
    ),
    "good, and an expired one": (
        lambda home, text: home.release.sign(text, "--default-sig-expire", "1d", at=PAST_TIME) + home.release.sign(text),
        "has a good signature, but another signature in it by a key of signed_by has expired",
    ),
    "good, with a page around it": (
        lambda home, text: b"<html>" + home.release.sign(text, armor=False),
        "is not an OpenPGP signature",
    ),
    "good, cut off, binary": (
        lambda home, text: home.release.sign(text, armor=False)[:-1],
        "is not a readable OpenPGP signature: it is truncated",
    ),
    "good, with a byte after it": (
        lambda home, text: home.release.sign(text, armor=False) + b"\0",
        "is not a readable OpenPGP signature",
    ),
    "good, but its checksum is not": (
        lambda home, text: home.release.sign(text).replace(b"\n=", b"\n=A", 1),
        "is not a readable OpenPGP signature",
    ),
    "of many signatures": (lambda home, text: home.attacker.sign(text, armor=False) * 17, "has more than 16 signatures"),
}


def claim(signature: bytes, key: OpenpgpKey | None) -> bytes:
    """Return a signature that names another key as its issuer, or none."""
    (packet,) = parse_packets(signature)
    hashed = packet.body[6 : 6 + int.from_bytes(packet.body[4:6], "big")]
    rest = packet.body[6 + len(hashed) :]
    unhashed = rest[2 : 2 + int.from_bytes(rest[:2], "big")]
    kept = b"".join(each for each in split(hashed) if each[1] not in (16, 33))
    issuers = b""
    if key is not None:
        fingerprint = bytes.fromhex(key.fingerprint)
        issuers = b"\x16\x21\x04" + fingerprint + b"\x09\x10" + fingerprint[-8:]
    areas = [len(kept).to_bytes(2, "big") + kept, len(issuers).to_bytes(2, "big") + issuers]
    return Packet(SIGNATURE, packet.body[:4] + b"".join(areas) + rest[2 + len(unhashed) :]).encode()


def split(area: bytes) -> list[bytes]:
    """Return short subpackets, each with its length byte."""
    found = []
    while area:
        found.append(area[: 1 + area[0]])
        area = area[1 + area[0] :]
    return found


def weaken(signature: bytes) -> bytes:
    """Return a signature that claims the algorithm MD5, with which GnuPG no longer signs."""
    (packet,) = parse_packets(signature)
    return Packet(SIGNATURE, packet.body[:3] + b"\x01" + packet.body[4:]).encode()


def extract(keyring: bytes, tag: int) -> bytes:
    """Return the first packet of a kind."""
    return next(packet.encode() for packet in parse_packets(keyring) if packet.tag == tag)


@pytest.fixture
def release(emulator: Emulator, gnupg: OpenpgpHome) -> Release:
    """Publish a release that is not signed."""
    release = Release(emulator, from_openpgp(gnupg.release), from_openpgp(gnupg.attacker))
    release.put()
    return release


@pytest.mark.parametrize("program", ["gpgv", "gpg"])
@pytest.mark.parametrize("attack", SIGNATURES)
def test_signature_is_refused(
    fetch: FetchRunner, gnupg: OpenpgpHome, release: Release, install: Install, attack: str, program: str
) -> None:
    sign, words = SIGNATURES[attack]
    release.put_signature(sign(gnupg, release.manifest))
    trusted = [gnupg.release.public, *([gnupg.expired.public] if "expired key" in attack else [])]
    install(program)
    require_refusal(fetch, release.explain(words), manifest=MANIFEST, signed_by=trusted)


def test_revoked_key_is_refused(fetch: FetchRunner, emulator: Emulator) -> None:
    """Its good signature is older, and one copy of the key in signed_by does not have the revocation yet."""
    with open_openpgp_home() as home:
        key = home.create_key()
        before = key.public
        release = Release(emulator, from_openpgp(key), from_openpgp(key))
        release.put()
        home.revoke(key)
        for trusted in ([key.public], [before, key.public], [key.public, before]):
            require_refusal(
                fetch, f"was made by the key {key.fingerprint}, which was revoked", manifest=MANIFEST, signed_by=trusted
            )


@pytest.mark.parametrize("program", ["gpgv", "gpg"])
@pytest.mark.parametrize("binding", [False, True])
def test_subkey_of_an_attacker_in_the_trusted_key_is_refused(
    fetch: FetchRunner, gnupg: OpenpgpHome, release: Release, tmp_path: Path, binding: bool, program: str, install: Install
) -> None:
    """A key server can add any packet to a key whose fingerprint is known."""
    packets = parse_packets(gnupg.with_subkey.binary)
    at = next(number for number, packet in enumerate(packets) if packet.tag == PUBLIC_SUBKEY)
    grafted = b"".join(packet.encode() for packet in packets[at : at + (2 if binding else 1)])
    keyring = tmp_path / "keys"
    keyring.write_bytes(gnupg.release.binary + grafted)
    release.put_signature(gnupg.with_subkey.sign(release.manifest))
    install(program)
    words = f"was made by the key {gnupg.with_subkey.subkeys[0]}, which is damaged in signed_by, or has no valid signature"
    require_refusal(fetch, words, manifest=MANIFEST, signed_by=[str(keyring)])

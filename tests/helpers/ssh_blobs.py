# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build SSH public keys, certificates and signatures byte by byte, for tests of their parsers.

None of them is cryptographically valid. Keys that sign are in tests/helpers/ssh_signing.py.
"""

from __future__ import annotations

import base64

ED25519 = "ssh-ed25519"


def field(data: bytes | str) -> bytes:
    """Return data with its length before it."""
    data = data.encode() if isinstance(data, str) else data
    return len(data).to_bytes(4, "big") + data


def public_key(name: str = ED25519, *fields: bytes) -> bytes:
    """Return the blob of a public key; an Ed25519 key of 32 equal bytes if no fields are given."""
    return field(name) + b"".join(map(field, fields or (b"k" * 32,)))


def line(blob: bytes, name: str = ED25519) -> str:
    """Return ``TYPE BASE64`` as in a file ``id_ed25519.pub``."""
    return f"{name} {base64.b64encode(blob).decode()}"


def certificate(
    authority: bytes, *principals: str, name: str = "ssh-ed25519-cert-v01@openssh.com", fields: tuple[bytes, ...] = ()
) -> bytes:
    """Return the blob of a certificate for the key of public_key()."""
    return b"".join(
        [
            field(name),
            *map(field, (b"nonce", *(fields or (b"k" * 32,)))),
            (7).to_bytes(8, "big") + (1).to_bytes(4, "big"),
            field("id"),
            field(b"".join(map(field, principals))),
            bytes(8) + b"\xff" * 8,
            *map(field, (b"", b"", b"", authority, b"signature of the authority")),
        ]
    )


def signature(
    key: bytes,
    *,
    namespace: str = "file",
    digest: str = "sha512",
    version: int = 1,
    algorithm: str = ED25519,
    magic: bytes = b"SSHSIG",
    after: bytes = b"",
) -> bytes:
    """Return an SSH signature without armor."""
    made = field(field(algorithm) + field(b"s" * 64))
    return magic + version.to_bytes(4, "big") + field(key) + field(namespace) + field("") + field(digest) + made + after


def armor(data: bytes) -> bytes:
    """Return the signature as ssh-keygen writes it."""
    text = base64.b64encode(data).decode()
    lines = [text[at : at + 70] for at in range(0, len(text), 70)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""]).encode()

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse SSH public keys and allowed-signers lines, and render the allowed-signers lines to verify a signature.

The formats: sshd(8) and ssh-keygen(1), sections AUTHORIZED_KEYS FILE FORMAT and ALLOWED SIGNERS; PROTOCOL.certkeys of OpenSSH.
Nothing here reads a file or runs a program.
"""

from __future__ import annotations

import base64
import hashlib
import re
import typing as t

from .._errors import BadInput

SIGNER = "signer"
NAMESPACE = "file"
MAX_PRINCIPALS = 256  # the limit of OpenSSH

# For each type of key: its name in the messages of ssh-keygen, and the number of fields after the type.
KEY_TYPES = {
    "ssh-ed25519": ("ED25519", 1),
    "ssh-rsa": ("RSA", 2),
    "ecdsa-sha2-nistp256": ("ECDSA", 2),
    "ecdsa-sha2-nistp384": ("ECDSA", 2),
    "ecdsa-sha2-nistp521": ("ECDSA", 2),
    "sk-ssh-ed25519@openssh.com": ("ED25519-SK", 2),
    "sk-ecdsa-sha2-nistp256@openssh.com": ("ECDSA-SK", 3),
}
CERTIFICATE_TYPES = {f"{name.partition('@')[0]}-cert-v01@openssh.com": name for name in KEY_TYPES}

_TYPES = "|".join(re.escape(name) for name in (*KEY_TYPES, *CERTIFICATE_TYPES))
_KEY = re.compile(rf"(?:^|\s)(?:{_TYPES}|ssh-dss)\s+AAAA".encode(), re.MULTILINE)
_TOKEN = re.compile(r'(?:[^\s"]|"[^"]*")+')
_OPTION = re.compile(r'([A-Za-z-]+)(?:="([^"\\]*)")?(?:,|$)')
_TIME = re.compile(r"[0-9]{8}(?:[0-9]{4}(?:[0-9]{2})?)?(?:Z|UTC)?")
_TIMES = ("valid-after", "valid-before")


class MalformedKey(ValueError):
    """A public key has an invalid structure or an unknown type. The message is a predicate, such as "is truncated"."""


class BlobReader:
    """Reads the fields of the SSH wire format (RFC 4251, section 5)."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes. Raise MalformedKey if there are fewer."""
        field = self._data[self._at : self._at + size]
        if len(field) < size:
            raise MalformedKey("is truncated")
        self._at += size
        return field

    def number(self) -> int:
        """Return the next unsigned number of 4 bytes."""
        return int.from_bytes(self.read(4), "big")

    def string(self) -> bytes:
        """Return the next field, which starts with its length."""
        return self.read(self.number())

    def text(self) -> str:
        """Return the next field as text. Bytes that are not UTF-8 become escapes."""
        return self.string().decode("utf-8", "backslashreplace")

    def is_at_end(self) -> bool:
        """Return whether everything was read."""
        return self._at == len(self._data)

    def end(self) -> None:
        """Raise MalformedKey unless everything was read."""
        if not self.is_at_end():
            raise MalformedKey("has data after its end")


class Certificate(t.NamedTuple):
    """The contents of a certificate: the principals that its key can sign as, and the key of its authority."""

    principals: tuple[str, ...]
    authority: bytes


class PublicKey(t.NamedTuple):
    """A public key. ``type`` and ``blob``: of the bare key, also for a key in a certificate."""

    type: str
    blob: bytes
    certificate: Certificate | None = None

    @property
    def fingerprint(self) -> str:
        """Return the fingerprint as ssh-keygen prints it."""
        return fingerprint(self.blob)

    @property
    def label(self) -> str:
        """Return the type as ssh-keygen prints it, such as ``ED25519`` or ``ED25519-CERT``."""
        return KEY_TYPES[self.type][0] + ("-CERT" if self.certificate else "")


def fingerprint(blob: bytes) -> str:
    """Return ``SHA256:…`` of a public key."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii").rstrip("=")


def parse_public_key(blob: bytes) -> PublicKey:
    """Return the key in a blob, which might be a certificate. Raise MalformedKey."""
    reader = BlobReader(blob)
    name = reader.text()
    if name in CERTIFICATE_TYPES:
        return _parse_certificate(CERTIFICATE_TYPES[name], reader)
    if name not in KEY_TYPES:
        raise MalformedKey("has a type that is not supported")
    key = PublicKey(name, _encode_key(name, reader))
    reader.end()
    return key


def _encode_key(name: str, reader: BlobReader) -> bytes:
    """Return the blob of the bare key with the next fields. Raise MalformedKey if they do not match the type."""
    fields = [reader.string() for _unused in range(KEY_TYPES[name][1])]
    if name.endswith("ed25519") and len(fields[0]) != 32:
        raise MalformedKey("has the wrong length")
    if name.startswith("ecdsa-") and fields[0] != name.rpartition("-")[2].encode("ascii"):
        raise MalformedKey("has a curve that does not match its type")
    return b"".join(len(field).to_bytes(4, "big") + field for field in (name.encode("ascii"), *fields))


def _parse_certificate(name: str, reader: BlobReader) -> PublicKey:
    reader.string()  # nonce
    blob = _encode_key(name, reader)
    reader.read(8 + 4)  # serial number, kind
    reader.string()  # key ID
    principals = _parse_certified(BlobReader(reader.string()))
    reader.read(8 + 8)  # validity
    for _unused in range(3):
        reader.string()  # critical options, extensions, reserved
    authority = reader.string()
    reader.string()  # signature, which ssh-keygen verifies
    reader.end()
    return PublicKey(name, blob, Certificate(principals, authority))


def _parse_certified(reader: BlobReader) -> tuple[str, ...]:
    names: list[str] = []
    while not reader.is_at_end():
        names.append(reader.text())
        if len(names) > MAX_PRINCIPALS:
            raise MalformedKey("has too many principals")
    return tuple(names)


class SshKey(t.NamedTuple):
    """A trusted key and the other fields of its allowed-signers line. ``options``: values by name, None for a flag."""

    key: PublicKey
    principals: str = SIGNER
    options: tuple[tuple[str, str | None], ...] = ()

    @property
    def is_authority(self) -> bool:
        """Return whether the key signs certificates instead of documents."""
        return ("cert-authority", None) in self.options

    def render(self) -> str:
        """Return the line. Principals limit only certificates. A bare key is trusted whatever its principals are."""
        options = list(self.options)
        if "namespaces" not in dict(options):
            options.append(("namespaces", NAMESPACE))
        words = ",".join(name if value is None else f'{name}="{value}"' for name, value in options)
        blob = base64.b64encode(self.key.blob).decode("ascii")
        return f"{self.principals if self.is_authority else SIGNER} {words} {self.key.type} {blob}\n"


class SshKeys(t.NamedTuple):
    """The keys that can sign."""

    entries: tuple[SshKey, ...]

    @classmethod
    def join(cls, several: t.Iterable[SshKeys]) -> SshKeys:
        """Return the keys of several sources."""
        return cls(tuple(entry for keys in several for entry in keys.entries))

    def has_key(self, fingerprint: str) -> bool:
        """Return whether the bare key with this fingerprint can sign."""
        return any(entry.key.fingerprint == fingerprint for entry in self.entries if not entry.is_authority)

    def find_authorities(self, blob: bytes) -> list[SshKey]:
        """Return the lines that trust certificates signed by this key."""
        return [entry for entry in self.entries if entry.is_authority and entry.key.blob == blob]

    def render_allowed_signers(self) -> str:
        """Return the text of a file for ``ssh-keygen -Y verify``. The principal of bare keys is SIGNER."""
        return "".join(entry.render() for entry in self.entries)


def looks_like_ssh(data: bytes) -> bool:
    """Return whether the data has a line with an SSH public key."""
    return _KEY.search(data) is not None


def parse_ssh_keys(data: bytes) -> SshKeys:
    """Return the keys in lines with public keys or allowed signers. Raise BadInput.

    The message is a predicate about the source of the data, and does not repeat the lines.
    """
    if b"PRIVATE KEY" in data:
        raise BadInput("is a private key. Use only the public key, and keep the private key secret")
    entries = []
    for number, line in enumerate(data.decode("utf-8", "replace").lstrip("\ufeff").split("\n"), 1):
        text = line.replace("\t", " ").strip(" \r")
        if not text or text.startswith("#"):
            continue
        try:
            entries.append(_parse_line(text))
        except MalformedKey as exc:
            raise BadInput(f"is not readable: line {number} {exc}") from exc
    if not entries:
        raise BadInput("has no SSH public key")
    return SshKeys(tuple(entries))


def _parse_line(line: str) -> SshKey:
    """Return the key in ``TYPE BASE64 [COMMENT]`` or ``PRINCIPALS [OPTIONS] TYPE BASE64 [COMMENT]``."""
    tokens = _TOKEN.findall(line)
    at = next((at for at, token in enumerate(tokens[:3]) if token in KEY_TYPES or token in CERTIFICATE_TYPES), None)
    if at is None or at + 1 >= len(tokens):
        raise MalformedKey("has no SSH public key of a supported type")
    if not all(token.isprintable() for token in tokens[:at]):
        raise MalformedKey("has control characters")
    key = _parse_base64(tokens[at], tokens[at + 1])
    principals = _parse_principals(tokens[0]) if at else SIGNER
    return SshKey(key, principals, _parse_options(tokens[1]) if at == 2 else ())


def _parse_base64(name: str, text: str) -> PublicKey:
    if name in CERTIFICATE_TYPES:
        raise MalformedKey("is a certificate. Use its key, or the key of its authority with cert-authority")
    try:
        key = parse_public_key(base64.b64decode(text, validate=True))
    except MalformedKey as exc:
        raise MalformedKey(f"has a key that {exc}") from exc
    except ValueError as exc:
        raise MalformedKey("has a key that is not base64") from exc
    if key.type != name:
        raise MalformedKey("has a key that does not match the type in the line")
    return key


def _parse_principals(token: str) -> str:
    inner = token[1:-1] if token[0] == token[-1] == '"' and len(token) > 2 else token
    if '"' in inner or inner == "cert-authority" or inner.startswith("@"):
        raise MalformedKey("is not a line of an allowed-signers file, which has principals first and then options")
    return token


def _parse_options(text: str) -> tuple[tuple[str, str | None], ...]:
    """Return the options in their order. Raise MalformedKey for an option that ssh-keygen does not know."""
    found: dict[str, str | None] = {}
    at = 0
    while at < len(text):
        match = _OPTION.match(text, at)
        if not match:
            raise MalformedKey("has options that cannot be read")
        name, value = match[1].lower(), match[2]
        if name in found or not _is_option(name, value):
            raise MalformedKey(f"has the option {name}, which is unknown, duplicate or has a wrong value")
        found[name], at = value, match.end()
    return tuple(found.items())


def _is_option(name: str, value: str | None) -> bool:
    if name in _TIMES:
        return value is not None and _TIME.fullmatch(value) is not None
    return value is None if name == "cert-authority" else name == "namespaces" and bool(value)

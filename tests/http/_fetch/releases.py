# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Publish signed releases for tests of readers, and require that an attack on a release writes nothing to the host."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.emulator import Emulator
from tests.helpers.fetching import FetchRunner
from tests.helpers.release_keys import ReleaseKey
from tests.http._downloads.helpers import LISTING, MANIFEST, lines, put, widgets

ARTIFACTS = {"app": b"application", "lib": b"library"}
NEW = {"app": b"new application", "lib": b"library"}
EVIL = b"applicatioN"


# Allowed beginnings of a message besides a capital letter.
BEGINNINGS = ("'", "signed_by ", "signature ", "manifest ", "gpgv ", "gpg ", "sqv ", "ssh-keygen ")

# Sets PATH to a folder with these programs and scripts, see the fixture ``install``.
Install = Callable[..., Path]


class Release(NamedTuple):
    """A release of ARTIFACTS with a manifest that ``key`` has signed; ``other_key`` is not trusted."""

    emulator: Emulator
    key: ReleaseKey
    other_key: ReleaseKey

    @property
    def manifest(self) -> bytes:
        """Return the manifest of ARTIFACTS."""
        return lines(ARTIFACTS)

    def put(self, artifacts: Mapping[str, bytes] | None = None, *, manifest: bytes | None = None) -> None:
        """Store artifacts, their manifest, unless another one is given, and its signature."""
        artifacts = ARTIFACTS if artifacts is None else artifacts
        text = lines(artifacts) if manifest is None else manifest
        put(self.emulator, {**artifacts, MANIFEST: text, self.key.signature: self.key.sign(text)})

    def put_untrusted(self, **artifacts: bytes) -> None:
        """Replace artifacts, their lines and the signature as a publisher would, with the untrusted key."""
        text = lines({**ARTIFACTS, **artifacts})
        put(self.emulator, {**artifacts, MANIFEST: text, self.key.signature: self.other_key.sign(text)})

    def put_manifest(self, text: bytes) -> None:
        """Replace the manifest, without its signature."""
        put(self.emulator, {MANIFEST: text})

    def put_signature(self, data: bytes) -> None:
        """Replace the signature."""
        put(self.emulator, {self.key.signature: data})

    def read(self, name: str) -> bytes:
        """Return the contents of an artifact."""
        return widgets(self.emulator).artifacts[name].content

    def remove(self, *names: str) -> None:
        """Delete artifacts."""
        for name in names:
            widgets(self.emulator).artifacts.pop(name)

    def fault(self, kind: str, name: str, host: str = "storage", **arguments: Any) -> None:
        """Make all requests for the contents of an artifact fail."""
        self.emulator.faults.add(kind, host=host, path=f"/{re.escape(name)}$", times=None, **arguments)

    def swap(self, after: str, action: Callable[[], None]) -> None:
        """Run an action once, after the contents of an artifact were read, or after the ``listing``."""
        host, path = ("api", LISTING) if after == "listing" else ("storage", f"/{re.escape(after)}$")
        self.emulator.faults.add("call", host=host, path=path, action=action, when="after")

    def options(self, **others: Any) -> dict[str, Any]:
        """Return the options of a task that trusts ``key``."""
        return {"manifest": MANIFEST, "signed_by": [self.key.public], **others}

    def explain(self, words: str) -> str:
        """Return the words with the names of this release in them."""
        names = {"manifest": MANIFEST, "signature": self.key.signature, "other": self.other_key.fingerprint}
        return words.format(**names, key=self.key.fingerprint)


def require_refusal(fetch: FetchRunner, words: str, *names: str, **options: Any) -> dict[str, Any]:
    """Fetch with no file at ``dest``, then over an existing file: both runs fail, say why, and write nothing."""
    result: dict[str, Any] = {}
    name = names[0] if names else "app"
    for before in ({}, {name: b"old"}):
        fetch.write(before)
        result = fetch.failed(*(names or ("app",)), **options)
        assert words in result["msg"], result["msg"]
        require_sentence(result["msg"])
        assert (result["changed"], result["artifacts"], fetch.files) == (False, [], before)
        (fetch.folder / name).unlink(missing_ok=True)
    return result


def require_sentence(message: str) -> None:
    """Require a readable message: complete sentences of moderate length, and no text of Python."""
    assert message[0].isupper() or message.startswith(BEGINNINGS), message
    assert len(message) <= 600, message
    assert message.isprintable(), message
    for part in ("Traceback", "Error(", "None", "  ", "..", " .", "::", "\\x", "BEGIN "):
        assert part not in message, (part, message)

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checksum manifests: their text, and when a line of one is believed. Pure: knows no network and no local files.

The format is that of GNU coreutils (``sha256sum``): 64 hex digits, a blank, a blank or ``*``, the name; a leading backslash
marks a line whose name has ``\\\\``, ``\\n`` or ``\\r`` for a backslash, a line feed or a carriage return.
"""

from __future__ import annotations

import hashlib
import re
import typing as t
from types import MappingProxyType

from .._errors import BitbucketError
from .artifact import Artifact, Listing, parse_time

_LINE = re.compile(r"(\\?)([0-9A-Fa-f]{64}) [ *](.+)\Z", re.DOTALL)
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
_UNESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_UNESCAPED = {"\\": "\\", "n": "\n", "r": "\r"}


class NotAManifest(BitbucketError):
    """The artifact that is named as the manifest holds something else."""


def parse(text: str) -> dict[str, str]:
    """Digests by name. As ``sha256sum -c`` does, skip comments and broken lines, and refuse a text without any good line.

    A name with two different digests is left out: neither of them is a promise.
    """
    digests: dict[str, str] = {}
    doubtful = set()
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
    for line in lines:
        name, digest = _parsed(line)
        if name and digests.setdefault(name, digest) != digest:
            doubtful.add(name)
    if lines and not digests:
        raise NotAManifest("it has no line with a SHA-256 digest and a name")
    return {name: digest for name, digest in digests.items() if name not in doubtful}


def render(digests: t.Mapping[str, str]) -> str:
    """The manifest's text: lines sorted by name, each ended by a line feed."""
    return "".join(_rendered(name, digests[name]) for name in sorted(digests))


class Manifest(t.NamedTuple):
    """A manifest as it was read: ``artifact`` is its item of the listing (None: there is none), ``digests`` its lines,
    ``sha256`` the digest of its own text.
    """

    name: str
    artifact: Artifact | None = None
    digests: t.Mapping[str, str] = MappingProxyType({})
    sha256: str | None = None

    def believed(self, artifact: Artifact) -> str | None:
        """The digest of an artifact of the same listing, only while the manifest is not older than the artifact."""
        ours = parse_time(self.artifact.created_on) if self.artifact else None
        theirs = parse_time(artifact.created_on)
        if ours is None or theirs is None or ours < theirs:
            return None
        return self.digests.get(artifact.name)


class ManifestPlan(t.NamedTuple):
    """What shall become of the manifest: ``status`` and, where it is to be sent, ``text``; ``size`` in bytes afterwards."""

    status: str
    size: int | None = None
    text: str | None = None

    @property
    def changes(self) -> bool:
        """Whether the manifest is sent or deleted."""
        return self.text is not None or self.status == "deleted"

    def sha256(self, current: Manifest) -> str | None:
        """The digest of the manifest's text as this plan will leave it."""
        return current.sha256 if self.text is None else hashlib.sha256(self.text.encode("utf-8")).hexdigest()

    def applied_to(self, listing: Listing, name: str) -> Listing:
        """The listing as this plan for the manifest of that name will leave it."""
        after = dict(listing)
        if self.status == "deleted":
            after.pop(name, None)
        elif self.text is not None and self.size is not None:
            after[name] = Artifact(name, self.size)
        return after


def plan_manifest(current: Manifest, ours: t.Mapping[str, str | None], after: Listing, sent: bool = False) -> ManifestPlan:
    """The manifest that goes with ``after``, the artifacts that will lie in Downloads.

    ``ours``: what this task speaks for, digests by stored name, None where it cannot tell one. Another artifact's line stays
    only where it was believable, or else renewing the manifest would make a stale line look fresh. ``sent``: an artifact of
    ours was sent, so the manifest must follow even with the same text: its date must not be older.
    """
    listed = {name: artifact for name, artifact in after.items() if name != current.name}
    wished = {name: current.believed(artifact) for name, artifact in listed.items()}
    wished.update((name, digest) for name, digest in ours.items() if digest is not None)
    digests = {name: digest for name, digest in wished.items() if digest is not None and name in listed}
    if current.artifact and not (sent or _needs_renewal(current, ours, listed)):
        return ManifestPlan("unchanged", current.artifact.size)
    if not digests:
        return ManifestPlan("deleted" if current.artifact else "absent")
    text = render(digests)
    return ManifestPlan("replaced" if current.artifact else "created", len(text.encode("utf-8")), text)


def _needs_renewal(current: Manifest, ours: t.Mapping[str, str | None], listed: Listing) -> bool:
    """Whether a line of ours is missing or wrong, or a line's artifact is gone."""
    wrong = any(digest is not None and current.digests.get(name) != digest for name, digest in ours.items())
    return wrong or any(name not in listed for name in current.digests)


def _parsed(line: str) -> tuple[str, str]:
    match = _LINE.match(line[:-1] if line.endswith("\r") else line)
    if not match:
        return "", ""
    escaped, digest, name = match.groups()
    if escaped:
        # An unknown escape makes the line a broken one, as it does for sha256sum.
        if any(found not in _UNESCAPED for found in _UNESCAPE.findall(name)):
            return "", ""
        name = _UNESCAPE.sub(lambda found: _UNESCAPED[found.group(1)], name)
    return name, digest.lower()


def _rendered(name: str, digest: str) -> str:
    escaped = re.sub(r"[\\\n\r]", lambda found: _ESCAPES[found.group()], name)
    return "{}{}  {}\n".format("\\" if escaped != name else "", digest, escaped)

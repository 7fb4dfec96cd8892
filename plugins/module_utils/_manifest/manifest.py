# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse checksum manifests, decide which lines are trusted, and plan new manifests.

The module writes the format of GNU coreutils (``sha256sum``). It also reads other formats and SHA-512 digests.
"""

from __future__ import annotations

import hashlib
import re
import typing as t
from types import MappingProxyType

from .._downloads.artifact import Artifact, Listing, parse_time
from .._errors import BitbucketError
from .._files.checksum import Checksum
from .._files.checksum_lines import parse_checksum_file
from .._outcome import ABSENT, CREATED, DELETED, REPLACED, UNCHANGED, VERIFIED, Result
from .._signatures.values import Proof
from .._text import quoted

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}


class NotAManifest(BitbucketError):
    """The artifact is not a manifest. The message is a clause without its name, such as "it is not UTF-8 text"."""


class Lines(t.NamedTuple):
    """The lines of a manifest: digests by name. ``sha512``: only for names without a SHA-256 digest."""

    sha256: t.Mapping[str, str]
    sha512: t.Mapping[str, str]


def parse_lines(text: str) -> Lines:
    """Return the lines of a manifest. Raise NotAManifest for a text without a valid line. See ``parse_checksum_file``."""
    found = parse_checksum_file(text, ("sha256", "sha512"))
    if not (found.is_empty or found.has_lines):
        raise NotAManifest("it has no line with a SHA-256 or SHA-512 digest and a name")
    sha256 = {name: digests["sha256"] for name, digests in found.digests.items() if "sha256" in digests}
    return Lines(sha256, {name: digests["sha512"] for name, digests in found.digests.items() if name not in sha256})


def parse(text: str) -> dict[str, str]:
    """Return the SHA-256 digests by name."""
    return dict(parse_lines(text).sha256)


def render(digests: t.Mapping[str, str]) -> str:
    """Return the text of a manifest: lines sorted by name, each with a line feed at the end."""
    return "".join(_render_line(name, digests[name]) for name in sorted(digests))


class ManifestSignature(t.NamedTuple):
    """The signature of a manifest that was read.

    ``artifact``: its item in the listing, None if it does not exist. ``proof``: the key that signed the manifest, None without
    a manifest. ``sha256``: digest of the signature itself.
    """

    name: str
    format: str
    artifact: Artifact | None = None
    proof: Proof | None = None
    sha256: str | None = None

    def describe(self, status: str = VERIFIED) -> Result:
        """Return the signature for results."""
        fingerprint, signed_on = (self.proof.fingerprint, self.proof.signed_on) if self.proof else (None, None)
        facts = {"format": self.format, "fingerprint": fingerprint, "signed_on": signed_on}
        return {"name": self.name, "status": status, **facts}


class Manifest(t.NamedTuple):
    """A manifest that was read.

    ``artifact``: its item in the listing, None if it does not exist. ``digests``: its lines by name. ``sha256``: digest of the
    manifest itself. ``signature``: set if the task verifies it, and then valid if the manifest exists. ``sha512``: lines of names
    that are not in ``digests``.
    """

    name: str
    artifact: Artifact | None = None
    digests: t.Mapping[str, str] = MappingProxyType({})
    sha256: str | None = None
    signature: ManifestSignature | None = None
    sha512: t.Mapping[str, str] = MappingProxyType({})

    @property
    def names(self) -> tuple[str, ...]:
        """Return the name of the manifest and, if the task verifies it, the name of its signature."""
        return (self.name, self.signature.name) if self.signature else (self.name,)

    @property
    def fingerprint(self) -> str | None:
        """Return the fingerprint of the key whose signature was verified."""
        return self.signature.proof.fingerprint if self.signature and self.signature.proof else None

    def trusted_digest(self, artifact: Artifact) -> str | None:
        """Return the SHA-256 of an artifact in the same listing, or None if the manifest is older than the artifact."""
        return self.digests.get(artifact.name) if self._is_newer(artifact) else None

    def is_trusted(self, artifact: Artifact) -> bool:
        """Return whether an artifact in the same listing has a line, and the manifest is not older than the artifact."""
        return artifact.name in self.listed_names and self._is_newer(artifact)

    @property
    def listed_names(self) -> set[str]:
        """Return the names with a line."""
        return {*self.digests, *self.sha512}

    def _is_newer(self, artifact: Artifact) -> bool:
        ours = parse_time(self.artifact.created_on) if self.artifact else None
        theirs = parse_time(artifact.created_on)
        return ours is not None and theirs is not None and ours >= theirs

    def find_promised(self, name: str) -> Checksum | None:
        """Return the digest that an artifact must have, whatever the dates are. None without a line or with conflicting lines.

        The manifest and the signature must have the bytes that were verified.
        """
        digest, source = self.digests.get(name), f"the manifest {self.name}"
        if self.signature and name == self.name:
            digest, source = self.sha256, "the signature"
        elif self.signature and name == self.signature.name:
            digest, source = self.signature.sha256, "the earlier verification"
        if digest is None and name in self.sha512:
            return Checksum("sha512", self.sha512[name], source)
        return Checksum("sha256", digest, source) if digest else None

    def require_promised(self, name: str) -> Checksum | None:
        """Return the digest that an artifact must have. Raise without a line or with conflicting lines.

        None is returned for the manifest itself if it is not signed.
        """
        promised = self.find_promised(name)
        if promised is None and name != self.name:
            raise BitbucketError(f"The manifest {self.name} has no line, or conflicting lines, for {quoted(name)}")
        return promised

    def is_same(self, listing: Listing) -> bool:
        """Return whether the manifest and the signature have the same size and date in another listing."""
        if self.signature and not _is_same(self.signature.artifact, listing.get(self.signature.name)):
            return False
        return _is_same(self.artifact, listing.get(self.name))


def _is_same(artifact: Artifact | None, other: Artifact | None) -> bool:
    if artifact is None or other is None:
        return artifact is other
    return (artifact.size, artifact.created_on) == (other.size, other.created_on)


class ManifestPlan(t.NamedTuple):
    """The plan for the manifest. ``text``: set if it is sent. ``size``: in bytes, after the task.

    ``signature``: the status of its signature, None if the task does not sign or verify.
    """

    status: str
    size: int | None = None
    text: str | None = None
    signature: str | None = None

    @property
    def changes(self) -> bool:
        """Return whether the manifest or its signature is sent or deleted."""
        return self.text is not None or DELETED in (self.status, self.signature)

    def digest_after(self, manifest: Manifest) -> str | None:
        """Return the digest of the manifest after the task."""
        return manifest.sha256 if self.text is None else hashlib.sha256(self.text.encode("utf-8")).hexdigest()

    def apply_to(self, listing: Listing, manifest: Manifest) -> Listing:
        """Return the listing after the task. The size of a new signature is unknown and therefore 0."""
        after = dict(listing)
        sizes = dict(zip(manifest.names, (self.size or 0, 0)))
        for name, status in zip(manifest.names, (self.status, self.signature)):
            if status == DELETED:
                after.pop(name, None)
            elif status in (CREATED, REPLACED):
                after[name] = Artifact(name, sizes[name])
        return after


def plan_manifest(manifest: Manifest, ours: t.Mapping[str, str | None], after: Listing, sent: bool = False) -> ManifestPlan:
    """Return the plan for the manifest that belongs to ``after``, the listing after the task.

    ``ours``: digests by stored name that this task has proved, None if unknown. The line of another artifact is kept only if it
    was trusted, because a new manifest would otherwise make a stale line trusted. ``sent``: whether the task sent an artifact.
    Then the manifest is sent even with the same text, because its date must not be older.
    """
    plan = _plan_text(manifest, ours, after, sent)
    return plan._replace(signature=_plan_signature(plan, manifest.signature.name in after)) if manifest.signature else plan


def _plan_signature(plan: ManifestPlan, exists: bool) -> str:
    """Return the status of the signature, which is sent or deleted together with the manifest."""
    if plan.text is not None:
        return REPLACED if exists else CREATED
    if plan.status == UNCHANGED:
        return UNCHANGED
    return DELETED if exists else ABSENT


def _plan_text(manifest: Manifest, ours: t.Mapping[str, str | None], after: Listing, sent: bool) -> ManifestPlan:
    listed = {name: artifact for name, artifact in after.items() if name not in manifest.names}
    known = {name: manifest.trusted_digest(artifact) for name, artifact in listed.items()}
    known.update((name, digest) for name, digest in ours.items() if digest is not None)
    digests = {name: digest for name, digest in known.items() if digest is not None and name in listed}
    if manifest.artifact and not (sent or _needs_renewal(manifest, ours, listed)):
        return ManifestPlan(UNCHANGED, manifest.artifact.size)
    if not digests:
        return ManifestPlan(DELETED if manifest.artifact else ABSENT)
    text = render(digests)
    return ManifestPlan(REPLACED if manifest.artifact else CREATED, len(text.encode("utf-8")), text)


def find_doubtful(manifest: Manifest, ours: t.Mapping[str, str | None], after: Listing) -> list[Artifact]:
    """Return the artifacts with a line that is not trusted and without a digest that this task has proved."""
    listed = [artifact for name, artifact in after.items() if name in manifest.digests and ours.get(name) is None]
    return [artifact for artifact in listed if manifest.trusted_digest(artifact) is None]


def _needs_renewal(manifest: Manifest, ours: t.Mapping[str, str | None], listed: Listing) -> bool:
    """Return whether a line of this task is missing or wrong, or the artifact of a line does not exist anymore."""
    wrong = any(digest is not None and manifest.digests.get(name) != digest for name, digest in ours.items())
    return wrong or any(name not in listed for name in manifest.digests)


def _render_line(name: str, digest: str) -> str:
    escaped = re.sub(r"[\\\n\r]", lambda found: _ESCAPES[found.group()], name)
    mark = "\\" if escaped != name else ""
    return f"{mark}{digest}  {escaped}\n"

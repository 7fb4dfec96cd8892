# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which artifacts to read and which digests they must have, and judge the digests of their contents.

The digests in a manifest must match, whatever the dates of the manifest and of its artifacts are.
"""

from __future__ import annotations

import typing as t

from .._downloads.artifact import Artifact, Listing
from .._downloads.selection import Selection
from .._errors import BadInput
from .._files.checksum import Checksum
from .._manifest.comparison import compare_names
from .._manifest.manifest import Manifest
from .._outcome import MISMATCH, MISSING, UNLISTED, VERIFIED
from .._text import quoted


class VerifyRequest(t.NamedTuple):
    """The artifacts to verify: unique ``names``, or a ``selection``.

    ``checksum``: the expected digest of the only artifact, None if the manifest has the digests.
    """

    names: t.Sequence[str] | None = None
    selection: Selection | None = None
    checksum: Checksum | None = None


class Check(t.NamedTuple):
    """The check of one name. ``artifact``: its item in the listing. ``expected``: the expected digest, None without a line."""

    name: str
    artifact: Artifact | None
    expected: Checksum | None

    @property
    def status(self) -> str | None:
        """Return the status that is known without the contents, or None if they must be read."""
        if self.artifact is None:
            return MISSING
        return UNLISTED if self.expected is None else None

    @property
    def identity(self) -> t.Any:
        """Return a value that changes if the artifact or its line is replaced."""
        return self.artifact and self.artifact.identity, self.expected

    @property
    def algorithms(self) -> set[str]:
        """Return the algorithms of the digests to compute."""
        return {"sha256", *([self.expected.algorithm] if self.expected else ())}


class Verdict(t.NamedTuple):
    """The result for one name. ``digests``: of the contents, empty if they were not read."""

    check: Check
    status: str
    digests: t.Mapping[str, str]

    def explain(self, manifest: str | None, repository: str) -> str:
        """Return why the artifact is not verified."""
        name, expected = self.check.name, self.check.expected
        if self.status == MISSING:
            known = f"in the manifest {manifest}, but " if expected and manifest else ""
            return f"{quoted(name)} is {known}not in the Downloads of {repository}"
        if expected is None:
            return f"{quoted(name)} has no line, or conflicting lines, in the manifest {manifest}"
        return expected.explain_mismatch(self.digests, name)


def plan(listing: Listing, manifest: Manifest | None, request: VerifyRequest, path: str) -> list[Check]:
    """Return one check for each name, in the order of ``names``, or newest first and then missing artifacts by name.

    ``path``: of the Downloads, for the message if nothing matches.
    """
    names, selection = request.names or (), request.selection
    if selection:
        names = selection.require_match(_choose(listing, manifest, selection), listing, path)
    if request.checksum and len(names) > 1:
        raise BadInput(f"checksum requires exactly one artifact, but {len(names)} are selected")
    return [Check(name, listing.get(name), _find_expected(name, manifest, request.checksum)) for name in names]


def judge(check: Check, digests: t.Mapping[str, str]) -> Verdict:
    """Return the verdict on an artifact. ``digests``: of its contents, ignored if the status is known without them."""
    if check.status or check.expected is None:
        return Verdict(check, check.status or UNLISTED, {})
    return Verdict(check, VERIFIED if check.expected.matches(digests) else MISMATCH, digests)


def _choose(listing: Listing, manifest: Manifest | None, selection: Selection) -> list[str]:
    found = [artifact.name for artifact in selection.choose(listing.values())]
    return [*found, *compare_names(listing, manifest, selection).orphaned] if manifest else found


def _find_expected(name: str, manifest: Manifest | None, checksum: Checksum | None) -> Checksum | None:
    return manifest.find_promised(name) if manifest else checksum

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which artifacts to read and which digests they must have, and judge what was read.

The dates of a manifest and of its artifacts do not matter: a digest in it must hold.
"""

from __future__ import annotations

import typing as t

from .._downloads.artifact import Artifact, Listing, Selection, require_match
from .._errors import BadInput
from .._files.checksum import Checksum
from .._manifest.comparison import compare_names
from .._manifest.manifest import Manifest
from .._outcome import MISMATCH, MISSING, UNLISTED, VERIFIED
from .._text import quoted


class VerifyRequest(t.NamedTuple):
    """What to verify: ``names``, each once, or what ``selection`` chooses.

    ``checksum``: the digest of the only artifact, None if the manifest tells the digests.
    """

    names: t.Sequence[str] | None = None
    selection: Selection | None = None
    checksum: Checksum | None = None


class Check(t.NamedTuple):
    """One name. ``artifact``: its item of the listing. ``expected``: the digest that it must have, None without a line."""

    name: str
    artifact: Artifact | None
    expected: Checksum | None

    @property
    def status(self) -> str | None:
        """Return the status that is known without reading contents, None if they must be read."""
        if self.artifact is None:
            return MISSING
        return UNLISTED if self.expected is None else None

    @property
    def identity(self) -> t.Any:
        """Return what stays as long as nobody replaces the artifact or its line."""
        return self.artifact and self.artifact.identity, self.expected

    @property
    def algorithms(self) -> set[str]:
        """Return the algorithms of the digests to compute."""
        return {"sha256", *([self.expected.algorithm] if self.expected else ())}


class Verdict(t.NamedTuple):
    """What became of one name. ``digests`` of the contents, empty if nothing was read."""

    check: Check
    status: str
    digests: t.Mapping[str, str]

    def explain(self, manifest: str | None, repository: str) -> str:
        """Return why the artifact is not verified."""
        name, expected = self.check.name, self.check.expected
        if self.status == MISSING:
            known = f"in the manifest {manifest}, but " if expected and manifest else ""
            return f"{quoted(name)} is {known}not in the Downloads of {repository}"
        if self.status == UNLISTED or expected is None:
            return f"{quoted(name)} has no line, or conflicting lines, in the manifest {manifest}"
        return expected.explain_mismatch(self.digests, name)


def plan(listing: Listing, manifest: Manifest | None, request: VerifyRequest, path: str) -> list[Check]:
    """Return one check for each name: in the order of ``names``, or newest first and then the missing ones by name.

    ``path``: that of the Downloads, for the message that nothing matches.
    """
    names, selection = request.names or (), request.selection
    if selection:
        names = require_match(_choose(listing, manifest, selection), selection, listing, path)
    if request.checksum and len(names) > 1:
        raise BadInput(f"checksum requires exactly one artifact, but {len(names)} are selected")
    return [Check(name, listing.get(name), _find_expected(name, manifest, request.checksum)) for name in names]


def judge(check: Check, digests: t.Mapping[str, str]) -> Verdict:
    """Return the verdict on an artifact whose contents have these digests, or that needs no reading."""
    if check.status or check.expected is None:
        return Verdict(check, check.status or UNLISTED, {})
    return Verdict(check, VERIFIED if check.expected.matches(digests) else MISMATCH, digests)


def _choose(listing: Listing, manifest: Manifest | None, selection: Selection) -> list[str]:
    found = [artifact.name for artifact in selection.choose(listing.values())]
    return [*found, *compare_names(listing, manifest, selection).orphaned] if manifest else found


def _find_expected(name: str, manifest: Manifest | None, checksum: Checksum | None) -> Checksum | None:
    return manifest.find_promised(name) if manifest else checksum

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Use an artifact of one repository as a payload for another repository."""

from __future__ import annotations

import typing as t

from .._downloads.api import Downloads, StaleListing
from .._downloads.choose_transfer import create_transfer
from .._downloads.transfer import Transfer
from .._errors import BitbucketError
from .._fetch.choose import Chooser
from .._fetch.plan import Chosen
from .._files.blocks import BLOCK, find_usable, hash_blocks
from .._files.payload import Payload
from .._files.temporary import Section
from .._text import quoted


class SourceArtifact:
    """An artifact of the source, whose contents are transferred only if they are needed.

    The digest is that of a trusted line in the manifest, or else the digest of the contents, which must match the expected one.
    After ``fetch``, the contents to send are in a file, which the caller must keep.
    """

    def __init__(self, downloads: Downloads, chooser: Chooser, chosen: Chosen) -> None:
        self.name = chosen.artifact.name
        self.size = chosen.artifact.size
        self.artifact = chosen.artifact
        self._downloads = downloads
        self._chooser = chooser
        self._chosen = chosen
        self._promised = {each.algorithm: each.digest for each in chosen.expectation.checksums}
        self._known: t.Mapping[str, str] = self._promised if chosen.expectation.proves else {}
        self._file = Payload(self.name, self.size)

    def predict_digest(self) -> str | None:
        """Return the SHA-256 if it is known without the contents: that of the manifest, whatever its date is."""
        return self._known.get("sha256") or self._promised.get("sha256")

    def digest(self) -> str:
        """Return the SHA-256 as hex digits."""
        return self.digests()["sha256"]

    def digests(self) -> t.Mapping[str, str]:
        """Return the known digests by algorithm. MD5 is included only if the contents were transferred."""
        if "sha256" not in self._known:
            self._verify(Transfer(self._downloads, self.artifact, self._algorithms()).run())
        return self._known

    def has_content(self, blocks: t.Iterable[bytes]) -> bool:
        """Return whether the blocks have the digest of the artifact."""
        return hash_blocks(blocks)["sha256"] == self.digest()

    def fetch(self, path: str, start: int, connections: int) -> None:
        """Transfer the contents into an existing file, from position ``start`` on, and verify them.

        Repeat this if a response contradicts the listing although the artifact was not replaced.
        """

        def attempt() -> None:
            with Section(path, start) as sink:
                self._verify(create_transfer(self._downloads, self.artifact, self._algorithms(), sink, connections).run())

        self._downloads.decide(lambda: self._require_unreplaced(attempt))
        self._file = Payload(self.name, self.size, path, start=start)

    def blocks(self, length: int = BLOCK, kept: int = 0) -> t.Iterator[memoryview]:
        """Yield the fetched contents. See Sendable."""
        return self._file.blocks(length, kept)

    def _require_unreplaced(self, act: t.Callable[[], None]) -> None:
        """Call ``act``. Raise its StaleListing as another error if a new listing has another artifact."""
        try:
            act()
        except StaleListing as exc:
            if self._chooser.choose_again(self.name).is_same(self._chosen):
                raise
            raise BitbucketError(str(exc)) from exc

    def _algorithms(self) -> set[str]:
        return {"sha256", *self._promised, *find_usable(["md5"])}

    def _verify(self, digests: t.Mapping[str, str]) -> None:
        """Store the digests of transferred contents. Raise StaleListing or BitbucketError if they are not the expected ones."""
        try:
            for each in self._chosen.expectation.checksums:
                each.require(digests, self.name)
            if self._known.get("sha256", digests["sha256"]) != digests["sha256"]:
                raise BitbucketError(f"{quoted(self.name)} was replaced while the task ran")
        except BitbucketError as exc:
            problem = BitbucketError(f"In the Downloads of {self._downloads.repository}: {exc}")
            self._chooser.require_current(self._chosen, problem)
            raise problem from exc
        self._known = digests

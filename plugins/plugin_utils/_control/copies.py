# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch contents once into the private directory of the run, for transfers to hosts."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import typing as t

from ...module_utils._downloads.api import StaleListing
from ...module_utils._downloads.choose_transfer import create_transfer
from ...module_utils._downloads.same_content import if_none_match
from ...module_utils._errors import BitbucketError
from ...module_utils._fetch.plan import Chosen
from ...module_utils._files.checksum import ALGORITHMS
from .downloads import SharedDownloads
from .sharing import share

Json = t.Dict[str, t.Any]


class Copy(t.NamedTuple):
    """The digests of the contents of an artifact, and their file. There is no file if the host has the same contents."""

    digests: t.Mapping[str, str]
    path: str | None


class Copies:
    """The contents for the hosts of a run. ``folder``: the private directory of the run."""

    def __init__(self, downloads: SharedDownloads, folder: str, connections: int) -> None:
        self._downloads = downloads
        self._folder = folder
        self._connections = connections

    def fetch(self, chosen: Chosen, local: t.Mapping[str, str]) -> Copy:
        """Return the contents of an artifact. ``local``: the digests of an existing file on the host.

        Raise StaleListing for unexpected digests, because the artifact or the manifest might have been replaced.
        """
        snapshot = self._downloads.snapshot
        key = ["copy", snapshot.scope, *snapshot.writes, *chosen.artifact.identity]
        found = snapshot.memory.get(key)
        if not found or not _is_there(found):
            condition = if_none_match(local)
            own = [*key, *local.values()]  # the response to a condition applies only to hosts with the same file
            found = share(snapshot, own, lambda: self._make(chosen, condition), _is_there)
            if found:
                snapshot.memory.set(key, found)
        if not found or found["digests"]["sha256"] == local.get("sha256"):
            return Copy(local, None)
        for each in chosen.expectation.checksums:
            if not each.matches(found["digests"]):
                raise StaleListing(each.explain_mismatch(found["digests"], chosen.artifact.name))
        return Copy(**found)

    def _make(self, chosen: Chosen, condition: t.Mapping[str, str]) -> Json | bool:
        """Return the copy, or False if the contents have the ETag of the condition."""
        try:
            descriptor, path = tempfile.mkstemp(prefix="bitbucket-", dir=self._folder)
        except OSError as exc:
            raise BitbucketError(f"Cannot create a file in {self._folder} on the control node: {exc.strerror}") from exc
        digests: t.Mapping[str, str] | None = None
        try:
            with io.FileIO(descriptor, "r+") as sink:
                transfer = create_transfer(self._downloads, chosen.artifact, ALGORITHMS, sink, self._connections)
                digests = transfer.run_unless(condition)
            return {"digests": digests, "path": path} if digests else False
        finally:
            if not digests:
                with contextlib.suppress(OSError):
                    os.unlink(path)


def _is_there(found: t.Any) -> bool:
    return found is False or os.path.exists(found["path"])

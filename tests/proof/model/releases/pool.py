# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the releases of operations, and compare channels with them."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from ..downloads.manifests import digest
from ..world import State

STAGING, PRODUCTION = "staging", "widgets"
CHANNELS = ("beta", "stable")
# Newest first by SemVer 2.0: a pre-release is older than its release, and 1.10 is newer than 1.9.
VERSIONS = ("2.0.0", "2.0.0-rc.10", "2.0.0-rc.2", "1.10.0", "1.9.1", "1.9.0")
GROUP = r"-(\d+\.\d+\.\d+(?:-rc\.\d+)?)\.t"
SUFFIX = ".channel.json"


class Build(NamedTuple):
    """Describe a build of a version. Builds of a version have the same names and sizes but different contents."""

    version: str
    number: int = 0

    @property
    def files(self) -> dict[str, bytes]:
        """Return the artifacts of the release."""
        return {name: f"{name}, build {self.number}".encode() for name in names_of(self.version)}


def names_of(version: str) -> list[str]:
    """Return the names of the artifacts of a version, sorted."""
    return [f"app-{version}.tgz", f"notes-{version}.txt"]


def version_of(name: str) -> str | None:
    """Return the version of an artifact, None for manifests and channels."""
    match = re.search(GROUP, name)
    return match.group(1) if match else None


def read_channel(content: bytes | None) -> dict[str, Any] | None:
    """Return the document of a channel, None if the content is missing or not a channel."""
    if content is None or not content.startswith(b"{"):
        return None
    found: dict[str, Any] = json.loads(content)
    return found


def find_channel(state: State, channel: str) -> dict[str, Any] | None:
    """Return the document of a channel in this state, or None."""
    stored = state.get(f"{channel}{SUFFIX}")
    return read_channel(stored.content) if stored else None


def write_channel(channel: str, version: str, contents: dict[str, bytes]) -> bytes:
    """Return a channel document of another publisher."""
    artifacts = [{"name": name, "size": len(data), "sha256": digest(data)} for name, data in sorted(contents.items())]
    document = {"channel": channel, "version": version, "previous": None, "artifacts": artifacts}
    return json.dumps({**document, "manifest": None, "commit": None}).encode()


def is_whole(document: dict[str, Any], state: State) -> bool:
    """Return whether all artifacts of a channel exist with the listed contents."""
    return all(each["name"] in state and digest(state[each["name"]].content) == each["sha256"] for each in document["artifacts"])


def digests_of(document: dict[str, Any]) -> dict[str, str]:
    """Return the digest of each artifact in a channel."""
    return {each["name"]: each["sha256"] for each in document["artifacts"]}

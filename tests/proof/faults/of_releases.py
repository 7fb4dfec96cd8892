# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the tasks of the matrix for releases: copies between two repositories, and channels."""

from __future__ import annotations

import json
from typing import Any

from .of_downloads import APP, FETCHED, KEPT, MANIFEST, OLD_APP, with_manifest
from .scenario import STAGING, Scenario, World, sha256

CHANNEL_FILE = "stable.channel.json"
OLD, NEW = {"app-1.0.tgz": OLD_APP}, {"app-1.1.tgz": APP}


def channel(version: str, artifacts: dict[str, bytes], previous: str | None = None) -> dict[str, bytes]:
    """Return the channel stable, which points to these artifacts."""
    named = [{"name": name, "size": len(data), "sha256": sha256(data)} for name, data in sorted(artifacts.items())]
    document = {"channel": "stable", "version": version, "previous": previous, "artifacts": named}
    return {CHANNEL_FILE: (json.dumps({**document, "manifest": None, "commit": None}, indent=2) + "\n").encode()}


def version_of(result: Any) -> Any:
    """Return the version in the result of a channel."""
    return result["channel"]["version"]


COPYING = [
    Scenario(
        "copy with manifest",
        "bitbucket_download_copy",
        World(with_manifest({"kept.txt": KEPT}), staged=with_manifest(FETCHED)),
        World(with_manifest({"kept.txt": KEPT, **FETCHED}), staged=with_manifest(FETCHED)),
        lambda folder: {"src_repository": STAGING, "name": list(FETCHED), "manifest": MANIFEST, "parallel": 1},
    ),
    Scenario(
        "copy a channel",
        "bitbucket_download_copy",
        World({"kept.txt": KEPT}, staged={**NEW, **channel("1.1", NEW)}),
        World({"kept.txt": KEPT, **NEW}, staged={**NEW, **channel("1.1", NEW)}),
        lambda folder: {"src_repository": STAGING, "channel": "stable", "parallel": 1},
    ),
]

CHANNELS = [
    Scenario(
        "move a channel",
        "bitbucket_download_channel",
        World({**OLD, **NEW, **channel("1.0", OLD)}),
        World({**OLD, **NEW, **channel("1.1", NEW, "1.0")}),
        lambda folder: {"name": "stable", "version": "1.1", "artifacts": list(NEW), "parallel": 1},
    ),
    Scenario(
        "delete a channel",
        "bitbucket_download_channel",
        World({**OLD, **channel("1.0", OLD)}),
        World(OLD),
        lambda folder: {"name": "stable", "state": "absent"},
    ),
    Scenario(
        "fetch a channel",
        "bitbucket_download_fetch",
        World({**NEW, **channel("1.1", NEW)}, files={"host/other": KEPT}),
        World({**NEW, **channel("1.1", NEW)}, files={"host/app-1.1.tgz": APP, "host/other": KEPT}),
        lambda folder: {"channel": "stable", "dest": str(folder / "host"), "parallel": 1},
        value=version_of,
        expected="1.1",
    ),
]

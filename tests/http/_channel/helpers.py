# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create releases and channels, and read the channel from the emulator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import contents, put, sha256

CHANNEL = "bitbucket_download_channel"
FILE = "stable.channel.json"
OLD = {"app-1.4.1.tgz": b"old release"}
NEW = {"app-1.4.2.tgz": b"the new release", "notes-1.4.2.txt": b"notes"}


def name_artifacts(release: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Return the artifacts in the form in which a channel names them."""
    return [{"name": name, "size": len(release[name]), "sha256": sha256(release[name])} for name in sorted(release)]


def document(version: str, release: Mapping[str, bytes], **more: Any) -> dict[str, Any]:
    """Return the document of the channel stable."""
    keys = {"channel": "stable", "version": version, "previous": None, "artifacts": name_artifacts(release)}
    return {**keys, "manifest": None, "commit": None, **more}


def put_channel(emulator: Emulator, version: str, release: Mapping[str, bytes], **more: Any) -> bytes:
    """Store the channel stable for an existing or missing release; return its bytes."""
    data = json.dumps(document(version, release, **more)).encode()
    put(emulator, {FILE: data})
    return data


def move(run: ModuleRunner, version: str, release: Mapping[str, bytes], **options: Any) -> dict[str, Any]:
    """Point the channel stable to the artifacts of a release; return the result."""
    return run.ok(CHANNEL, name="stable", version=version, artifacts=list(release), **options)


def stored(emulator: Emulator) -> dict[str, Any] | None:
    """Return the document of the channel stable from the emulator, or None if it does not exist."""
    data = contents(emulator).get(FILE)
    found: dict[str, Any] | None = None if data is None else json.loads(data)
    return found

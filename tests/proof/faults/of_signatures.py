# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the tasks of the matrix with a signed manifest.

Ed25519 signatures of SSH are deterministic, so the resulting state is known.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path
from typing import Any

from tests.helpers.ssh_signing import SshIdentity, make_ssh_key

from .of_downloads import APP, DIST, FETCHED, KEPT, MANIFEST, NOTES, OLD_APP
from .scenario import Scenario, World, manifest, sha256

SIGNATURE = f"{MANIFEST}.sig"
_FOLDER = tempfile.TemporaryDirectory(prefix="faults-")


@functools.cache
def release_key() -> SshIdentity:
    """Return the key of these tasks, in a folder that exists until the process ends."""
    return make_ssh_key(Path(_FOLDER.name))


def with_signature(artifacts: dict[str, bytes]) -> dict[str, bytes]:
    """Return the artifacts and, as the newest, their manifest and its signature."""
    text = manifest(artifacts)
    return {**artifacts, MANIFEST: text, SIGNATURE: release_key().sign(text)}


def verifying() -> dict[str, Any]:
    """Return the options of a task that verifies."""
    return {"manifest": MANIFEST, "signed_by": [release_key().public], "parallel": 1}


def signing() -> dict[str, Any]:
    """Return the options of a task that signs."""
    return {**verifying(), "signing_key": str(release_key().path), "signature_format": "ssh"}


def verified(result: Any) -> Any:
    """Return the status of each artifact in a result of bitbucket_download_verify."""
    return {artifact["name"]: (artifact["status"], artifact["sha256"]) for artifact in result["artifacts"]}


SIGNING = [
    Scenario(
        "publish signed",
        "bitbucket_download",
        World(with_signature({"app.tgz": OLD_APP, "kept.txt": KEPT}), files=DIST),
        World(with_signature({"app.tgz": APP, "kept.txt": KEPT, "notes.txt": NOTES}), files=DIST),
        lambda folder: {"src": [str(folder / "dist/*")], **signing()},
    ),
    Scenario(
        "delete the last signed artifact",
        "bitbucket_download",
        World({**with_signature({"app.tgz": APP}), "kept.txt": KEPT}),
        World({"kept.txt": KEPT}),
        lambda folder: {"state": "absent", "name": ["app.tgz"], **signing()},
    ),
    Scenario(
        "fetch signed",
        "bitbucket_download_fetch",
        World(with_signature(FETCHED), files={"host/app.tgz": OLD_APP, "host/other": KEPT}),
        World(with_signature(FETCHED), files={"host/app.tgz": APP, "host/notes.txt": NOTES, "host/other": KEPT}),
        lambda folder: {"name": list(FETCHED), "dest": str(folder / "host"), **verifying()},
    ),
    Scenario(
        "verify signed",
        "bitbucket_download_verify",
        World(with_signature(FETCHED)),
        World(with_signature(FETCHED)),
        lambda folder: {"name": list(FETCHED), **verifying()},
        value=verified,
        expected={name: ("verified", sha256(data)) for name, data in FETCHED.items()},
    ),
]

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create signed artifacts, and read the results of bitbucket_download_verify."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.helpers.release_keys import ReleaseKey
from tests.http._downloads.helpers import MANIFEST, lines

VERIFY = "bitbucket_download_verify"


def found(result: dict[str, Any]) -> dict[str, str]:
    """Return the status of each artifact by name, in the order of the result."""
    return {artifact["name"]: artifact["status"] for artifact in result["artifacts"]}


def signed(key: ReleaseKey, artifacts: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the artifacts with their manifest and its signature by this key."""
    text = lines(artifacts)
    return {**artifacts, MANIFEST: text, key.signature: key.sign(text)}

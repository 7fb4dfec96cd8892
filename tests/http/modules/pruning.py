# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of bitbucket_download_prune share: artifacts of known ages, and what a run says and does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import MANIFEST, contents, lines, widgets

PRUNE = "bitbucket_download_prune"
GROUP = r"^app-(\d+)"


def age(emulator: Emulator, ages: Mapping[str, float], data: bytes = b"data") -> None:
    """Artifacts by name, so many days old."""
    for name, days in ages.items():
        widgets(emulator).put(name, data + name.encode(), created_on=datetime.now(UTC) - timedelta(days=days))


def with_manifest(emulator: Emulator) -> None:
    """A manifest of everything that is there, made now."""
    widgets(emulator).put(MANIFEST, lines({name: data for name, data in contents(emulator).items() if name != MANIFEST}))


def reasons(result: dict[str, Any]) -> dict[str, str]:
    """Each name with its reason, in the order of the result."""
    for artifact in result["artifacts"]:
        assert (artifact["status"] == "deleted") is (artifact["reason"] == "retention")
    return {artifact["name"]: artifact["reason"] for artifact in result["artifacts"]}


def pruned(run: ModuleRunner, **options: Any) -> set[str]:
    """One run that must succeed; the names of what it says that it deleted."""
    result = run.ok(PRUNE, **options)
    gone = {artifact["name"] for artifact in result["artifacts"] if artifact["status"] == "deleted"}
    assert result["changed"] is bool(gone)
    return gone


def refused_whole(run: ModuleRunner, **options: Any) -> dict[str, Any]:
    """One run that must fail; the whole result."""
    result = run(PRUNE, **options)
    assert result.get("failed"), result
    return result

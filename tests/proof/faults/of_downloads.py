# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the tasks of the matrix for Downloads: each module in all modes, so that every request occurs."""

from __future__ import annotations

from typing import Any

from .scenario import Scenario, World, manifest, noise, sha256

MANIFEST = "SHA256SUMS"
APP, OLD_APP = noise("new application", 40_000), noise("old application", 40_000)
NOTES, KEPT = b"Faster, and without leaks.\n", b"This file remains.\n"
VERSION = b"1.4.2\n"
RELEASES = {f"widgets-1.{number}.tgz": noise(f"release {number}", 3000) for number in range(3)}
NEWEST = {"widgets-1.2.tgz": RELEASES["widgets-1.2.tgz"]}


def with_manifest(artifacts: dict[str, bytes]) -> dict[str, bytes]:
    """Return the artifacts and, as the newest, their manifest."""
    return {**artifacts, MANIFEST: manifest(artifacts)}


def listed(result: Any) -> Any:
    """Return the sizes in a result of bitbucket_download_info by name."""
    return {artifact["name"]: artifact["size"] for artifact in result["artifacts"]}


def sizes(artifacts: dict[str, bytes]) -> dict[str, int]:
    """Return the expected sizes."""
    return {name: len(data) for name, data in artifacts.items()}


DIST = {"dist/app.tgz": APP, "dist/notes.txt": NOTES}
FETCHED = {"app.tgz": APP, "notes.txt": NOTES}

PUBLISHING = [
    Scenario(
        "publish",
        "bitbucket_download",
        World({"app.tgz": OLD_APP, "kept.txt": KEPT}, files={**DIST, "dist/kept.txt": KEPT}),
        World({"app.tgz": APP, "kept.txt": KEPT, "notes.txt": NOTES}, files={**DIST, "dist/kept.txt": KEPT}),
        lambda folder: {"src": [str(folder / "dist/*")], "parallel": 1},
    ),
    Scenario(
        "publish with manifest",
        "bitbucket_download",
        World(with_manifest({"app.tgz": OLD_APP, "kept.txt": KEPT}), files=DIST),
        World(with_manifest({"app.tgz": APP, "kept.txt": KEPT, "notes.txt": NOTES}), files=DIST),
        lambda folder: {"src": [str(folder / "dist/*")], "manifest": MANIFEST, "parallel": 1},
    ),
    Scenario(
        "delete with manifest",
        "bitbucket_download",
        World(with_manifest({"app.tgz": APP, "kept.txt": KEPT})),
        World(with_manifest({"kept.txt": KEPT})),
        lambda folder: {"state": "absent", "name": ["app.tgz"], "manifest": MANIFEST, "parallel": 1},
    ),
    Scenario(
        "delete the last artifact",
        "bitbucket_download",
        World({**with_manifest({"app.tgz": APP}), "kept.txt": KEPT}),
        World({"kept.txt": KEPT}),
        lambda folder: {"state": "absent", "name": ["app.tgz"], "manifest": MANIFEST, "parallel": 1},
    ),
    Scenario(
        "prune",
        "bitbucket_download_prune",
        World(with_manifest(RELEASES)),
        World(with_manifest(NEWEST)),
        lambda folder: {"patterns": ["widgets-*"], "keep": 1, "manifest": MANIFEST, "parallel": 1},
    ),
]

READING = [
    Scenario(
        "list",
        "bitbucket_download_info",
        World(RELEASES),
        World(RELEASES),
        lambda folder: {},
        value=listed,
        expected=sizes(RELEASES),
        switches={"page_cap": 2},
    ),
    Scenario(
        "list with OAuth",
        "bitbucket_download_info",
        World(RELEASES),
        World(RELEASES),
        lambda folder: {},
        value=listed,
        expected=sizes(RELEASES),
        oauth=True,
    ),
    Scenario(
        "fetch",
        "bitbucket_download_fetch",
        World({"app.tgz": APP}, files={"host/app": OLD_APP}),
        World({"app.tgz": APP}, files={"host/app": APP}),
        lambda folder: {"name": ["app.tgz"], "dest": str(folder / "host/app"), "parallel": 1},
    ),
    Scenario(
        "fetch with manifest",
        "bitbucket_download_fetch",
        World(with_manifest(FETCHED), files={"host/app.tgz": OLD_APP, "host/other": KEPT}),
        World(with_manifest(FETCHED), files={"host/app.tgz": APP, "host/notes.txt": NOTES, "host/other": KEPT}),
        lambda folder: {"name": list(FETCHED), "dest": str(folder / "host"), "manifest": MANIFEST, "parallel": 1},
    ),
    Scenario(
        "look up",
        "bitbucket_download",
        World({"VERSION": VERSION}),
        World({"VERSION": VERSION}),
        lambda folder: {"repository": "widgets", "checksum": "sha256:" + sha256(VERSION)},
        terms=("VERSION",),
        expected=["1.4.2"],
    ),
    Scenario(
        "look up a missing artifact",
        "bitbucket_download",
        World({"app.tgz": APP}),
        World({"app.tgz": APP}),
        lambda folder: {"repository": "widgets", "on_missing": "skip"},
        terms=("VERSION",),
        expected=[],
    ),
]

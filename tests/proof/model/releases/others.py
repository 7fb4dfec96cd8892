# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulate another publisher of releases, who changes, deletes and publishes artifacts, and moves or damages channels."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from tests.emulator.downloads.state import Repository

from ..disturbance import LATEST, Act, cuts, faults
from ..downloads.others import Log, put
from .pool import CHANNELS, SUFFIX, VERSIONS, Build, names_of, write_channel


class ReleaseDeed(NamedTuple):
    """Describe an action of another publisher on a version or a channel."""

    kind: str
    build: Build
    channel: str = CHANNELS[0]


builds = st.builds(Build, st.sampled_from(VERSIONS), st.integers(0, 1))
channels = st.sampled_from(CHANNELS)
_kinds = st.sampled_from(["publish", "replace", "remove", "move", "move", "delete", "spoil"])
deeds = st.lists(st.builds(ReleaseDeed, _kinds, builds, channels), min_size=1, max_size=2).map(tuple)
acts = st.builds(Act, deeds, st.integers(0, LATEST), st.sampled_from(["before", "after"]))
reader_disturbances = st.one_of(st.none(), acts, acts, faults())
disturbances = st.one_of(st.none(), st.none(), acts, faults(), cuts, cuts)


def do(repository: Repository, deeds: tuple[ReleaseDeed, ...], log: Log) -> None:
    """Perform the actions of another publisher, and record them."""
    for deed in deeds:
        for name, content in _find_changes(repository, deed).items():
            if content is not None:
                put(repository, name, content, log)
            elif repository.remove(name):
                log.note(name, None)


def _find_changes(repository: Repository, deed: ReleaseDeed) -> dict[str, bytes | None]:
    """Return the new contents of artifacts, None for deletions."""
    file, names = f"{deed.channel}{SUFFIX}", names_of(deed.build.version)
    if deed.kind == "move":
        found = {name: repository.artifacts[name].content for name in names if name in repository.artifacts}
        return {file: write_channel(deed.channel, deed.build.version, found)} if len(found) == len(names) else {}
    changes: dict[str, dict[str, bytes | None]] = {
        "publish": dict(deed.build.files),
        "replace": {names[0]: deed.build.files[names[0]]},
        "remove": {names[0]: None},
        "delete": {file: None},
        "spoil": {file: b"no channel"},
    }
    return changes[deed.kind]

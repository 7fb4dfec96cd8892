# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulate another publisher that acts between two requests of a task."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from hypothesis import strategies as st

from tests.emulator.downloads.state import Repository
from tests.emulator.renaming import apply_rule

from ..disturbance import LATEST, Act, faults
from .manifests import read_lines
from .pools import MANIFEST, contents, names


class Deed(NamedTuple):
    """Describe an action of another publisher: ``put``, ``remove``, or ``publish`` with a line in the manifest."""

    kind: str
    name: str
    content: bytes = b""


class Log:
    """Record the actions of the other publisher by name: the new contents, None for a deletion."""

    def __init__(self) -> None:
        self.versions: dict[str, list[bytes | None]] = {}

    def note(self, name: str, content: bytes | None) -> None:
        """Add a version of an artifact."""
        self.versions.setdefault(name, []).append(content)


_deeds = st.one_of(
    st.builds(Deed, st.just("put"), names, contents),
    st.builds(Deed, st.just("remove"), names),
    st.builds(Deed, st.just("publish"), names, contents),
    st.just(Deed("remove", MANIFEST)),
)
deeds = st.lists(_deeds, min_size=1, max_size=2).map(tuple)
acts = st.builds(Act, deeds, st.integers(0, LATEST), st.sampled_from(["before", "after"]))
# Most tasks are undisturbed, because only these can be predicted and repeated.
disturbances = st.one_of(st.none(), st.none(), acts, faults())


def do(repository: Repository, deeds: tuple[Deed, ...], log: Log) -> None:
    """Perform the actions of another publisher, and record them."""
    for deed in deeds:
        if deed.kind == "remove":
            if repository.remove(deed.name):
                log.note(deed.name, None)
            continue
        name = put(repository, deed.name, deed.content, log)
        if deed.kind == "publish":
            put(repository, MANIFEST, _add_line(repository, name, deed.content), log)


def put(repository: Repository, name: str, content: bytes, log: Log) -> str:
    """Store an upload of another publisher; return its stored name."""
    switches = repository.switches
    stored = apply_rule(switches.rename, name, repository.artifacts)
    repository.store(stored, repository.blobs.store(content), keep_date=not switches.created_on_moves)
    log.note(stored, content)
    return stored


def _add_line(repository: Repository, name: str, content: bytes) -> bytes:
    """Return the manifest with a line for an artifact, in the format of this collection."""
    old = repository.get(MANIFEST)
    lines = {} if old is None else trusted_lines(repository)
    lines[name] = hashlib.sha256(content).hexdigest()
    return "".join(f"{lines[each]}  {each}\n" for each in sorted(lines)).encode()


def stage(source: Repository, files: dict[str, bytes], manifest: str | None, is_trusted: bool) -> dict[str, str]:
    """Replace all artifacts of a repository; return the new uploads. ``is_trusted``: the manifest is newer."""
    for name in list(source.artifacts):
        source.remove(name)
    text = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()
    lines = {manifest: text} if manifest else {}
    for name, content in {**files, **lines}.items() if is_trusted else {**lines, **files}.items():
        source.put(name, content)
    source.end_lag()
    return {name: artifact.key for name, artifact in source.artifacts.items()}


def trusted_lines(repository: Repository) -> dict[str, str]:
    """Return the lines of existing artifacts that are not newer than the manifest."""
    manifest, artifacts = repository.artifacts[MANIFEST], repository.artifacts
    lines = read_lines(manifest.content)
    return {
        name: digest for name, digest in lines.items() if name in artifacts and artifacts[name].created_on <= manifest.created_on
    }

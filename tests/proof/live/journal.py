# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Record each creation in advance, so that the next run can delete it if this run is killed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, TextIO


class Thing(NamedTuple):
    """Describe an artifact (``home``: workspace/repository) or a snippet (``home``: workspace, ``name``: title or ID)."""

    kind: str
    home: str
    name: str


class Journal:
    """Record the creations of one run. Each line is on the disk before the request is sent."""

    def __init__(self, path: Path | None, api_url: str = "") -> None:
        self._path, self._api = path, api_url
        self._stream: TextIO | None = None
        self.things: dict[Thing, None] = {}
        self.made_anything = False

    def add(self, *things: Thing) -> None:
        """Record things that the next request might create."""
        self.made_anything = self.made_anything or bool(things)
        for thing in things:
            self.things[thing] = None
        self._write("made", things)

    def remove(self, *things: Thing) -> None:
        """Record that things no longer exist."""
        for thing in things:
            self.things.pop(thing, None)
        self._write("gone", things)

    def close(self, keep: bool = False) -> None:
        """Close the file. Delete it if nothing is left, unless ``keep`` is set."""
        if self._stream:
            self._stream.close()
            self._stream = None
        if self._path and not self.things and not keep:
            self._path.unlink(missing_ok=True)

    def _write(self, word: str, things: Iterable[Thing]) -> None:
        if self._path is None:
            return
        if self._stream is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8")
        for thing in things:
            self._stream.write(json.dumps({"what": word, "api_url": self._api, **thing._asdict()}) + "\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())


def read_journal(path: Path, api_url: str) -> Journal:
    """Return the journal of an earlier run. Ignore an incomplete line: its request was not sent."""
    journal = Journal(path, api_url)
    for line in path.read_text("utf-8", "replace").splitlines():
        try:
            record = json.loads(line)
            thing = Thing(record["kind"], record["home"], record["name"])
            made, here = record["what"] == "made", record["api_url"] == api_url
        except (ValueError, KeyError, TypeError):
            continue
        if here and made:
            journal.things[thing] = None
        elif here:
            journal.things.pop(thing, None)
    return journal


def has_other_service(path: Path, api_url: str) -> bool:
    """Return whether the journal belongs to another service."""
    lines = path.read_text("utf-8", "replace").splitlines()
    return any(f'"api_url": {json.dumps(api_url)}' not in line for line in lines if line.endswith("}"))

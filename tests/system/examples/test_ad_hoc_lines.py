# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every line of docs/examples/ad-hoc.md runs: dry runs foretell, and lines that are run again change nothing."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.tools.tree import ROOT

from .shell import run_lines
from .world import BUILT, MANIFEST, RELEASED, held, lines, secrets, writes

PAGE = ROOT / "docs" / "examples" / "ad-hoc.md"
LINES = "".join(re.findall(r"(?ms)^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"))).splitlines()
DRY = " --check --diff"
MODULES = [path.stem for path in (ROOT / "plugins" / "modules").glob("bitbucket_*.py")]
pytestmark = pytest.mark.timeout(600)


class Reader:
    """Types one line after the other and keeps what was printed."""

    def __init__(self, world: Emulator, folder: Path) -> None:
        self._world = world
        self._folder = folder
        self.printed = ""

    def type(self, line: str) -> dict[str, Any]:
        """Run a line; returns the result that it prints."""
        variables = {**self._world.environment(), "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"]}
        output = run_lines(line, self._folder, self._folder / "home", variables)
        self.printed += output
        found = re.search(r"(?ms)^localhost \| (CHANGED|SUCCESS) => (\{.*^\})$", output)
        assert found, output
        result: dict[str, Any] = json.loads(found[2])
        result.setdefault("changed", False)  # debug says nothing
        assert result["changed"] == (found[1] == "CHANGED")
        return result


@pytest.fixture
def reader(world: Emulator, tmp_path: Path) -> Reader:
    """Somebody in front of a shell, in the folder of `dist`."""
    return Reader(world, tmp_path)


def statuses(result: dict[str, Any]) -> dict[str, str]:
    """What happened to each artifact."""
    return {artifact["name"]: artifact["status"] for artifact in result["artifacts"]}


def test_the_page_shows_every_module_and_a_lookup() -> None:
    assert {f"releng.bitbucket.{module}" for module in MODULES} == set(re.findall(r"-m (releng\S+)", "\n".join(LINES)))
    assert any("lookup('releng.bitbucket." in line for line in LINES)


def test_every_line_does_what_it_says_and_not_twice(reader: Reader, world: Emulator, tmp_path: Path) -> None:
    first_runs(reader, world)
    require_outcome(world, tmp_path)
    world.journal.clear()
    for line in LINES:
        if not line.endswith(DRY):
            assert reader.type(line)["changed"] is False, line
    assert writes(world) == []
    require_outcome(world, tmp_path)
    assert [secret for secret in secrets(world) if secret in reader.printed] == []


def first_runs(reader: Reader, world: Emulator) -> None:
    """All lines once. What a dry run foretells, the same line without its options must do."""
    foretold: dict[str, dict[str, str]] = {}
    for line in LINES:
        before = len(writes(world))
        result = reader.type(line)
        if line.endswith(DRY):
            assert len(writes(world)) == before, line
            assert result["changed"], f"a dry run that shows nothing: {line}"
            foretold[line.removesuffix(DRY)] = statuses(result)
        elif line in foretold:
            assert statuses(result) == foretold.pop(line), line
    assert foretold == {}, "dry runs that no run follows"


def require_outcome(world: Emulator, folder: Path) -> None:
    """What the lines say is what the service and the folder hold."""
    left = {**RELEASED, **BUILT, "VERSION": b"1.4.2"}
    for name in ("widgets-1.1.0.tar.gz", "widgets-1.2.0.tar.gz", "widgets-1.3.0.tar.gz"):
        del left[name]
    assert held(world) == {**left, MANIFEST: lines(left).encode()}
    assert {path.name: path.read_bytes() for path in (folder / "fetched").iterdir()} == {
        "widgets-1.4.2.tar.gz": BUILT["widgets-1.4.2.tar.gz"]
    }
    notes = [snippet.files for snippet in world.snippets if snippet.title == "Notes of 1.4.2"]
    assert notes == [{"notes.md": BUILT["NOTES.md"]}]

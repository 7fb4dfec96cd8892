# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that every line of docs/examples/ad-hoc.md runs, and that dry runs predict the runs."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.tools.tree import ROOT

from .helpers import BUILT, MANIFEST, RELEASED, STAGED, lines, read_repository, secrets, writes
from .shell import run_lines

PAGE = ROOT / "docs" / "examples" / "ad-hoc.md"
LINES = "".join(re.findall(r"(?ms)^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"))).splitlines()
DRY = " --check --diff"
MODULES = [path.stem for path in (ROOT / "plugins" / "modules").glob("bitbucket_*.py")]


class Reader:
    """Run consecutive lines; `printed` is the output of all lines."""

    def __init__(self, world: Emulator, folder: Path) -> None:
        self._world = world
        self._folder = folder
        self.printed = ""

    def type(self, line: str) -> dict[str, Any]:
        """Run a line; return the result that it prints."""
        variables = {**self._world.environment(), "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"]}
        output = run_lines(line, self._folder, self._folder / "home", variables)
        self.printed += output
        found = re.search(r"(?ms)^localhost \| (CHANGED|SUCCESS) => (\{.*^\})$", output)
        assert found, output
        result: dict[str, Any] = json.loads(found[2])
        result.setdefault("changed", False)  # The module debug prints no result.
        assert result["changed"] == (found[1] == "CHANGED")
        return result


@pytest.fixture
def reader(world: Emulator, tmp_path: Path) -> Reader:
    """Return a shell in the folder of `dist`."""
    return Reader(world, tmp_path)


def statuses(result: dict[str, Any]) -> dict[str, str]:
    """Return the status of each artifact by its name."""
    return {artifact["name"]: artifact["status"] for artifact in result["artifacts"]}


def test_the_page_shows_every_module_and_a_lookup() -> None:
    assert {f"releng.bitbucket.{module}" for module in MODULES} == set(re.findall(r"-m (releng\S+)", "\n".join(LINES)))
    assert any("lookup('releng.bitbucket." in line for line in LINES)


def test_every_line_matches_its_dry_run(reader: Reader, world: Emulator, tmp_path: Path) -> None:
    predicted: dict[str, dict[str, str]] = {}
    for line in LINES:
        before = len(writes(world))
        result = reader.type(line)
        if line.endswith(DRY):
            assert len(writes(world)) == before, line
            assert result["changed"], f"a dry run that shows nothing: {line}"
            predicted[line.removesuffix(DRY)] = statuses(result)
        elif line in predicted:
            assert statuses(result) == predicted.pop(line), line
    assert predicted == {}, "dry runs that no run follows"
    assert f"\n+widgets-1.4.2.tar.gz  {len(BUILT['widgets-1.4.2.tar.gz'])} bytes" in reader.printed, "the diff of --diff"
    require_outcome(world, tmp_path)
    assert [secret for secret in secrets(world) if secret in reader.printed] == []


def require_outcome(world: Emulator, folder: Path) -> None:
    """Require the repository and the folder that result from the lines."""
    promoted = "widgets-1.5.0.tar.gz"
    left = {**RELEASED, **BUILT, "VERSION": b"1.4.2", promoted: STAGED[promoted]}
    for name in ("widgets-1.1.0.tar.gz", "widgets-1.2.0.tar.gz", "widgets-1.3.0.tar.gz"):
        del left[name]
    found = read_repository(world)
    channel = json.loads(found.pop("stable.channel.json"))
    assert (channel["version"], [each["name"] for each in channel["artifacts"]]) == ("1.4.2", ["widgets-1.4.2.tar.gz"])
    assert found == {**left, MANIFEST: lines(left).encode()}
    assert {path.name: path.read_bytes() for path in (folder / "fetched").iterdir()} == {
        "widgets-1.4.2.tar.gz": BUILT["widgets-1.4.2.tar.gz"]
    }
    notes = [snippet.files for snippet in world.snippets if snippet.title == "Notes of 1.4.2"]
    assert notes == [{"notes.md": BUILT["NOTES.md"]}]

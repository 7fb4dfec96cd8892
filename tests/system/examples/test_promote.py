# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that promote.yml releases staged artifacts byte for byte, nothing else, and leaves no temporary files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.runner import PlaybookRunner
from tests.emulator import Emulator
from tests.tools.tree import ROOT

from .helpers import MANIFEST, RELEASED, STAGED, STAGING, lines, read_repository, secrets, writes

PLAYBOOK = ROOT / "playbooks" / "promote.yml"
NAME = "widgets-1.5.0.tar.gz"


@pytest.fixture(autouse=True)
def _leaves_nothing(tmp_path: Path) -> Iterator[None]:
    """Require that the temporary directory below TMPDIR is deleted, also after a failure."""
    yield
    assert list((tmp_path / "home").rglob(".ansible_bitbucket_*")) == []


def test_release_the_staged_bytes(runner: PlaybookRunner, world: Emulator, tmp_path: Path) -> None:
    staged = read_repository(world, STAGING)
    temporary: list[Path] = []

    def inspect() -> None:
        temporary.extend((tmp_path / "home").rglob(".ansible_bitbucket_*"))

    world.faults.add("call", action=inspect, when="before", method="POST")
    done = runner.run(PLAYBOOK, words=["-vvv"])
    assert done.code == 0, done.output
    assert len(temporary) == 1, "_leaves_nothing checks this path"
    released = {**RELEASED, NAME: STAGED[NAME]}
    assert read_repository(world) == {**released, MANIFEST: lines(released).encode()}
    assert read_repository(world, STAGING) == staged
    assert [entry.stored for entry in writes(world)] == [[NAME], [MANIFEST]]
    assert [secret for secret in secrets(world) if secret in done.output] == []


def test_refuse_in_check_mode_a_name_that_is_released_with_other_bytes(runner: PlaybookRunner, world: Emulator) -> None:
    world.repository().put(NAME, b"released by hand")
    before = read_repository(world)
    done = runner.run(PLAYBOOK, words=["--check", "--diff"])
    assert done.code == 2
    assert NAME in done.result("bitbucket_download_copy")["msg"]
    assert writes(world) == []
    assert read_repository(world) == before


def test_refuse_bytes_that_differ_from_the_staging_manifest(runner: PlaybookRunner, world: Emulator) -> None:
    world.repository(slug=STAGING).put(NAME, STAGED[NAME][::-1])
    done = runner.run(PLAYBOOK)
    assert done.code == 2
    assert NAME in done.result("bitbucket_download_copy")["msg"]
    assert writes(world) == []

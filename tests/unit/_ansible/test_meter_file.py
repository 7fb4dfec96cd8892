# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pass the state of transfers in a file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._ansible.meter_file import read_samples, write_samples
from ansible_collections.releng.bitbucket.plugins.module_utils._meter import Gauge, Meter

PAUSE = 0.005


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "progress"
    path.touch()
    return path


def wait_until(condition: Callable[[], bool]) -> None:
    for _unused in range(2000):
        if condition():
            return
        time.sleep(PAUSE)
    raise AssertionError("the file does not become as expected")


def names(path: Path) -> list[str]:
    return [sample.name for sample in read_samples(str(path))]


def test_the_file_lists_the_running_transfers(path: Path) -> None:
    """Shorter contents replace longer ones."""
    meter = Meter()
    with write_samples(meter, str(path), PAUSE):
        with meter.measure(gauge := Gauge("prüfung.tgz", 100)), meter.measure(Gauge("other", 1)):
            gauge.advance(30)
            wait_until(lambda: names(path) == ["prüfung.tgz", "other"])
            (number, name, done, total, seconds), _unused = read_samples(str(path))
            assert (number, name, done, total) == (1, "prüfung.tgz", 30, 100)
            assert seconds >= 0
        wait_until(lambda: path.read_text() == "[]\n")


def test_nothing_is_written_without_a_path(tmp_path: Path) -> None:
    with write_samples(Meter(), None, 0):
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["missing/progress", "missing", "."])
def test_a_file_that_cannot_be_written_is_ignored_and_not_created(tmp_path: Path, place: str) -> None:
    with write_samples(Meter(), str(tmp_path / place), PAUSE):
        time.sleep(10 * PAUSE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a device that is always full")
def test_a_full_disk_is_ignored() -> None:
    with write_samples(Meter(), "/dev/full", PAUSE):
        time.sleep(10 * PAUSE)


@pytest.mark.parametrize("text", ["", '[[1, "app"', "[[1]]\n", "{}\n", "[5]\n", '[[1, "app", 1, 2, "x"]]\n', "\udcff"])
def test_invalid_contents_are_ignored(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert read_samples(str(path)) == []


def test_a_missing_file_has_no_transfers(tmp_path: Path) -> None:
    assert read_samples(str(tmp_path / "missing")) == []

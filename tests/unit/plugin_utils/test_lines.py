# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the progress of transfers as lines."""

from __future__ import annotations

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._meter import Sample
from ansible_collections.releng.bitbucket.plugins.plugin_utils._lines import Lines

MIB = 1024 * 1024


def sample(done: int, seconds: float, total: int = 100 * MIB, name: str = "app", number: int = 1) -> Sample:
    return Sample(number, name, done, total, seconds)


def first_line(done: int, seconds: float, total: int = 100 * MIB, name: str = "app") -> str:
    """Return the line of a transfer that is the first one of a task."""
    lines = Lines(0)
    (line,) = lines.render(100.0, [sample(done, seconds, total, name)])
    return line


@pytest.mark.parametrize(
    ("done", "seconds", "total", "line"),
    [
        (25 * MIB, 10, 100 * MIB, "app: 25.0 MiB of 100.0 MiB (25%), 2.5 MiB/s, 30 s left"),
        (1, 10, 300, "app: 1 B of 300 B (0%), 0 B/s, 49 min 50 s left"),
        (1536, 3, 2 * 1024**4, "app: 1.5 KiB of 2.0 TiB (0%), 512 B/s, 1193046 h 28 min left"),
        (1024**3, 16, 3 * 1024**3, "app: 1.0 GiB of 3.0 GiB (33%), 64.0 MiB/s, 32 s left"),
        (999, 1, 1000, "app: 999 B of 1000 B (99%), 999 B/s, 0 s left"),
        (1000, 1, 1000, "app: 1000 B of 1000 B (100%), 1000 B/s, 0 s left"),
        (0, 12, 1000, "app: 0 B of 1000 B (0%), 0 B/s, time left unknown"),
        (0, 12, 0, "app: 0 B of 0 B (100%), 0 B/s, 0 s left"),
    ],
)
def test_a_line_shows_bytes_percent_rate_and_time_left(done: int, seconds: float, total: int, line: str) -> None:
    assert first_line(done, seconds, total) == line


def test_a_name_is_shown_in_one_line() -> None:
    assert first_line(1, 1, name="a\nchanged: [b]\x1b[2J").startswith("a changed: [b] [2J: 1 B")


def test_nothing_is_shown_in_the_first_interval_after_the_first_transfer_began() -> None:
    """Shorter transfers show nothing, whatever the duration of the task before them."""
    lines = Lines()
    assert lines.render(1000.0, []) == []
    assert lines.render(1003.0, [sample(1, 2.0)]) == []
    assert lines.render(1010.9, [sample(1, 9.9)]) == []
    assert len(lines.render(1011.0, [sample(1, 10.0)])) == 1


def test_the_interval_is_that_of_the_task_and_not_of_each_transfer() -> None:
    """A task with many short transfers shows the current one."""
    lines = Lines()
    lines.render(1.0, [sample(1, 1.0)])
    assert lines.render(9.0, [sample(1, 1.0, number=8)]) == []
    assert len(lines.render(10.0, [sample(1, 1.0, number=9)])) == 1
    assert lines.render(19.9, [sample(1, 1.0, number=18)]) == []
    assert len(lines.render(20.0, [sample(1, 1.0, number=19)])) == 1


def test_each_running_transfer_has_a_line_in_each_interval() -> None:
    lines = Lines()
    shown = [
        lines.render(now, [sample(1, now, name="a"), sample(1, now, name="b", number=2)])
        for now in (float(second) for second in range(35))
    ]
    assert [(second, len(found)) for second, found in enumerate(shown) if found] == [(10, 2), (20, 2), (30, 2)]
    assert [line.split(":")[0] for line in shown[10]] == ["a", "b"]


def test_a_new_transfer_without_bytes_is_not_shown_at_once() -> None:
    lines = Lines()
    lines.render(0.0, [sample(1, 0.0)])
    assert lines.render(10.0, [sample(0, 0.1, number=2)]) == []
    assert len(lines.render(10.5, [sample(1, 0.6, number=2)])) == 1


def test_the_rate_is_measured_since_the_last_line() -> None:
    lines = Lines(10)
    lines.render(10.0, [sample(60 * MIB, 10.0)])
    (line,) = lines.render(20.0, [sample(70 * MIB, 20.0)])
    assert line.endswith("(70%), 1.0 MiB/s, 30 s left")
    (line,) = lines.render(30.0, [sample(70 * MIB, 30.0)])
    assert line.endswith("(70%), 0 B/s, time left unknown")


def test_the_rate_of_a_restarted_transfer_is_measured_since_its_start() -> None:
    lines = Lines(10)
    lines.render(10.0, [sample(60 * MIB, 10.0)])
    (line,) = lines.render(20.0, [sample(40 * MIB, 20.0)])
    assert line.endswith("(40%), 2.0 MiB/s, 30 s left")

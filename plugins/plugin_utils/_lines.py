# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Format the progress of longer transfers as lines. This module does not depend on Ansible."""

from __future__ import annotations

import typing as t

from ..module_utils._meter import Sample
from ..module_utils._text import one_line

INTERVAL = 10.0  # seconds
_JUST_BEGUN = 1.0  # second
_UNITS = ("KiB", "MiB", "GiB", "TiB")


class Lines:
    """The progress lines of one task: one line for each running transfer in each ``interval``, but none in the first."""

    def __init__(self, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._due: float | None = None
        self._last: dict[int, Sample] = {}

    def render(self, now: float, samples: t.Sequence[Sample]) -> list[str]:
        """Return the lines that are due, one for each running transfer. ``now``: in seconds."""
        if self._due is None and samples:
            self._due = now - max(sample.seconds for sample in samples) + self._interval
        shown = [sample for sample in samples if sample.done or sample.seconds >= _JUST_BEGUN]
        if self._due is None or now < self._due or not shown:
            return []
        self._due = now + self._interval
        lines = [_describe(sample, self._last.get(sample.number)) for sample in shown]
        self._last = {sample.number: sample for sample in shown}
        return lines


def _describe(sample: Sample, last: Sample | None) -> str:
    percent = 100 * sample.done // sample.total if sample.total else 100
    rate = _find_rate(sample, last)
    return (
        f"{one_line(sample.name)}: {_write_bytes(sample.done)} of {_write_bytes(sample.total)} ({percent}%),"
        f" {_write_bytes(rate)}/s, {_write_time_left(sample.total - sample.done, rate)}"
    )


def _find_rate(sample: Sample, last: Sample | None) -> float:
    """Return the bytes per second since the last line. If the transfer has started over, return those since its start."""
    if last and last.done <= sample.done and last.seconds < sample.seconds:
        return (sample.done - last.done) / (sample.seconds - last.seconds)
    return sample.done / sample.seconds if sample.seconds > 0 else 0.0


def _write_bytes(count: float) -> str:
    if count < 1024:
        return f"{count:.0f} B"
    power = next((power for power in range(1, len(_UNITS)) if count < 1024 ** (power + 1)), len(_UNITS))
    return f"{count / 1024**power:.1f} {_UNITS[power - 1]}"


def _write_time_left(left: int, rate: float) -> str:
    if left and rate <= 0:
        return "time left unknown"
    seconds = round(left / rate) if left else 0
    minutes, hours = seconds // 60, seconds // 3600
    if hours:
        return f"{hours} h {minutes % 60} min left"
    return f"{minutes} min {seconds % 60} s left" if minutes else f"{seconds} s left"

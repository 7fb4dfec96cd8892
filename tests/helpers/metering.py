# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide a meter that records the transfers."""

from __future__ import annotations

from ansible_collections.releng.bitbucket.plugins.module_utils._meter import Gauge, Meter


class Recorder(Meter):
    """A meter for tests. ``gauges``: of all transfers, in the order in which they started."""

    def __init__(self) -> None:
        super().__init__()
        self.gauges: list[Gauge] = []

    def add(self, gauge: Gauge) -> None:
        """Add a transfer."""
        super().add(gauge)
        self.gauges.append(gauge)

    @property
    def counts(self) -> list[tuple[str, int, int]]:
        """Return name, transferred bytes and total bytes of each transfer; all transfers must have ended."""
        assert self.read() == []
        return [(gauge.name, gauge.done, gauge.total) for gauge in self.gauges]

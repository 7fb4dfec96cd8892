# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide what happens to a channel: current state + requested state -> plan.

Check mode shows the plan, a run applies it.
"""

from __future__ import annotations

import typing as t

from .._outcome import ABSENT, CREATED, DELETED, MOVED, UNCHANGED, state_line
from .document import Channel


class ChannelPlan(t.NamedTuple):
    """The plan for a channel. ``before`` and ``after``: the channel before and after the task, None if it does not exist."""

    status: str
    before: Channel | None = None
    after: Channel | None = None

    @property
    def sends(self) -> bool:
        """Return whether the channel is sent."""
        return self.status in (CREATED, MOVED)

    @property
    def previous(self) -> str | None:
        """Return the version before the current one, or the last version of a deleted channel."""
        if self.after:
            return self.after.previous
        return self.before.version if self.before else None

    def describe(self) -> tuple[str, str]:
        """Return the channel before and after the task for the diff: versions, with artifacts if the versions are equal."""
        same = self.before and self.after and self.before.version == self.after.version
        texts = [_render(channel, bool(same)) for channel in (self.before, self.after)]
        return texts[0], texts[1]


def plan_move(before: Channel | None, requested: Channel) -> ChannelPlan:
    """Return the plan to make a channel name the requested release."""
    if before is None:
        return ChannelPlan(CREATED, None, requested)
    if before.release == requested.release:
        return ChannelPlan(UNCHANGED, before, before)
    previous = before.previous if before.version == requested.version else before.version
    return ChannelPlan(MOVED, before, requested._replace(previous=previous))


def plan_deletion(before: Channel | None) -> ChannelPlan:
    """Return the plan to delete a channel."""
    return ChannelPlan(DELETED if before else ABSENT, before)


def _render(channel: Channel | None, with_artifacts: bool) -> str:
    if channel is None:
        return ""
    lines = [f"{channel.version}\n"]
    if with_artifacts:
        lines.extend(state_line(each.name, each.size, each.sha256) for each in channel.artifacts)
        lines.append(f"manifest {channel.manifest}\n" if channel.manifest else "")
    return "".join(lines)

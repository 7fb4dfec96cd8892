# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse the options of modules that read a channel. Other files are imported only if a task reads one."""

from __future__ import annotations

import typing as t

from .._downloads.artifact import CHANNEL_SUFFIX


class RequestedChannel(t.NamedTuple):
    """A channel that a task reads. ``version``: the version that the channel must name, None for any version."""

    name: str
    version: str | None = None

    @property
    def file(self) -> str:
        """Return the name of the artifact with the channel."""
        return f"{self.name}{CHANNEL_SUFFIX}"


def parse_requested_channel(options: t.Mapping[str, t.Any]) -> RequestedChannel | None:
    """Return the channel of the options ``channel`` and ``version``, or None if the task reads none. Raise BadInput."""
    name, version = options["channel"], options["version"]
    if name is None:
        return None
    from .document import check_channel, check_version

    return RequestedChannel(check_channel(name, "channel"), check_version(version) if version is not None else None)

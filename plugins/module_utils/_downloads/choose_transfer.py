# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose between the transfer of an artifact in one stream and in parts. Only large artifacts need the code for parts."""

from __future__ import annotations

import io
import typing as t

from .parts import LAYOUT, Layout
from .transfer import Transfer

if t.TYPE_CHECKING:
    from .api import Downloads
    from .artifact import Artifact


def create_transfer(
    downloads: Downloads,
    artifact: Artifact,
    algorithms: t.Iterable[str],
    sink: io.FileIO,
    connections: int,
    layout: Layout = LAYOUT,
) -> Transfer:
    """Return the transfer of an artifact into ``sink``. A large one uses at most ``connections`` connections."""
    parts = layout.divide(artifact.size) if connections > 1 else []
    if len(parts) < 2:
        return Transfer(downloads, artifact, algorithms, sink)
    from .ranges import RangedTransfer

    return RangedTransfer(downloads, artifact, algorithms, sink, parts, connections)

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out what a public repository allows without credentials."""

from __future__ import annotations

from ..forms import Part
from ..probe import Seen, probe
from ..shapes import error, outcome
from ..world import World


@probe(
    "D47",
    "What does a public repository allow without credentials?",
    "1.5 OBS",
    "anonymous reads, advice for 401",
    switches=("empty_401",),
    needs=("public",),
)
def ask_public(world: World) -> Seen:
    """Send a list, a GET of a missing artifact, and a POST."""
    workspace, repository = world.public
    downloads = world.downloads_of(workspace, repository, "")
    return {
        "list": downloads.send("GET").status,
        "GET": outcome(downloads.send("GET", world.name("missing.txt"))),
        "POST": error(downloads.post([Part("files", world.name("refused.txt"), world.content())])),
    }

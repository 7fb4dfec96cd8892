# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out which forms of workspaces, repositories and names the API accepts."""

from __future__ import annotations

from ..errors import Blocked
from ..forms import Part
from ..probe import NO_RESULT, Seen, probe
from ..shapes import error, outcome
from ..world import World


@probe(
    "D40",
    "Which forms of workspace and repository does the API accept?",
    "1.1 DOC",
    "path segments, the check that next has the same origin",
    writes=False,
)
def ask_forms_of_addresses(world: World) -> Seen:
    """Send lists with UUIDs in braces, with capitals, and with a trailing slash."""
    settings, session = world.settings, world.session
    response = session.send("GET", f"{settings.api_url}/repositories/{settings.workspace}/{settings.repository}", world.main)
    document = response.json()
    if not response.good or not isinstance(document, dict):
        raise Blocked("cannot read the repository")
    of_workspace = (document.get("workspace") or {}).get("uuid")
    of_repository = document.get("uuid")
    found: dict[str, object] = {}
    if isinstance(of_workspace, str) and isinstance(of_repository, str):
        world.names |= {of_workspace, of_repository}
        world.gate.open_repository(of_workspace, of_repository)
        found["UUIDs"] = error(world.downloads_of(of_workspace, of_repository).send("GET"))
    upper = world.downloads_of(settings.workspace.upper(), settings.repository.upper())
    found["capitals"] = error(upper.send("GET"))
    found["slash at the end"] = error(world.downloads().raw("GET", ""))
    return found


@probe(
    "N37",
    "Which encodings of a name does the API accept?",
    "1.3 INF, OBS (BCLOUD-16577)",
    "path segments",
    switches=("plain_400",),
)
def ask_encodings(world: World) -> Seen:
    """Upload an artifact with a plus, a blank and a percent sign, and get it with several encodings of its name."""
    downloads = world.downloads()
    name = world.name("e+f g%20h.txt")
    size = len(content := world.content())
    downloads.post([Part("files", name, content)])
    sight = downloads.wait(lambda seen: seen.sized(size))
    if sight.when == "never":
        raise Blocked("an uploaded artifact is not listed")
    mark = f"{world.run}-{world.again}"
    forms = {
        "all encoded": "e%2Bf%20g%2520h.txt",
        "lower case": "e%2bf%20g%2520h.txt",
        "bare plus": "e+f%20g%2520h.txt",
        "plus for the blank": "e%2Bf+g%2520h.txt",
        "encoded twice": "e%252Bf%2520g%252520h.txt",
    }
    as_sent = sight.sized(size)[0].get("name") == name
    found: dict[str, object] = {
        label: outcome(downloads.raw("GET", mark + form)) if as_sent else NO_RESULT for label, form in forms.items()
    }
    found["not UTF-8"] = error(downloads.raw("GET", f"{mark}%FF.txt"))
    return found

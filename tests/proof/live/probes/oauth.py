# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out how OAuth consumers and their tokens work."""

from __future__ import annotations

from typing import Any

from ..errors import Blocked
from ..probe import Seen, probe
from ..settings import basic
from ..shapes import duration, error, shape
from ..snippets import ids_of
from ..world import World

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@probe(
    "A28",
    "What does the token endpoint return?",
    "4 DOC/OBS (conflicts), 10 DOC (2026-05-04)",
    "OAuth tokens and their lifetime",
    needs=("oauth",),
    writes=False,
)
def ask_token(world: World) -> Seen:
    """Request a token, and send three invalid requests."""
    response = world.session.token()
    document = response.json()
    found: dict[str, Any] = {"response": error(response)}
    if response.good and isinstance(document, dict):
        found["document"] = shape(document)
        seconds = document.get("expires_in")
        found["life"] = duration(float(seconds)) if isinstance(seconds, int | float) else "none"
    settings = world.settings
    wrong = {**FORM, "Authorization": basic(settings.client_id, "made-up")}
    good = {**FORM, "Authorization": basic(settings.client_id, settings.client_secret)}
    found["wrong secret"] = error(
        world.session.send("POST", settings.token_url, headers=wrong, body=b"grant_type=client_credentials")
    )
    found["unknown grant"] = error(world.session.send("POST", settings.token_url, headers=good, body=b"grant_type=made_up"))
    found["no grant"] = error(world.session.send("POST", settings.token_url, headers=good, body=b"state=none"))
    return found


@probe(
    "A28u",
    "Does an OAuth token remain valid?",
    "4 OBS (conflict about expires_in)",
    "renewal of a refused token",
    switches=("token_ends_after_seconds", "token_ends_after_requests"),
    needs=("oauth",),
    writes=False,
)
def ask_use_of_token(world: World) -> Seen:
    """Use a token five times, and again after ten seconds."""
    token = world.session.token().json()
    if not isinstance(token, dict) or not isinstance(token.get("access_token"), str):
        raise Blocked("the token endpoint returned no token")
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    url = world.downloads("oauth").url()
    statuses = [world.session.send("GET", url, headers=headers).status for _number in range(5)]
    world.session.pause(10)
    later = world.session.send("GET", url, headers=headers)
    return {"five times": sorted(set(statuses)), "after ten seconds": later.status if later.status == 401 else "good"}


@probe(
    "A28m",
    "Does role=member list a snippet of an OAuth consumer, and which account is its creator?",
    "10 UNKNOWN",
    "no search for titles with OAuth",
    switches=("snippet_app_user_member",),
    needs=("oauth", "snippets"),
)
def ask_membership(world: World) -> Seen:
    """Create a snippet, and send two lists."""
    snippets = world.snippets("oauth")
    made = snippets.create("by oauth")
    document = snippets.document(made.id)
    creator, owner = document.get("creator"), document.get("owner")
    shown = snippets.wait(made.id)
    return {
        "role=member": "shown" if shown != "never" else "not shown",
        "role=owner": "shown" if made.id in ids_of(snippets.listed("role=owner")) else "not shown",
        "creator": creator.get("type") if isinstance(creator, dict) else "none",
        "owner": owner.get("type") if isinstance(owner, dict) else "none",
    }

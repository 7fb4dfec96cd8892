# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide before any write whether the check can use this repository, and open the gate for it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urljoin

from .errors import CannotRun
from .gate import ABSENT, Gate, is_own_name
from .session import Session
from .settings import MARK, PREFIX, Settings

MOST_PAGES = 100


def open_gate(gate: Gate, settings: Settings, write: bool = True) -> None:
    """Allow the repositories and workspaces in the settings, and those that do not exist."""
    gate.open_repository(settings.workspace, settings.repository, write)
    gate.open_repository(settings.workspace, ABSENT)
    gate.open_repository(ABSENT, settings.repository)
    gate.open_workspace(settings.workspace)
    if settings.public_repository:
        workspace, slash, repository = settings.public_repository.rpartition("/")
        gate.open_repository(workspace if slash else settings.workspace, repository, write, signed=False)
    if settings.free_repository:
        gate.open_repository(settings.free_workspace, settings.free_repository, write)
        gate.open_workspace(settings.free_workspace)
    if settings.hidden_snippet:
        workspace, _slash, snippet_id = settings.hidden_snippet.partition("/")
        gate.open_workspace(workspace, write=False)
        gate.show_snippet(snippet_id)


def examine(session: Session) -> set[str]:
    """Raise CannotRun unless all repositories to write to are marked; return names that reports must not show."""
    settings = session.settings
    names = _examine(session, settings.workspace, settings.repository)
    home = f"{settings.api_url}/repositories/{quote(settings.workspace, safe='')}/{quote(settings.repository, safe='')}"
    _require_own_artifacts(session, home, f"{settings.workspace}/{settings.repository}")
    if settings.free_repository:
        names |= _examine(session, settings.free_workspace, settings.free_repository)
    return names


def _examine(session: Session, workspace: str, repository: str) -> set[str]:
    home = f"{session.settings.api_url}/repositories/{quote(workspace, safe='')}/{quote(repository, safe='')}"
    response = session.send("GET", home, session.settings.main())
    document = response.json()
    if not response.good or not isinstance(document, dict):
        raise CannotRun(
            f"Cannot read the repository {workspace}/{repository}: HTTP {response.status}. Check the names, and that the token "
            "has the scope read:repository:bitbucket."
        )
    if MARK not in str(document.get("description") or ""):
        raise CannotRun(
            f"The repository {workspace}/{repository} is not marked for this check, so nothing was written. Create a repository "
            f"only for this check, and add these words to its description: {MARK}"
        )
    found = (document.get(key) for key in ("uuid", "full_name", "name", "slug"))
    owners = [
        value for value in (document.get("workspace"), document.get("owner"), document.get("project")) if isinstance(value, dict)
    ]
    more = [value for owner in owners for key, value in owner.items() if key not in ("type", "links", "key")]
    return {value for value in [*found, *more] if isinstance(value, str) and value}


def _require_own_artifacts(session: Session, home: str, repository: str) -> None:
    """Raise CannotRun if the artifact list contains an artifact that no run of this check created."""
    url = f"{home}/downloads"
    for _page in range(MOST_PAGES):
        response = session.send("GET", url, session.settings.main())
        page: Any = response.json()
        if not response.good or not isinstance(page, dict):
            raise CannotRun(f"Cannot read the artifact list of {repository}: HTTP {response.status}. Nothing was written.")
        foreign = [item for item in page.get("values") or [] if isinstance(item, dict) and not is_own_name(str(item.get("name")))]
        if foreign:
            raise CannotRun(
                f"The Downloads of {repository} contain {len(foreign)} or more artifacts that this check did not create, so "
                f"nothing was written. Set {PREFIX}REPOSITORY to a repository that nothing else uses."
            )
        if not isinstance(page.get("next"), str):
            return
        url = urljoin(url, page["next"])
    raise CannotRun(f"The artifact list of {repository} has too many pages. Nothing was written.")

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Describe artifacts and repositories as the API lists them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from werkzeug import Response

from ..http import responses
from ..http.pages import paged
from ..switches import Switches
from .state import Artifact, Repository


def page_of(repository: Repository, query: Mapping[str, str], origin: str, switches: Switches) -> Response:
    """Return a page of the artifacts, newest first. The undocumented `q`, `sort` and `fields` have no effect."""
    if switches.downloads_free_plan is not None:
        texts = [responses.UPGRADE] * 3 if switches.downloads_free_plan == "strings" else []
        return responses.document({"pagelen": 10, "values": texts, "page": 1, "size": len(texts)})
    base = origin + downloads_path(repository)
    artifacts = repository.listed(first=query.get("page", "1") == "1")
    return paged(artifacts, lambda artifact: item(artifact, base, switches), base + "/", query, switches)


def item(artifact: Artifact, base: str, switches: Switches) -> dict[str, object]:
    """Return an artifact as listed, without ID and checksum."""
    return {
        "name": artifact.name,
        "links": {"self": {"href": f"{base}/{quote(artifact.name, safe='')}"}},
        "downloads": artifact.downloads,
        "created_on": artifact.created_on.isoformat(timespec="microseconds"),
        "user": artifact.user if switches.list_user else None,
        "type": "download",
        "size": artifact.size,
    }


def repository_document(repository: Repository, origin: str) -> dict[str, object]:
    """Return the properties of a repository that clients of Downloads read."""
    base = origin + downloads_path(repository).removesuffix("/downloads")
    workspace = repository.workspace
    return {
        "type": "repository",
        "uuid": "{" + repository.uuid + "}",
        "name": repository.slug,
        "slug": repository.slug,
        "description": repository.description,
        "full_name": f"{workspace.slug}/{repository.slug}",
        "is_private": repository.private,
        "scm": "git",
        "workspace": {"type": "workspace", "slug": workspace.slug, "uuid": "{" + workspace.uuid + "}"},
        "links": {"self": {"href": base}, "downloads": {"href": base + "/downloads"}},
    }


def downloads_path(repository: Repository) -> str:
    """Return the raw path of the listing, with slugs and without a trailing slash."""
    return f"/2.0/repositories/{quote(repository.workspace.slug)}/{quote(repository.slug)}/downloads"

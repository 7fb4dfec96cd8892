# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the JSON of snippets and of their revisions as captured (fact sheet, section 2.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from ..auth.accounts import profile
from ..switches import Switches
from ..workspaces import Workspace
from .revisions import Revision
from .state import Snippet

SITE = "https://bitbucket.org"


@dataclass(frozen=True)
class Shapes:
    """Build documents with links to `origin`."""

    origin: str
    switches: Switches

    def item(self, workspace: Workspace, snippet: Snippet, revision: Revision | None = None) -> dict[str, Any]:
        """Return a snippet as listed, without files, creator, scm and type."""
        return {
            "links": self._links(workspace, snippet, revision or snippet.tip),
            "title": snippet.title,
            "created_on": date(snippet.created_on),
            "owner": profile(snippet.owner) if snippet.owner else workspace_profile(workspace),
            "updated_on": date(snippet.updated_on),
            "id": snippet.id,
            "is_private": snippet.is_private,
        }

    def whole(self, workspace: Workspace, snippet: Snippet, revision: Revision) -> dict[str, Any]:
        """Return a single snippet with the files of one revision."""
        files = {name: {"links": self._file_links(workspace, snippet, revision, name)} for name in revision.files}
        own = {"type": "snippet", "scm": "git", "creator": profile(snippet.creator), "files": files}
        return self.item(workspace, snippet, revision) | own

    def commit(self, workspace: Workspace, snippet: Snippet, revision: Revision) -> dict[str, Any]:
        """Return a revision as `/commits` lists it."""
        base = self.base(workspace, snippet)
        site = self._site(workspace, snippet)
        parents = [revision.parent] if revision.parent else []
        return {
            "type": "snippet_commit",
            "hash": revision.sha,
            "date": date(revision.date),
            "author": {
                "type": "author",
                "raw": f"{revision.author.partition('@')[0]} <{revision.author}>",
                "user": profile(revision.author),
            },
            "message": revision.message,
            "summary": {"type": "rendered", "raw": revision.message, "markup": "markdown", "html": f"<p>{revision.message}</p>"},
            "parents": [{"type": "commit", "hash": sha, "links": link(f"{base}/commits/{sha}")} for sha in parents],
            "links": {
                **link(f"{base}/commits/{revision.sha}"),
                "html": {"href": f"{site}/commits/{revision.sha}"},
                "diff": {"href": f"{base}/{revision.sha}/diff"},
            },
            "snippet": {"type": "snippet", **self.item(workspace, snippet)},
        }

    def base(self, workspace: Workspace, snippet: Snippet) -> str:
        """Return the URL of the snippet."""
        return f"{self.origin}/2.0/snippets/{quote(workspace.slug)}/{quote(snippet.id)}"

    def file_url(self, workspace: Workspace, snippet: Snippet, revision: Revision, name: str) -> str:
        """Return the URL of the file's content, in the form that the switch selects."""
        path = "/".join(quote(segment, safe="") for segment in name.split("/"))
        real = self.switches.snippet_file_links == "real"
        middle = f"{revision.sha}/files" if real else f"files/{revision.sha}"
        return f"{self.base(workspace, snippet)}/{middle}/{path}"

    def _file_links(self, workspace: Workspace, snippet: Snippet, revision: Revision, name: str) -> dict[str, Any]:
        site = self._site(workspace, snippet)
        html = f"{site}/revisions/{revision.sha}#{quote(name, safe='')}"
        return {**link(self.file_url(workspace, snippet, revision, name)), "html": {"href": html}}

    def _links(self, workspace: Workspace, snippet: Snippet, revision: Revision) -> dict[str, Any]:
        base, site = self.base(workspace, snippet), self._site(workspace, snippet)
        links: dict[str, Any] = {**link(base), "html": {"href": site}}
        links |= {name: {"href": f"{base}/{name}"} for name in ("comments", "watchers", "commits")}
        if self.switches.snippet_revision_links:
            links |= {name: {"href": f"{base}/{revision.sha}/{name}"} for name in ("diff", "patch")}
        path = f"/snippets/{quote(workspace.slug)}/{snippet.id}/{slug(snippet.title)}.git"
        links["clone"] = [
            {"href": "https://bitbucket.org" + path, "name": "https"},
            {"href": "ssh://git@bitbucket.org" + path, "name": "ssh"},
        ]
        return links

    def _site(self, workspace: Workspace, snippet: Snippet) -> str:
        return f"{SITE}/snippets/{quote(workspace.slug)}/{snippet.id}"


def link(url: str) -> dict[str, Any]:
    """Return a link object."""
    return {"self": {"href": url}}


def date(moment: datetime) -> str:
    """Return the date with microseconds."""
    return moment.isoformat(timespec="microseconds")


def slug(title: str | None) -> str:
    """Return the form of a title in URLs."""
    return re.sub(r"[^a-z0-9]+", "-", (title or "").lower()).strip("-") or "snippet"


def workspace_profile(workspace: Workspace) -> dict[str, Any]:
    """Return the workspace as the owner of a snippet."""
    links = {name: {"href": f"{SITE}/{quote(workspace.slug)}/{tail}"} for name, tail in (("html", ""), ("avatar", "avatar/"))}
    base = f"https://api.bitbucket.org/2.0/workspaces/%7B{workspace.uuid}%7D"
    names = {"username": workspace.slug, "display_name": workspace.slug, "type": "team", "uuid": "{" + workspace.uuid + "}"}
    return {**names, "links": {**link(base), **links}}

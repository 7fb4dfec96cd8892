# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the tasks of the matrix for Snippets: each module in all modes, so that every request occurs."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from .scenario import Note, Scenario, World, noise, sha256

TITLE = "Release notes"
TEXT, OLD_TEXT, LOGO = b"# widgets 1.4.2\nFaster.\n", b"# widgets 1.4.1\n", noise("logo", 2000)
OTHER = Note("Run book", {"start.md": b"Call the release engineer.\n"})
NOTES = Note(TITLE, {"notes.md": TEXT, "logo.png": LOGO})
OLD_NOTES = Note(TITLE, {"notes.md": OLD_TEXT, "logo.png": LOGO})


def request_files(files: Mapping[str, bytes]) -> list[dict[str, str]]:
    """Return the option ``files``."""
    return [{"name": name, "content_base64": base64.b64encode(data).decode()} for name, data in files.items()]


def contents(result: Any) -> Any:
    """Return the contents in a result of bitbucket_snippet_info as bytes, by title and name."""
    return {
        snippet["title"]: {
            file["name"]: base64.b64decode(file["content_base64"]) if "content_base64" in file else file["content"].encode()
            for file in snippet["files"]
        }
        for snippet in result["snippets"]
    }


WRITING = [
    Scenario(
        "create a snippet",
        "bitbucket_snippet",
        World(notes=[OTHER]),
        World(notes=[OTHER, NOTES]),
        lambda folder: {"title": TITLE, "files": request_files(NOTES.files)},
    ),
    Scenario(
        "update a snippet",
        "bitbucket_snippet",
        World(notes=[OTHER, OLD_NOTES]),
        World(notes=[OTHER, NOTES]),
        lambda folder: {"title": TITLE, "files": request_files(NOTES.files)},
    ),
    Scenario(
        "update a snippet, JSON only",
        "bitbucket_snippet",
        World(notes=[OTHER, OLD_NOTES]),
        World(notes=[OTHER, NOTES]),
        lambda folder: {"title": TITLE, "files": request_files(NOTES.files)},
        switches={"snippet_answers": "json_only", "snippet_revision_links": False, "snippet_file_links": "documented"},
    ),
    Scenario(
        "rename a snippet",
        "bitbucket_snippet",
        World(notes=[OTHER, OLD_NOTES]),
        World(notes=[OTHER, Note("Notes", OLD_NOTES.files, is_private=False)]),
        lambda folder: {"snippet_id": "one1", "title": "Notes", "is_private": False},
    ),
    Scenario(
        "delete a snippet",
        "bitbucket_snippet",
        World(notes=[OTHER, NOTES]),
        World(notes=[OTHER]),
        lambda folder: {"title": TITLE, "state": "absent"},
    ),
]

READING = [
    Scenario(
        "read snippets",
        "bitbucket_snippet_info",
        World(notes=[OTHER, NOTES]),
        World(notes=[OTHER, NOTES]),
        lambda folder: {"title": TITLE, "contents": True},
        value=contents,
        expected={TITLE: dict(NOTES.files)},
        trusts=("GET file notes.md",),
    ),
    Scenario(
        "read snippets by pattern",
        "bitbucket_snippet_info",
        World(notes=[OTHER, NOTES]),
        World(notes=[OTHER, NOTES]),
        lambda folder: {"patterns": ["Release *"], "contents": True},
        value=contents,
        expected={TITLE: dict(NOTES.files)},
        trusts=("GET file notes.md",),
        leaves_out=("410",),
        reduced={},
    ),
    Scenario(
        "look up in a snippet",
        "bitbucket_snippet",
        World(notes=[OTHER, NOTES]),
        World(notes=[OTHER, NOTES]),
        lambda folder: {"title": TITLE, "checksum": "sha256:" + sha256(TEXT)},
        terms=("notes.md",),
        expected=[TEXT.decode().rstrip()],
    ),
]

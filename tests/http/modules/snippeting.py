# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of bitbucket_snippet share: running it, and reading the emulator's snippets and journal."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from tests.emulator import Emulator
from tests.emulator.journal import Entry
from tests.emulator.snippets.state import Snippet
from tests.helpers.modules import ModuleRunner

MODULE = "bitbucket_snippet"
TITLE = "Release notes"
LISTING = r"^/2\.0/snippets/acme$"
ONE = r"^/2\.0/snippets/acme/[^/]+$"


def ensured(run: ModuleRunner, **options: Any) -> dict[str, Any]:
    """One run that must succeed."""
    return run.ok(MODULE, repository=None, **options)


def refusal(run: ModuleRunner, **options: Any) -> str:
    """One run that must fail; returns its message."""
    return run.failure(MODULE, repository=None, **options)


def wished(contents: dict[str, bytes]) -> list[dict[str, str]]:
    """The option ``files`` for these bytes."""
    return [{"name": name, "content_base64": base64.b64encode(data).decode()} for name, data in contents.items()]


def only(emulator: Emulator) -> Snippet:
    """The one snippet of the workspace."""
    [snippet] = emulator.snippets
    return snippet


def writes(emulator: Emulator) -> list[Entry]:
    """The requests that are no reading, in their order."""
    return [entry for entry in emulator.journal if entry.method not in ("GET", "HEAD")]


def methods(emulator: Emulator) -> list[str]:
    """The methods of all requests to the API, in their order."""
    return [entry.method for entry in emulator.journal.select(host="api")]


def queries(emulator: Emulator) -> list[str | None]:
    """The roles that listings were asked for, in their order."""
    return [entry.query.get("role") for entry in emulator.journal if entry.path == "/2.0/snippets/acme" and entry.method == "GET"]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def digests(result: dict[str, Any]) -> dict[str, tuple[int, str]]:
    """Size and digest of each file in a result, by name."""
    return {entry["name"]: (entry["size"], entry["sha256"]) for entry in result["snippet"]["files"]}


def digests_of(contents: dict[str, bytes]) -> dict[str, tuple[int, str]]:
    """What `digests` must be for these contents."""
    return {name: (len(data), sha256(data)) for name, data in contents.items()}


def require_idle(emulator: Emulator, run: ModuleRunner, **options: Any) -> dict[str, Any]:
    """One more run, which must find nothing to do and send nothing, in check mode neither."""
    before = [(one.id, one.revision, one.updated_on) for one in emulator.snippets]
    emulator.journal.clear()
    checked = ensured(run, check=True, diff=True, **options)
    result = ensured(run, diff=True, **options)
    for found in (checked, result):
        assert (found["status"], found["changed"], found["diff"]) == ("unchanged", False, [])
    assert writes(emulator) == []
    assert [(one.id, one.revision, one.updated_on) for one in emulator.snippets] == before
    return result

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connect to the snippets of an emulator, encode options, and read results and the journal."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from ansible_collections.releng.bitbucket.plugins.module_utils._http.client import Client
from ansible_collections.releng.bitbucket.plugins.module_utils._http.connection import Connection
from ansible_collections.releng.bitbucket.plugins.module_utils._http.credentials import choose_credentials
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.api import Snippets
from tests.emulator import Emulator
from tests.emulator.journal import Entry
from tests.emulator.snippets.state import Snippet
from tests.helpers.clock import FakeClock
from tests.helpers.modules import ModuleRunner

SNIPPET = "bitbucket_snippet"
INFO = "bitbucket_snippet_info"
TITLE = "Release notes"
LISTING = r"^/2\.0/snippets/acme$"
ONE = r"^/2\.0/snippets/acme/[^/]+$"
ANONYMOUS: dict[str, Any] = {"user": None, "api_token": None}
READ, WRITE, DELETE = (f"{verb}:snippet:bitbucket" for verb in ("read", "write", "delete"))

# Faults of a write: its response is lost, or it has no effect.
LOST: list[dict[str, Any]] = [
    {"kind": "drop_after"},
    {"kind": "truncate"},
    {"kind": "status", "code": 504, "effect": True, "body": "<html>gateway</html>"},
    {"kind": "html", "effect": True},
]
NOT_APPLIED: list[dict[str, Any]] = [
    {"kind": "drop_before"},
    {"kind": "status", "code": 503, "headers": {"Retry-After": "0"}},
    {"kind": "rate_limit"},
]


def connect(emulator: Emulator, credentials: Mapping[str, str] | None = None, **settings: Any) -> Snippets:
    """Return the snippets of acme, with the API token of the emulator unless other ``credentials`` are given."""
    user = {"user": emulator.user, "api_token": emulator.api_token}
    chosen = choose_credentials(user if credentials is None else credentials, {})
    settings = {"workspace": "acme", "timeout": 5, "retries": 0, **settings}
    connection = Connection(credentials=chosen, api_url=emulator.api_url, token_url=emulator.token_url, **settings)
    return Snippets(Client(connection, clock=FakeClock().clock))


def let_time_pass(run: ModuleRunner) -> ModuleRunner:
    """Return a runner whose pauses let time pass for the emulator as well."""
    fake = FakeClock()

    def sleep(seconds: float) -> None:
        fake.pauses.append(seconds)
        run.emulator.clock.advance(seconds)

    return ModuleRunner(run.emulator, run.capsys, fake.clock._replace(sleep=sleep))


def encode_files(contents: Mapping[str, bytes]) -> list[dict[str, str]]:
    """Return the option ``files`` for these contents."""
    return [{"name": name, "content_base64": base64.b64encode(data).decode()} for name, data in contents.items()]


def get_only(emulator: Emulator) -> Snippet:
    """Return the only snippet of the workspace."""
    [snippet] = emulator.snippets
    return snippet


def list_writes(emulator: Emulator) -> list[Entry]:
    """Return the write requests in order."""
    return [entry for entry in emulator.journal if entry.method not in ("GET", "HEAD")]


def list_methods(emulator: Emulator) -> list[str]:
    """Return the methods of all requests to the API in order."""
    return [entry.method for entry in emulator.journal.select("api")]


def list_requests(emulator: Emulator) -> list[tuple[str, int]]:
    """Return the path below the workspace and the status of each request to the API."""
    return [(entry.path.removeprefix("/2.0/snippets/acme"), entry.status) for entry in emulator.journal.select("api")]


def list_roles(emulator: Emulator) -> list[str | None]:
    """Return the roles of the requested listings in order."""
    return [entry.query.get("role") for entry in emulator.journal if entry.path == "/2.0/snippets/acme" and entry.method == "GET"]


def hash_files(contents: Mapping[str, bytes]) -> dict[str, tuple[int, str]]:
    """Return size and SHA-256 by name, as `read_hashes` does."""
    return {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in contents.items()}


def read_hashes(result: dict[str, Any]) -> dict[str, tuple[int, str]]:
    """Return size and SHA-256 of each file in a result by name."""
    return {entry["name"]: (entry["size"], entry["sha256"]) for entry in result["snippet"]["files"]}


def require_unchanged(run: ModuleRunner, **options: Any) -> dict[str, Any]:
    """Return the result of another run, which must change nothing, as check mode predicts."""
    before = [(one.id, one.revision, one.updated_on) for one in run.emulator.snippets]
    run.emulator.journal.clear()
    results = [run.ok(SNIPPET, check=check, diff=True, **options) for check in (True, False)]
    assert [(found["status"], found["changed"], found["diff"]) for found in results] == [("unchanged", False, [])] * 2
    assert list_writes(run.emulator) == []
    assert [(one.id, one.revision, one.updated_on) for one in run.emulator.snippets] == before
    return results[1]

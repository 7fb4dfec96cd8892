# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_fetch, credentials: a public repository needs none, and the storage host and messages get none."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import MANIFEST, lines
from tests.http.modules.fetching import CONTENTS, FETCH, failure, files, furnish, furnish_all, outcome, storage

ANONYMOUS: dict[str, Any] = {"user": None, "api_token": None}
DATA = b"application" * 10_000


def kinds(emulator: Emulator) -> dict[str, dict[str, Any]]:
    """The options of every kind of credential."""
    return {
        "api token": {},
        "access token": {**ANONYMOUS, "access_token": emulator.access_token},
        "oauth": {**ANONYMOUS, "client_id": emulator.client_id, "client_secret": emulator.client_secret},
    }


def test_a_public_repository_needs_no_credentials(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.repository("acme", "widgets", private=False)
    furnish(emulator, app=DATA)
    furnish_all(emulator, {MANIFEST: lines({"app": DATA})})
    options = {"name": "app", "dest": f"{dist}/", "manifest": MANIFEST, **ANONYMOUS}
    assert outcome(run.ok(FETCH, **options)) == ("fetched", "not there", True)
    assert outcome(run.ok(FETCH, **options)) == ("unchanged", "same content", False)
    assert files(dist) == {"app": DATA}
    assert not any("Authorization" in entry.headers for entry in emulator.journal)


@pytest.mark.parametrize("check", [False, True])
def test_a_private_one_does(emulator: Emulator, run: ModuleRunner, dist: Path, check: bool) -> None:
    furnish(emulator, app=DATA)
    message = failure(run, check=check, name="app", dest=f"{dist}/", **ANONYMOUS)["msg"]
    assert "HTTP status 40" in message
    assert files(dist) == {}


def test_reading_rights_are_enough(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=DATA)
    token = emulator.mint_api_token(["read:repository:bitbucket"])
    assert outcome(run.ok(FETCH, name="app", dest=f"{dist}/", api_token=token)) == ("fetched", "not there", True)


@pytest.mark.parametrize("kind", ["api token", "access token", "oauth"])
def test_the_storage_host_gets_nothing_of_the_api(emulator: Emulator, run: ModuleRunner, dist: Path, kind: str) -> None:
    furnish(emulator, app=DATA)
    emulator.faults.add("truncate", host="storage")
    run.ok(FETCH, name="app", dest=f"{dist}/", **kinds(emulator)[kind])
    run.ok(FETCH, name="app", dest=f"{dist}/", **kinds(emulator)[kind])
    assert [entry.status for entry in storage(emulator)] == [200, 206, 304]
    for entry in storage(emulator):
        assert not {"Authorization", "Cookie", "Content-Type", "Proxy-Authorization"} & set(entry.headers.keys())
        assert not [name for name, _unused in entry.headers if name.lower().startswith("x-")]
        for secret in secrets(emulator):
            assert secret not in str(dict(entry.headers))
    for entry in emulator.journal.select(host="api"):
        assert entry.headers["Authorization"]
        assert not {"Range", "If-Range", "If-None-Match"} & set(entry.headers.keys())


def test_a_cookie_of_the_api_is_not_kept(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=DATA)
    cookie = {"Set-Cookie": "session=secret; Path=/", "Retry-After": "0"}
    emulator.faults.add("status", code=503, headers=cookie)
    emulator.faults.add("status", host="storage", code=503, headers=cookie)
    run.ok(FETCH, name="app", dest=f"{dist}/")
    assert not any("Cookie" in entry.headers for entry in emulator.journal)


def secrets(emulator: Emulator) -> list[str]:
    """Every secret of the default credentials, as they are and as they travel."""
    travelling = base64.b64encode(f"{emulator.user}:{emulator.api_token}".encode()).decode()
    return [emulator.api_token, travelling, emulator.access_token, emulator.client_secret]


FAILURES: list[tuple[str, str, dict[str, Any]]] = [
    ("storage", "status", {"code": 403}),
    ("storage", "status", {"code": 500}),
    ("storage", "truncate", {}),
    ("storage", "drop_before", {}),
    ("storage", "extra", {}),
    ("storage", "redirect", {}),
    ("storage", "redirect", {"location": "ftp://localhost/x"}),
    ("storage", "html", {}),
    ("api", "status", {"code": 401}),
    ("api", "status", {"code": 500}),
]


@pytest.mark.parametrize(("host", "kind", "arguments"), FAILURES, ids=str)
@pytest.mark.parametrize("credential", ["api token", "oauth"])
def test_no_secret_is_in_the_result_of_a_failure(
    emulator: Emulator,
    run: ModuleRunner,
    dist: Path,
    credential: str,
    host: str,
    kind: str,
    arguments: dict[str, Any],
) -> None:
    furnish(emulator, app=DATA)
    emulator.faults.add(kind, host=host, path=CONTENTS if host == "api" else None, times=None, **arguments)
    result = failure(run, diff=True, name="app", dest=f"{dist}/", retries=1, **kinds(emulator)[credential])
    require_free_of_secrets(emulator, result)
    assert files(dist) == {}


@pytest.mark.parametrize("check", [False, True])
def test_no_secret_is_in_the_result_of_a_success(emulator: Emulator, run: ModuleRunner, dist: Path, check: bool) -> None:
    emulator.switches.etag = "none"
    furnish(emulator, app=DATA, other=DATA)
    (dist / "other").write_bytes(b"X" * len(DATA))
    result = run.ok(FETCH, check=check, diff=True, patterns=["*"], dest=f"{dist}/")
    assert storage(emulator)
    require_free_of_secrets(emulator, result)


def require_free_of_secrets(emulator: Emulator, result: dict[str, Any]) -> None:
    text = json.dumps(result)
    for secret in secrets(emulator):
        assert secret not in text
    for entry in storage(emulator):
        for name in ("Signature", "x-amz-security-token", "AWSAccessKeyId"):
            assert name not in text
            assert entry.query[name] not in text
    if emulator.journal.select(host="token"):
        for entry in emulator.journal.select(host="api"):
            assert entry.headers["Authorization"].partition(" ")[2] not in text

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_snippet, writes that the service accepts: what it tells of them, and what it has made of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.snippeting import MODULE, TITLE, ensured, methods, only, refusal, require_idle, wished

FILES = {"a.md": b"a\n"}


@pytest.fixture(params=["document", "empty"])
def told(emulator: Emulator, request: pytest.FixtureRequest) -> str:
    """What the answer to a write has in its body."""
    emulator.switches.snippet_write_body = request.param
    return str(request.param)


def test_the_id_of_a_new_snippet_is_told_in_either_way(emulator: Emulator, run: ModuleRunner, told: str) -> None:
    result = ensured(run, title=TITLE, files=wished(FILES))
    assert (result["status"], result["snippet"]["id"]) == ("created", only(emulator).id)
    assert methods(emulator) == ["GET", "GET", "POST", "GET"]
    require_idle(emulator, run, title=TITLE, files=wished(FILES))


@pytest.mark.parametrize("location", ["", "/login", "/2.0/snippets/acme/", "http://[/snippets/acme/x"])
def test_without_an_id_it_is_looked_for_in_the_listing(emulator: Emulator, run: ModuleRunner, location: str) -> None:
    headers = {"Location": location}
    emulator.faults.add("status", method="POST", code=201, body="", headers=headers, effect=True)
    assert ensured(run, title=TITLE, files=wished(FILES))["snippet"]["id"] == only(emulator).id
    assert methods(emulator) == ["GET", "GET", "POST", "GET", "GET"]


def test_an_update_that_is_not_told_is_read_once(emulator: Emulator, run: ModuleRunner, told: str) -> None:
    snippet = emulator.snippets.create(TITLE, FILES)
    result = ensured(run, snippet_id=snippet.id, files=wished({"a.md": b"b\n"}))
    assert (result["status"], result["snippet"]["revision"]) == ("updated", snippet.revision)
    assert methods(emulator) == ["GET", "PUT", *(["GET"] if told == "empty" else [])]


@pytest.mark.parametrize("code", [404, 500])
def test_a_new_snippet_that_cannot_be_read_is_named(emulator: Emulator, run: ModuleRunner, code: int) -> None:
    emulator.faults.add("status", method="GET", path="/snippets/acme/.+", code=code, times=None)
    result = run(MODULE, repository=None, title=TITLE, files=wished(FILES), retries=0)
    assert result["msg"].startswith(f"The snippet {only(emulator).id} was created, but then: GET ")
    assert f"HTTP status {code} " in result["msg"]
    assert (result["failed"], result["changed"]) == (True, True)


@pytest.mark.parametrize("there", [False, True])
def test_a_title_that_was_cut_is_an_error(emulator: Emulator, run: ModuleRunner, told: str, there: bool) -> None:
    emulator.switches.snippet_title_length = 7
    options: dict[str, Any] = {"snippet_id": emulator.snippets.create("Old", FILES).id} if there else {"files": wished(FILES)}
    message = refusal(run, title="Release notes", retries=0, **options)
    assert f"snippet {only(emulator).id} was " in message
    assert "it has the title 'Release' instead of 'Release notes'" in message


@pytest.mark.parametrize("there", [False, True])
def test_a_snippet_that_stays_public_is_an_error(emulator: Emulator, run: ModuleRunner, told: str, there: bool) -> None:
    emulator.switches.snippet_stays_public = True
    if there:
        emulator.snippets.create(TITLE, FILES, is_private=False)
    message = refusal(run, title=TITLE, files=wished(FILES), is_private=True, retries=0)
    assert "it has is_private False instead of True" in message

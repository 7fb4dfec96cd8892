# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test credentials and permissions of snippets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ... import Emulator
from ..auth.test_gate import Bearer
from ..snippet_client import Snippets

READ, WRITE, DELETE = (f"{verb}:snippet:bitbucket" for verb in ("read", "write", "delete"))
FILES = {"a": b"1"}
Shape = Callable[[Any, str], None]


def codes(emulator: Emulator, snippets: Snippets, auth: Any) -> list[int]:
    """Return the statuses of list, read, raw file, create, update, delete of a revision, and delete."""
    snippets.session.auth = auth
    made, other = (emulator.snippets.create("t", FILES) for _unused in range(2))
    responses = [
        snippets.ask("GET"),
        snippets.show(made.id),
        snippets.show(made.id, "HEAD", "files", "a"),
        snippets.create(FILES),
        snippets.update(made.id, title="x"),
        snippets.ask("DELETE", other.id, other.revision),
        snippets.ask("DELETE", made.id),
    ]
    return [response.status_code for response in responses]


def test_default_identities_have_all_permissions(emulator: Emulator, snippets: Snippets) -> None:
    everything = [200, 200, 200, 201, 200, 204, 204]
    assert codes(emulator, snippets, (emulator.user, emulator.api_token)) == everything
    token = emulator.accounts.grant(emulator.accounts.clients[emulator.client_id]).secret
    assert codes(emulator, snippets, Bearer(token)) == everything


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        ({READ}, [200, 200, 200, 403, 403, 403, 403]),
        ({WRITE}, [403, 403, 403, 403, 403, 204, 403]),
        ({DELETE}, [403, 403, 403, 403, 403, 403, 204]),
        ({READ, WRITE}, [200, 200, 200, 201, 200, 204, 403]),
        ({"read:repository:bitbucket"}, [403] * 7),
    ],
)
def test_scopes_of_api_tokens_do_not_nest(emulator: Emulator, snippets: Snippets, scopes: set[str], expected: list[int]) -> None:
    assert codes(emulator, snippets, (emulator.user, emulator.mint_api_token(scopes))) == expected


@pytest.mark.parametrize(
    ("scope", "expected"), [("snippet", [200, 200, 200, 403, 403, 403, 403]), ("repository:write", [403] * 7)]
)
def test_oauth_scopes_limit_access(emulator: Emulator, snippets: Snippets, scope: str, expected: list[int]) -> None:
    token = emulator.accounts.grant(emulator.mint_client({scope})).secret
    assert codes(emulator, snippets, Bearer(token)) == expected


def test_missing_scopes_are_named(emulator: Emulator, snippets: Snippets) -> None:
    snippets.session.auth = (emulator.user, emulator.mint_api_token({READ}))
    response = snippets.create(FILES)
    assert response.json()["error"]["detail"] == {"granted": [READ], "required": [READ, WRITE]}
    assert response.headers["X-Accepted-OAuth-Scopes"] == f"{READ}, {WRITE}"


def test_refuse_access_tokens(emulator: Emulator, snippets: Snippets) -> None:
    auth = Bearer(emulator.mint_access_token({"repository:write", "snippet:write"}))
    assert codes(emulator, snippets, auth) == [403] * 7
    assert snippets.ask("GET").json()["error"]["message"] == "This API is not accessible by this authentication mechanism"
    emulator.switches.snippet_access_token = 401
    assert codes(emulator, snippets, auth) == [401] * 7
    assert "not supported for this endpoint" in snippets.ask("GET").json()["error"]["message"]


def test_anonymous_client_reads_public_snippets_only(emulator: Emulator, snippets: Snippets) -> None:
    assert codes(emulator, snippets, None) == [200, 401, 404, 401, 401, 401, 401]
    made = emulator.snippets.create("t", FILES, is_private=False)
    assert snippets.show(made.id).status_code == 200
    assert snippets.show(made.id, "HEAD", "files", "a").status_code == 200
    assert snippets.update(made.id, title="x").status_code == 401
    assert snippets.show("none").status_code == 404


@pytest.mark.parametrize("status", [403, 404])
def test_private_snippet_of_another_account_is_hidden(
    emulator: Emulator, snippets: Snippets, check_shape: Shape, status: int
) -> None:
    emulator.switches.snippet_hidden = status
    private = emulator.snippets.create("t", FILES, foreign=True)
    public = emulator.snippets.create("t", FILES, is_private=False, owner="else@example.com")
    for ask in (snippets.show(private.id), snippets.update(private.id, title="x"), snippets.ask("DELETE", private.id)):
        assert ask.status_code == status
        check_shape(ask.json(), "error")
    assert (snippets.show(public.id).status_code, snippets.update(public.id, title="x").status_code) == (200, 403)
    snippets.session.auth = (emulator.user, emulator.mint_api_token(role="none"))
    assert snippets.show(emulator.snippets.create("t", FILES).id).status_code == status


def test_snippet_marked_as_spam_is_gone(emulator: Emulator, snippets: Snippets, check_shape: Shape) -> None:
    made = emulator.snippets.create("t", FILES)
    made.mark_spam()
    response = snippets.show(made.id)
    check_shape(response.json(), "error")
    assert {response.status_code, snippets.update(made.id, title="x").status_code} == {410}
    made.mark_spam(False)
    assert snippets.show(made.id).status_code == 200
    made.mark_spam()
    assert (snippets.ask("DELETE", made.id).status_code, len(emulator.snippets)) == (204, 0)


def test_refuse_bad_credentials(emulator: Emulator, snippets: Snippets) -> None:
    assert codes(emulator, snippets, (emulator.user, "wrong")) == [401] * 7

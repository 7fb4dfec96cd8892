# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test credentials, scopes and anonymous requests."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
import requests

from ... import Emulator
from ..client import Client

Sample = Callable[[str], Any]
READ, WRITE = "read:repository:bitbucket", "write:repository:bitbucket"
INVALID = "Token is invalid, expired, or not supported for this endpoint."


class Bearer(requests.auth.AuthBase):
    """Authenticate with an access token."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def codes(api: Client, auth: Any) -> tuple[int, int]:
    """Return the statuses of a listing and of an upload."""
    api.session.auth = auth
    return api.list().status_code, api.upload(("a", b"1")).status_code


def test_api_token_needs_basic_authentication_with_the_email_address(emulator: Emulator, api: Client) -> None:
    assert codes(api, (emulator.user, emulator.api_token)) == (200, 201)
    assert codes(api, ("publisher", emulator.api_token)) == (401, 401)
    assert codes(api, ("x-token-auth", emulator.access_token)) == (401, 401)
    assert codes(api, (emulator.client_id, emulator.client_secret)) == (401, 401)


def test_api_token_is_refused_as_bearer_token(emulator: Emulator, api: Client) -> None:
    api.session.auth = Bearer(emulator.api_token)
    response = api.list()
    assert response.status_code == 401
    assert response.json() == {"type": "error", "error": {"message": INVALID}}
    assert response.headers["WWW-Authenticate"] == 'Basic realm="Bitbucket.org HTTP"'


def test_access_token_is_a_bearer_token(emulator: Emulator, api: Client) -> None:
    assert codes(api, Bearer(emulator.access_token)) == (200, 201)
    assert api.list().json()["values"][0]["user"]["type"] == "app_user"


def test_consumer_acts_as_app_user(emulator: Emulator, api: Client, check_shape: Callable[[Any, str], None]) -> None:
    token = emulator.accounts.grant(emulator.accounts.clients[emulator.client_id]).secret
    assert codes(api, Bearer(token)) == (200, 201)
    page = api.list().json()
    check_shape(page, "paginated_downloads")
    user = page["values"][0]["user"]
    assert (user["type"], user["display_name"]) == ("app_user", f"Consumer {emulator.client_id}")
    assert emulator.user.partition("@")[0] not in str(user)


def test_api_token_without_scopes_is_unauthorized(emulator: Emulator, api: Client) -> None:
    assert codes(api, (emulator.user, emulator.mint_api_token([]))) == (401, 401)
    assert api.list().json()["error"]["message"] == INVALID


def test_switch_empty_401(emulator: Emulator, api: Client) -> None:
    emulator.switches.empty_401 = True
    api.session.auth = ("x", "y")
    response = api.list()
    assert (response.status_code, response.content) == (401, b"")


@pytest.mark.parametrize("value", ["Basic !", "Basic", "Digest x", "Bearer", base64.b64encode(b"\xff").decode()])
def test_refuse_an_invalid_authorization_header(emulator: Emulator, api: Client, value: str) -> None:
    assert api.bare("GET", api.url, headers={"Authorization": value}).status_code == 401


def test_refuse_bad_credentials_for_a_public_repository(emulator: Emulator, api: Client) -> None:
    emulator.repository(private=False)
    assert codes(api, ("x", "y")) == (401, 401)


def test_refuse_a_token_in_the_query(emulator: Emulator, api: Client) -> None:
    assert api.bare("GET", api.url, params={"access_token": emulator.access_token}).status_code == 403


def test_scopes_of_api_tokens_do_not_nest(emulator: Emulator, api: Client, sample: Sample) -> None:
    assert codes(api, (emulator.user, emulator.mint_api_token({READ}))) == (200, 403)
    response = api.upload(("a", b"1"))
    assert response.json() == sample("error_scopes")
    assert (response.headers["X-OAuth-Scopes"], response.headers["X-Accepted-OAuth-Scopes"]) == (READ, WRITE)
    assert codes(api, (emulator.user, emulator.mint_api_token({WRITE}))) == (403, 201)


def test_old_scopes_nest(emulator: Emulator, api: Client) -> None:
    assert codes(api, Bearer(emulator.mint_access_token({"repository:write"}))) == (200, 201)
    assert codes(api, Bearer(emulator.mint_access_token({"repository"}))) == (200, 403)
    assert codes(api, Bearer(emulator.mint_access_token({"pipeline"}))) == (403, 403)


def test_role_limits_access(emulator: Emulator, api: Client) -> None:
    assert codes(api, (emulator.user, emulator.mint_api_token(role="read"))) == (200, 403)
    assert codes(api, (emulator.user, emulator.mint_api_token(role="none"))) == (404, 404)


def test_token_of_another_repository_reads_public_ones_only(emulator: Emulator, api: Client) -> None:
    auth = Bearer(emulator.mint_access_token(only=("acme", "other")))
    assert codes(api, auth) == (404, 404)
    emulator.repository(private=False)
    assert codes(api, auth) == (200, 403)


def test_refuse_an_expired_api_token(emulator: Emulator, api: Client) -> None:
    auth = (emulator.user, emulator.mint_api_token(life=60))
    assert codes(api, auth) == (200, 201)
    emulator.clock.advance(61)
    assert codes(api, auth) == (401, 401)


def test_refuse_a_revoked_token(emulator: Emulator, api: Client) -> None:
    emulator.accounts.revoke(emulator.api_token)
    assert api.list().status_code == 401


def test_anonymous_client_reads_public_repositories_only(emulator: Emulator, api: Client, sample: Sample) -> None:
    assert codes(api, None) == (404, 404)
    assert api.list().json() == sample("error_hidden")
    emulator.repository(private=False)
    assert codes(api, None) == (200, 401)


def test_missing_repository_looks_hidden(emulator: Emulator, sample: Sample) -> None:
    with Client(emulator, "acme/none") as api:
        response = api.list()
        assert (response.status_code, response.json()) == (404, sample("error_hidden"))


def test_secrets_differ_between_starts(emulator: Emulator) -> None:
    with Emulator() as other:
        for name in ("user", "api_token", "access_token", "client_id", "client_secret"):
            assert getattr(emulator, name) != getattr(other, name)
            assert len(getattr(emulator, name)) > 16

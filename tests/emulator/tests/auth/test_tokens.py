# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the OAuth token endpoint."""

from __future__ import annotations

from typing import Any

import pytest

from ... import Emulator
from ..client import Client
from .test_gate import Bearer


def ask(emulator: Emulator, api: Client, auth: tuple[str, str] | None = None, **form: str) -> Any:
    """Request a token."""
    credentials = auth or (emulator.client_id, emulator.client_secret)
    return api.bare("POST", emulator.token_url, auth=credentials, data=form or {"grant_type": "client_credentials"})


def test_grant_a_token(emulator: Emulator, api: Client) -> None:
    response = ask(emulator, api)
    token = response.json()
    assert response.status_code == 200
    assert (token["token_type"], token["expires_in"], token["scope"]) == ("bearer", 7200, "repository:write snippet:write")
    assert not {"scopes", "refresh_token"} & token.keys()
    api.session.auth = Bearer(token["access_token"])
    assert api.list().status_code == 200
    assert (emulator.journal[0].host, emulator.journal[0].method) == ("token", "POST")


def test_token_expires(emulator: Emulator, api: Client) -> None:
    client = emulator.mint_client(expires_in=60)
    token = ask(emulator, api, (client.client_id, client.client_secret)).json()
    assert token["expires_in"] == 60
    api.session.auth = Bearer(token["access_token"])
    assert api.list().status_code == 200
    emulator.clock.advance(61)
    response = api.list()
    assert response.status_code == 401
    assert response.json()["error"]["message"].startswith("Access token expired. ")


def test_expire_all_tokens(emulator: Emulator, api: Client) -> None:
    api.session.auth = Bearer(ask(emulator, api).json()["access_token"])
    emulator.accounts.expire_oauth_tokens()
    assert api.list().status_code == 401
    api.session.auth = Bearer(ask(emulator, api).json()["access_token"])
    assert api.list().status_code == 200


def test_switch_token_ends_after_seconds(emulator: Emulator, api: Client) -> None:
    emulator.switches.token_ends_after_seconds = 60
    token = ask(emulator, api).json()
    assert token["expires_in"] == 7200
    api.session.auth = Bearer(token["access_token"])
    assert api.list().status_code == 200
    emulator.clock.advance(61)
    assert api.list().status_code == 401


def test_switch_token_ends_after_requests(emulator: Emulator, api: Client) -> None:
    emulator.switches.token_ends_after_requests = 2
    for _unused in range(2):
        api.session.auth = Bearer(ask(emulator, api).json()["access_token"])
        assert [api.list().status_code for _unused in range(3)] == [200, 200, 401]


def test_token_has_the_scopes_of_its_consumer(emulator: Emulator, api: Client) -> None:
    client = emulator.mint_client({"repository"})
    api.session.auth = Bearer(ask(emulator, api, (client.client_id, client.client_secret)).json()["access_token"])
    assert (api.list().status_code, api.upload(("a", b"")).status_code) == (200, 403)


def test_refuse_a_bad_client(emulator: Emulator, api: Client) -> None:
    for auth in [(emulator.client_id, "wrong"), ("wrong", emulator.client_secret), (emulator.user, emulator.api_token)]:
        response = ask(emulator, api, auth)
        assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
        assert "error_description" in response.json()


@pytest.mark.parametrize(
    ("form", "error"), [({"grant_type": "password"}, "unsupported_grant_type"), ({"x": "y"}, "invalid_request")]
)
def test_refuse_bad_forms(emulator: Emulator, api: Client, form: dict[str, str], error: str) -> None:
    response = ask(emulator, api, None, **form)
    assert (response.status_code, response.json()["error"]) == (400, error)


def test_refuse_json_instead_of_a_form(emulator: Emulator, api: Client) -> None:
    credentials = (emulator.client_id, emulator.client_secret)
    response = api.bare("POST", emulator.token_url, auth=credentials, json={"grant_type": "client_credentials"})
    assert response.status_code == 400


def test_refuse_get(emulator: Emulator, api: Client) -> None:
    assert api.bare("GET", emulator.token_url).status_code == 405
    assert api.bare("POST", emulator.token_url + "x").status_code == 404

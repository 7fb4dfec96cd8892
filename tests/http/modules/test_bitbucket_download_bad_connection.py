# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, connection options that cannot work: a clear message before any request, in check mode too."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.http.modules.downloading import Refused

NOBODY: dict[str, Any] = {"user": None, "api_token": None}
TEXT: dict[str, Any] = {"content": "x", "name": ["app"]}


def test_two_kinds_of_credentials(refused: Refused, emulator: Emulator) -> None:
    message = refused(**TEXT, access_token="another-secret")
    assert "api_token" in message
    assert "access_token" in message
    assert "another-secret" not in message
    assert "client_id" in refused(**TEXT, client_id="x")


def test_half_a_credential(refused: Refused) -> None:
    assert "user" in refused(**TEXT, user=None)
    assert "client_secret" in refused(**TEXT, **NOBODY, client_id="x")
    assert "client_id" in refused(**TEXT, **NOBODY, client_secret="x")


@pytest.mark.parametrize("wish", [TEXT, {"state": "absent", "name": ["app"]}], ids=["present", "absent"])
def test_a_write_without_credentials(refused: Refused, emulator: Emulator, wish: dict[str, Any]) -> None:
    emulator.repository("acme", "widgets", private=False)
    assert "Writing needs credentials" in refused(**wish, **NOBODY)


def test_a_plain_http_url_beyond_loopback(refused: Refused) -> None:
    for option in ("api_url", "token_url"):
        message = refused(**TEXT, **{option: "http://bitbucket.example/2.0"})
        assert f"{option} must be https" in message


def test_user_info_in_a_url_is_refused_and_not_shown(refused: Refused, emulator: Emulator) -> None:
    for url in ("https://me:hush-hush@api.bitbucket.org/2.0", emulator.api_url.replace("://", "://hush-hush@")):
        message = refused(**TEXT, api_url=url)
        assert "user info" in message
        assert "hush-hush" not in message


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/2.0", "api.bitbucket.org/2.0", "https://", "https://h:x/", "https://h/?q=1", ""]
)
def test_a_url_that_is_none(refused: Refused, url: str) -> None:
    assert "api_url" in refused(**TEXT, api_url=url)

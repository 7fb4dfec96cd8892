# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the variables of the live check, and name missing ones."""

from __future__ import annotations

import pytest

from tests.proof.live.errors import CannotRun
from tests.proof.live.settings import API_URL, read_settings

COMPLETE = {
    "LIVE_BITBUCKET_WORKSPACE": "acme",
    "LIVE_BITBUCKET_REPOSITORY": "widgets",
    "LIVE_BITBUCKET_USER": "someone@example.com",
    "LIVE_BITBUCKET_API_TOKEN": "secret",
}


def test_settings_are_read_from_variables() -> None:
    settings = read_settings(COMPLETE)
    assert (settings.api_url, settings.workspace, settings.main()) == (API_URL, "acme", "api_token")
    assert settings.kinds() == {"api_token", "snippets"}


def test_variables_of_the_collection_are_not_used() -> None:
    with pytest.raises(CannotRun, match="LIVE_BITBUCKET_API_TOKEN"):
        read_settings({name.removeprefix("LIVE_"): value for name, value in COMPLETE.items()})


@pytest.mark.parametrize("missing", ["LIVE_BITBUCKET_WORKSPACE", "LIVE_BITBUCKET_REPOSITORY", "LIVE_BITBUCKET_API_TOKEN"])
def test_missing_variable_is_an_error_with_an_example(missing: str) -> None:
    with pytest.raises(CannotRun, match="export LIVE_BITBUCKET_WORKSPACE"):
        read_settings({**COMPLETE, missing: " "})


def test_api_token_needs_its_user() -> None:
    with pytest.raises(CannotRun, match="LIVE_BITBUCKET_USER is missing"):
        read_settings({**COMPLETE, "LIVE_BITBUCKET_USER": ""})


@pytest.mark.parametrize("url", ["http://api.example.com/2.0", "ftp://localhost/2.0"])
def test_unencrypted_service_is_refused_unless_it_is_on_loopback(url: str) -> None:
    with pytest.raises(CannotRun, match="LIVE_BITBUCKET_API_URL must start with https://"):
        read_settings({**COMPLETE, "LIVE_BITBUCKET_API_URL": url})
    assert read_settings({**COMPLETE, "LIVE_BITBUCKET_API_URL": "http://127.0.0.1:1/2.0/"}).api_url == "http://127.0.0.1:1/2.0"


@pytest.mark.parametrize("name", ["a/b", ".."])
def test_paths_are_not_accepted_as_slugs(name: str) -> None:
    with pytest.raises(CannotRun, match="are slugs"):
        read_settings({**COMPLETE, "LIVE_BITBUCKET_REPOSITORY": name})


def test_secrets_include_the_forms_that_are_sent() -> None:
    settings = read_settings({**COMPLETE, "LIVE_BITBUCKET_CLIENT_ID": "id", "LIVE_BITBUCKET_CLIENT_SECRET": "hush"})
    assert {"secret", "hush", "someone@example.com", "c29tZW9uZUBleGFtcGxlLmNvbTpzZWNyZXQ=", "aWQ6aHVzaA=="} <= settings.secrets()

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose the credentials of a task: options before environment, one kind, complete pairs, and the header Authorization."""

from __future__ import annotations

import base64

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._http.credentials import (
    ACCESS_TOKEN,
    ANONYMOUS,
    API_TOKEN,
    OAUTH,
    Credentials,
    Secrets,
    basic,
    choose_credentials,
)

ACCESS = Credentials(ACCESS_TOKEN, "", "acc")
API = Credentials(API_TOKEN, "me@acme.test", "api")
CONSUMER = Credentials(OAUTH, "key", "hush")

ALL = {
    "BITBUCKET_USERNAME": "me@acme.test",
    "BITBUCKET_ACCESS_TOKEN": "acc",
    "BITBUCKET_API_TOKEN": "api",
    "BITBUCKET_PASSWORD": "old",
    "BITBUCKET_CLIENT_ID": "key",
    "BITBUCKET_CLIENT_SECRET": "hush",
}


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in ALL.items() if name not in names}


TOKENS = ("BITBUCKET_ACCESS_TOKEN", "BITBUCKET_API_TOKEN", "BITBUCKET_PASSWORD")


@pytest.mark.parametrize(
    ("options", "environment", "chosen"),
    [
        pytest.param({}, {}, Credentials(ANONYMOUS, "", ""), id="none"),
        pytest.param({"access_token": "acc"}, {}, ACCESS, id="access token"),
        pytest.param({"user": "me@acme.test", "api_token": "api"}, {}, API, id="API token"),
        pytest.param({"client_id": "key", "client_secret": "hush"}, {}, CONSUMER, id="OAuth"),
        pytest.param({}, ALL, ACCESS, id="environment: access token first"),
        pytest.param({}, without("BITBUCKET_ACCESS_TOKEN"), API, id="environment: API token second"),
        pytest.param({}, without(*TOKENS), CONSUMER, id="environment: OAuth last"),
        pytest.param(
            {},
            without("BITBUCKET_ACCESS_TOKEN", "BITBUCKET_API_TOKEN"),
            Credentials(API_TOKEN, "me@acme.test", "old"),
            id="BITBUCKET_PASSWORD",
        ),
        pytest.param({"api_token": "api"}, ALL, API, id="kind from the task, user from the environment"),
        pytest.param({"client_id": "key", "client_secret": "hush"}, ALL, CONSUMER, id="OAuth on the task overrides"),
        pytest.param({"client_id": "key"}, ALL, CONSUMER, id="one half on the task is completed from the environment"),
        pytest.param({"client_secret": "mine"}, ALL, Credentials(OAUTH, "key", "mine"), id="half on the task overrides"),
        pytest.param({"access_token": "mine"}, ALL, Credentials(ACCESS_TOKEN, "", "mine"), id="token on the task overrides"),
        pytest.param(
            {"user": "you@acme.test"},
            without("BITBUCKET_ACCESS_TOKEN"),
            Credentials(API_TOKEN, "you@acme.test", "api"),
            id="user from the task, token from the environment",
        ),
        pytest.param({"user": "me@acme.test"}, {}, Credentials(), id="a user alone is ignored"),
        pytest.param({"user": "me@acme.test", "access_token": "acc"}, {}, ACCESS, id="a user beside an access token"),
        pytest.param({"access_token": ""}, without("BITBUCKET_ACCESS_TOKEN"), API, id="empty on the task is not set"),
        pytest.param({"access_token": None, "client_id": ""}, {}, Credentials(), id="only empty values"),
        pytest.param({}, {**ALL, "BITBUCKET_ACCESS_TOKEN": ""}, API, id="empty in the environment is not set"),
        pytest.param(
            {},
            {**without("BITBUCKET_ACCESS_TOKEN"), "BITBUCKET_API_TOKEN": "", "BITBUCKET_PASSWORD": "api"},
            API,
            id="empty name",
        ),
        pytest.param({"access_token": "acc", "client_id": ""}, {}, ACCESS, id="empty does not make two kinds"),
    ],
)
def test_one_kind_is_chosen(options: dict[str, str | None], environment: dict[str, str], chosen: Credentials) -> None:
    assert choose_credentials(options, environment) == chosen


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"access_token": "s1", "api_token": "s2", "user": "u"}, "access_token and api_token"),
        ({"access_token": "s1", "client_id": "s2"}, "access_token and client_id"),
        ({"api_token": "s1", "client_secret": "s2"}, "api_token and client_secret"),
        ({"api_token": "s1", "client_id": "s2", "client_secret": "s3"}, "api_token and client_id/client_secret"),
        ({"access_token": "s1", "api_token": "s2", "client_id": "s3"}, "access_token and api_token and client_id"),
    ],
)
def test_two_kinds_on_the_task_are_refused_and_named(options: dict[str, str], named: str) -> None:
    with pytest.raises(BadInput) as caught:
        choose_credentials(options, {})
    assert str(caught.value) == f"More than one kind of credentials is set: {named}. Use only one"


@pytest.mark.parametrize(
    ("options", "environment", "words"),
    [
        ({"api_token": "api"}, {}, "api_token requires user (or BITBUCKET_USERNAME)"),
        ({"api_token": "api", "user": ""}, {}, "email address of the Atlassian account"),
        ({}, {"BITBUCKET_PASSWORD": "api"}, "api_token requires user"),
        ({"client_id": "key"}, {}, "client_secret is missing"),
        ({"client_secret": "hush"}, {}, "client_id is missing"),
        ({}, {"BITBUCKET_CLIENT_ID": "key"}, "client_id and client_secret must be set together: client_secret is missing"),
    ],
)
def test_incomplete_credentials_are_refused(options: dict[str, str], environment: dict[str, str], words: str) -> None:
    with pytest.raises(BadInput) as caught:
        choose_credentials(options, environment)
    assert words in str(caught.value)


GOOD = {
    "access_token": {"access_token": "acc"},
    "api_token": {"api_token": "api", "user": "me"},
    "user": {"api_token": "api", "user": "me"},
    "client_id": {"client_id": "key", "client_secret": "hush"},
    "client_secret": {"client_id": "key", "client_secret": "hush"},
}


@pytest.mark.parametrize("option", GOOD)
@pytest.mark.parametrize("value", ["s3cret\n", "\ts3cret", " s3cret", "s3cret ", "s3\r\ncret", "s3\x00cret", "s3\x1bcret"])
def test_surrounding_blanks_and_control_characters_are_refused(option: str, value: str) -> None:
    with pytest.raises(BadInput) as caught:
        choose_credentials({**GOOD[option], option: value}, {})
    assert str(caught.value).startswith(option + " starts or ends with white space, or contains a control character")
    assert "s3" not in str(caught.value)


def test_values_of_the_environment_are_also_checked() -> None:
    with pytest.raises(BadInput, match="access_token starts or ends with white space"):
        choose_credentials({}, {"BITBUCKET_ACCESS_TOKEN": "acc\n"})


def test_only_an_access_token_must_be_ascii() -> None:
    with pytest.raises(BadInput, match="access_token contains non-ASCII characters"):
        choose_credentials({"access_token": "tökn"}, {})
    assert choose_credentials({"api_token": "tökn", "user": "jörg"}, {}) == Credentials(API_TOKEN, "jörg", "tökn")


def test_a_blank_within_a_secret_is_accepted() -> None:
    assert choose_credentials({"api_token": "a b", "user": "me"}, {}).secret == "a b"


@pytest.mark.parametrize(
    ("credentials", "header"),
    [
        (ACCESS, "Bearer acc"),
        (Credentials(API_TOKEN, "jörg", "tökn"), "Basic " + base64.b64encode("jörg:tökn".encode()).decode()),
        (CONSUMER, None),
        (Credentials(), None),
    ],
)
def test_each_kind_has_its_header(credentials: Credentials, header: str | None) -> None:
    assert credentials.authorization() == header


def test_basic_encodes_name_and_secret() -> None:
    assert basic("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


@pytest.mark.parametrize("credentials", [ACCESS, API, CONSUMER])
def test_secrets_are_the_secret_and_its_encoded_form(credentials: Credentials) -> None:
    encoded = base64.b64encode(f"{credentials.name}:{credentials.secret}".encode()).decode()
    assert credentials.secrets == (credentials.secret, encoded)


def test_missing_credentials_have_no_secrets() -> None:
    assert Credentials().secrets == ()


def test_added_secrets_are_hidden_and_passed_on_at_once() -> None:
    passed_on: list[str] = []
    secrets = Secrets(["one"], passed_on.append)
    assert secrets.scrub("one, two and one") == "********, two and ********"
    secrets.add("two")
    secrets.add("")
    assert secrets.scrub("one, two and three") == "********, ******** and three"
    assert passed_on == ["two"]


def test_latest_signed_urls_are_hidden_and_not_passed_on() -> None:
    passed_on: list[str] = []
    secrets = Secrets([], passed_on.append)
    for number in range(40):
        secrets.add_link(f"<{number}>")
    secrets.add_link("")
    assert secrets.links == tuple(f"<{number}>" for number in range(8, 40))
    assert secrets.scrub("<7> <8> <39>") == "<7> ******** ********"
    assert passed_on == []

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check connection settings: refused URLs, which messages do not show, and limits of numbers."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._http.connection import (
    Connection,
    check_url,
    hidden_parts,
    is_loopback,
    origin,
    parse_connection,
    resolve_redirect,
    same_origin,
    without_query,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._http.credentials import ACCESS_TOKEN, Credentials

API = "https://api.bitbucket.org/2.0"
URL = "https://api.bitbucket.org/2.0/repositories/acme/widgets/downloads/app.tgz?x=1"
CREDENTIALS = Credentials(ACCESS_TOKEN, "", "acc")
OPTIONS: dict[str, Any] = {
    "workspace": "acme",
    "api_url": "https://api.bitbucket.org/2.0/",
    "token_url": "https://bitbucket.org/site/oauth2/access_token",
    "validate_certs": True,
    "ca_path": None,
    "timeout": 7,
    "retries": 3,
    "max_wait": 60,
}


def test_settings_are_copied_from_the_options() -> None:
    connection = parse_connection({**OPTIONS, "ca_path": "/ca.pem"}, CREDENTIALS)
    assert connection == Connection(
        workspace="acme",
        credentials=CREDENTIALS,
        api_url="https://api.bitbucket.org/2.0",
        token_url="https://bitbucket.org/site/oauth2/access_token",
        validate_certs=True,
        ca_path="/ca.pem",
        timeout=7,
        retries=3,
        max_wait=60,
        limit_rate=None,
    )


def test_limit_is_set_in_bytes_per_second() -> None:
    assert parse_connection({**OPTIONS, "limit_rate": "2k"}, CREDENTIALS).limit_rate == 2048


@pytest.mark.parametrize(("option", "least"), [("timeout", 1), ("retries", 0), ("max_wait", 0)])
def test_numbers_have_a_minimum(option: str, least: int) -> None:
    assert getattr(parse_connection({**OPTIONS, option: least}, CREDENTIALS), option) == least
    with pytest.raises(BadInput, match=f"^{option} must be {least} or more, not {least - 1}$"):
        parse_connection({**OPTIONS, option: least - 1}, CREDENTIALS)


@pytest.mark.parametrize("option", ["api_url", "token_url"])
def test_both_urls_are_checked_and_named(option: str) -> None:
    with pytest.raises(BadInput, match=f"^{option} must use https: plain http to evil.test"):
        parse_connection({**OPTIONS, option: "http://evil.test/"}, CREDENTIALS)


@pytest.mark.parametrize(
    ("validate_certs", "ca_path", "verify"),
    [(True, None, True), (True, "/ca.pem", "/ca.pem"), (False, None, False), (False, "/ca.pem", False), (True, "", True)],
)
def test_certificates_are_verified_with_the_chosen_bundle(validate_certs: bool, ca_path: str | None, verify: bool | str) -> None:
    connection = parse_connection({**OPTIONS, "validate_certs": validate_certs, "ca_path": ca_path}, CREDENTIALS)
    assert connection.verify == verify


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://api.bitbucket.org/2.0", "https://api.bitbucket.org/2.0"),
        ("https://api.bitbucket.org/2.0//", "https://api.bitbucket.org/2.0"),
        ("https://api.acme.test:8443/", "https://api.acme.test:8443"),
        ("http://localhost:8080/2.0", "http://localhost:8080/2.0"),
        ("http://LOCALHOST/2.0", "http://LOCALHOST/2.0"),
        ("http://127.0.0.2", "http://127.0.0.2"),
        ("http://[::1]:8080/2.0", "http://[::1]:8080/2.0"),
    ],
)
def test_valid_urls_lose_only_the_final_slash(url: str, kept: str) -> None:
    assert check_url("api_url", url) == kept


@pytest.mark.parametrize(
    "host",
    [
        "api.bitbucket.org",
        "localhost.evil.com",
        "127.0.0.1.evil.com",
        "128.0.0.1",
        "0.0.0.0",
        "[::2]",
        "10.0.0.1",
        "127.1",
        "evil",
    ],
)
def test_plain_http_beyond_loopback_is_refused(host: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_url("token_url", f"http://{host}/x")
    assert str(caught.value) == f"token_url must use https: plain http to {host.strip('[]')} would expose the credentials"


@pytest.mark.parametrize(
    "url", ["https://me@h/", "https://me:s3cret@h/", "https://:s3cret@h/", "https://@h/", "http://me:s3cret@localhost/"]
)
def test_user_info_is_refused(url: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_url("api_url", url)
    assert str(caught.value) == "api_url must not contain user information. Use the credential options instead"


@pytest.mark.parametrize(
    "url", ["https://h/2.0?token=s3cret", "https://h/2.0#s3cret", "https://h/2.0?", "https://h/2.0#", "https://h?x"]
)
def test_a_url_with_a_query_or_fragment_is_refused(url: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_url("api_url", url)
    assert str(caught.value) == "api_url must not have a query or a fragment"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/2.0",
        "api.bitbucket.org",
        "https:",
        "https://",
        "https:///2.0",
        "https://:443/",
        "ftp://h/",
        "file:///etc/passwd",
        "https://h:0/",
        "https://h:x/",
        "https://h:65536/",
        "https://h:-1/",
        "https://[::1",
        "https://]/",
    ],
)
def test_only_absolute_https_urls_are_accepted(url: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_url("api_url", url)
    assert str(caught.value) == "api_url must be an absolute https URL"


@pytest.mark.parametrize(
    "url",
    [
        "https://me:s3cret@api.acme.test/",
        "https://me:s3cret/x@api.acme.test/",
        "https://me:s3cr#et@api.acme.test/",
        "https://me:s3cr?et@api.acme.test/",
        "https://[me:s3cret]@api.acme.test/",
        "https://me:s3cret@api.acme.test\u2100/",
        "https://api.acme.test/2.0?token=s3cret",
        "ftp://me:s3cret@api.acme.test/",
    ],
)
def test_a_refused_url_is_not_shown(url: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_url("api_url", url)
    assert "s3cr" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("::2", False),
        ("localhost.", False),
        ("", False),
    ],
)
def test_loopback_is_known_without_resolving(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://API.bitbucket.org/2.0?x=1", ("https", "api.bitbucket.org", 443)),
        ("https://api.bitbucket.org:443/", ("https", "api.bitbucket.org", 443)),
        ("http://localhost/", ("http", "localhost", 80)),
        ("http://localhost:8080/", ("http", "localhost", 8080)),
        ("/relative", ("", "", None)),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, expected: tuple[str, str, int | None]) -> None:
    assert origin(url) == expected


@pytest.mark.parametrize(("url", "shown"), [("https://h/p?a=b?c", "https://h/p"), ("https://h/p", "https://h/p"), ("?x", "")])
def test_a_url_is_shown_without_the_query(url: str, shown: str) -> None:
    assert without_query(url) == shown


@pytest.mark.parametrize(
    ("url", "api"),
    [
        (API + "/repositories/acme/widgets/downloads/?page=2", API),
        ("https://API.bitbucket.org:443/2.0/x?page=2", API),
        ("https://api.bitbucket.org/elsewhere?q=a@b", API),
        ("http://127.0.0.1:8080/2.0/x?page=2", "http://127.0.0.1:8080/2.0"),
    ],
)
def test_credentials_are_allowed_on_the_origin_of_the_api(url: str, api: str) -> None:
    assert same_origin(url, api)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.bitbucket.org/2.0/x?page=2",
        "https://api.bitbucket.org:8443/2.0/x",
        "https://bitbucket.org/2.0/x",
        "https://api.bitbucket.org.evil.test/2.0/x",
        "https://evil.test/api.bitbucket.org/2.0",
        "https://user@api.bitbucket.org/2.0/x",
        "https://evil.test\\@api.bitbucket.org/2.0/x",
        "https://api.bitbucket.org@evil.test/2.0/x",
        "https://api.bitbucket.org:x/2.0",
        "https://[::1",
        "//api.bitbucket.org/2.0/x",
        "/2.0/x?page=2",
        "?page=2",
        "",
        "file:///etc/passwd",
    ],
)
def test_credentials_are_not_allowed_on_other_origins(url: str) -> None:
    assert not same_origin(url, API)


@pytest.mark.parametrize(
    ("url", "location", "target"),
    [
        (URL, "https:///other", "https://api.bitbucket.org/other"),
        (URL, "https://s3.test/a?Signature=x%2By&b=1", "https://s3.test/a?Signature=x%2By&b=1"),
        (URL, "https://s3.test:8443/a", "https://s3.test:8443/a"),
        (URL, "HTTPS://s3.test/a", "https://s3.test/a"),
        (URL, "/other", "https://api.bitbucket.org/other"),
        (URL, "other", "https://api.bitbucket.org/2.0/repositories/acme/widgets/downloads/other"),
        (URL, "//s3.test/a", "https://s3.test/a"),
        (URL, "?y=2", "https://api.bitbucket.org/2.0/repositories/acme/widgets/downloads/app.tgz?y=2"),
        ("http://localhost:80/a", "http://127.0.0.1:81/b", "http://127.0.0.1:81/b"),
        ("http://localhost:80/a", "https://s3.test/b", "https://s3.test/b"),
        (URL, "https://s3.test/a@b", "https://s3.test/a@b"),
    ],
)
def test_redirect_is_resolved_to_an_absolute_url(url: str, location: str, target: str) -> None:
    assert (resolve_redirect(url, location) or "").replace("HTTPS:", "https:") == target


@pytest.mark.parametrize(
    "location",
    [
        "",
        "file:///etc/passwd",
        "ftp://s3cret.test/a",
        "data:text/plain,s3cret",
        "javascript:alert(1)",
        "mailto:me@acme.test",
        "https://me:s3cret@s3.test/a",
        "https://me@s3.test/a",
        "https://@s3.test/a",
        "//me:s3cret@s3.test/a",
        "https://s3.test:0/a",
        "https://s3.test:s3cret/a",
        "https://s3.test:65536/a",
        "https://[::1",
        "//[s3cret]/a",
    ],
)
def test_redirect_that_cannot_be_fetched_is_none(location: str) -> None:
    assert resolve_redirect(URL, location) is None


@pytest.mark.parametrize(
    ("url", "hidden"),
    [
        ("https://me:s3cret@h/", ["me:s3cret", "s3cret"]),
        ("https://s3cret@h/", ["s3cret"]),
        ("https://me:s3@cret@h/?a=b", ["me:s3@cret", "s3@cret", "a=b"]),
        ("https://h/2.0?token=s3cret?", ["token=s3cret?"]),
        ("https://h/2.0", []),
    ],
)
def test_user_info_password_and_query_are_hidden(url: str, hidden: list[str]) -> None:
    assert hidden_parts(url) == hidden

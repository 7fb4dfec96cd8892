# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redirects: how far they are followed, where to, and what the storage host gets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.helpers.published import Published, published

__all__ = ["published"]

INFO = "bitbucket_download_info"


def signed_url(emulator: Emulator, name: str, life: int = 60) -> str:
    """A signed URL of an artifact as the API would make it."""
    artifact = emulator.repository().get(name)
    assert artifact is not None
    path = f"/{emulator.repository().uuid}/downloads/{artifact.key}/{quote(name, safe='')}"
    expires = int(emulator.clock.now().timestamp()) + life
    return f"{emulator.storage_url}{path}?{emulator.signer.query(path, {}, expires)}"


def write_netrc(emulator: Emulator, path: Path) -> None:
    """Credentials for every host that takes part; whoever uses them sends them."""
    hosts = [str(urlsplit(url).hostname) for url in (emulator.origin, emulator.storage_url)]
    lines = [f"machine {host}\nlogin netrc-user\npassword netrc-secret\n" for host in [*hosts, "::1"]]
    path.write_text("".join(lines) + "default login netrc-user password netrc-secret\n")
    path.chmod(0o600)


def test_the_storage_host_gets_nothing_that_belongs_to_the_api(emulator: Emulator, published: Published) -> None:
    published.compare_ok()
    (fetched,) = emulator.journal.select(host="storage")
    assert fetched.status == 304
    names = {name.lower() for name, _unused in fetched.headers}
    assert names <= {"host", "user-agent", "accept", "accept-encoding", "if-none-match", "connection"}
    assert fetched.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("place", ["HOME", "NETRC"])
def test_netrc_is_never_used(
    emulator: Emulator,
    run: ModuleRunner,
    published: Published,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    emulator.repository(private=False)
    path = Path(os.environ["HOME"], ".netrc" if place == "HOME" else "other")
    write_netrc(emulator, path)
    if place == "NETRC":
        monkeypatch.setenv("NETRC", str(path))
    published.compare_ok(user=None, api_token=None, access_token=emulator.access_token)
    assert {entry.headers["Authorization"] for entry in emulator.journal.select(host="api")} == {
        "Bearer " + emulator.access_token
    }
    assert ["Authorization" in entry.headers for entry in emulator.journal.select(host="storage")] == [False]
    emulator.journal.clear()
    run.ok(INFO, user=None, api_token=None)
    assert "Authorization" not in emulator.journal[0].headers


def test_cookies_are_not_sent_back(emulator: Emulator, run: ModuleRunner, published: Published) -> None:
    cookie = {"Set-Cookie": "session=canary; Path=/"}
    emulator.faults.add("status", code=200, body={"values": []}, headers=cookie)
    run.ok("bitbucket_download", content="x", name="y")
    emulator.faults.add(
        "status", path="app.tgz$", code=302, body="", headers={**cookie, "Location": signed_url(emulator, "app.tgz")}
    )
    published.compare_ok()
    assert len(emulator.journal) > 4
    assert [entry for entry in emulator.journal if "Cookie" in entry.headers] == []


def test_five_hops_are_followed(emulator: Emulator, published: Published) -> None:
    emulator.faults.add("redirect", path="app.tgz$", location="loop", times=4)
    published.compare_ok()
    assert len(emulator.journal.select(host="api", artifact="app.tgz")) == 1
    assert len(emulator.journal.select(host="storage")) == 1


def test_six_hops_are_not(emulator: Emulator, published: Published) -> None:
    emulator.faults.add("redirect", path="app.tgz$", location="loop", times=5)
    assert "more than 5 redirects" in published.compare_fails()
    assert emulator.journal.select(host="storage") == []


def test_a_loop_ends(emulator: Emulator, published: Published) -> None:
    emulator.faults.add("redirect", path="app.tgz$", location="loop", times=None)
    assert "more than 5 redirects" in published.compare_fails()
    assert len(emulator.journal) < 10


def test_a_loop_of_the_storage_host_ends(emulator: Emulator, published: Published) -> None:
    emulator.faults.add("redirect", host="storage", location="loop", times=None)
    message = published.compare_fails()
    assert "more than 5 redirects" in message
    assert "Signature" not in message


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://localhost/canary",
        "javascript:canary",
        "data:,canary",
        "http://robot:canary@localhost:{port}/app.tgz",
        "http://canary@localhost:{port}/app.tgz",
        "http://localhost:0/canary",
        "http://localhost:port/canary",
        "http://[canary/",
        "",
        None,
    ],
)
def test_a_redirect_to_nothing_that_can_be_fetched_is_an_error(
    emulator: Emulator, published: Published, location: str | None
) -> None:
    port = urlsplit(emulator.storage_url).port
    target = location and location.replace("{port}", str(port))
    emulator.faults.add("redirect", path="app.tgz$", location=target, times=None)
    message = published.compare_fails(max_wait=0)
    assert message.startswith(f"GET {emulator.api_url}/repositories/acme/widgets/downloads/app.tgz redirects to nothing")
    assert "canary" not in message
    assert emulator.journal.select(host="storage") == []


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_every_kind_of_redirect_leads_to_the_storage_host(emulator: Emulator, published: Published, code: int) -> None:
    emulator.faults.add("redirect", path="app.tgz$", location=signed_url(emulator, "app.tgz"), code=code)
    published.compare_ok()


def test_a_relative_redirect_stays_on_the_api_and_keeps_its_credentials(emulator: Emulator, published: Published) -> None:
    emulator.faults.add("redirect", path="app.tgz$", location="/2.0/repositories/acme/widgets/downloads/app%2Etgz")
    published.compare_ok()


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("storage_url", "is redirected to another host, localhost"),
        ("origin", "is redirected to /elsewhere: has it been renamed?"),
    ],
)
def test_only_contents_are_redirected(emulator: Emulator, run: ModuleRunner, method: str, place: str, words: str) -> None:
    emulator.repository().put("old", b"x")
    emulator.faults.add("redirect", method=method, location=getattr(emulator, place) + "/elsewhere?canary", code=307)
    options: dict[str, Any] = {"state": "absent", "name": "old"} if method == "DELETE" else {"content": "x", "name": "new"}
    message = run.failure("bitbucket_download", **options)
    assert f"{method} {emulator.api_url}/repositories/acme/widgets/downloads" in message
    assert words in message
    assert "canary" not in message
    assert emulator.journal.select(host="storage") == []


def test_contents_that_come_from_the_api_itself_are_not_trusted(emulator: Emulator, published: Published) -> None:
    emulator.faults.add("html", path="app.tgz$")
    assert "answered with an HTML page" in published.compare_fails()
    emulator.faults.add("json", path="app.tgz$")
    assert "answered itself instead of pointing to the storage host" in published.compare_fails()


@pytest.mark.parametrize("style", ["uuid", "slug"])
@pytest.mark.parametrize("name", ["na\u00efve \u0444\u0430\u0439\u043b.txt", "100%25 a+b&c=d#e?f.txt", "a;b,c'd(1).txt"])
def test_every_name_finds_its_content(emulator: Emulator, run: ModuleRunner, dist: Path, name: str, style: str) -> None:
    emulator.switches.url_style = style
    Published(emulator, run, dist, name).compare_ok()
    (fetched,) = emulator.journal.select(host="storage")
    assert fetched.artifact == name


def test_a_location_in_raw_utf_8_is_understood(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    name = "na\u00efve-\u0444.txt"
    there = Published(emulator, run, dist, name)
    raw = signed_url(emulator, name).replace(quote(name, safe=""), name).encode().decode("latin-1")
    emulator.faults.add("redirect", path="txt$", location=raw)
    there.compare_ok()

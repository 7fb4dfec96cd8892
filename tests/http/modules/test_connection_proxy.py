# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy of the environment is used for the API, the token endpoint and the storage host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.helpers.proxy import Proxy, forward_proxy
from tests.helpers.published import Published, published
from tests.helpers.serving import closed_port
from tests.helpers.socks import socks_proxy
from tests.helpers.tls import tls_front

__all__ = ["published"]

INFO = "bitbucket_download_info"


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy that is running, but not yet in the environment."""
    with forward_proxy() as running:
        yield running


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_api_token_endpoint_and_storage_go_through_the_proxy(
    emulator: Emulator, published: Published, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, proxy.url)
    published.compare_ok(user=None, api_token=None, client_id=emulator.client_id, client_secret=emulator.client_secret)
    assert proxy.targets == {urlsplit(emulator.origin).netloc, urlsplit(emulator.storage_url).netloc}
    assert len(proxy.asked) == len(emulator.journal)


def test_an_upload_goes_through_the_proxy(
    emulator: Emulator, run: ModuleRunner, dist: Path, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy.url)
    (dist / "app.tgz").write_bytes(b"application" * 1000)
    run.ok("bitbucket_download", src=[str(dist / "app.tgz")])
    stored = emulator.repository().get("app.tgz")
    assert stored is not None
    assert stored.content == b"application" * 1000
    assert [asked[0] for asked in proxy.asked] == ["GET", "POST", "GET"]


def test_a_socks_proxy_works_too(emulator: Emulator, published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    with socks_proxy() as (url, targets):
        monkeypatch.setenv("all_proxy", url)
        published.compare_ok()
    assert set(targets) == {urlsplit(emulator.origin).netloc, urlsplit(emulator.storage_url).netloc}


def test_a_slow_head_is_given_up_behind_a_socks_proxy_too(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.faults.add("drip_head", rate=5)
    with socks_proxy() as (url, _unused):
        monkeypatch.setenv("all_proxy", url)
        assert "no answer within 1 seconds" in run.failure(INFO, timeout=1, retries=0)


def test_no_proxy_is_respected(emulator: Emulator, published: Published, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    published.compare_ok()
    assert proxy.targets == {urlsplit(emulator.storage_url).netloc}


def test_https_goes_through_a_tunnel_and_shows_the_proxy_no_credentials(
    emulator: Emulator, run: ModuleRunner, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = trustme.CA()
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(bundle)
    monkeypatch.setenv("https_proxy", proxy.url)
    with tls_front(emulator.origin, authority.issue_cert("127.0.0.1")) as origin:
        run.ok(INFO, api_url=origin + "/2.0", ca_path=str(bundle))
    ((method, target, headers),) = proxy.asked
    assert (method, target) == ("CONNECT", urlsplit(origin).netloc)
    assert "Authorization" not in headers
    assert len(emulator.journal) == 1


def test_the_proxys_password_reaches_the_proxy_alone(
    emulator: Emulator, published: Published, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy.url.replace("://", "://user:canary@"))
    published.compare_ok()
    assert {headers["Proxy-Authorization"] for _unused, _unused, headers in proxy.asked} == {"Basic dXNlcjpjYW5hcnk="}


def test_a_proxy_that_is_not_there_is_an_error_without_its_password(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://user:canary@127.0.0.1:{closed_port()}")
    message = run.failure(INFO, retries=0)
    assert message.startswith(f"GET {emulator.api_url}/repositories/acme/widgets/downloads failed: ")
    assert "canary" not in message
    assert len(emulator.journal) == 0

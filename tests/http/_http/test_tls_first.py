# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Not one byte of a request leaves before the certificate was accepted, by the API, the token endpoint or the storage."""

from __future__ import annotations

import datetime
import socketserver
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.helpers.proxy import forward_proxy
from tests.helpers.serving import closed_port, serving
from tests.helpers.tls import tls_front
from tests.http.modules.fetching import FETCH, files, furnish

pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")  # it is what validate_certs=false asks for
INFO = "bitbucket_download_info"
YESTERDAY = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """An authority."""
    return trustme.CA()


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    """The path of its certificate."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return str(tmp_path / "ca.pem")


@contextmanager
def listening(certificate: trustme.LeafCert) -> Iterator[tuple[str, list[bytes]]]:
    """A TLS server that says nothing; yields its origin, and what it could decrypt."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    heard: list[bytes] = []

    class Handler(socketserver.BaseRequestHandler):
        """One connection."""

        def handle(self) -> None:
            """Listen."""
            with suppress(OSError), context.wrap_socket(self.request, server_side=True) as inside:
                heard.append(inside.recv(65536))

    with serving(Handler) as port:
        yield f"https://127.0.0.1:{port}", heard


def certificates(authority: trustme.CA) -> dict[str, trustme.LeafCert]:
    """Those that must not be accepted."""
    return {
        "expired": authority.issue_cert("127.0.0.1", not_after=YESTERDAY),
        "wrong host": authority.issue_cert("api.bitbucket.example"),
        "unknown": trustme.CA().issue_cert("127.0.0.1"),
    }


BAD = ["expired", "wrong host", "unknown"]


@pytest.mark.parametrize("which", BAD)
def test_the_api_hears_nothing(run: ModuleRunner, authority: trustme.CA, bundle: str, which: str) -> None:
    with listening(certificates(authority)[which]) as (origin, heard):
        message = run.failure(INFO, api_url=origin + "/2.0", ca_path=bundle)
    assert "certificate was not accepted" in message
    assert (which == "expired") is ("expired" in message)
    assert b"".join(heard) == b""


@pytest.mark.parametrize("which", BAD)
def test_the_token_endpoint_hears_nothing(
    emulator: Emulator, run: ModuleRunner, authority: trustme.CA, bundle: str, which: str
) -> None:
    consumer = {"user": None, "api_token": None, "client_id": emulator.client_id, "client_secret": emulator.client_secret}
    with listening(certificates(authority)[which]) as (origin, heard):
        message = run.failure(INFO, token_url=origin + "/token", ca_path=bundle, **consumer)
    assert "certificate was not accepted" in message
    assert b"".join(heard) == b""
    assert len(emulator.journal) == 0


@pytest.mark.parametrize("which", BAD)
def test_the_storage_host_hears_no_signed_url(
    emulator: Emulator, run: ModuleRunner, authority: trustme.CA, bundle: str, dist: Path, which: str
) -> None:
    furnish(emulator, app=b"application")
    with listening(certificates(authority)[which]) as (storage, heard):
        emulator.faults.add("redirect", path="/app$", location=storage + "/app?Signature=canary", times=None)
        message = run.failure(FETCH, name="app", dest=f"{dist}/", ca_path=bundle)
    assert "certificate was not accepted" in message
    assert "canary" not in message
    assert b"".join(heard) == b""
    assert files(dist) == {}


@pytest.mark.parametrize("which", BAD)
@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_validate_certs_false_beats_the_environment_everywhere(
    emulator: Emulator,
    run: ModuleRunner,
    authority: trustme.CA,
    bundle: str,
    monkeypatch: pytest.MonkeyPatch,
    which: str,
    variable: str,
) -> None:
    monkeypatch.setenv(variable, bundle)
    options: dict[str, Any] = {"user": None, "api_token": None, "client_id": emulator.client_id}
    with tls_front(emulator.origin, certificates(authority)[which]) as origin:
        addresses = {"api_url": origin + "/2.0", "token_url": emulator.token_url.replace(emulator.origin, origin)}
        options |= {**addresses, "client_secret": emulator.client_secret}
        run.failure(INFO, **options)
        assert len(emulator.journal) == 0
        run.ok(INFO, validate_certs=False, **options)
    assert [entry.host for entry in emulator.journal] == ["token", "api"]


def test_a_tunnel_does_not_spare_the_certificate(
    emulator: Emulator, run: ModuleRunner, authority: trustme.CA, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with forward_proxy() as proxy, listening(certificates(authority)["wrong host"]) as (origin, heard):
        monkeypatch.setenv("https_proxy", proxy.url.replace("://", "://robot:canary@"))
        message = run.failure(INFO, api_url=origin + "/2.0", ca_path=bundle)
        assert [asked[0] for asked in proxy.asked] == ["CONNECT"]
    assert "certificate was not accepted" in message
    assert "canary" not in message
    assert b"".join(heard) == b""


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_https_goes_through_the_proxy_of_each_variable_and_its_password_to_it_alone(
    emulator: Emulator, run: ModuleRunner, authority: trustme.CA, bundle: str, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    with forward_proxy() as proxy, tls_front(emulator.origin, authority.issue_cert("127.0.0.1")) as origin:
        monkeypatch.setenv(variable, proxy.url.replace("://", "://robot:canary@"))
        result = run.ok(INFO, api_url=origin + "/2.0", ca_path=bundle)
        [(method, _unused, headers)] = proxy.asked
    assert (method, headers["Proxy-Authorization"]) == ("CONNECT", "Basic cm9ib3Q6Y2FuYXJ5")
    assert "Proxy-Authorization" not in emulator.journal[0].headers
    assert "canary" not in str(result)


def test_no_proxy_spares_https_the_tunnel(
    emulator: Emulator, run: ModuleRunner, authority: trustme.CA, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with forward_proxy() as proxy, tls_front(emulator.origin, authority.issue_cert("127.0.0.1")) as origin:
        monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        run.ok(INFO, api_url=origin + "/2.0", ca_path=bundle)
        assert proxy.asked == []


def test_a_tunnel_that_cannot_be_dug_is_an_error_without_the_password(
    run: ModuleRunner, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", f"http://robot:canary@127.0.0.1:{closed_port()}")
    message = run.failure(INFO, api_url="https://api.bitbucket.example/2.0", ca_path=bundle, retries=0)
    assert message.startswith("GET https://api.bitbucket.example/2.0/repositories/acme/widgets/downloads failed: ")
    assert "canary" not in message

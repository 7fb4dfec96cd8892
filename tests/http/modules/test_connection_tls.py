# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS with real certificates: what is trusted, and that nothing is sent to who is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.helpers.published import Published, published
from tests.helpers.tls import tls_front

__all__ = ["published"]

pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")  # it is what validate_certs=false asks for
INFO = "bitbucket_download_info"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority that no system knows."""
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of its certificate."""
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture(scope="module")
def other_bundle(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of another authority's certificate."""
    path = tmp_path_factory.mktemp("ca") / "other.pem"
    trustme.CA().cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture
def front(emulator: Emulator, authority: trustme.CA) -> Iterator[str]:
    """The https origin of the emulator's API."""
    with tls_front(emulator.origin, authority.issue_cert("127.0.0.1")) as origin:
        yield origin


@pytest.fixture
def api(front: str) -> dict[str, str]:
    """The option that leads there."""
    return {"api_url": front + "/2.0"}


def test_an_unknown_authority_is_refused_before_anything_is_sent(
    emulator: Emulator, run: ModuleRunner, api: dict[str, str]
) -> None:
    message = run.failure(INFO, **api)
    assert message.startswith(f"GET {api['api_url']}/repositories/acme/widgets/downloads failed: ")
    assert "certificate was not accepted" in message
    assert "ca_path" in message
    assert len(emulator.journal) == 0


def test_ca_path_names_the_authority(emulator: Emulator, run: ModuleRunner, api: dict[str, str], bundle: str) -> None:
    assert run.ok(INFO, ca_path=bundle, **api)["requests"] == 1
    assert emulator.journal[0].headers["Authorization"].startswith("Basic ")


def test_another_authority_in_ca_path_is_not_enough(
    emulator: Emulator, run: ModuleRunner, api: dict[str, str], other_bundle: str
) -> None:
    assert "certificate was not accepted" in run.failure(INFO, ca_path=other_bundle, **api)
    assert len(emulator.journal) == 0


def test_a_certificate_of_another_host_is_refused(
    emulator: Emulator, run: ModuleRunner, authority: trustme.CA, bundle: str
) -> None:
    with tls_front(emulator.origin, authority.issue_cert("api.bitbucket.example")) as origin:
        message = run.failure(INFO, api_url=origin + "/2.0", ca_path=bundle)
    assert "certificate was not accepted" in message
    assert "127.0.0.1" in message
    assert len(emulator.journal) == 0


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_bundle_of_the_environment_works(
    run: ModuleRunner, api: dict[str, str], bundle: str, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, bundle)
    run.ok(INFO, **api)


def test_ca_path_wins_over_the_environment(
    run: ModuleRunner, api: dict[str, str], bundle: str, other_bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", other_bundle)
    run.ok(INFO, ca_path=bundle, **api)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    run.failure(INFO, ca_path=other_bundle, **api)


def test_validate_certs_false_trusts_anyone(run: ModuleRunner, api: dict[str, str]) -> None:
    run.ok(INFO, validate_certs=False, **api)


def test_validate_certs_false_wins_over_the_environment(
    run: ModuleRunner, api: dict[str, str], other_bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", other_bundle)
    run.ok(INFO, validate_certs=False, **api)


def test_validate_certs_false_wins_over_ca_path(run: ModuleRunner, api: dict[str, str], other_bundle: str) -> None:
    run.ok(INFO, validate_certs=False, ca_path=other_bundle, **api)


def test_trust_once_is_not_kept_for_the_next_task(run: ModuleRunner, api: dict[str, str]) -> None:
    run.ok(INFO, validate_certs=False, **api)
    assert "certificate was not accepted" in run.failure(INFO, **api)


def test_a_bundle_that_is_not_there_is_an_error_in_words(
    emulator: Emulator, run: ModuleRunner, api: dict[str, str], tmp_path: Path
) -> None:
    missing = str(tmp_path / "missing.pem")
    assert run.failure(INFO, ca_path=missing, **api) == f"ca_path {missing} cannot be read: No such file or directory"
    assert len(emulator.journal) == 0


def test_a_bundle_that_is_none_is_an_error_in_words(
    emulator: Emulator, run: ModuleRunner, api: dict[str, str], tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("no certificate")
    message = run.failure(INFO, ca_path=str(bundle), **api)
    assert message == f"ca_path {bundle} holds no certificates in PEM form"
    assert len(emulator.journal) == 0


def test_ca_path_may_be_a_folder(run: ModuleRunner, api: dict[str, str], tmp_path: Path) -> None:
    assert "certificate was not accepted" in run.failure(INFO, ca_path=str(tmp_path), **api)


def test_plain_http_where_tls_is_spoken_is_named(emulator: Emulator, run: ModuleRunner) -> None:
    message = run.failure(INFO, api_url=emulator.api_url.replace("http:", "https:"), retries=0)
    assert re.search(r"the TLS connection broke \([A-Z_]+\)", message)


def test_the_token_endpoint_is_checked_as_well(emulator: Emulator, run: ModuleRunner, front: str, bundle: str) -> None:
    consumer = {"client_id": emulator.client_id, "client_secret": emulator.client_secret}
    options = {"user": None, "api_token": None, "token_url": emulator.token_url.replace(emulator.origin, front)}
    assert "certificate was not accepted" in run.failure(INFO, **options, **consumer)
    assert len(emulator.journal) == 0
    run.ok(INFO, ca_path=bundle, **options, **consumer)


def test_a_redirect_from_https_to_plain_http_is_not_followed(
    emulator: Emulator, published: Published, api: dict[str, str], bundle: str
) -> None:
    message = published.compare_fails(ca_path=bundle, **api)
    assert "redirects from https to plain http" in message
    assert "localhost" not in message
    assert emulator.journal.select(host="storage") == []


def test_the_storage_host_is_checked_as_well(
    emulator: Emulator, published: Published, authority: trustme.CA, api: dict[str, str], bundle: str
) -> None:
    path = f"/{emulator.repository().uuid}/downloads/{published.artifact.key}/app.tgz"
    query = emulator.signer.query(path, {}, int(emulator.clock.now().timestamp()) + 60)
    with tls_front(emulator.storage_url, trustme.CA().issue_cert("127.0.0.1")) as stranger:
        emulator.faults.add("redirect", path="app.tgz$", location=f"{stranger}{path}?{query}")
        message = published.compare_fails(ca_path=bundle, **api)
    assert "certificate was not accepted" in message
    assert "Signature" not in message
    assert emulator.journal.select(host="storage") == []
    with tls_front(emulator.storage_url, authority.issue_cert("127.0.0.1")) as storage:
        emulator.faults.add("redirect", path="app.tgz$", location=f"{storage}{path}?{query}")
        published.compare_ok(ca_path=bundle, **api)

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attack the fetch of a signed release between two requests, and with responses other than the signature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.fetching import NEW as FETCHED
from tests.helpers.fetching import FetchRunner, outcome
from tests.http._downloads.helpers import MANIFEST, lines, put
from tests.http._fetch.releases import ARTIFACTS, EVIL, NEW, Release, require_refusal


@pytest.mark.parametrize(
    ("kind", "arguments", "host", "words"),
    [
        ("status", {"code": 404}, "api", "{signature}"),
        ("status", {"code": 404}, "storage", "{signature}"),
        ("status", {"code": 403}, "storage", "{signature}"),
        ("expired", {}, "storage", "{signature}"),
        ("html", {"body": "<html><title>Log in</title></html>"}, "api", "{signature}"),
        ("html", {"body": "<html><title>Log in</title></html>"}, "storage", "The signature '{signature}' of the manifest"),
        ("truncate", {}, "storage", "{signature}"),
        ("open_end", {"fraction": 0.5}, "storage", "{signature}"),
        ("corrupt", {"offset": 5}, "storage", "The signature '{signature}' of the manifest"),
    ],
)
def test_response_without_the_signature_proves_nothing(
    fetch: FetchRunner, release: Release, kind: str, arguments: dict[str, Any], host: str, words: str
) -> None:
    release.fault(kind, release.key.signature, host, **arguments)
    require_refusal(fetch, release.explain(words), **release.options())


def test_signed_url_without_its_query_proves_nothing(fetch: FetchRunner, release: Release) -> None:
    """A proxy that removes the query sends the client to an error page."""
    lost = f"{release.emulator.storage_url}/{release.key.signature}"
    release.fault("redirect", release.key.signature, "api", location=lost)
    require_refusal(fetch, f"GET of {release.key.signature} from the storage host", **release.options())


def test_listing_without_the_signature_proves_nothing(fetch: FetchRunner, release: Release) -> None:
    release.emulator.faults.add("hidden_item", name=release.key.signature, times=None)
    require_refusal(fetch, f"'{release.key.signature}' exists, but is not listed", **release.options())


def test_complete_old_release_is_accepted(fetch: FetchRunner, release: Release) -> None:
    """A signature does not prove that it is the newest one. Exact names with versions make that harmless."""
    release.put(NEW)
    release.put()
    fetch("app", **release.options())
    assert fetch.files == {"app": ARTIFACTS["app"]}


# Attacks between two requests

each_moment = pytest.mark.parametrize("after", ["listing", MANIFEST, "signature", "app"])


def swap(release: Release, after: str, action: Callable[[], None]) -> None:
    release.swap(release.key.signature if after == "signature" else after, action)


@each_moment
@pytest.mark.parametrize("new", [{"app": EVIL}, NEW], ids=["same size", "other size"])
def test_release_that_is_replaced_during_the_task_is_fetched_from_a_new_listing(
    fetch: FetchRunner, release: Release, after: str, new: dict[str, bytes]
) -> None:
    """A publisher replaces all artifacts between two requests, so that only a second reading is consistent."""
    swap(release, after, lambda: release.put(new))
    result = fetch("app", **release.options())
    assert (outcome(result), fetch.files) == (FETCHED, {"app": ARTIFACTS["app"] if after == "app" else new["app"]})


@each_moment
@pytest.mark.parametrize("check", [False, True])
def test_release_of_another_key_that_replaces_it_during_the_task_is_refused(
    fetch: FetchRunner, release: Release, after: str, check: bool
) -> None:
    """Only contents that were verified before the replacement can be fetched."""
    swap(release, after, lambda: release.put_untrusted(app=EVIL))
    options = release.options(check=check)
    if after == "app" or (check and after == "signature"):
        assert fetch("app", **options)["signature"]["fingerprint"] == release.key.fingerprint
        assert fetch.files == ({} if check else {"app": ARTIFACTS["app"]})
    else:
        assert release.explain("was made by the key {other}, which signed_by does not have") in fetch.failure("app", **options)
        assert fetch.files == {}


@pytest.mark.parametrize("after", ["listing", MANIFEST, "signature"])
@pytest.mark.parametrize(
    ("attack", "words"),
    [
        (lambda r: put(r.emulator, {"app": EVIL}), "'app' does not have the digest that the manifest SHA256SUMS expects"),
        (lambda r: put(r.emulator, {"app": EVIL * 2}), "'app' does not have the digest that the manifest SHA256SUMS expects"),
        (lambda r: r.remove("app"), "Not in the Downloads of widgets: 'app'"),
    ],
    ids=["same size", "other size", "removed"],
)
def test_contents_that_are_replaced_during_the_task_are_refused(
    fetch: FetchRunner, release: Release, after: str, attack: Callable[[Release], None], words: str
) -> None:
    swap(release, after, lambda: attack(release))
    assert words in fetch.failure("app", **release.options())
    assert fetch.files == {}


@pytest.mark.parametrize("after", ["listing", MANIFEST])
def test_signature_that_is_removed_during_the_task_is_an_error(fetch: FetchRunner, release: Release, after: str) -> None:
    swap(release, after, lambda: release.remove(release.key.signature))
    assert f"is not signed: '{release.key.signature}' does not exist" in fetch.failure("app", **release.options())
    assert fetch.files == {}


def test_signature_that_arrives_after_its_manifest_is_read_again(fetch: FetchRunner, release: Release) -> None:
    release.put_manifest(lines(NEW))
    put(release.emulator, {"app": NEW["app"]})
    swap(release, "signature", lambda: release.put_signature(release.key.sign(lines(NEW))))
    fetch("app", **release.options())
    assert fetch.files == {"app": NEW["app"]}


def test_false_manifest_at_each_reading_is_refused(fetch: FetchRunner, release: Release) -> None:
    """The listing has a good manifest, and each reading returns another one."""
    for _reading in range(8):
        release.swap("listing", lambda: release.put_manifest(lines({**ARTIFACTS, "app": EVIL})))
        release.swap(release.key.signature, lambda: release.put_manifest(release.manifest))
    assert "does not match: the contents were changed after signing" in fetch.failure("app", **release.options())
    assert fetch.files == {}


def test_contents_that_are_replaced_before_each_reading_are_refused(
    fetch: FetchRunner, emulator: Emulator, release: Release
) -> None:
    """Each reading looks like a replacement during the task."""
    put(emulator, {"app": EVIL})
    emulator.faults.add("call", host="storage", path="/app$", times=None, action=lambda: put(emulator, {"app": EVIL}))
    require_refusal(fetch, "'app' does not have the digest that the manifest SHA256SUMS expects", **release.options())
    assert [entry.artifact for entry in fetch.transfers].count("app") == 2 * 5, "two runs of as many attempts as retries allow"


# The manifest and its signature as files


def test_fetched_manifest_and_signature_are_the_verified_ones(fetch: FetchRunner, release: Release) -> None:
    names = [MANIFEST, release.key.signature]
    for status in ("fetched", "unchanged"):
        assert [each["status"] for each in fetch(*names, **release.options())["artifacts"]] == [status] * 2
        assert fetch.files == {name: release.read(name) for name in names}
    fetch.write(dict.fromkeys(names, b"old"))
    fetch(*names, **release.options())
    assert fetch.files == {name: release.read(name) for name in names}


@pytest.mark.parametrize("swapped", ["manifest", "signature", "both"])
def test_manifest_and_signature_replaced_after_verification_are_not_written(
    fetch: FetchRunner, release: Release, swapped: str
) -> None:
    def attack() -> None:
        if swapped != "signature":
            release.put_manifest(release.manifest.replace(b"app", b"App"))
        if swapped != "manifest":
            release.put_signature(release.other_key.sign(release.read(MANIFEST)))

    swap(release, "signature", attack)
    names = [MANIFEST, release.key.signature]
    message = fetch.failure(*names, **release.options(parallel=1))
    assert f"The signature '{release.key.signature}' of the manifest '{MANIFEST}'" in message
    verified = {MANIFEST: release.manifest}
    assert fetch.files == (verified if swapped == "signature" else {})


def test_new_manifest_and_signature_are_verified_before_they_are_written(fetch: FetchRunner, release: Release) -> None:
    swap(release, "signature", lambda: release.put(NEW))
    fetch(MANIFEST, release.key.signature, **release.options())
    assert fetch.files == {name: release.read(name) for name in (MANIFEST, release.key.signature)}


def test_manifest_that_is_replaced_for_one_reading_is_not_written(fetch: FetchRunner, release: Release) -> None:
    """The attacker restores the good one at once."""
    swap(release, "signature", lambda: release.put_manifest(release.manifest.replace(b"app", b"App")))
    release.emulator.faults.add(
        "call", host="storage", path=f"/{MANIFEST}$", after=1, action=lambda: release.put_manifest(release.manifest)
    )
    fetch(MANIFEST, **release.options())
    assert fetch.files == {MANIFEST: release.manifest}

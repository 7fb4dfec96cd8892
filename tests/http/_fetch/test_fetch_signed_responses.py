# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attack a fetch of a signed release between two requests, and with responses that are not the signature."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.fetching import FetchRunner
from tests.http._fetch.releases import ARTIFACTS, NEW, Release, require_refusal


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


def test_listing_without_the_signature_proves_nothing(fetch: FetchRunner, release: Release) -> None:
    release.emulator.faults.add("hidden_item", name=release.key.signature, times=None)
    require_refusal(fetch, f"'{release.key.signature}' exists, but the listing does not show it", **release.options())


def test_old_release_put_back_as_a_whole_is_good(fetch: FetchRunner, release: Release) -> None:
    """A signature does not say that it is the newest one. Exact names with versions make that harmless."""
    release.put(NEW)
    release.put()
    fetch("app", **release.options())
    assert fetch.files == {"app": ARTIFACTS["app"]}

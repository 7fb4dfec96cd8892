# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a redirect leads: relative and absolute, odd encodings, and what must not be followed."""

from __future__ import annotations

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import RequestFailed
from ansible_collections.releng.bitbucket.plugins.module_utils._http.storage import redirect_target

URL = "https://api.bitbucket.org/2.0/repositories/acme/widgets/downloads/app.tgz?x=1"
WHAT = "GET /repositories/acme/widgets/downloads/app.tgz"


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
def test_a_redirect_leads_to_an_absolute_url(url: str, location: str, target: str) -> None:
    found = redirect_target(WHAT, url, location)
    assert found.replace("HTTPS:", "https:") == target


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
def test_what_cannot_be_fetched_is_refused(location: str) -> None:
    with pytest.raises(RequestFailed) as caught:
        redirect_target(WHAT, URL, location)
    assert str(caught.value) == f"{WHAT} redirects to nothing that can be fetched"


@pytest.mark.parametrize("url", [URL, URL.replace("https:", "HTTPS:")])
@pytest.mark.parametrize("location", ["http://s3.test/a?Signature=s3cret", "HTTP://s3.test/a", "http://127.0.0.1/a"])
def test_plain_http_after_https_is_refused(url: str, location: str) -> None:
    with pytest.raises(RequestFailed) as caught:
        redirect_target(WHAT, url, location)
    assert str(caught.value) == f"{WHAT} redirects from https to plain http, which is not followed"

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resolve redirects: relative, absolute and unusual URLs, and URLs that must not be followed."""

from __future__ import annotations

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import RequestFailed
from ansible_collections.releng.bitbucket.plugins.module_utils._http.storage import redirect_target

URL = "https://api.bitbucket.org/2.0/repositories/acme/widgets/downloads/app.tgz?x=1"
WHAT = "GET /repositories/acme/widgets/downloads/app.tgz"


def test_redirect_leads_to_an_absolute_url() -> None:
    assert redirect_target(WHAT, URL, "//s3.test/a?b") == "https://s3.test/a?b"
    assert redirect_target(WHAT, "http://localhost/a", "https://s3.test/b") == "https://s3.test/b"


def test_redirect_that_cannot_be_fetched_is_refused() -> None:
    with pytest.raises(RequestFailed) as caught:
        redirect_target(WHAT, URL, "ftp://s3cret.test/a")
    assert str(caught.value) == f"{WHAT} returned a redirect without a usable URL"


@pytest.mark.parametrize("url", [URL, URL.replace("https:", "HTTPS:")])
@pytest.mark.parametrize("location", ["http://s3.test/a?Signature=s3cret", "HTTP://s3.test/a", "http://127.0.0.1/a"])
def test_plain_http_after_https_is_refused(url: str, location: str) -> None:
    with pytest.raises(RequestFailed) as caught:
        redirect_target(WHAT, url, location)
    assert str(caught.value) == f"{WHAT} returned a redirect from https to plain http, which is not followed"

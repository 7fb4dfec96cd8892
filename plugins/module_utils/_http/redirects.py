# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a redirect leads, and whether it may be followed. Pure: knows no network."""

from __future__ import annotations

import typing as t
from urllib.parse import urljoin, urlsplit

from .._errors import RequestFailed
from .._text import one_line
from .connection import origin

REDIRECTS = (301, 302, 303, 307, 308)


def location_of(headers: t.Mapping[str, str]) -> str:
    """The Location header as text; HTTP libraries hand its UTF-8 on as if it were Latin-1."""
    raw = headers.get("Location") or ""
    try:
        return raw.encode("latin-1").decode("utf-8").strip()
    except UnicodeError:
        return raw.strip()


def refused_redirect(what: str, url: str, location: str) -> str:
    """A redirect that is not followed, in words which do not show its query."""
    target = _fetchable(url, location)
    if target is None:
        return f"{what} is redirected to nothing that can be fetched"
    parts = urlsplit(target)
    if origin(target) != origin(url):
        return f"{what} is redirected to another host, {parts.hostname}, as by a proxy's login page"
    return f"{what} is redirected to {one_line(parts.path)}: has it been renamed?"


def redirect_target(what: str, url: str, location: str) -> str:
    """The absolute URL that a redirect from ``url`` leads to; raises RequestFailed, which never shows it, where it must not
    be followed: no URL for http or https, user info in it, or plain http after https.
    """
    target = _fetchable(url, location)
    if target is None:
        raise RequestFailed(f"{what} redirects to nothing that can be fetched")
    if urlsplit(url).scheme == "https" and urlsplit(target).scheme != "https":
        raise RequestFailed(f"{what} redirects from https to plain http, which is not followed")
    return target


def _fetchable(url: str, location: str) -> str | None:
    try:
        target = urljoin(url, location)
        parts = urlsplit(target)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and parts.username is None
    except ValueError:
        return None
    return target if location and fine else None

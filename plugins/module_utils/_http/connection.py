# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the settings of a connection, and decide which URLs may be used, followed and shown.

Credentials are sent only to the origin of the API. Plain http is allowed only for loopback hosts.
"""

from __future__ import annotations

import ipaddress
import typing as t
from urllib.parse import urljoin, urlsplit, urlunsplit

from .._errors import BadInput
from .._rate import parse_rate
from .credentials import Credentials


class Connection(t.NamedTuple):
    """Checked connection settings. ``timeout`` and ``max_wait`` are in seconds, ``limit_rate`` is in bytes per second.

    URLs have no trailing slash. ``timeout`` can be a fraction, although the option takes only whole seconds.
    """

    workspace: str
    credentials: Credentials
    api_url: str
    token_url: str
    validate_certs: bool = True
    ca_path: str | None = None
    timeout: float = 30
    retries: int = 4
    max_wait: int = 300
    limit_rate: int | None = None

    @property
    def verify(self) -> bool | str:
        """Return the ``verify`` value of the HTTP library: False, True, or the path of a CA bundle."""
        if not self.validate_certs:
            return False
        return self.ca_path or True


def parse_connection(options: t.Mapping[str, t.Any], credentials: Credentials) -> Connection:
    """Return the settings in the options of a module or lookup. Raise BadInput for unusable settings."""
    for name, least in (("timeout", 1), ("retries", 0), ("max_wait", 0)):
        if options[name] < least:
            raise BadInput(f"{name} must be {least} or more, not {options[name]}")
    return Connection(
        workspace=options["workspace"],
        credentials=credentials,
        api_url=check_url("api_url", options["api_url"]),
        token_url=check_url("token_url", options["token_url"]),
        validate_certs=options["validate_certs"],
        ca_path=options["ca_path"],
        timeout=options["timeout"],
        retries=options["retries"],
        max_wait=options["max_wait"],
        limit_rate=parse_rate(options.get("limit_rate")),
    )


def check_url(option: str, url: str) -> str:
    """Return the URL without a trailing slash. Raise BadInput for user information, a query, or http to a remote host.

    The error does not show the URL, which might contain a secret.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # its message quotes parts of the URL
        usable = False
    if "@" in url:
        raise BadInput(f"{option} must not contain user information. Use the credential options instead")
    if not usable:
        raise BadInput(f"{option} must be an absolute https URL")
    if "?" in url or "#" in url:
        raise BadInput(f"{option} must not have a query or a fragment")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise BadInput(f"{option} must use https: plain http to {parts.hostname} would expose the credentials")
    return urlunsplit(parts).rstrip("/")


def hidden_parts(url: str) -> list[str]:
    """Return the secret parts of a refused URL: the user information, its password, and the query."""
    user_info = url.partition("//")[2].rpartition("@")[0]
    return [text for text in (user_info, user_info.partition(":")[2], url.partition("?")[2]) if text]


def is_loopback(host: str) -> bool:
    """Return whether the host is ``localhost`` or a loopback address. Other names are not resolved."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port. Credentials are sent only to a URL with the same origin."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def same_origin(url: str, api_url: str) -> bool:
    """Return whether a URL has the origin of the API, so that requests to it can carry credentials."""
    try:
        return origin(url) == origin(api_url) and "@" not in url.split("/", 3)[2]
    except ValueError:
        return False


def without_query(url: str) -> str:
    """Return the URL for messages, without its query, which might be a secret."""
    return url.split("?", 1)[0]


def resolve_redirect(url: str, location: str) -> str | None:
    """Return the absolute URL of a Location header of ``url``. Return None if it is unusable or contains user information."""
    try:
        target = urljoin(url, location)
        parts = urlsplit(target)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and parts.username is None
    except ValueError:
        return None
    return target if location and fine else None

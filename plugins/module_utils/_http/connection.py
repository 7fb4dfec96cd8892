# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where and how to reach the API: checked settings. Knows no network and no credentials' use."""

from __future__ import annotations

import ipaddress
import typing as t
from urllib.parse import urlsplit, urlunsplit

from .._errors import BadInput
from .credentials import Credentials


class Connection(t.NamedTuple):
    """Checked connection settings; ``timeout`` and ``max_wait`` in seconds, URLs without a final slash."""

    workspace: str
    credentials: Credentials
    api_url: str
    token_url: str
    validate_certs: bool = True
    ca_path: str | None = None
    timeout: int = 30
    retries: int = 4
    max_wait: int = 300

    @property
    def verify(self) -> bool | str:
        """What the HTTP library takes: False, True, or the path of a CA bundle."""
        if not self.validate_certs:
            return False
        return self.ca_path or True


def parse_connection(options: t.Mapping[str, t.Any], credentials: Credentials) -> Connection:
    """Build the settings from the options of a module or lookup; raises BadInput for what cannot work."""
    for name, least in (("timeout", 1), ("retries", 0), ("max_wait", 0)):
        if options[name] < least:
            raise BadInput(f"{name} must be {least} or more, not {options[name]}")
    return Connection(
        workspace=options["workspace"],
        credentials=credentials,
        api_url=checked_url("api_url", options["api_url"]),
        token_url=checked_url("token_url", options["token_url"]),
        validate_certs=options["validate_certs"],
        ca_path=options["ca_path"],
        timeout=options["timeout"],
        retries=options["retries"],
        max_wait=options["max_wait"],
    )


def checked_url(option: str, url: str) -> str:
    """Refuse user info, queries and plain http beyond loopback; the text is not shown, it may hold a secret."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # its text quotes pieces of the URL
        usable = False
    if "@" in url:
        raise BadInput(f"{option} must not contain user info: use the credential options")
    if not usable:
        raise BadInput(f"{option} must be an absolute https URL")
    if "?" in url or "#" in url:
        raise BadInput(f"{option} must not have a query or a fragment")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise BadInput(f"{option} must be https: plain http to {parts.hostname} would show the credentials")
    return urlunsplit(parts).rstrip("/")


def hidden_parts(url: str) -> list[str]:
    """What must not be shown of a URL that is refused because of it: user info, the password in it, and a query."""
    user_info = url.partition("//")[2].rpartition("@")[0]
    return [text for text in (user_info, user_info.partition(":")[2], url.partition("?")[2]) if text]


def is_loopback(host: str) -> bool:
    """Whether the host is ``localhost`` or a loopback address; other names are not resolved and do not count."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: what must be equal before credentials are sent again."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme)

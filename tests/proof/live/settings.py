# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the variables ``LIVE_BITBUCKET_*``. The variables of the collection are never read, so no secret of a job is used."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from .errors import CannotRun

PREFIX = "LIVE_BITBUCKET_"
API_URL = "https://api.bitbucket.org/2.0"
TOKEN_URL = "https://bitbucket.org/site/oauth2/access_token"
MARK = "releng.bitbucket live tests"
LOOPBACK = re.compile(r"127\.[0-9.]+|::1|(.+\.)?localhost")

# Variables with an API token, by the kind of credential that probes select.
API_TOKENS = {
    "api_token": "API_TOKEN",
    "unscoped": "UNSCOPED_TOKEN",
    "read": "READ_TOKEN",
    "write": "WRITE_TOKEN",
    "no_delete": "NO_DELETE_TOKEN",
}
EXAMPLE = """\
Set at least:
  export LIVE_BITBUCKET_WORKSPACE=... LIVE_BITBUCKET_REPOSITORY=...
  export LIVE_BITBUCKET_USER=<email address of the account> LIVE_BITBUCKET_API_TOKEN=...
See the guide "Check the real service"."""


class Settings(NamedTuple):
    """Hold addresses, names and credentials. ``tokens`` has API tokens by kind. Missing texts are empty."""

    api_url: str
    token_url: str
    workspace: str
    repository: str
    user: str
    tokens: Mapping[str, str]
    access_token: str
    client_id: str
    client_secret: str
    public_repository: str
    free_workspace: str
    free_repository: str
    hidden_snippet: str

    def kinds(self) -> frozenset[str]:
        """Return the fulfilled needs of probes: kinds of credentials and other settings."""
        given = {
            "access_token": self.access_token,
            "oauth": self.client_id and self.client_secret,
            "public": self.public_repository,
            "free": self.free_repository,
            "hidden": self.hidden_snippet,
        }
        found = {kind for kind, value in given.items() if value} | set(self.tokens)
        if found & {"api_token", "oauth"}:
            found.add("snippets")
        return frozenset(found)

    def main(self) -> str:
        """Return the kind of the default credential."""
        return next(kind for kind in ("api_token", "oauth", "access_token") if kind in self.kinds())

    def authorization(self, kind: str) -> str:
        """Return the Authorization header for a kind of credential other than OAuth."""
        if kind == "access_token":
            return f"Bearer {self.access_token}"
        return basic(self.user, self.tokens[kind])

    def secrets(self) -> set[str]:
        """Return all secrets, also in their encoded forms."""
        plain = {*self.tokens.values(), self.access_token, self.client_secret, self.client_id, self.user}
        encoded = {basic(self.user, token).partition(" ")[2] for token in self.tokens.values()}
        if self.client_id:
            encoded.add(basic(self.client_id, self.client_secret).partition(" ")[2])
        return {text for text in plain | encoded if text}

    def names(self) -> set[str]:
        """Return the names of workspaces and repositories."""
        found = {self.workspace, self.repository, self.public_repository, self.free_workspace, self.free_repository}
        return {part for name in found for part in (name, *name.split("/")) if part}


def basic(user: str, secret: str) -> str:
    """Return the value of an Authorization header for HTTP Basic."""
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings; raise CannotRun with an example if something is missing."""

    def value(name: str, default: str = "") -> str:
        return environ.get(PREFIX + name, "").strip() or default

    settings = Settings(
        api_url=value("API_URL", API_URL).rstrip("/"),
        token_url=value("TOKEN_URL", TOKEN_URL),
        workspace=value("WORKSPACE"),
        repository=value("REPOSITORY"),
        user=value("USER"),
        tokens={kind: value(name) for kind, name in API_TOKENS.items() if value(name)},
        access_token=value("ACCESS_TOKEN"),
        client_id=value("CLIENT_ID"),
        client_secret=value("CLIENT_SECRET"),
        public_repository=value("PUBLIC_REPOSITORY"),
        free_workspace=value("FREE_WORKSPACE"),
        free_repository=value("FREE_REPOSITORY"),
        hidden_snippet=value("HIDDEN_SNIPPET"),
    )
    _require(settings)
    return settings


def _require(settings: Settings) -> None:
    for name, url in (("API_URL", settings.api_url), ("TOKEN_URL", settings.token_url)):
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and LOOPBACK.fullmatch(parts.hostname or "")):
            raise CannotRun(f"{PREFIX}{name} must start with https://, or with http:// for an address on loopback.")
    if not (settings.workspace and settings.repository):
        raise CannotRun(EXAMPLE)
    if settings.tokens and not settings.user:
        raise CannotRun(f"{PREFIX}USER is missing. Set it to the email address of the API token's account.\n{EXAMPLE}")
    if not settings.kinds() & {"api_token", "oauth", "access_token"}:
        raise CannotRun(EXAMPLE)
    for name in (settings.workspace, settings.repository):
        if "/" in name or name in (".", ".."):
            raise CannotRun(f"{PREFIX}WORKSPACE and {PREFIX}REPOSITORY are slugs, not paths.")

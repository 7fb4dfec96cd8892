# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the credentials: API tokens, access tokens and OAuth consumers, with scopes and expiry."""

from __future__ import annotations

import secrets
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..clock import Clock

API_READ = "read:repository:bitbucket"
API_WRITE = "write:repository:bitbucket"
OLD_READ = "repository"
OLD_WRITE = "repository:write"
SNIPPET_READ = "read:snippet:bitbucket"
SNIPPET_WRITE = "write:snippet:bitbucket"
SNIPPET_DELETE = "delete:snippet:bitbucket"
OLD_SNIPPET_READ = "snippet"
OLD_SNIPPET_WRITE = "snippet:write"
API_SCOPES = (API_READ, API_WRITE, SNIPPET_READ, SNIPPET_WRITE, SNIPPET_DELETE)
APP_USER = "app_user:"
OLD_SCOPES = (OLD_WRITE, OLD_SNIPPET_WRITE)
INCLUDED = {
    OLD_WRITE: {OLD_READ},
    "repository:admin": {OLD_READ, OLD_WRITE},
    OLD_SNIPPET_WRITE: {OLD_SNIPPET_READ},
}


@dataclass(frozen=True)
class Credential:
    """Describe a secret that the API accepts. `kind` is "api_token", "access_token" or "oauth".

    `user` is the account of an API token; the other kinds act as an `app_user` (`identity`).
    `role` is the owner's permission for repositories: "write", "read" or "none"; "none" is not a member of a workspace.
    `only` limits it to one repository (the slugs of workspace and repository).
    """

    kind: str
    secret: str
    scopes: frozenset[str]
    user: str | None = None
    expires: datetime | None = None
    role: str = "write"
    only: tuple[str, str] | None = None
    name: str = ""

    @property
    def identity(self) -> str:
        """Return the account's email address, or the name of the `app_user`."""
        return self.user or APP_USER + self.name

    def granted(self) -> frozenset[str]:
        """Return the scopes and the scopes that they include. Scopes of API tokens include no others."""
        return self.scopes.union(*(INCLUDED.get(scope, set()) for scope in self.scopes))


@dataclass(frozen=True)
class Client:
    """Describe an OAuth consumer; its tokens are valid for `expires_in` seconds."""

    client_id: str
    client_secret: str
    scopes: frozenset[str]
    expires_in: int


def profile(name: str) -> dict[str, object]:
    """Return an account or `app_user` as responses show it: without email address and, since 2019, without `username`."""
    is_app = name.startswith(APP_USER)
    shown = name.removeprefix(APP_USER).partition("@")[0]
    identity = "{" + str(uuid.uuid5(uuid.NAMESPACE_DNS, name)) + "}"
    base = f"https://api.bitbucket.org/2.0/users/{identity.replace('{', '%7B').replace('}', '%7D')}"
    return {
        "display_name": shown,
        "links": {
            "self": {"href": base},
            "avatar": {"href": "https://secure.gravatar.com/avatar/00000000000000000000000000000000"},
            "html": {"href": "https://bitbucket.org/" + identity.replace("{", "%7B").replace("}", "%7D") + "/"},
        },
        "type": "app_user" if is_app else "user",
        "uuid": identity,
        "account_id": "557058:" + identity.strip("{}"),
        **({"account_status": "active", "kind": "repository_access_token"} if is_app else {"nickname": shown}),
    }


@dataclass
class Accounts:
    """Hold all secrets of an emulator. Each start creates new ones."""

    clock: Clock
    credentials: dict[str, Credential] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    uses: Counter[str] = field(default_factory=Counter)
    _kept: tuple[dict[str, Credential], dict[str, Client]] = field(default_factory=lambda: ({}, {}))

    def keep(self) -> None:
        """Make `reset` restore the current identities."""
        self._kept = dict(self.credentials), dict(self.clients)

    def reset(self) -> None:
        """Restore the kept identities and delete all others."""
        self.credentials, self.clients = dict(self._kept[0]), dict(self._kept[1])
        self.uses.clear()

    def add(self, credential: Credential) -> str:
        """Add a credential, and return its secret."""
        self.credentials[credential.secret] = credential
        return credential.secret

    def mint_api_token(
        self, user: str, scopes: Iterable[str] = API_SCOPES, role: str = "write", life: float | None = None
    ) -> str:
        """Create an API token of the account with this email address."""
        secret = "ATATT3x" + secrets.token_urlsafe(48)
        return self.add(Credential("api_token", secret, frozenset(scopes), user, self._end(life), role))

    def mint_access_token(
        self,
        scopes: Iterable[str] = (OLD_WRITE,),
        only: tuple[str, str] | None = None,
        life: float | None = None,
    ) -> str:
        """Create an access token of a repository, project or workspace."""
        secret = "ATCTT3x" + secrets.token_urlsafe(48)
        name = f"Access token {len(self.credentials)}"
        return self.add(Credential("access_token", secret, frozenset(scopes), None, self._end(life), only=only, name=name))

    def mint_client(self, scopes: Iterable[str] = OLD_SCOPES, expires_in: int = 7200) -> Client:
        """Create an OAuth consumer."""
        client = Client(secrets.token_urlsafe(18), secrets.token_urlsafe(32), frozenset(scopes), expires_in)
        self.clients[client.client_id] = client
        return client

    def grant(self, client: Client, life: float | None = None) -> Credential:
        """Create an OAuth token for the consumer. Since May 2026, it acts as the consumer and not as its owner.

        It expires after `life` seconds, by default after `expires_in`.
        """
        end = self._end(client.expires_in if life is None else life)
        name = f"Consumer {client.client_id}"
        credential = Credential("oauth", secrets.token_urlsafe(64), client.scopes, expires=end, name=name)
        self.add(credential)
        return credential

    def revoke(self, secret: str) -> None:
        """Delete a token."""
        self.credentials.pop(secret, None)

    def expire_oauth_tokens(self) -> None:
        """Expire all issued OAuth tokens."""
        for credential in list(self.credentials.values()):
            if credential.kind == "oauth":
                values = {**vars(credential), "expires": self.clock.now() - timedelta(seconds=1)}
                self.add(Credential(**values))

    def _end(self, life: float | None) -> datetime | None:
        return None if life is None else self.clock.now() + timedelta(seconds=life)

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose the credentials of a task, and create their Authorization header. The OAuth grant is in ``oauth``.

Facts (documented, fact sheet 4): an API token uses HTTP Basic with the email address of the Atlassian account. A repository,
project or workspace access token is a Bearer token. An OAuth consumer gets a Bearer token by the client credentials grant.
"""

from __future__ import annotations

import base64
import threading
import typing as t

from .._errors import BadInput

ACCESS_TOKEN = "access token"  # noqa: S105 (the name of a kind, not a secret)
API_TOKEN = "API token"  # noqa: S105 (likewise)
OAUTH = "OAuth consumer"
ANONYMOUS = "no credentials"

_ENVIRONMENT = {
    "user": ("BITBUCKET_USERNAME",),
    "access_token": ("BITBUCKET_ACCESS_TOKEN",),
    "api_token": ("BITBUCKET_API_TOKEN", "BITBUCKET_PASSWORD"),
    "client_id": ("BITBUCKET_CLIENT_ID",),
    "client_secret": ("BITBUCKET_CLIENT_SECRET",),
}
# In the order of precedence in the environment.
_SECRETS_OF_KIND = (
    (ACCESS_TOKEN, ("access_token",)),
    (API_TOKEN, ("api_token",)),
    (OAUTH, ("client_id", "client_secret")),
)

# Twice the maximum number of concurrent transfers.
_MOST_LINKS = 32


class Credentials(t.NamedTuple):
    """Credentials of one kind. ``name``: the user or the client ID. ``secret``: the token or client secret."""

    kind: str = ANONYMOUS
    name: str = ""
    secret: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the texts that must never be shown, including the value of the header."""
        if not self.secret:
            return ()
        return (self.secret, basic(self.name, self.secret).split(" ", 1)[1])

    def authorization(self) -> str | None:
        """Return the value of the header if it needs no further request. Return None for anonymous access and OAuth."""
        if self.kind == ACCESS_TOKEN:
            return f"Bearer {self.secret}"
        if self.kind == API_TOKEN:
            return basic(self.name, self.secret)
        return None


class Secrets:
    """The texts that must not be shown. ``tell`` is called with each new one. Threads can share it.

    ``links``: queries of the latest signed URLs. There is one per artifact, so only the latest are kept. Messages and results
    never contain a query. These protect against server texts and unforeseen exceptions, which can only repeat a recent request.
    """

    def __init__(self, texts: t.Iterable[str], tell: t.Callable[[str], object]) -> None:
        self._texts = list(texts)
        self._tell = tell
        self.links: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def add(self, secret: str) -> None:
        """Hide a text from all later output."""
        if secret:
            self._texts.append(secret)
            self._tell(secret)

    def add_link(self, query: str) -> None:
        """Hide the query of a signed URL from output while a server text or exception might repeat it."""
        with self._lock:
            self.links = (*self.links, query)[-_MOST_LINKS:] if query else self.links

    def scrub(self, text: str) -> str:
        """Return the text without secrets."""
        for secret in (*self._texts, *self.links):
            text = text.replace(secret, "********")
        return text


def basic(name: str, secret: str) -> str:
    """Return the value of a Basic Authorization header, encoded as UTF-8, as browsers do."""
    return f"Basic {base64.b64encode(f'{name}:{secret}'.encode()).decode('ascii')}"


def choose_credentials(
    options: t.Mapping[str, t.Any], environment: t.Mapping[str, str], ranked: bool = True, prefix: str = ""
) -> Credentials:
    """Return the credentials to use. Options take precedence over the environment.

    Raise BadInput if the options contain more than one kind. ``ranked``: whether the first of several kinds in the environment
    is used. Otherwise, several kinds are an error there as well.

    ``options``: what the task, module_defaults or lookup sets, without values from the environment. An empty text counts as not
    set, because ``lookup('env', …)`` returns one for a missing variable. ``prefix``: of the option names.
    """
    given = {name: options.get(prefix + name) or "" for name in _ENVIRONMENT}
    inherited = {name: _read_environment(name, environment) for name in _ENVIRONMENT}
    chosen = _kinds(given)
    if len(chosen) > 1:
        names = " and ".join(_list_set(given, kind, prefix) for kind in chosen)
        raise BadInput(f"More than one kind of credentials is set: {names}. Use only one")
    chosen = chosen or _kinds(inherited)
    if not chosen:
        return Credentials()
    if len(chosen) > 1 and not ranked:
        names = " and ".join(_list_variables(environment, kind) for kind in chosen)
        raise BadInput(f"More than one kind of credentials is set in the environment: {names}. Use only one")
    merged = {name: given[name] or inherited[name] for name in _ENVIRONMENT}
    return _make(chosen[0], merged, prefix)


def _read_environment(name: str, environment: t.Mapping[str, str]) -> str:
    return next((environment[variable] for variable in _ENVIRONMENT[name] if environment.get(variable)), "")


def _kinds(values: t.Mapping[str, str]) -> list[str]:
    return [kind for kind, secrets in _SECRETS_OF_KIND if any(values[name] for name in secrets)]


def _list_set(values: t.Mapping[str, str], kind: str, prefix: str) -> str:
    return "/".join(prefix + name for name in dict(_SECRETS_OF_KIND)[kind] if values[name])


def _list_variables(environment: t.Mapping[str, str], kind: str) -> str:
    names = (variable for name in dict(_SECRETS_OF_KIND)[kind] for variable in _ENVIRONMENT[name])
    return "/".join(name for name in names if environment.get(name))


def _make(kind: str, values: t.Mapping[str, str], prefix: str) -> Credentials:
    if kind == ACCESS_TOKEN:
        return Credentials(kind, "", _check("access_token", values, prefix))
    if kind == API_TOKEN:
        if not values["user"]:
            variable = "" if prefix else " (or BITBUCKET_USERNAME)"
            raise BadInput(f"{prefix}api_token requires {prefix}user{variable}, the email address of the Atlassian account")
        return Credentials(kind, _check("user", values, prefix), _check("api_token", values, prefix))
    for name in ("client_id", "client_secret"):
        if not values[name]:
            raise BadInput(f"{prefix}client_id and {prefix}client_secret must be set together: {prefix}{name} is missing")
    return Credentials(kind, _check("client_id", values, prefix), _check("client_secret", values, prefix))


def _check(name: str, values: t.Mapping[str, str], prefix: str) -> str:
    value = values[name]
    # Values read from files can end in a line break or a space, which would break or split the header.
    if value != value.strip() or not value.isprintable():
        raise BadInput(f"{prefix}{name} starts or ends with white space, or contains a control character such as a line break")
    if name == "access_token" and not value.isascii():
        raise BadInput(f"{prefix}access_token contains non-ASCII characters")
    return value

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose the credential of a task, and make its Authorization header. The OAuth grant itself is in ``oauth``.

Facts (documented, fact sheet 4): an API token is HTTP Basic with the Atlassian account e-mail; a repository, project or
workspace access token is Bearer; an OAuth consumer gets a Bearer token by the client credentials grant.
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

# Twice the largest number of transfers at the same time.
_MOST_LINKS = 32


class Credentials(t.NamedTuple):
    """One kind of credential; ``name`` is the user or the client id, ``secret`` the token or client secret."""

    kind: str = ANONYMOUS
    name: str = ""
    secret: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that must never be shown, including the value of the header."""
        if not self.secret:
            return ()
        return (self.secret, basic(self.name, self.secret).split(" ", 1)[1])

    def authorization(self) -> str | None:
        """Return the value of the header for kinds that need no further request, None for anonymous and OAuth."""
        if self.kind == ACCESS_TOKEN:
            return f"Bearer {self.secret}"
        if self.kind == API_TOKEN:
            return basic(self.name, self.secret)
        return None


class Secrets:
    """The texts that must not be shown. ``tell`` is called with each that is added. Safe to share between threads.

    ``links``: the latest queries of signed links, which are as many as artifacts. Messages and results never hold a query; these
    are for texts of servers and for exceptions that nobody foresaw, which can only repeat a request that was just sent.
    """

    def __init__(self, texts: t.Iterable[str], tell: t.Callable[[str], object]) -> None:
        self._texts = list(texts)
        self._tell = tell
        self.links: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def add(self, secret: str) -> None:
        """Keep a text out of all that is shown from now on."""
        if secret:
            self._texts.append(secret)
            self._tell(secret)

    def add_link(self, query: str) -> None:
        """Keep the query of a signed link out of all that is shown while it might be repeated."""
        with self._lock:
            self.links = (*self.links, query)[-_MOST_LINKS:] if query else self.links

    def scrub(self, text: str) -> str:
        """Return the text without secrets."""
        for secret in (*self._texts, *self.links):
            text = text.replace(secret, "********")
        return text


def basic(name: str, secret: str) -> str:
    """Return the value of a Basic Authorization header, UTF-8 as browsers send it."""
    return f"Basic {base64.b64encode(f'{name}:{secret}'.encode()).decode('ascii')}"


def choose_credentials(
    options: t.Mapping[str, t.Any], environment: t.Mapping[str, str], ranked: bool = True, prefix: str = ""
) -> Credentials:
    """Return the one credential to use: options take precedence over the environment, and two kinds among them are an error.

    ``ranked``: whether of several kinds in the environment the first one counts; else they are an error as well.

    ``options`` holds what the task, module_defaults or lookup set, never values from the environment. An empty text counts
    as not set, because ``lookup('env', …)`` returns one for a missing variable. ``prefix``: of the names of the options.
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
    # A line end or blank that comes with a value from a file would break or split the header.
    if value != value.strip() or not value.isprintable():
        raise BadInput(f"{prefix}{name} starts or ends with white space, or contains a control character such as a line break")
    if name == "access_token" and not value.isascii():
        raise BadInput(f"{prefix}access_token contains non-ASCII characters")
    return value

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookups' twin of _module: options to a client, and errors to AnsibleLookupError. Knows no single lookup."""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display

from ..module_utils._errors import BitbucketError, MissingLibrary
from ..module_utils._http.client import Client
from ..module_utils._http.connection import parse_connection
from ..module_utils._http.credentials import choose_credentials
from ._reading import Missing, Reading, presented

_CONNECTION = (
    "workspace",
    "user",
    "api_token",
    "access_token",
    "client_id",
    "client_secret",
    "api_url",
    "token_url",
    "validate_certs",
    "ca_path",
    "timeout",
    "retries",
    "max_wait",
)

_VARIABLES = "bitbucket_"

# Reads the contents behind one term.
Reader = t.Callable[[str], bytes]


def run_lookup(
    plugin: LookupBase,
    terms: t.Sequence[t.Any],
    variables: t.Mapping[str, t.Any] | None,
    options: t.Mapping[str, t.Any],
    reader: t.Callable[[LookupBase, Client], Reader],
    check: t.Callable[[str], t.Any] = str,
) -> list[t.Any]:
    """One result a term: the bytes that ``reader`` finds, as the options ask for them. One client serves all terms.

    ``check`` is called with every term before any request, and raises for one that cannot be a name.
    """
    plugin.set_options(var_options=_resolved(plugin, variables or {}), direct=options)
    try:
        return _results(plugin, terms, reader, check)
    except MissingLibrary as exc:
        raise AnsibleLookupError(f"{exc}. Install it for the Python that runs ansible, lookups run on the control node") from None
    except BitbucketError as exc:
        raise AnsibleLookupError(str(exc)) from None


def _resolved(plugin: LookupBase, variables: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The variables that set options, ``bitbucket_*``; one may be a template itself, which Ansible hands over as it is written.

    Only what Ansible trusts as a template is resolved: that is its templar's own decision.
    """
    ours = {name: value for name, value in variables.items() if name.startswith(_VARIABLES)}
    if plugin._templar is None:
        return ours
    return {name: plugin._templar.template(value) for name, value in ours.items()}


def _results(
    plugin: LookupBase,
    terms: t.Sequence[t.Any],
    reader: t.Callable[[LookupBase, Client], Reader],
    check: t.Callable[[str], t.Any],
) -> list[t.Any]:
    reading = Reading(
        output=plugin.get_option("output"),
        encoding=plugin.get_option("encoding"),
        rstrip=plugin.get_option("rstrip"),
        checksum=plugin.get_option("checksum"),
    )
    reading.require_fitting(terms)
    for term in terms:
        check(term)
    settings = {name: plugin.get_option(name) for name in _CONNECTION}
    read = reader(plugin, Client(parse_connection(settings, choose_credentials(settings, os.environ))))
    found = []
    for term in terms:
        try:
            found.append(presented(term, read(term), reading))
        except Missing as exc:
            _missing(plugin.get_option("on_missing"), exc)
    return found


def _missing(on_missing: str, exc: Missing) -> None:
    if on_missing == "error":
        raise exc
    if on_missing == "warn":
        Display().warning(str(exc))

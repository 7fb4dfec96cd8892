# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a lookup: create a client from its options, read each term, and raise AnsibleLookupError for a failure."""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display

from ..module_utils._ansible.given import Given
from ..module_utils._errors import BadInput, BitbucketError, MissingLibrary, TooLarge
from ..module_utils._http.client import Client
from ..module_utils._http.connection import parse_connection
from ..module_utils._http.credentials import choose_credentials
from ..module_utils._http.retries import Clock
from ._options import check_options, choose_variables, parse_keys, remove_unset, resolve_variables
from ._output import OutputOptions, render

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

# Returns the contents for one term.
Reader = t.Callable[[str], bytes]


class Missing(BitbucketError):
    """The file of a term does not exist, as proved by a listing."""


def run_lookup(
    plugin: LookupBase,
    terms: t.Sequence[t.Any],
    variables: t.Mapping[str, t.Any] | None,
    options: t.Mapping[str, t.Any],
    reader: t.Callable[[LookupBase, Client], Reader],
    clock: Clock,
    check: t.Callable[[str], t.Any] = str,
) -> list[t.Any]:
    """Return one result for each term: the bytes from ``reader``, converted as the options specify.

    All terms share one client. ``clock``: used by retries. ``check`` is called with every term before any request, and raises
    BadInput for an invalid name.
    """
    try:
        check_options(plugin.option_definitions, options)
        _set_options(plugin, options, variables or {})
        return _read_all(plugin, terms, reader, clock, check)
    except MissingLibrary as exc:
        raise AnsibleLookupError(f"{exc}. Install it for the Python that runs Ansible: lookups run on the control node") from None
    except BitbucketError as exc:
        raise AnsibleLookupError(str(exc)) from None


def _set_options(plugin: LookupBase, options: t.Mapping[str, t.Any], variables: t.Mapping[str, t.Any]) -> None:
    """Set the options of the plugin, with templates in variables resolved. Ansible passes them unresolved.

    The templar resolves only text that Ansible trusts as a template. As in modules, a number for a text is refused.
    """

    def resolve(_name: str, value: t.Any) -> t.Any:
        return value if plugin._templar is None else plugin._templar.template(value)

    definitions = plugin.option_definitions
    given = remove_unset(definitions, options)
    found = resolve_variables(definitions, choose_variables(definitions, given, variables), resolve)
    direct = parse_keys(given)
    if refusal := Given(definitions, {**{option: setting.value for option, setting in found.items()}, **direct}).refusal:
        raise BadInput(refusal)
    plugin.set_options(var_options=dict(found.values()), direct=direct)


def _read_all(
    plugin: LookupBase,
    terms: t.Sequence[t.Any],
    reader: t.Callable[[LookupBase, Client], Reader],
    clock: Clock,
    check: t.Callable[[str], t.Any],
) -> list[t.Any]:
    output = OutputOptions(
        output=plugin.get_option("output"),
        encoding=plugin.get_option("encoding"),
        rstrip=plugin.get_option("rstrip"),
        checksum=plugin.get_option("checksum"),
    )
    output.check(terms)
    for term in terms:
        check(term)
    settings = {name: plugin.get_option(name) for name in _CONNECTION}
    connection = parse_connection(settings, choose_credentials(settings, os.environ))
    read = reader(plugin, Client(connection, clock=clock))
    found = []
    for term in terms:
        try:
            found.append(render(term, read(term), output))
        except Missing as exc:
            _report(exc, plugin.get_option("on_missing"))
        except TooLarge as exc:
            raise BitbucketError(f"{exc}. The option max_size is {plugin.get_option('max_size')}") from exc
    return found


def _report(exc: Missing, on_missing: str) -> None:
    if on_missing == "error":
        raise exc
    if on_missing == "warn":
        Display().warning(str(exc))

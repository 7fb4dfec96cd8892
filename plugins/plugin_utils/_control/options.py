# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the options of a task on the control node, and choose those for the host."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import FILE_COMMON_ARGUMENTS
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError

from ...module_utils._ansible.arguments import connection_argument_spec
from ...module_utils._ansible.given import Given
from ...module_utils._errors import BadInput
from ...module_utils._parallel import check_parallel
from ...modules.bitbucket_download_fetch import CHECKS, argument_spec

Arguments = t.Mapping[str, t.Any]

# Options that the environment of the host must not set.
_PLACE = ("workspace", "repository", "api_url", "token_url")
# Options that only the control node needs: credentials, and keys to verify signatures.
_KEPT = ("user", "api_token", "access_token", "client_id", "client_secret", "signed_by", "signature")


class Options(t.NamedTuple):
    """The checked options of a task, and the arguments for the host."""

    checked: Arguments
    of_host: Arguments


def parse_options(arguments: Arguments, environment: t.Mapping[str, str]) -> Options:
    """Return the options of a fetch task. Raise BadInput with the messages of AnsibleModule."""
    spec = {**FILE_COMMON_ARGUMENTS, **connection_argument_spec(), **argument_spec()}
    complete = _add_environment(spec, arguments, environment)
    given = Given(spec, complete)
    if given.refusal:
        raise BadInput(given.refusal)
    result = ArgumentSpecValidator(spec, **CHECKS).validate(given.arguments)
    if result.error_messages:
        prefix = "Unsupported parameters: " if isinstance(result.errors[0], UnsupportedError) else ""
        raise BadInput(prefix + result.errors.msg)
    check_parallel(result.validated_parameters["parallel"])
    complete.update({option: result.validated_parameters[option] for option in _PLACE})
    kept = {name for option in _KEPT for name in (option, *spec[option].get("aliases", ()))}
    return Options(result.validated_parameters, {name: value for name, value in complete.items() if name not in kept})


def _add_environment(spec: Arguments, arguments: Arguments, environment: t.Mapping[str, str]) -> dict[str, t.Any]:
    """Return the arguments, with unset options from environment variables."""
    found = dict(arguments)
    for option, definition in spec.items():
        names = definition["fallback"][1] if "fallback" in definition else ()
        values = [environment[name] for name in names if name in environment]
        if values and found.get(option) is None:
            found[option] = values[0]
    return found

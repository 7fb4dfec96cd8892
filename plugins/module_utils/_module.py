# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only file that knows AnsibleModule: shared options, and the way from an outcome or an error to the result."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib

from ._auth import choose_credentials
from ._client import Client
from ._connection import connection_from
from ._errors import BitbucketError, MissingLibrary
from ._outcome import Outcome

Options = t.Mapping[str, t.Any]


def connection_argument_spec() -> t.Dict[str, t.Any]:
    """The connection options. Secrets have no environment fallback here: _auth must know what the task itself has set."""
    return {
        "workspace": {"type": "str", "required": True, "fallback": (env_fallback, ["BITBUCKET_WORKSPACE"])},
        "user": {"type": "str", "aliases": ["username"]},
        "api_token": {"type": "str", "aliases": ["password"], "no_log": True},
        "access_token": {"type": "str", "no_log": True},
        "client_id": {"type": "str", "no_log": True},
        "client_secret": {"type": "str", "no_log": True},
        "api_url": {
            "type": "str",
            "default": "https://api.bitbucket.org/2.0",
            "fallback": (env_fallback, ["BITBUCKET_API_URL"]),
        },
        "token_url": {
            "type": "str",
            "default": "https://bitbucket.org/site/oauth2/access_token",
            "fallback": (env_fallback, ["BITBUCKET_TOKEN_URL"]),
            "no_log": False,
        },
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
        "timeout": {"type": "int", "default": 30},
        "retries": {"type": "int", "default": 4},
        "max_wait": {"type": "int", "default": 300},
    }


def repository_argument_spec() -> t.Dict[str, t.Any]:
    """The option that joins the connection wherever Downloads are meant."""
    return {"repository": {"type": "str", "required": True, "fallback": (env_fallback, ["BITBUCKET_REPO_SLUG"])}}


def create_module(argument_spec: t.Dict[str, t.Any], **checks: t.Any) -> AnsibleModule:
    """A module with the connection options, which supports check mode; ``checks`` are AnsibleModule's own."""
    return AnsibleModule(argument_spec=dict(connection_argument_spec(), **argument_spec), supports_check_mode=True, **checks)


def run_module(module: AnsibleModule, action: t.Callable[[Client], Outcome], threads: int = 1) -> None:
    """Call the action with a client, and end the module with what came of it."""
    client: t.Optional[Client] = None
    try:
        client = _client(module, threads)
        outcome = action(client)
    except MissingLibrary as exc:
        module.fail_json(msg=missing_required_lib(exc.library), exception=exc.import_error, requests=0)
    except BitbucketError as exc:
        module.fail_json(msg=str(exc), **dict(exc.facts, requests=client.requests if client else 0))
    else:
        _exit(module, outcome, client.requests)


def _client(module: AnsibleModule, threads: int) -> Client:
    credentials = choose_credentials(module.params, os.environ)
    for secret in credentials.secrets:
        module.no_log_values.add(secret)
    return Client(connection_from(module.params, credentials), threads, module.no_log_values.add)


def _exit(module: AnsibleModule, outcome: Outcome, requests: int) -> None:
    for warning in outcome.warnings:
        module.warn(warning)
    result = dict(outcome.results, changed=outcome.changed, requests=requests)
    if module._diff:
        result["diff"] = {"before": outcome.before, "after": outcome.after}
    module.exit_json(**result)

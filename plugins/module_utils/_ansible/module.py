# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only file that knows AnsibleModule: shared options, and the way from an outcome or an error to the result."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib

from .._errors import BitbucketError, MissingLibrary, Stopped
from .._http.client import Client
from .._http.connection import hidden_parts, parse_connection
from .._http.credentials import choose_credentials
from .._outcome import Outcome, Progress, Result
from .stopping import stopped_by_signals

Options = t.Mapping[str, t.Any]

_OTHER_HOST = ". Or let another host that has it do the work: delegate_to: localhost"


def connection_argument_spec() -> dict[str, t.Any]:
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


def repository_argument_spec() -> dict[str, t.Any]:
    """The option that joins the connection wherever Downloads are meant."""
    return {"repository": {"type": "str", "required": True, "fallback": (env_fallback, ["BITBUCKET_REPO_SLUG"])}}


class AnsibleFiles:
    """What Ansible does about a fetched file: move it into place, back the old one up, set its attributes."""

    def __init__(self, module: AnsibleModule) -> None:
        self._module = module

    def install(self, temporary: str, path: str) -> str | None:
        """Move the temporary file to the path, atomically; returns the path of a backup, if one was made."""
        path = os.path.abspath(path)  # atomic_move looks at the folder by its name
        backup = None
        if self._module.params["backup"] and os.path.isfile(path):
            backup = self._module.backup_local(path)
        try:
            self._module.atomic_move(temporary, path, unsafe_writes=self._module.params["unsafe_writes"])
        except Exception as exc:  # ansible-core 2.19 raises nothing narrower
            if backup:
                os.unlink(backup)
            raise BitbucketError(f"Cannot replace {path}: {exc}") from exc
        return backup

    def set_attributes(self, path: str) -> tuple[t.Mapping[str, t.Any], t.Mapping[str, t.Any]]:
        """Set mode, owner and so on as the task wishes, in check mode do not; those that differ, before and after."""
        found: dict[str, dict[str, t.Any]] = {"before": {}, "after": {}}
        if os.path.exists(path):  # else check mode; that the file is missing counts already
            wished = self._module.load_file_common_arguments(self._module.params, path=path)
            self._module.set_fs_attributes_if_different(wished, False, found)
        return found["before"], found["after"]

    def set_owner(self, path: str) -> bool:
        """Set owner, group and SELinux context as the task wishes, or say in check mode whether they differ; not the mode."""
        names = ("owner", "group", "seuser", "serole", "setype", "selevel")
        if not any(self._module.params[name] for name in names) or not os.path.lexists(path):
            return False
        wished = self._module.load_file_common_arguments(self._module.params, path=path)
        wished.update(mode=None, attributes=None)
        return bool(self._module.set_fs_attributes_if_different(wished, False))


def create_module(argument_spec: dict[str, t.Any], **checks: t.Any) -> AnsibleModule:
    """A module with the connection options, which supports check mode; ``checks`` are AnsibleModule's own."""
    spec = {**connection_argument_spec(), **argument_spec}
    return AnsibleModule(argument_spec=spec, supports_check_mode=True, **checks)


def run_module(
    module: AnsibleModule, action: t.Callable[[Client, Progress], Outcome], progress: Progress, threads: int = 1
) -> None:
    """Call the action with a client, and end the module with its outcome, or with a failure and the progress so far."""
    client: Client | None = None
    try:
        with stopped_by_signals():
            client = _client(module, threads)
            outcome = _run(module, lambda: action(client, progress))
    except MissingLibrary as exc:
        advice = missing_required_lib(exc.library) + _OTHER_HOST
        module.fail_json(msg=advice, exception=exc.import_error, **_facts(progress, client))
    except (BitbucketError, Stopped) as exc:
        module.fail_json(msg=progress.explain(exc), **_facts(progress, client))
    else:
        _exit(module, outcome, client.requests)


def _facts(progress: Progress, client: Client | None) -> Result:
    return dict(progress.results(), requests=client.requests if client else 0)


def _run(module: AnsibleModule, action: t.Callable[[], Outcome]) -> Outcome:
    """Call the action while AnsibleModule's own file functions raise, instead of ending the process from some thread."""
    vars(module)["fail_json"] = _raise
    try:
        return action()
    finally:
        del vars(module)["fail_json"]


def _raise(msg: str, **results: t.Any) -> t.NoReturn:
    raise BitbucketError(f"{results['path']}: {msg}" if "path" in results else msg)


def _client(module: AnsibleModule, threads: int) -> Client:
    for option in ("api_url", "token_url"):
        module.no_log_values.update(hidden_parts(module.params[option]))
    credentials = choose_credentials(module.params, os.environ)
    for secret in credentials.secrets:
        module.no_log_values.add(secret)
    return Client(parse_connection(module.params, credentials), threads, module.no_log_values.add)


def _exit(module: AnsibleModule, outcome: Outcome, requests: int) -> None:
    for warning in outcome.warnings:
        module.warn(warning)
    result = dict(outcome.results, changed=outcome.changed, requests=requests)
    if module._diff:
        texts = {"before": outcome.before, "after": outcome.after}
        result["diff"] = texts if outcome.diffs is None else outcome.diffs
    module.exit_json(**result)

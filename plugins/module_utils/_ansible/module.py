# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create a module, run its action, and exit with the outcome or the failure."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import typing as t
from types import MappingProxyType

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.parameters import remove_values

from .._errors import BadInput, BitbucketError, MissingLibrary, Stopped
from .._http.client import Client
from .._http.connection import hidden_parts, parse_connection
from .._http.credentials import choose_credentials
from .._http.retries import CLOCK, Clock
from .._outcome import Outcome, Progress, Result, count_results
from .arguments import connection_argument_spec
from .control_node import Values, take_values
from .given import Given, find_private_keys
from .meter_file import write_samples

Options = t.Mapping[str, t.Any]
CreateClient = t.Callable[[AnsibleModule, int, Clock], Client]

_OTHER_HOST = ". Or run the task on a host that has it, for example with delegate_to: localhost"

_ADDRESSES = ("api_url", "token_url", "workspace", "repository", "src_workspace", "src_repository")

# A canceled job, Ctrl-C, and a closed terminal or SSH connection.
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class BitbucketModule(AnsibleModule):
    """A module that checks its arguments before conversion. ``refusal``: why they are refused, or an empty text.

    ``control_node``: values that the action plugin passes, in addition to the arguments.
    """

    refusal = ""
    control_node: Values = MappingProxyType({})

    def __init__(self, argument_spec: dict[str, t.Any], **checks: t.Any) -> None:
        AnsibleModule.__init__(self, argument_spec=argument_spec, supports_check_mode=True, **checks)

    def _load_params(self) -> None:
        AnsibleModule._load_params(self)
        self.control_node = take_values(self.params)
        given = Given(self.argument_spec, self.params)
        self.params, self.refusal = given.arguments, given.refusal
        self.no_log_values.update(find_private_keys(self.params))


def create_module(argument_spec: dict[str, t.Any], **checks: t.Any) -> BitbucketModule:
    """Return a module with the connection options that supports check mode. ``checks``: passed to AnsibleModule."""
    spec = {**connection_argument_spec(), **argument_spec}
    return BitbucketModule(spec, **checks)


def run_module(
    module: BitbucketModule,
    action: t.Callable[[Client, Progress], Outcome],
    progress: Progress,
    threads: int = 1,
    clock: Clock = CLOCK,
    create: CreateClient | None = None,
) -> None:
    """Call the action with a client, and exit with its outcome, or with a failure and the progress so far.

    ``clock``: used by retries. ``create``: creates the client instead of ``create_client``.
    """
    client: Client | None = None
    start = clock.monotonic()

    def measure() -> Result:
        return {"elapsed": round(clock.monotonic() - start, 3), "requests": client.requests if client else 0}

    try:
        with stop_on_signals():
            if module.refusal:
                raise BadInput(module.refusal)
            client = (create or create_client)(module, threads, clock)
            try:
                with write_samples(client.meter, module.control_node.get("progress")):
                    outcome = action(client, progress)
            finally:
                module.no_log_values.update(client.session.secrets.links)
    except MissingLibrary as exc:
        advice = missing_required_lib(exc.library) + _OTHER_HOST
        module.fail_json(msg=advice, exception=exc.import_error, **progress.results(), **measure())
    except (BitbucketError, Stopped) as exc:
        module.fail_json(msg=progress.explain(exc), **progress.results(), **measure())
    else:
        _exit(module, outcome, measure())


def mask_secrets(module: AnsibleModule, text: str) -> str:
    """Return the text with the known secrets of AnsibleModule masked, as in results."""
    return str(remove_values(text, module.no_log_values))


def create_client(module: AnsibleModule, threads: int, clock: Clock) -> Client:
    """Return a client with the credentials of the task or of the environment."""
    for option in _ADDRESSES:
        module.no_log_values.update(hidden_parts(module.params.get(option) or ""))
    credentials = choose_credentials(module.params, os.environ)
    for secret in credentials.secrets:
        module.no_log_values.add(secret)
    return Client(parse_connection(module.params, credentials), threads, module.no_log_values.add, clock)


def _exit(module: AnsibleModule, outcome: Outcome, measures: Result) -> None:
    for warning in outcome.warnings:
        module.warn(warning)
    result = {**outcome.results, **measures, "changed": outcome.changed, "msg": count_results(outcome.results)}
    if module._diff:
        result["diff"] = outcome.shorten_texts() if outcome.diffs is None else outcome.diffs
    module.exit_json(**result)


@contextlib.contextmanager
def stop_on_signals() -> t.Iterator[None]:
    """Raise Stopped in the main thread if a signal stops the task. Ignored signals, such as with nohup, remain ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    handled = {number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)}
    try:
        for number in handled:
            signal.signal(number, _stop)
        yield
    finally:
        for number, handler in handled.items():
            signal.signal(number, handler)


def _stop(number: int, _unused: object) -> t.NoReturn:
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)  # nothing must interrupt the cleanup
    raise Stopped(f"The task was stopped by {signal.Signals(number).name}. Changes made before that remain. Run the task again")

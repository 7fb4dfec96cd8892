# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a fetch task with ``via: link`` or ``via: controller``. The control node has the client, and the host has the files."""

from __future__ import annotations

import collections
import hashlib
import json
import typing as t

from ...module_utils._errors import BitbucketError, MissingLibrary
from ...module_utils._http.client import Client
from ...module_utils._http.connection import parse_connection
from ...module_utils._http.credentials import choose_credentials
from ...module_utils._http.retries import CLOCK, Clock
from ...module_utils._meter import Meter
from ...modules.bitbucket_download_fetch import parse_wanted
from .conversation import Conversation, Job
from .copies import Copies
from .downloads import SharedDownloads
from .memory import RUN, RunMemory
from .options import Options, parse_options
from .snapshots import Attempt, Snapshot
from .supply import Links, Supply, Transfers

Json = t.Dict[str, t.Any]

# How often this process has started a task with the same arguments. It runs one host of one task, with all its repetitions.
_ATTEMPTS: collections.Counter[str] = collections.Counter()


class Host(t.Protocol):
    """The host of a task. ``folder``: the private directory of the run on the control node."""

    folder: str
    is_async: bool

    def execute(self, arguments: Json, delivery: Json, as_job: bool) -> Json:
        """Run the module with a delivery and return its result. ``as_job``: whether to run it in the background."""

    def transfer(self, path: str) -> str:
        """Transfer a file to the temporary directory of the task, and return its path there."""

    def watch(self, meter: Meter) -> t.ContextManager[object]:
        """Return a context that shows the progress of transfers on the control node."""


def fetch_for_host(
    host: Host,
    task: str,
    arguments: t.Mapping[str, t.Any],
    environment: t.Mapping[str, str],
    memory: RunMemory = RUN,
    clock: Clock = CLOCK,
) -> Json:
    """Return the result of the task.

    ``task``: ID of the task on all hosts. ``environment``: of the control node. ``memory``: shared by all tasks of the run.
    """
    start = clock.monotonic()
    client: Client | None = None
    try:
        options = parse_options(arguments, environment)
        credentials = choose_credentials(options.checked, environment, ranked=False)
        connection = parse_connection(options.checked, credentials)
        client = Client(connection, options.checked["parallel"], clock=clock)
        snapshot = Snapshot(memory, connection, options.checked["repository"], _count_attempt(task, arguments))
        with host.watch(client.meter):
            result = _create_conversation(host, client, options, snapshot).run()
    except MissingLibrary as exc:
        result = _fail(
            f"{exc} for the Python that runs Ansible. via: {arguments['via']} requires it: install it on the control node"
        )
    except BitbucketError as exc:
        result = _fail(str(exc))
    requests = client.requests if client else 0
    return {**result, "requests": requests + result.get("requests", 0), "elapsed": round(clock.monotonic() - start, 3)}


def _create_conversation(host: Host, client: Client, options: Options, snapshot: Snapshot) -> Conversation:
    checked = options.checked
    downloads = SharedDownloads(client, checked["repository"], snapshot)
    supply: Supply = Links(downloads)
    if checked["via"] == "controller":
        supply = Transfers(Copies(downloads, host.folder, checked["parallel"]), host.transfer)
    job = Job(parse_wanted(checked), checked["force"], checked["parallel"], host.is_async)

    def execute(delivery: Json, as_job: bool) -> Json:
        # The result of a job does not return to the action plugin.
        return host.execute(dict(options.of_host), {**delivery, "requests": client.requests if as_job else 0}, as_job)

    return Conversation(downloads, job, supply, execute)


def _count_attempt(task: str, arguments: t.Mapping[str, t.Any]) -> Attempt:
    """Return the attempt. Ansible repeats a task with ``until`` in the same process."""
    key = hashlib.sha256(json.dumps([task, arguments], sort_keys=True, default=str).encode("utf-8")).hexdigest()
    _ATTEMPTS[key] += 1
    return Attempt(task, _ATTEMPTS[key])


def _fail(message: str) -> Json:
    return {"failed": True, "changed": False, "msg": message, "artifacts": []}

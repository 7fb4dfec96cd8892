# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a task in this process with a separate emulator and a time limit. Must not know any fault."""

from __future__ import annotations

import contextlib
import functools
import io
import signal
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, cast

import trustme
from ansible.errors import AnsibleLookupError
from ansible.module_utils.basic import AnsibleModule
from ansible.plugins.loader import lookup_loader

from ansible_collections.releng.bitbucket.plugins.module_utils._http.retries import Clock
from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.helpers.tls import tls_front

from .scenario import STAGING, Scenario, World

TIMEOUT, RETRIES, MAX_WAIT = 1, 2, 5
# An attempt takes at most two timeouts until its header arrives, and one until a slow body is aborted, plus the pauses.
# Twenty seconds are a reserve for a busy machine. A task that hangs takes longer.
BUDGET = MAX_WAIT + (RETRIES + 1) * 3 * TIMEOUT + 20
IMPATIENT = {"timeout": TIMEOUT, "retries": RETRIES, "max_wait": MAX_WAIT}
PATIENT = {"timeout": 30, "retries": 2, "max_wait": 30}


class OverBudget(BaseException):
    """The task did not end in time."""


@dataclass(frozen=True)
class Outcome:
    """Describe a run. ``value``: the value of a reading task. ``said``: its complete output. ``crash``: a traceback."""

    failed: bool
    message: str = ""
    changed: bool = False
    value: Any = None
    warnings: tuple[str, ...] = ()
    said: str = ""
    crash: str = ""
    over_budget: bool = False

    @property
    def words(self) -> str:
        """Return the message and the warnings."""
        return "; ".join(filter(None, [self.message, *self.warnings]))


class Printed(NamedTuple):
    """Hold the text of stdout and stderr."""

    out: str
    err: str


class Output:
    """Collect the output of the task, with the interface of pytest's capsys."""

    def __init__(self) -> None:
        self.out, self.err, self.all = io.StringIO(), io.StringIO(), ""

    def readouterr(self) -> Printed:
        """Return the output since the last call."""
        taken = Printed(self.out.getvalue(), self.err.getvalue())
        self.all += taken.out + taken.err
        for stream in (self.out, self.err):
            stream.seek(0)
            stream.truncate()
        return taken


class Stage:
    """Provide a prepared emulator and a folder for one scenario, as a context.

    Pauses between attempts are zero, except those of a Retry-After. Hosts that refuse connections accept them again at the
    next pause, unless ``accepts_on_pause`` is false.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.accepts_on_pause = True
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Stage:
        # The emulator uses the default folder. Later temporary files are created where they are counted.
        self.emulator = self._stack.enter_context(Emulator())
        self._root = root = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self.folder, self.temporary = root / "task", root / "temporary"
        self._address: dict[str, Any] = {"api_url": self.emulator.api_url, "token_url": self.emulator.token_url}
        for folder in (self.folder, self.temporary):
            folder.mkdir()
        self.emulator.switches.update(dict(self.scenario.switches))
        self.scenario.before.prepare(self.emulator, self.folder)
        self._stack.enter_context(_replaced(tempfile, "tempdir", str(self.temporary)))
        self._clock = Clock(time.monotonic, self._pause, lambda least, most: 0.0)
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    @contextlib.contextmanager
    def behind_tls(self) -> Iterator[None]:
        """Use https between the task and the API in this block. The storage host and all links remain plain HTTP."""
        plain, bundle = self._address, self._root / "ca.pem"
        _authority().cert_pem.write_to_path(bundle)
        with tls_front(self.emulator.origin, _authority().issue_cert("127.0.0.1")) as origin:
            moved = {name: str(url).replace(self.emulator.origin, origin) for name, url in plain.items()}
            self._address = {**moved, "ca_path": str(bundle)}
            yield
        self._address = plain

    def _pause(self, seconds: float) -> None:
        if self.accepts_on_pause:
            self.emulator.accept()
        time.sleep(seconds)

    def switch_on(self, values: Mapping[str, Any]) -> None:
        """Set switches in addition to those of the scenario."""
        self.emulator.switches.update(dict(values))

    def switch_off(self) -> None:
        """Restore the switches of the scenario, and make all listings show every write."""
        self.emulator.switches.reset()
        self.switch_on(self.scenario.switches)
        self.emulator.repository().end_lag()
        self.emulator.repository(slug=STAGING).end_lag()
        self.emulator.snippets.end_lag()

    @property
    def world(self) -> World:
        """Return the current state."""
        return World.found(self.emulator, self.folder)

    @property
    def leftovers(self) -> list[str]:
        """Return the temporary files that remain."""
        return sorted(path.name for path in self.temporary.rglob("*") if path.is_file())

    def run(self, **connection: int) -> Outcome:
        """Run the task once with these connection options."""
        output = Output()
        try:
            with _limited(BUDGET), contextlib.redirect_stdout(output.out), contextlib.redirect_stderr(output.err):
                outcome = self._look_up(connection) if self.scenario.is_lookup else self._module(output, connection)
        except OverBudget:
            outcome = Outcome(True, "", over_budget=True)
        except BaseException as exc:  # noqa: BLE001 (whatever it is, it is what the task must not end with)
            outcome = Outcome(True, str(exc), crash="".join(traceback.format_exception(exc)))
        output.readouterr()
        return replace(outcome, said="\n".join([output.all, outcome.message, *outcome.warnings]))

    def _options(self, connection: dict[str, int]) -> dict[str, Any]:
        emulator = self.emulator
        token = {"user": emulator.user, "api_token": emulator.api_token}
        client = {"user": None, "api_token": None, "client_id": emulator.client_id, "client_secret": emulator.client_secret}
        address = {**self._address, "workspace": "acme"}
        wanted = self.scenario.options(self.folder)
        return {**address, **(client if self.scenario.oauth else token), **wanted, **connection}

    def _module(self, output: Output, connection: dict[str, int]) -> Outcome:
        run, warnings = ModuleRunner(self.emulator, cast(Any, output), self._clock), list[str]()
        repository = "widgets" if "download" in self.scenario.plugin else None
        # In a process that imported Ansible's controller, results have no warnings.
        with _replaced(AnsibleModule, "warn", lambda module, warning: warnings.append(warning)):
            result = run(self.scenario.plugin, **{"repository": repository, **self._options(connection)})
        if result.get("failed"):
            return Outcome(True, str(result["msg"]), changed=bool(result.get("changed")))
        value = self.scenario.value(result) if self.scenario.value else None
        return Outcome(False, changed=result["changed"], value=value, warnings=tuple(warnings))

    def _look_up(self, connection: dict[str, int]) -> Outcome:
        plugin = lookup_loader.get("releng.bitbucket." + self.scenario.plugin)
        plugin.clock = self._clock
        options = {name: value for name, value in self._options(connection).items() if value is not None}
        try:
            return Outcome(False, value=plugin.run(list(self.scenario.terms or ()), variables=None, **options))
        except AnsibleLookupError as exc:
            return Outcome(True, str(exc))


@functools.cache
def _authority() -> trustme.CA:
    return trustme.CA()


@contextlib.contextmanager
def _replaced(owner: object, name: str, value: object) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise OverBudget in the main thread at the end of the time, repeatedly until the task ends."""

    def end(number: int, frame: object) -> None:
        raise OverBudget

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the check: examine the repository, run the probes, delete everything created, write the report."""

from __future__ import annotations

import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from .assumed import read_assumed
from .cleanup import Cleaner
from .errors import CannotRun, Interrupted
from .gate import Gate
from .journal import Journal, has_other_service, read_journal
from .preflight import examine, open_gate
from .report import as_record, make_head, write
from .runner import DIFFERS, NO_RESULT, SKIPPED, Result, choose, run
from .session import Limits, Session
from .settings import Settings
from .world import Sizes, World

AS_ASSUMED, DIFFERENT, NOT_RUN, LEFT_OVER = range(4)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
JOURNALS = "*.made"
Say = Callable[[str], None]


class Options(NamedTuple):
    """Hold the options of the command line. ``given`` are the needs of probes that options fulfill."""

    folder: Path
    only: tuple[str, ...] = ()
    read_only: bool = False
    given: frozenset[str] = frozenset()
    large: int = 0
    plan: str = "not stated"
    limits: Limits = Limits()
    sizes: Sizes = Sizes()
    pause: Callable[[float], None] = time.sleep


def say(text: str) -> None:
    """Print a line without buffering."""
    print(text, flush=True)


@contextmanager
def signals_as_exceptions() -> Iterator[None]:
    """Raise an exception for the first signal. Ignore later ones, so that the cleanup can finish."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        for other in SIGNALS:
            signal.signal(other, signal.SIG_IGN)
        raise Interrupted(signal.Signals(number).name)

    before = {number: signal.signal(number, interrupt) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Check:
    """Run the check once."""

    def __init__(self, settings: Settings, options: Options) -> None:
        self.settings, self.options = settings, options
        self.run_id = f"lp-{secrets.token_hex(3)}"
        self.gate = Gate(settings.api_url, settings.token_url, options.read_only)
        open_gate(self.gate, settings, write=not options.read_only)
        self.session = Session(settings, self.gate, options.limits, options.pause)
        self.journal = Journal(options.folder / f"{self.run_id}.made", settings.api_url)
        self.world = World(settings, self.session, self.gate, self.journal, self.run_id, options.sizes)
        self.world.large = options.large
        self.results: list[Result] = []
        self.left: list[str] = []

    def run(self) -> int:
        """Run the check, and return the exit status."""
        end: CannotRun | None = None
        try:
            with signals_as_exceptions():
                end = self._ask()
        except Interrupted as problem:
            end = CannotRun(f"Interrupted by {problem}.")
        except CannotRun as problem:
            end = problem
        finally:
            self._clean()
        if end:
            print(end, file=sys.stderr)
        return self._conclude(end)

    def _ask(self) -> CannotRun | None:
        self.world.names |= examine(self.session)
        given = self.settings.kinds() | self.options.given
        assumed = read_assumed().fields
        end = None
        for one in choose(self.options.only):
            results, end = run(self.world, [one], given, assumed, self.options.read_only, self._tell)
            self.results += results
            if end:
                break
        return end

    def _tell(self, result: Result) -> None:
        say(f"{result.verdict:<10}  {result.probe.title}{': ' + result.why if result.why else ''}")
        for one in result.differences:
            say(f"            {one.field}: assumed {one.assumed!r}, seen {one.seen!r}")

    def _clean(self) -> None:
        """Delete everything created. Keep the journal for ``--clean`` if something could not be deleted."""
        if self.journal.made_anything:
            self.left = Cleaner(self.session, self.journal, self.run_id).run()
            report_left(self.left)
        self.journal.close(keep=bool(self.left))
        self.session.close()

    def _conclude(self, end: CannotRun | None) -> int:
        try:
            if self.results:
                self._write_report()
        except CannotRun as problem:
            print(problem, file=sys.stderr)
            end = end or problem
        if self.left:
            return LEFT_OVER
        if end:
            return NOT_RUN
        return DIFFERENT if any(result.verdict in (DIFFERS, NO_RESULT) for result in self.results) else AS_ASSUMED

    def _write_report(self) -> None:
        session, world = self.session, self.world
        head = make_head(self.settings, self.options.plan, len(session.exchanges), session.sent_bytes, len(self.left))
        assumed = read_assumed().fields
        finished = {result.probe.id for result in self.results}
        rest = [Result(one, SKIPPED, {}, [], "not chosen") for one in choose() if one.id not in finished]
        records = [as_record(result, assumed, self.settings, self.run_id) for result in [*self.results, *rest]]
        names = self.settings.names() | world.names | world.ids
        for path in write(self.options.folder, head, records, session.secrets, names):
            say(f"Report: {path}")


def report_left(left: list[str]) -> None:
    """Print what could not be deleted."""
    if left:
        say("Not deleted. Delete it with --clean, or manually:")
        for thing in left:
            say(f"  {thing}")


def clean(settings: Settings, options: Options) -> int:
    """Delete what earlier runs left, found by their journals and by their mark in names and titles; return the exit status."""
    gate = Gate(settings.api_url, settings.token_url)
    open_gate(gate, settings)
    session = Session(settings, gate, options.limits, options.pause)
    left: list[str] = []
    try:
        examine(session)
        paths = [path for path in sorted(options.folder.glob(JOURNALS)) if not has_other_service(path, settings.api_url)]
        for journal in [read_journal(path, settings.api_url) for path in paths] or [Journal(None)]:
            left = Cleaner(session, journal).run()
            journal.close(keep=bool(left))
    except CannotRun as problem:
        print(problem, file=sys.stderr)
        return NOT_RUN
    finally:
        session.close()
    report_left(left)
    say("Everything is deleted." if not left else f"{len(left)} things could not be deleted.")
    return LEFT_OVER if left else AS_ASSUMED

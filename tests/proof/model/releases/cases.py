# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run, disturb and judge a release task. After a killed task, also judge readers and the repetition of the task."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..disturbance import Cut, Disturbance, Fault, disturb
from ..downloads.common_rules import require_kept_lines, require_prediction, require_repetition, require_true_lines
from ..downloads.others import Log
from ..downloads.progress_rules import HARMLESS
from ..downloads.trial import Trial
from ..world import Run, State, World
from .channel_rules import is_readable, judge_reading
from .others import do
from .pool import CHANNELS

CHANNEL, COPY, FETCH = "bitbucket_download_channel", "bitbucket_download_copy", "bitbucket_download_fetch"


@dataclass
class Case:
    """Describe a task on one repository, and its rules.

    ``breaks``: whether it can remove artifacts from the release of a channel. ``may_fail``: whether it can fail in this state
    without a disturbance. ``assumed``: implied options of other modules.
    """

    module: str
    slug: str
    options: dict[str, Any]
    judge: Callable[[Trial], None]
    may_fail: Callable[[State], bool] = lambda _state: False
    breaks: bool = False
    payloads: dict[str, bytes] = field(default_factory=dict)
    assumed: dict[str, Any] = field(default_factory=dict)
    dest: Path | None = None


class CaseRunner:
    """Run cases in one world. ``parallel``: concurrent transfers in a task."""

    def __init__(self, world: World, parallel: int) -> None:
        self._world = world
        self._parallel = parallel

    def run(self, case: Case, disturbance: Disturbance) -> Run:
        """Predict, run, judge and repeat a case; return its run."""
        world, slug = self._world, case.slug
        world.settle(slug)
        predicted, before, log = self._run(case, check=True), world.snapshot(slug), Log()
        repository = world.emulator.repository(slug=slug)
        disturb(world, disturbance, lambda deeds: do(repository, deeds, log))
        run = self._run(case)
        world.emulator.faults.clear()
        trial = self._make_trial(case, run, before, disturbance, log)
        self._judge(case, trial)
        require_prediction(trial, predicted)
        world.settle(slug)
        if isinstance(disturbance, Cut):
            self._require_recovery(case, trial)
        elif not run.failed:
            require_repetition(trial, self._run(case))
        return run

    def _run(self, case: Case, check: bool = False) -> Run:
        options = {**case.options, "repository": case.slug}
        if case.module != "bitbucket_download_info":
            options["parallel"] = self._parallel
        return self._world.run(case.module, check=check, **options)

    def _make_trial(self, case: Case, run: Run, before: State, disturbance: Disturbance, log: Log) -> Trial:
        after, switches = self._world.snapshot(case.slug), self._world.emulator.switches
        options = {**case.options, **case.assumed}
        return Trial(case.module, options, run, before, after, switches, disturbance, log, case.payloads, case.dest)

    def _judge(self, case: Case, trial: Trial) -> None:
        require_true_lines(trial)
        require_kept_lines(trial)
        case.judge(trial)
        self._require_success(case, trial)

    def _require_success(self, case: Case, trial: Trial) -> None:
        """Require that a task succeeded if nothing prevents it, also after a transient fault."""
        disturbance = trial.disturbance
        lasts = isinstance(disturbance, Cut) or (isinstance(disturbance, Fault) and disturbance.times > 1)
        if trial.run.failed and not (lasts or trial.others or case.may_fail(trial.before)) and self._is_harmless():
            raise AssertionError(f"the task failed without a reason: {trial.result['msg']}")

    def _is_harmless(self) -> bool:
        return self._world.changed_switches <= HARMLESS

    def _require_recovery(self, case: Case, trial: Trial) -> None:
        """Require that readers get a complete release after a killed task, and that its repetition completes it."""
        for channel in CHANNELS:
            if is_readable(trial.before, channel) and not case.breaks:
                self._require_readable(case.slug, channel)
        again = self._run(case)
        repeated = self._make_trial(case, again, trial.after, None, Log())
        self._judge(case, repeated)
        self._world.settle(case.slug)
        if not again.failed:
            require_repetition(repeated, self._run(case))

    def _require_readable(self, slug: str, channel: str) -> None:
        """Require that the channel points to a complete release, unless the task deleted the channel."""
        state = self._world.snapshot(slug)
        if f"{channel}.channel.json" not in state:
            return
        assert is_readable(state, channel), f"the channel {channel} points to an incomplete release"
        case = self.read(slug, channel)
        run = self._run(case)
        assert not run.failed or not self._is_harmless(), f"the channel {channel} cannot be read: {run.result['msg']}"
        judge_reading(self._make_trial(case, run, state, None, Log()))

    def read(self, slug: str, channel: str) -> Case:
        """Return the task that fetches the release of a channel into a new folder."""
        dest = Path(tempfile.mkdtemp(dir=self._world.folder))
        options = {"channel": channel, "dest": f"{dest}/"}
        return Case(FETCH, slug, options, judge_reading, lambda state: not is_readable(state, channel), dest=dest)

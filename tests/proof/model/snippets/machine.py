# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draw operations on snippets, run them, and judge them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.emulator import Emulator

from ..disturbance import Disturbance, disturb
from ..quirks import Quirk
from ..world import World
from . import notes
from .notes import Edit, Touched, do_edits, snapshot
from .rules import NoteTrial, judge_gone, judge_present, judge_read, require_note_prediction, require_note_repetition

SNIPPET = "bitbucket_snippet"


class SnippetsMachine(RuleBasedStateMachine):
    """Model the snippets of a workspace with tasks of the collection and another user."""

    emulator: ClassVar[Emulator]
    counts: ClassVar[Counter[str]] = Counter()
    parallel: ClassVar[int] = 1

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.emulator)

    def teardown(self) -> None:
        """Delete the files of the example."""
        self.world.close()

    @initialize(quirk=notes.quirks, old=st.lists(st.tuples(notes.titles, notes.files), max_size=3))
    def begin(self, quirk: Quirk, old: list[tuple[str, dict[str, bytes]]]) -> None:
        """Start with old snippets and the behavior of the service."""
        for title, files in old:
            self.world.emulator.snippets.create(title, files)
        self.world.emulator.switches.update(quirk)

    @rule(edits=notes.edits)
    def let_another_editor_act(self, edits: tuple[Edit, ...]) -> None:
        """Change snippets between two tasks."""
        do_edits(self.world.emulator.snippets, edits, Touched())

    @rule(
        title=notes.titles,
        files=notes.files,
        is_private=st.sampled_from([None, None, True, False]),
        purge=st.booleans(),
        disturbance=notes.disturbances,
    )
    def ensure(self, files: dict[str, bytes], disturbance: Disturbance, **options: Any) -> None:
        """Ensure that a snippet exists."""
        self._run_and_judge(SNIPPET, {**options, "files": notes.encode(files)}, disturbance, judge_present, files)

    @rule(files=notes.files, purge=st.booleans(), disturbance=notes.disturbances)
    def ensure_notes(self, files: dict[str, bytes], purge: bool, disturbance: Disturbance) -> None:
        """Ensure repeatedly that the same snippet exists."""
        self.ensure(files, disturbance, title="Notes", is_private=None, purge=purge)

    @rule(files=notes.files, is_private=st.booleans(), disturbance=notes.disturbances)
    def ensure_visibility(self, files: dict[str, bytes], is_private: bool, disturbance: Disturbance) -> None:
        """Ensure that the same snippet is public, or private."""
        self.ensure(files, disturbance, title="Notes", is_private=is_private, purge=False)

    @rule(title=notes.titles, disturbance=notes.disturbances)
    def remove(self, title: str, disturbance: Disturbance) -> None:
        """Ensure that a snippet does not exist."""
        self._run_and_judge(SNIPPET, {"state": "absent", "title": title}, disturbance, judge_gone)

    @rule(title=notes.titles, disturbance=notes.disturbances)
    def read(self, title: str, disturbance: Disturbance) -> None:
        """Read the snippets of a title with their contents."""
        self._run_and_judge("bitbucket_snippet_info", {"title": title, "contents": True}, disturbance, judge_read)

    def _run_and_judge(
        self,
        module: str,
        options: dict[str, Any],
        disturbance: Disturbance,
        judge: Callable[[NoteTrial], None],
        files: dict[str, bytes] | None = None,
    ) -> None:
        """Predict, run, judge and repeat one operation."""
        world, snippets, touched = self.world, self.world.emulator.snippets, Touched()
        world.settle()
        predicted = world.run(module, check=True, **options)
        before = snapshot(snippets)
        disturb(world, disturbance, lambda edits: do_edits(snippets, edits, touched))
        run = world.run(module, **options)
        world.emulator.faults.clear()
        switches = world.emulator.switches
        trial = NoteTrial(options, run, before, snapshot(snippets), switches, disturbance, touched, files or {})
        self.counts[f"{judge.__name__}: {'failed' if run.failed else run.result.get('status', 'read')}"] += 1
        judge(trial)
        if module == SNIPPET:
            require_note_prediction(trial, predicted)
            world.settle()
            second = world.run(module, **options)
            require_note_repetition(trial, second, snapshot(snippets))

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draw operations on Downloads, run them, and judge them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.emulator import Emulator

from ..disturbance import Disturbance, disturb
from ..quirks import Quirk
from ..world import World
from . import pools
from .common_rules import require_kept_lines, require_prediction, require_repetition, require_true_digests, require_true_lines
from .delete_rules import judge_absent, judge_prune
from .others import Deed, Log, deeds, disturbances, do, stage
from .progress_rules import require_success
from .publish_rules import judge_publish
from .quirks import quirks
from .read_rules import judge_fetch, judge_info
from .trial import Trial, is_settled_after

DOWNLOAD, COPY = "bitbucket_download", "bitbucket_download_copy"
SOURCE = "staging"
DEFAULTS = {"overwrite": "different", "compare": "checksum", "verify": True}
JUDGES = {
    "present": judge_publish,
    "absent": judge_absent,
    COPY: judge_publish,
    "bitbucket_download_prune": judge_prune,
    "bitbucket_download_fetch": judge_fetch,
    "bitbucket_download_info": judge_info,
}
manifests = st.sampled_from([None, pools.MANIFEST, pools.MANIFEST])
patterns = st.sampled_from([["*"], ["app*"], ["b-*"], ["*.txt", "*.zip"]])


class DownloadsMachine(RuleBasedStateMachine):
    """Model a repository with tasks of the collection and another publisher."""

    emulator: ClassVar[Emulator]
    counts: ClassVar[Counter[str]] = Counter()
    parallel: ClassVar[int] = 1  # with more, the order of requests is random

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.emulator)
        self._is_settled = True

    def teardown(self) -> None:
        """Delete the files of the example."""
        self.world.close()

    @initialize(quirk=quirks, old=st.dictionaries(pools.names, pools.contents, min_size=1, max_size=4))
    def begin(self, quirk: Quirk, old: dict[str, bytes]) -> None:
        """Start with old artifacts and the behavior of the service."""
        for name, content in old.items():
            self.world.repository.put(name, content)
        self.world.emulator.switches.update(quirk)

    @rule(done=deeds)
    def let_another_publisher_act(self, done: tuple[Deed, ...]) -> None:
        """Change artifacts between two tasks."""
        do(self.world.repository, done, Log())
        self._is_settled = False

    @rule(
        files=pools.files,
        overwrite=st.sampled_from(["different", "different", "always", "never", "refuse"]),
        compare=st.sampled_from(["checksum", "checksum", "content", "size"]),
        manifest=manifests,
        verify=st.sampled_from([True, True, True, False]),
        disturbance=disturbances,
    )
    def publish(self, files: dict[str, bytes], disturbance: Disturbance, **options: Any) -> None:
        """Publish local files."""
        paths = self.world.write(files)
        self._run_and_judge(DOWNLOAD, {"state": "present", "src": paths, **options}, disturbance, payloads=files)

    @rule(
        files=pools.files,
        overwrite=st.sampled_from(["never", "refuse"]),
        manifest=manifests,
        disturbance=disturbances,
    )
    def release(self, files: dict[str, bytes], disturbance: Disturbance, **options: Any) -> None:
        """Publish files that must not change afterwards."""
        self.publish(files, disturbance, compare="checksum", verify=True, **options)

    @rule(name=pools.names, text=pools.texts, manifest=manifests, disturbance=disturbances)
    def publish_text(self, name: str, text: str, manifest: str | None, disturbance: Disturbance) -> None:
        """Publish a text without a file."""
        options = {"state": "present", "content": text, "name": [name], "manifest": manifest, **DEFAULTS}
        self._run_and_judge(DOWNLOAD, options, disturbance, payloads={name: text.encode()})

    @rule(
        files=pools.files,
        overwrite=st.sampled_from(["different", "different", "always", "never", "refuse"]),
        manifest=manifests,
        is_trusted=st.booleans(),
        disturbance=disturbances,
    )
    def copy(self, files: dict[str, bytes], is_trusted: bool, disturbance: Disturbance, **options: Any) -> None:
        """Copy artifacts from another repository with a newer or an older manifest."""
        source = self.world.emulator.repository(slug=SOURCE)
        staged = stage(source, files, options["manifest"], is_trusted)
        given = {"src_repository": SOURCE, "name": list(files), **options}
        self._run_and_judge(COPY, given, disturbance, payloads=files, assumed={"compare": "checksum"})
        assert {name: one.key for name, one in source.artifacts.items()} == staged, "the source has changed"

    @rule(names=st.lists(pools.names, min_size=1, max_size=3, unique=True), manifest=manifests, disturbance=disturbances)
    def delete(self, names: list[str], manifest: str | None, disturbance: Disturbance) -> None:
        """Delete artifacts by name."""
        self._run_and_judge(DOWNLOAD, {"state": "absent", "name": names, "manifest": manifest}, disturbance)

    @rule(
        patterns=patterns,
        keep=st.integers(0, 3),
        group_by=st.sampled_from([None, None, r"b-(\d+)\."]),
        manifest=manifests,
        disturbance=disturbances,
    )
    def prune(self, disturbance: Disturbance, **options: Any) -> None:
        """Delete old artifacts."""
        self._run_and_judge("bitbucket_download_prune", options, disturbance)

    @rule(
        chosen=st.one_of(pools.names.map(lambda name: {"name": [name]}), *3 * [patterns.map(lambda found: {"patterns": found})]),
        manifest=manifests,
        disturbance=disturbances,
    )
    def fetch(self, chosen: dict[str, Any], manifest: str | None, disturbance: Disturbance) -> None:
        """Fetch artifacts into a folder."""
        dest = self.world.folder / "fetched"
        dest.mkdir(exist_ok=True)
        self._run_and_judge(
            "bitbucket_download_fetch", {**chosen, "manifest": manifest, "dest": f"{dest}/"}, disturbance, dest=dest
        )

    @rule(disturbance=disturbances)
    def list_artifacts(self, disturbance: Disturbance) -> None:
        """List the artifacts."""
        self._run_and_judge("bitbucket_download_info", {}, disturbance)

    def _run_and_judge(
        self,
        module: str,
        options: dict[str, Any],
        disturbance: Disturbance,
        assumed: Mapping[str, Any] = MappingProxyType({}),
        **more: Any,
    ) -> None:
        """Predict, run, judge and repeat one operation; ``assumed``: implied options of other modules."""
        world = self.world
        if module not in ("bitbucket_download_info",):
            options = {**options, "parallel": self.parallel}
        if not self._is_settled:
            world.settle()
        predicted = world.run(module, check=True, **options)
        before = world.snapshot()
        log = Log()
        disturb(world, disturbance, lambda deeds: do(world.repository, deeds, log))
        run = world.run(module, **options)
        world.emulator.faults.clear()
        switches = world.emulator.switches
        trial = Trial(module, {**options, **assumed}, run, before, world.snapshot(), switches, disturbance, log, **more)
        self.counts[f"{options.get('state', module)}: {'failed' if run.failed else 'succeeded'}"] += 1
        require_true_digests(trial)
        require_true_lines(trial)
        require_kept_lines(trial)
        JUDGES[options.get("state", module)](trial)
        require_success(trial, world.changed_switches)
        require_prediction(trial, predicted)
        if not run.failed:
            world.settle()
            require_repetition(trial, world.run(module, **options))
        self._is_settled = is_settled_after(trial)

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draw release tasks in two repositories: publish, move channels, read, promote, and delete old releases."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.emulator import Emulator

from ..disturbance import Disturbance
from ..downloads.manifests import find_false, lines_of
from ..downloads.others import Log
from ..downloads.pools import MANIFEST
from ..downloads.publish_rules import judge_publish
from ..quirks import Quirk
from ..world import State, World
from .cases import CHANNEL, COPY, Case, CaseRunner
from .channel_rules import is_readable, judge_move, judge_reading, judge_removal
from .others import ReleaseDeed, builds, channels, deeds, disturbances, do, reader_disturbances
from .pool import GROUP, PRODUCTION, STAGING, SUFFIX, VERSIONS, Build, find_channel, names_of
from .quirks import quirks
from .version_rules import judge_newest, judge_prune

INFO = "bitbucket_download_info"
numbers = st.integers(0, len(VERSIONS) - 1)
slugs = st.sampled_from([STAGING, PRODUCTION])
manifests = st.sampled_from([None, MANIFEST])
orders = st.fixed_dictionaries(
    {
        "order": st.sampled_from(["version", "version", "date"]),
        "group_by": st.sampled_from([None, GROUP]),
        "prereleases": st.booleans(),
    }
)
PATTERNS = {"patterns": ["app-*", "notes-*"]}


class ReleasesMachine(RuleBasedStateMachine):
    """Model publishers and readers of releases in a staging and a production repository."""

    emulator: ClassVar[Emulator]
    counts: ClassVar[Counter[str]] = Counter()
    parallel: ClassVar[int] = 1

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.emulator)
        self._runner = CaseRunner(self.world, self.parallel)

    def teardown(self) -> None:
        """Delete the files of the example."""
        self.world.close()

    @initialize(quirk=quirks, staged=st.lists(builds, min_size=2, max_size=4), old=st.lists(builds, min_size=2, max_size=4))
    def begin(self, quirk: Quirk, staged: list[Build], old: list[Build]) -> None:
        """Start with old releases, two of them in channels, and the behavior of the service."""
        for slug, found in ((STAGING, staged), (PRODUCTION, old)):
            published = tuple(ReleaseDeed("publish", build) for build in found)
            moved = (ReleaseDeed("move", found[0], "stable"), ReleaseDeed("move", found[-1], "beta"))
            do(self.emulator.repository(slug=slug), published + moved, Log())
        self.emulator.switches.update(quirk)

    @rule(slug=slugs, done=deeds)
    def let_another_publisher_act(self, slug: str, done: tuple[ReleaseDeed, ...]) -> None:
        """Change releases and channels between two tasks."""
        do(self.emulator.repository(slug=slug), done, Log())
        self.world.settle(slug)

    @rule(
        slug=slugs,
        build=builds,
        overwrite=st.sampled_from(["refuse", "never", "different"]),
        manifest=manifests,
        disturbance=disturbances,
    )
    def publish(self, slug: str, build: Build, disturbance: Disturbance, **options: Any) -> None:
        """Publish a build of a version."""
        given = {"state": "present", "src": self.world.write(build.files), "compare": "checksum", "verify": True, **options}
        overwrite = options["overwrite"]
        case = Case("bitbucket_download", slug, given, judge_publish, lambda _state: overwrite == "refuse")
        case.breaks, case.payloads = overwrite == "different", build.files
        self._run_and_judge(case, disturbance)

    @rule(
        slug=slugs,
        name=channels,
        number=numbers,
        by_patterns=st.booleans(),
        manifest=st.sampled_from([None, None, MANIFEST]),
        disturbance=disturbances,
    )
    def move(self, slug: str, name: str, number: int, by_patterns: bool, manifest: str | None, disturbance: Disturbance) -> None:
        """Create a channel, move it, or move it back."""
        version = self._pick(slug, number)
        chosen = {"patterns": [f"*-{version}.t*"]} if by_patterns else {"artifacts": names_of(version)}
        needed = [*names_of(version), *([manifest] if manifest else [])]

        def may_fail(state: State) -> bool:
            is_damaged = f"{name}{SUFFIX}" in state and find_channel(state, name) is None
            return is_damaged or not state.keys() >= set(needed)

        options = {"name": name, "version": version, **chosen, "manifest": manifest}
        self._run_and_judge(Case(CHANNEL, slug, options, judge_move, may_fail), disturbance)

    @rule(slug=slugs, name=channels, disturbance=disturbances)
    def delete_channel(self, slug: str, name: str, disturbance: Disturbance) -> None:
        """Delete a channel."""
        case = Case(CHANNEL, slug, {"name": name, "state": "absent"}, judge_removal)
        case.may_fail = lambda state: f"{name}{SUFFIX}" in state and find_channel(state, name) is None
        self._run_and_judge(case, disturbance)

    @rule(slug=slugs, channel=channels, disturbance=reader_disturbances)
    def fetch_channel(self, slug: str, channel: str, disturbance: Disturbance) -> None:
        """Fetch the release of a channel."""
        self._run_and_judge(self._runner.read(slug, channel), disturbance)

    @rule(slug=slugs, channel=channels, disturbance=reader_disturbances)
    def list_channel(self, slug: str, channel: str, disturbance: Disturbance) -> None:
        """List the release of a channel."""
        case = Case(INFO, slug, {"channel": channel}, judge_reading, lambda state: not is_readable(state, channel))
        self._run_and_judge(case, disturbance)

    @rule(number=numbers, disturbance=disturbances)
    def promote_version(self, number: int, disturbance: Disturbance) -> None:
        """Copy a version from staging to production by its names."""
        names = names_of(self._pick(STAGING, number))
        self._promote(names, {"name": names}, disturbance, None)

    @rule(channel=channels, manifest=manifests, disturbance=disturbances)
    def promote_channel(self, channel: str, manifest: str | None, disturbance: Disturbance) -> None:
        """Copy the release of a staging channel to production. This moves no channel of production."""
        document = find_channel(self.world.snapshot(STAGING), channel)
        names = [each["name"] for each in document["artifacts"]] if document else []
        self._promote(names, {"channel": channel}, disturbance, manifest)

    def _pick(self, slug: str, number: int) -> str:
        """Return one of the versions in a repository, by default the oldest version."""
        state = self.world.snapshot(slug)
        found = [version for version in VERSIONS if state.keys() >= set(names_of(version))] or [VERSIONS[-1]]
        return found[number % len(found)]

    def _promote(self, names: list[str], chosen: dict[str, Any], disturbance: Disturbance, manifest: str | None) -> None:
        self.world.settle(STAGING)
        source = self.world.snapshot(STAGING)
        payloads = {name: source[name].content for name in names if name in source}
        options = {"src_repository": STAGING, **chosen, "manifest": manifest}
        wanted = set(names)
        is_whole = wanted and wanted == payloads.keys() and ("channel" not in chosen or is_readable(source, chosen["channel"]))
        is_proved = manifest is None or (wanted <= lines_of(source).keys() and not find_false(source) & wanted)

        def may_fail(state: State) -> bool:
            differs = any(name in state and state[name].content != payloads[name] for name in payloads)
            return not (is_whole and is_proved) or differs

        case = Case(COPY, PRODUCTION, options, judge_publish, may_fail, payloads=payloads)
        case.assumed = {"compare": "checksum", "overwrite": "refuse"}
        run = self._run_and_judge(case, disturbance)
        assert self.world.snapshot(STAGING) == source, "the source has changed"
        assert is_whole or not is_proved or run.failed, "an incomplete release was promoted"

    @rule(slug=slugs, newest=st.integers(1, 3), order=orders, disturbance=reader_disturbances)
    def list_newest(self, slug: str, newest: int, order: dict[str, Any], disturbance: Disturbance) -> None:
        """List the newest releases."""
        self._run_and_judge(Case(INFO, slug, {**PATTERNS, "newest": newest, **order}, judge_newest), disturbance)

    @rule(
        slug=slugs,
        keep=st.integers(0, 3),
        order=orders,
        manifest=manifests,
        protect_channels=st.sampled_from([None, None, []]),
        disturbance=disturbances,
    )
    def prune(self, slug: str, order: dict[str, Any], disturbance: Disturbance, **options: Any) -> None:
        """Delete old releases."""

        def may_fail(state: State) -> bool:
            names = {name for name in state if name.endswith(SUFFIX)}
            return any(find_channel(state, name[: -len(SUFFIX)]) is None for name in names)

        case = Case("bitbucket_download_prune", slug, {**PATTERNS, **order, **options}, judge_prune, may_fail)
        case.breaks = options["protect_channels"] == []
        self._run_and_judge(case, disturbance)

    def _run_and_judge(self, case: Case, disturbance: Disturbance) -> Any:
        run = self._runner.run(case, disturbance)
        what = "channel" if "channel" in case.options else case.options.get("state", "")
        self.counts[f"{case.module.removeprefix('bitbucket_')} {what}: {'failed' if run.failed else 'succeeded'}"] += 1
        return run

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch a large file, compared with curl, a plain SHA-256, and `ansible.builtin.get_url`.

All programs fetch without credentials from a public repository, because `get_url` would forward credentials to the storage
host, which refuses them. Each writes a new file to the same folder. Only our module verifies a given digest.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .bench import MIB, Bench, Sample
from .process import Program, WrongResult
from .rounds import Rounds, beyond, quotient
from .service import PUBLIC
from .table import Goal, Report, Row

RUNS = 7


def measure(bench: Bench) -> Report:
    """Measure peak memory, CPU and wall time beyond the fixed cost."""
    large, small = stored(bench, (64 if bench.quick else 512) * MIB, MIB)
    rounds = bench.rounds(_programs(bench, large, small), 3 if bench.quick else RUNS)
    title = f"fetch {large.size // MIB} MiB"
    memory = rounds.spread(lambda run: beyond(run, "ours").peak / MIB)
    wall = rounds.spread(lambda run: quotient(beyond(run, "ours").wall, beyond(run, "get_url").wall))
    rows = [
        Row(f"{title}: peak memory over that of 1 MiB", memory, " MiB", Goal("<", 8)),
        Row(f"{title}: CPU / (curl -L + SHA-256)", None, goal=Goal("<=", 1.2), note="curl not found"),
        Row(f"{title}: wall time / get_url", wall, goal=Goal("<=", 0.6)),
        Row(f"{title}: wall time / curl -L", None, note="curl not found"),
    ]
    if "curl" in rounds.names:
        cpu = rounds.spread(lambda run: quotient(beyond(run, "ours").cpu, beyond(run, "curl").cpu + beyond(run, "sha256").cpu))
        curl = rounds.spread(lambda run: quotient(beyond(run, "ours").wall, beyond(run, "curl").wall))
        rows[1], rows[3] = rows[1].having(cpu), rows[3].having(curl)
    return Report(rows, [f"{title}, beyond 1 MiB: {_seconds(rounds)}"])


def stored(bench: Bench, *sizes: int) -> list[Sample]:
    """Return samples of these sizes, published in the public repository with their ETags."""
    repository = bench.service.make_public()
    samples = [bench.sample(size) for size in sizes]
    options = {"src": [str(sample.path) for sample in samples], "repository": repository}
    bench.ours(options, changed=True).run(bench.folder)
    found = bench.service.artifacts(repository)
    for sample in samples:
        if found[sample.name]["sha256"] != sample.sha256:
            raise WrongResult(f"the stored {sample.name} differs from the file on disk")
        bench.service.warm(sample.name)
    return samples


def fetching(
    bench: Bench,
    sample: Sample,
    prepare: Callable[[], None] = lambda: None,
    also: Callable[[], None] = lambda: None,
) -> Program:
    """Return the run of our module that fetches a sample and verifies its digest. `also` is a further check."""
    place = _Place(bench, sample)

    def made_ready() -> None:
        place.clear()
        prepare()

    def check(printed: str) -> None:
        place.require(printed)
        also()

    connection = bench.service.anonymous_options() | {"repository": PUBLIC}
    options: dict[str, Any] = {"name": [sample.name], "dest": str(place.path), "checksum": f"sha256:{sample.sha256}"}
    return bench.module("releng.bitbucket.bitbucket_download_fetch", connection | options, True, made_ready, also=check)


class _Place:
    """Describe the destination of a fetch."""

    def __init__(self, bench: Bench, sample: Sample) -> None:
        self._sample = sample
        self.path: Path = bench.folder / "fetched" / sample.name
        self.path.parent.mkdir(exist_ok=True)

    def clear(self) -> None:
        """Delete the destination."""
        self.path.unlink(missing_ok=True)

    def require(self, printed: str) -> None:
        """Raise unless the folder contains exactly the sample. Then delete it before the system writes it to disk."""
        with self.path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        others = [path.name for path in self.path.parent.iterdir() if path != self.path]
        self.clear()
        if digest != self._sample.sha256 or others:
            raise WrongResult(f"{self.path} has SHA-256 {digest} instead of {self._sample.sha256}; other files: {others}")


def _get_url(bench: Bench, sample: Sample) -> Program:
    """Return the run of the usual alternative in its fastest form: without a checksum, which would read the file again."""
    place = _Place(bench, sample)
    options = {"url": bench.service.public_url(sample.name), "dest": str(place.path), "timeout": 600}
    return bench.module("ansible.builtin.get_url", options, True, place.clear, also=place.require)


def curl_fetching(bench: Bench, sample: Sample, prepare: Callable[[], None] = lambda: None) -> Program | None:
    """Return the run of curl that fetches a sample, None without curl. `prepare` is called before each run."""
    curl = shutil.which("curl")
    if curl is None:
        return None
    place = _Place(bench, sample)

    def made_ready() -> None:
        place.clear()
        prepare()

    quiet = ["-q", "--silent", "--show-error", "--fail", "--noproxy", "*"]
    return Program(
        [curl, *quiet, "-L", "-o", str(place.path), bench.service.public_url(sample.name)],
        place.require,
        made_ready,
    )


def _programs(bench: Bench, large: Sample, small: Sample) -> dict[str, Program]:
    found: dict[str, Program | None] = {}
    for suffix, sample in (("", large), (" small", small)):
        found["ours" + suffix] = fetching(bench, sample)
        found["curl" + suffix] = curl_fetching(bench, sample)
        found["sha256" + suffix] = bench.sha256(sample)
        found["get_url" + suffix] = _get_url(bench, sample)
    return {name: program for name, program in found.items() if program}


def _seconds(rounds: Rounds) -> str:
    def seconds(name: str) -> str:
        cpu = rounds.median(lambda run: beyond(run, name).cpu)
        wall = rounds.median(lambda run: beyond(run, name).wall)
        return f"{name} {cpu:.2f} s CPU, {wall:.2f} s wall"

    return "; ".join(seconds(name) for name in ("ours", "curl", "sha256", "get_url") if name in rounds.names)

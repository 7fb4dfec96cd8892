# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Publish and fetch a file of more than four gigabytes: it must be complete, and memory must not grow with its size.

The file is sparse. Blocks of random bytes are at its ends, in the middle, and on both sides of four gigabytes, so that a size or
a position truncated to 32 bits is noticed. The copies of the service and of the fetching host are not sparse.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from tests.proof.benchmark.bench import MIB, Bench, Sample
from tests.proof.benchmark.fetch import fetching
from tests.proof.benchmark.process import Usage, WrongResult
from tests.proof.benchmark.service import PUBLIC, Service

from .room import GIB, require_room

SIZE, QUICK, SMALL = 5 * GIB, 256 * MIB, 1 * MIB
MOST_MEMORY = 8 * MIB


def soak(service: Service, folder: Path, quick: bool) -> list[str]:
    """Publish and fetch a large and a small file; return the figures."""
    size = QUICK if quick else SIZE
    require_room(folder, 2 * size + GIB)
    bench = Bench(service, folder)
    service.make_public()
    large, small = _sparse(bench, size), bench.sample(SMALL)
    figures = []
    for title, run in (("upload", _upload), ("fetch", _fetch)):
        little, much = run(bench, small), run(bench, large)
        grown = much.peak - little.peak
        if grown >= MOST_MEMORY:
            raise WrongResult(f"{title}: {size} bytes need {grown / MIB:.1f} MiB more memory than {SMALL}")
        figures.append(
            f"{title} {size / GIB:g} GiB: peak {much.peak / MIB:.1f} MiB, {grown / MIB:+.1f} MiB over 1 MiB;"
            f" {much.wall:.0f} s, {size / MIB / much.wall:.0f} MiB/s, {much.cpu:.0f} s CPU"
        )
    return figures


def _upload(bench: Bench, sample: Sample) -> Usage:
    """Upload a file to the public repository, and require that the service stores the same bytes."""
    options = {"src": [str(sample.path)], "repository": PUBLIC}
    usage = bench.ours(options, changed=True).run(bench.folder)
    found = bench.service.artifacts(PUBLIC)[sample.name]
    if (found["size"], found["sha256"]) != (sample.size, sample.sha256):
        raise WrongResult(f"{sample.name} was not stored as it is on disk, but as {found}")
    return usage


def _fetch(bench: Bench, sample: Sample) -> Usage:
    """Fetch the file. The service calculates its ETag, an MD5, in advance, because that takes longer than clients wait."""
    bench.service.warm(sample.name)
    return fetching(bench, sample).run(bench.folder)


def _sparse(bench: Bench, size: int) -> Sample:
    """Create a sparse file of this size with some random blocks."""
    path = bench.folder / "huge.bin"
    marks = [0, size // 2, size - MIB, *(place for place in (4 * GIB - MIB, 4 * GIB) if place + MIB < size)]
    with path.open("wb") as stream:
        stream.truncate(size)
        for mark in marks:
            stream.seek(mark)
            stream.write(os.urandom(MIB))
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Sample(path, size, digest)

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the assumptions of the project: the results of the probes at the emulator, in ``assumed.json``.

The file is written by ``python3 -m tests.proof.live.assume``, never by hand.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

FILE = Path(__file__).with_name("assumed.json")


class Assumed(NamedTuple):
    """Hold ``fields`` and ``requests`` by probe. ``variants`` are the fields that differ with a switch, by case and probe."""

    fields: dict[str, dict[str, Any]]
    requests: dict[str, list[str]]
    variants: dict[str, dict[str, dict[str, Any]]]


@cache
def read_assumed(path: Path = FILE) -> Assumed:
    """Return the content of the file."""
    return Assumed(**json.loads(path.read_text("utf-8")))


def write_assumed(assumed: Assumed, path: Path = FILE) -> None:
    """Write the file."""
    path.write_text(json.dumps(assumed._asdict(), indent=1, ensure_ascii=True, sort_keys=True) + "\n", "utf-8")

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write ``assumed.json``: run all probes against the emulator, then again for each value of a switch."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .assumed import Assumed, write_assumed
from .cases import CASES, Case
from .compare import differences
from .emulated import RUN, ask_emulator, prepare
from .plan import Sent, describe, fold
from .runner import NO_RESULT, Result, choose, choose_probes

if TYPE_CHECKING:
    from tests.emulator import Emulator


def assume(emulator: Emulator) -> Assumed:
    """Return the results of the emulator with its default switches, without the variants."""
    results = ask_emulator(emulator, choose())
    missing = [identity for identity, result in results.items() if result.verdict == NO_RESULT]
    assert not missing, missing
    fields = {identity: dict(result.seen) for identity, result in results.items()}
    settings = prepare(emulator)
    requests = {
        identity: fold(in_order(result, [describe(exchange.request, settings, RUN) for exchange in result.exchanges]))
        for identity, result in results.items()
    }
    return Assumed(fields, requests, {})


def in_order(result: Result, requests: list[Sent]) -> list[Sent]:
    """Return the requests in a stable order, because modules send some of them concurrently."""
    return sorted(requests) if "collection" in result.probe.needs else requests


def vary(emulator: Emulator, case: Case, fields: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the fields that differ with a switch, by probe."""
    found = {}
    for identity, result in ask_emulator(emulator, choose_probes(case.only), case.switches).items():
        if result.verdict != NO_RESULT and (changed := differences(fields[identity], result.seen)):
            found[identity] = {one.field: one.seen for one in changed}
    return found


def main() -> int:
    """Write the file."""
    from tests.emulator import Emulator

    with Emulator() as emulator:
        assumed = assume(emulator)
        for case in CASES:
            assumed.variants[case.name] = vary(emulator, case, assumed.fields)
    write_assumed(assumed)
    return 0


if __name__ == "__main__":
    sys.exit(main())

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the same probes against the emulator: its results are the assumptions. Needs the checkout, not a copy of this folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .gate import Gate
from .journal import Journal
from .preflight import open_gate
from .probe import Probe
from .runner import SKIPPED, Result, run
from .session import Limits, Session
from .settings import MARK, Settings
from .world import SMALL, World

if TYPE_CHECKING:
    from tests.emulator import Emulator

NO_LIMITS = Limits(requests=100_000, bytes=1 << 40, anonymous=100_000)
SPAM = "spam1"
RUN = "lp-000000"
OPTIONS = frozenset({"public_snippets", "collection"})  # additional needs that the emulator fulfills


def prepare(emulator: Emulator) -> Settings:
    """Prepare the emulator for all probes, and return the settings for it."""
    emulator.repository("acme", "widgets").description = f"For {MARK} only."
    emulator.repository("acme", "open", private=False)
    emulator.repository("acme-free", "free").description = f"For {MARK} only."
    emulator.snippets.create("spam", {"plain.txt": "spam"}, id=SPAM).mark_spam()
    hidden = emulator.workspace("strangers", member=False).snippets.create("hidden", {"plain.txt": "hidden"}, foreign=True)
    read, write = (
        ["read:repository:bitbucket", "read:snippet:bitbucket"],
        ["write:repository:bitbucket", "write:snippet:bitbucket"],
    )
    return Settings(
        api_url=emulator.api_url,
        token_url=emulator.token_url,
        workspace="acme",
        repository="widgets",
        user=emulator.user,
        tokens={
            "api_token": emulator.api_token,
            "unscoped": emulator.mint_api_token([]),
            "read": emulator.mint_api_token(read),
            "write": emulator.mint_api_token(write),
            "no_delete": emulator.mint_api_token([*read, write[0]]),
        },
        access_token=emulator.access_token,
        client_id=emulator.client_id,
        client_secret=emulator.client_secret,
        public_repository="acme/open",
        free_workspace="acme-free",
        free_repository="free",
        hidden_snippet=f"strangers/{hidden.id}",
    )


@contextmanager
def emulated_world(emulator: Emulator) -> Iterator[World]:
    """Provide a world for an emulator, whose clock advances instead of waiting."""
    settings = prepare(emulator)
    gate = Gate(settings.api_url, settings.token_url)
    open_gate(gate, settings)
    session = Session(settings, gate, NO_LIMITS, pause=emulator.clock.advance)
    try:
        yield World(settings, session, gate, Journal(None), RUN, SMALL)
    finally:
        session.close()


def ask_emulator(emulator: Emulator, probes: list[Probe], switches: Mapping[str, Any] | None = None) -> dict[str, Result]:
    """Return the results of the probes at an emulator with switches, by ID, without probes that the emulator does not support."""
    emulator.reset()
    with emulated_world(emulator) as world:
        emulator.switches.update(dict(switches or {}))
        results, end = run(world, probes, world.settings.kinds() | OPTIONS, {})
        assert end is None, end
        return {result.probe.id: result for result in results if result.verdict != SKIPPED}

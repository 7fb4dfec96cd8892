# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The judges: each looks at one thing that must be true whatever went wrong, and says what is not. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .scenario import Scenario, World
from .stage import Outcome

LONGEST_MESSAGE = 1000
# What no message may hold: programs' own words, and parts of signed URLs.
_UNREADABLE = re.compile(r"Traceback|HTTPConnectionPool|object at 0x|<class |\bNone\b|%[sd]|\n|\.\.(?!\.)|: \.|  ")
_SIGNED = re.compile(r"Signature=|Expires=|AWSAccessKeyId|x-amz-security-token", re.IGNORECASE)
TEMPORARY = ".ansible_bitbucket_"


def ended(outcome: Outcome) -> list[str]:
    """It ended, in time, and as a task ends."""
    if outcome.over_budget:
        return ["did not end within its budget"]
    return [f"crashed: {outcome.crash}"] if outcome.crash else []


def says_why(outcome: Outcome, words: str) -> list[str]:
    """A failure names its cause, in words for people."""
    if not outcome.failed:
        return []
    found = [] if re.search(words, outcome.message) else [f"the message does not name the cause, /{words}/"]
    unreadable = _UNREADABLE.search(outcome.message)
    if unreadable:
        found.append(f"the message is not fit to read: {unreadable.group()!r}")
    if len(outcome.message) > LONGEST_MESSAGE:
        found.append(f"the message has {len(outcome.message)} characters")
    return found


def keeps_secrets(outcome: Outcome, secrets: Iterable[str]) -> list[str]:
    """Nothing secret is in anything that was printed."""
    found = [f"a secret was printed: {secret[:6]}…" for secret in secrets if secret and secret in outcome.said]
    signed = _SIGNED.search(outcome.said)
    return found + ([f"part of a signed URL was printed: {signed.group()}"] if signed else [])


def warns(outcome: Outcome, words: str) -> bool:
    """Return whether a successful task gave a warning that names the cause."""
    return not outcome.failed and any(re.search(words, warning) for warning in outcome.warnings)


def right(outcome: Outcome, world: World, scenario: Scenario) -> list[str]:
    """After success, everything is as it was wished, and a reading task found what is there."""
    if outcome.failed:
        return []
    found = [f"succeeded, but {each}" for each in world.differences(scenario.after)]
    if scenario.expected is not None and outcome.value != scenario.expected:
        found.append(f"succeeded, but found {outcome.value!r} instead of {scenario.expected!r}"[:300])
    return found


def nothing_in_between(world: World, scenario: Scenario) -> list[str]:
    """Whatever happened, each thing is whole, old or new; what should stay is there, and nothing is there twice."""
    before, after = scenario.before, scenario.after
    pairs = (("artifact", world.artifacts, before.artifacts, after.artifacts), ("file", world.files, before.files, after.files))
    found = []
    for what, now, old, new in pairs:
        for name in sorted({*now, *old, *new}):
            if now.get(name) not in (old.get(name), new.get(name)):
                found.append(f"{what} {name} is neither old nor new: {_size(now.get(name))}")
    if world.counted_notes not in (before.counted_notes, after.counted_notes):
        titles = sorted(note.title for note in world.notes)
        found.append(f"the snippets are neither the old nor the new ones: {titles}")
    return found


def nothing_left(world: World, leftovers: Sequence[str]) -> list[str]:
    """No temporary file stays."""
    found = [path for path in world.files if TEMPORARY in path] + list(leftovers)
    return [f"a temporary file was left: {path}" for path in found]


def converges(second: Outcome, third: Outcome, world: World, scenario: Scenario, writes: int) -> list[str]:
    """Without faults the next run comes to the wished state, and the one after it has nothing to do."""
    found = [f"second run: {each}" for each in ended(second) + right(second, world, scenario)]
    if second.failed:
        found.append(f"second run failed: {second.message}")
    if third.failed or third.changed or writes:
        found.append(f"third run: failed={third.failed} changed={third.changed} writes={writes} {third.message}")
    return found + [f"third run: {each}" for each in ended(third) + right(third, world, scenario)]


def asks_again(second: Outcome, third: Outcome, writes: int) -> list[str]:
    """Return a problem unless both runs ask a person the same question, and write nothing."""
    same = second.message == third.message and not second.changed and not third.changed and not writes
    return [] if same else [f"third run: failed={third.failed} changed={third.changed} writes={writes} {third.message}"]


def gets_over(outcome: Outcome, must: bool) -> list[str]:
    """A transient fault that comes once is no reason to fail."""
    return ["failed over a fault that passes"] if must and outcome.failed else []


def _size(data: bytes | None) -> str:
    return "missing" if data is None else f"{len(data)} bytes"

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the judges: each checks one condition that must hold in every cell, and returns the problems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .scenario import Scenario, World
from .stage import Outcome

LONGEST_MESSAGE = 1000
# Texts that no message must contain: internals of programs, and parts of signed URLs.
_UNREADABLE = re.compile(r"Traceback|HTTPConnectionPool|object at 0x|<class |\bNone\b|%[sd]|\n|\.\.(?!\.)|: \.|  ")
_SIGNED = re.compile(r"Signature=|Expires=|AWSAccessKeyId|x-amz-security-token", re.IGNORECASE)
TEMPORARY = ".ansible_bitbucket_"


def ended(outcome: Outcome) -> list[str]:
    """Check that the task ended in time and without a crash."""
    if outcome.over_budget:
        return ["did not end within its time limit"]
    return [f"crashed: {outcome.crash}"] if outcome.crash else []


def says_why(outcome: Outcome, words: str) -> list[str]:
    """Check that a failure names its cause in a readable message."""
    if not outcome.failed:
        return []
    found = [] if re.search(words, outcome.message) else [f"the message does not name the cause, /{words}/"]
    unreadable = _UNREADABLE.search(outcome.message)
    if unreadable:
        found.append(f"the message is not readable: {unreadable.group()!r}")
    if len(outcome.message) > LONGEST_MESSAGE:
        found.append(f"the message has {len(outcome.message)} characters")
    return found


def keeps_secrets(outcome: Outcome, secrets: Iterable[str]) -> list[str]:
    """Check that no secret was printed."""
    found = [f"a secret was printed: {secret[:6]}…" for secret in secrets if secret and secret in outcome.said]
    signed = _SIGNED.search(outcome.said)
    return found + ([f"part of a signed URL was printed: {signed.group()}"] if signed else [])


def warns(outcome: Outcome, words: str) -> bool:
    """Return whether a successful task printed a warning that names the cause."""
    return not outcome.failed and any(re.search(words, warning) for warning in outcome.warnings)


def right(outcome: Outcome, world: World, scenario: Scenario) -> list[str]:
    """Check that a successful task reached the requested state, and that a reading task found the existing contents."""
    if outcome.failed:
        return []
    found = [f"succeeded, but {each}" for each in world.differences(scenario.after)]
    if scenario.expected is not None and outcome.value != scenario.expected:
        found.append(f"succeeded, but found {outcome.value!r} instead of {scenario.expected!r}"[:300])
    return found


def nothing_in_between(world: World, scenario: Scenario) -> list[str]:
    """Check that everything is complete and either old or new, that nothing is lost, and that there are no duplicates."""
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
    """Check that no temporary file remains."""
    found = [path for path in world.files if TEMPORARY in path] + list(leftovers)
    return [f"a temporary file was left: {path}" for path in found]


def converges(second: Outcome, third: Outcome, world: World, scenario: Scenario, writes: int) -> list[str]:
    """Check that the next run without faults reaches the requested state, and that the run after it changes nothing."""
    found = [f"second run: {each}" for each in ended(second) + right(second, world, scenario)]
    if second.failed:
        found.append(f"second run failed: {second.message}")
    if third.failed or third.changed or writes:
        found.append(f"third run: failed={third.failed} changed={third.changed} writes={writes} {third.message}")
    return found + [f"third run: {each}" for each in ended(third) + right(third, world, scenario)]


def asks_again(second: Outcome, third: Outcome, writes: int) -> list[str]:
    """Check that both runs fail with the same request for a decision, and write nothing."""
    same = second.message == third.message and not second.changed and not third.changed and not writes
    return [] if same else [f"third run: failed={third.failed} changed={third.changed} writes={writes} {third.message}"]


def gets_over(outcome: Outcome, must: bool) -> list[str]:
    """Check that the task recovered from a single transient fault."""
    return ["failed with a transient fault"] if must and outcome.failed else []


def _size(data: bytes | None) -> str:
    return "missing" if data is None else f"{len(data)} bytes"

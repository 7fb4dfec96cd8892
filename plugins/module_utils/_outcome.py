# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Represent the outcome of a task, and its progress for failure reports."""

from __future__ import annotations

import typing as t
from types import MappingProxyType

# Statuses of artifacts, files and snippets in results.
CREATED = "created"
REPLACED = "replaced"
UPDATED = "updated"
UNCHANGED = "unchanged"
KEPT = "kept"
DELETED = "deleted"
ABSENT = "absent"
FETCHED = "fetched"
MOVED = "moved"
VERIFIED = "verified"
MISMATCH = "mismatch"
MISSING = "missing"
UNLISTED = "unlisted"

# The order in which the message of a task lists them.
_COUNTED = (
    *(CREATED, REPLACED, UPDATED, FETCHED, VERIFIED, DELETED),
    *(MISMATCH, MISSING, UNLISTED, KEPT, UNCHANGED, ABSENT),
)

Result = t.Dict[str, t.Any]
SoFar = t.Callable[[], t.Tuple[Result, bool]]


class Outcome(t.NamedTuple):
    """The result keys of a task, whether it changes anything, its state before and after as text, and warnings.

    ``diffs``: entries of Ansible's diff, if the state consists of several texts.
    """

    results: Result
    changed: bool = False
    before: str = ""
    after: str = ""
    warnings: t.Sequence[str] = ()
    diffs: list[dict[str, str]] | None = None

    def join(self, other: Outcome) -> Outcome:
        """Return the outcome of a task with this outcome followed by another."""
        return self._replace(
            results={**self.results, **other.results},
            changed=self.changed or other.changed,
            before=self.before + other.before,
            after=self.after + other.after,
            warnings=[*self.warnings, *other.warnings],
        )

    def shorten_texts(self) -> dict[str, str]:
        """Return the differing lines of both texts, followed by a line with the number of unchanged lines."""
        before, after = ([f"{line}\n" for line in text.split("\n")[:-1]] for text in (self.before, self.after))
        same = {*before} & {*after}
        rest = f"({len(same)} unchanged)\n" if same else ""
        texts = {"before": before, "after": after}
        return {side: "".join([*(line for line in lines if line not in same), rest]) for side, lines in texts.items()}


class Progress:
    """What a task has done so far, for failure reports.

    ``results``: result keys and values of a task that has not done anything.
    """

    def __init__(self, **results: t.Any) -> None:
        self._so_far: SoFar = lambda: ({}, False)
        self._initial = results
        self._begun = ""
        self._changed = False

    def follow(self, so_far: SoFar) -> None:
        """Use ``so_far`` from now on, a function that returns result keys and whether anything was changed."""
        self._so_far = so_far

    def note_change(self) -> None:
        """Record a change that ``so_far`` does not report."""
        self._changed = True

    def begin(self, change: str) -> None:
        """Record a change as a sentence. The message of a later failure starts with it."""
        self._begun = change

    def results(self) -> Result:
        """Return the results of a task that fails now."""
        found, changed = self._so_far()
        return {**self._initial, **found, "changed": changed or self._changed or bool(self._begun)}

    def explain(self, failure: BaseException) -> str:
        """Return the message of a failure."""
        return f"{self._begun}, but the task failed: {failure}" if self._begun else str(failure)


def count_results(results: Result) -> str:
    """Return a summary with counts, such as ``2 created, 97 unchanged; manifest replaced``."""
    counts = [_count_items(kind, results[f"{kind}s"]) for kind in ("artifact", "snippet") if f"{kind}s" in results]
    if "channel" in results and "status" in results:
        counts.append(f"channel {results['status']}{_name_version(results)}")
    elif "status" in results:
        name = (results.get("snippet") or {}).get("id")
        counts.append(f"snippet {name} {results['status']}" if name else f"snippet {results['status']}")
    if unpacked := sum(each["status"] != UNCHANGED for each in results.get("unpacked", ())):
        counts.append(f"{_count('archive', unpacked)} unpacked")
    if results.get("removed"):
        counts.append(f"{_count('path', len(results['removed']))} removed")
    counts.extend(f"{len(results[kind])} {kind}" for kind in ("unlisted", "orphaned") if results.get(kind))
    statuses = [(kind, results[kind]["status"]) for kind in ("manifest", "signature") if kind in results]
    counts.extend(f"{kind} {status}" for kind, status in statuses if status not in (UNCHANGED, ABSENT))
    return "; ".join(counts)


def _name_version(results: Result) -> str:
    """Return the version of a channel as the end of a clause."""
    version = (results["channel"] or {}).get("version")
    return f" to {version}" if results["status"] == MOVED else f", version {version}" if version else ""


def _count_items(kind: str, items: t.Sequence[Result]) -> str:
    """Return the number of items, by status if they have one."""
    statuses = [each["status"] for each in items if "status" in each]
    counts = [f"{statuses.count(status)} {status}" for status in _COUNTED if status in statuses]
    return ", ".join(counts) or _count(kind, len(items))


def _count(kind: str, number: int) -> str:
    return f"{number} {kind}" if number == 1 else f"{number} {kind}s"


def state_line(name: str, size: int, digest: str | None, attributes: t.Mapping[str, t.Any] = MappingProxyType({})) -> str:
    """Return an artifact or file as a line of a diff. ``attributes``: mode, owner and so on, by name."""
    more = "".join(f"  {attribute}:{value}" for attribute, value in sorted(attributes.items()))
    sha256 = f"  sha256:{digest}" if digest else ""
    return f"{name}  {size} bytes{sha256}{more}\n"


def mark_line(line: str, remark: str) -> str:
    """Return a line of a diff with a remark at its end."""
    return f"{line[:-1]}  ({remark})\n"

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which tasks of a run share a snapshot of the Downloads."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._http.connection import Connection
from ansible_collections.releng.bitbucket.plugins.module_utils._http.credentials import Credentials
from ansible_collections.releng.bitbucket.plugins.plugin_utils._control.memory import RunMemory
from ansible_collections.releng.bitbucket.plugins.plugin_utils._control.snapshots import Attempt, Snapshot, note_write

SECRET = "canary"
CONNECTION = Connection("acme", Credentials("access_token", "", SECRET), "https://api.example/2.0", "https://example/token")


@pytest.fixture
def memory() -> RunMemory:
    """Return the memory of a run."""
    return RunMemory()


def take(memory: RunMemory, task: str = "task", number: int = 1, repository: str = "widgets", **changes: Any) -> Snapshot:
    return Snapshot(memory, CONNECTION._replace(**changes), repository, Attempt(task, number))


def test_tasks_share_a_snapshot(memory: RunMemory) -> None:
    assert [take(memory, task).number for task in ("a", "b", "a")] == [1, 1, 1]


@pytest.mark.parametrize(
    "changes",
    [
        {"workspace": "other"},
        {"api_url": "https://other.example/2.0"},
        {"token_url": "https://other.example/token"},
        {"credentials": Credentials("access_token", "", "other")},
        {"credentials": Credentials()},
        {"validate_certs": False},
        {"ca_path": "/ca.pem"},
        {"repository": "gadgets"},
    ],
    ids=str,
)
def test_scope_is_one_repository_with_one_credential(memory: RunMemory, changes: dict[str, Any]) -> None:
    mine, other = take(memory).scope, take(memory, **changes).scope
    assert mine != other
    assert SECRET not in mine + other
    assert take(memory, "later", timeout=1, retries=0, max_wait=1, limit_rate=1000).scope == mine


@pytest.mark.parametrize(
    ("place", "number"),
    [
        (("acme", "widgets"), 2),
        (("ACME", "Widgets"), 2),
        (("acme", None), 2),
        ((None, None), 2),
        (("acme", "gadgets"), 1),
        (("other", "widgets"), 1),
    ],
)
def test_writing_ends_the_snapshots_of_the_same_repository(
    memory: RunMemory, place: tuple[str | None, str | None], number: int
) -> None:
    take(memory)
    note_write(memory, *place)
    assert take(memory, "later").number == number
    assert take(memory, "later").number == number


def test_each_write_is_counted(memory: RunMemory) -> None:
    for _unused in range(3):
        note_write(memory, "acme", "widgets")
    note_write(memory, None, None)
    assert take(memory).writes == [3, 1]


def test_each_repetition_of_a_task_has_one_snapshot_for_all_hosts(memory: RunMemory) -> None:
    assert [take(memory, "a", number).number for number in (1, 1, 2, 2, 3, 2, 3)] == [1, 1, 2, 2, 3, 3, 3]
    assert take(memory, "b").number == 3
    assert take(memory, "b", 2).number == 4


def test_snapshot_of_the_same_attempt_is_renewed_only_if_it_is_stale(memory: RunMemory) -> None:
    own = take(memory, "a")
    assert (own.renew(), own.number) == (False, 1)
    assert (own.renew(force=True), own.number) == (True, 2)


def test_later_task_renews_once_for_all_its_hosts(memory: RunMemory) -> None:
    take(memory, "a")
    first, second = take(memory, "b"), take(memory, "b")
    assert (first.renew(), first.number) == (True, 2)
    assert (second.renew(), second.number) == (True, 2)
    assert not second.renew()

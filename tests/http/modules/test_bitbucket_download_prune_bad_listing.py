# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_prune, answers that cannot be trusted: an error, and nothing is deleted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import LISTING, contents, without_jitter, writes
from tests.http.modules.pruning import PRUNE, age, reasons, refused_whole


@pytest.fixture(autouse=True)
def _published(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    without_jitter(monkeypatch)
    age(emulator, {f"app-{number}": 40 - number for number in range(5)})


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("status", {"code": 404}),
    ("status", {"code": 403}),
    ("status", {"code": 500}),
    ("html", {"body": "<html><title>Log in</title></html>"}),
    ("strings_in_values", {}),
    ("json", {"body": {"values": [{"name": "app-1"}]}}),
    ("json", {"body": {"values": {}}}),
    ("json", {"body": []}),
    ("truncate", {}),
    ("foreign_next", {"url": "http://127.0.0.1:9/next"}),
    ("repeating_next", {}),
]


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(("kind", "arguments"), FAULTS, ids=str)
def test_a_listing_that_is_none_deletes_nothing(
    emulator: Emulator, run: ModuleRunner, kind: str, arguments: dict[str, Any], check: bool
) -> None:
    emulator.faults.add(kind, path=LISTING, times=None, **arguments)
    result = refused_whole(run, patterns="*", keep=0, retries=0, check=check)
    assert "/downloads" in result["msg"] or "list" in result["msg"]
    assert writes(emulator) == []
    assert len(contents(emulator)) == 5


def test_a_second_page_that_fails_deletes_nothing(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.switches.page_cap = 2
    emulator.faults.add("status", code=404, path=LISTING, after=1, times=None)
    refused_whole(run, patterns="*", keep=1)
    assert writes(emulator) == []


@pytest.mark.parametrize("date", [None, "soon", 0])
def test_an_artifact_of_unknown_age_stays(emulator: Emulator, run: ModuleRunner, date: object) -> None:
    values = [{"name": "app-0", "size": 9, "created_on": date}]
    values += [{"name": f"app-{number}", "size": 9, "created_on": f"2020-01-0{number}T00:00:00+00:00"} for number in (1, 2)]
    emulator.faults.add("json", path=LISTING, body={"values": values})
    found = reasons(run.ok(PRUNE, patterns="*", keep=0, older_than="1d"))
    assert found == {"app-2": "retention", "app-1": "retention", "app-0": "age not known"}
    assert sorted(contents(emulator)) == ["app-0", "app-3", "app-4"]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../widgets", "a\\b", "a\nb", "\ud800", "x" * 256])
@pytest.mark.parametrize("patterns", ["*", r"(?s).*"])
def test_a_name_that_is_no_path_segment_never_becomes_a_request(
    emulator: Emulator, run: ModuleRunner, name: str, patterns: str
) -> None:
    old = "2020-01-01T00:00:00+00:00"
    body = {"values": [{"name": name, "size": 1, "created_on": old}, {"name": "app-0", "size": 9, "created_on": old}]}
    emulator.faults.add("json", path=LISTING, body=body)
    result = run(PRUNE, patterns=patterns, use_regex=patterns != "*", keep=0, retries=0)
    asked = [entry.raw_path for entry in emulator.journal.select(method="DELETE")]
    assert set(asked) <= {"/2.0/repositories/acme/widgets/downloads/app-0"}
    deleted = [artifact["name"] for artifact in result.get("artifacts", []) if artifact["status"] == "deleted"]
    assert set(deleted) <= {"app-0"}
    assert len(contents(emulator)) == 5 - len(asked)


def test_a_token_that_may_only_read_deletes_nothing(emulator: Emulator, run: ModuleRunner) -> None:
    token = emulator.mint_api_token(scopes=["read:repository:bitbucket"])
    result = refused_whole(run, patterns="*", keep=0, api_token=token)
    assert "403" in result["msg"]
    assert len(contents(emulator)) == 5
    assert token not in result["msg"]

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_info: what is listed, in which order, and when it is an error."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner

MODULE = "bitbucket_download_info"
NAMES = ["app-1.0.tgz", "app-1.1-rc1.tgz", "app-1.1.tgz", "notes.txt"]  # oldest first


@pytest.fixture
def filled(emulator: Emulator) -> Emulator:
    """Four artifacts in acme/widgets."""
    for name in NAMES:
        emulator.repository().put(name, name.encode())
    return emulator


def names(result: dict[str, Any]) -> list[str]:
    return [artifact["name"] for artifact in result["artifacts"]]


def test_lists_everything_newest_first_and_never_changes(filled: Emulator, run: ModuleRunner) -> None:
    result = run.ok(MODULE)
    assert names(result) == ["notes.txt", "app-1.1.tgz", "app-1.1-rc1.tgz", "app-1.0.tgz"]
    assert result["changed"] is False
    assert result["requests"] == len(filled.journal) == 1


def test_sorts_by_date_whatever_the_order_of_the_service(emulator: Emulator, run: ModuleRunner) -> None:
    dated = {"b": "2024-01-01T00:00:00+00:00", "c": "2025-06-01T00:00:00.5+00:00", "a": "2025-06-01T02:00:00+02:00"}
    values = [{"name": name, "size": 1, "created_on": date} for name, date in dated.items()]
    emulator.faults.add("json", body={"values": values})
    assert names(run.ok(MODULE)) == ["c", "a", "b"]


def test_an_artifact_is_described_in_full(emulator: Emulator, run: ModuleRunner) -> None:
    run.ok("bitbucket_download", content="text", name="a b.txt", overwrite="always")
    stored = emulator.repository().newest_first()[0]
    assert run.ok(MODULE)["artifacts"] == [
        {
            "name": stored.name,
            "size": 4,
            "created_on": stored.created_on.isoformat(timespec="microseconds"),
            "downloads": stored.downloads,
            "uploaded_by": emulator.user.partition("@")[0],
            "url": emulator.api_url + "/repositories/acme/widgets/downloads/" + stored.name.replace(" ", "%20"),
        }
    ]


def test_counts_downloads(filled: Emulator, run: ModuleRunner) -> None:
    artifact = filled.repository().get("notes.txt")
    assert artifact is not None
    artifact.downloads = 7
    assert run.ok(MODULE, patterns="notes.txt")["artifacts"][0]["downloads"] == 7


def test_an_uploader_that_is_not_told_is_null(filled: Emulator, run: ModuleRunner) -> None:
    filled.switches.list_user = False
    assert {artifact["uploaded_by"] for artifact in run.ok(MODULE)["artifacts"]} == {None}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"patterns": ["*.tgz"]}, ["app-1.1.tgz", "app-1.1-rc1.tgz", "app-1.0.tgz"]),
        ({"pattern": "notes*"}, ["notes.txt"]),
        ({"patterns": ["notes.txt", "app-1.0.*"]}, ["notes.txt", "app-1.0.tgz"]),
        ({"patterns": ["app-1.1"]}, []),  # the whole name is meant
        ({"patterns": ["APP*"]}, []),
        ({"patterns": ["app-1.[01].tgz"]}, ["app-1.1.tgz", "app-1.0.tgz"]),
        ({"patterns": [r"app-1\.1"], "use_regex": True}, ["app-1.1.tgz", "app-1.1-rc1.tgz"]),  # from the beginning
        ({"patterns": [r"1\.1"], "use_regex": True}, []),
        ({"patterns": [r"app-\d+\.\d+\.tgz$"], "use_regex": True}, ["app-1.1.tgz", "app-1.0.tgz"]),
        ({"patterns": [r"app-1\.1"]}, []),  # no regular expression without use_regex
        ({"excludes": ["*-rc*", "*.txt"]}, ["app-1.1.tgz", "app-1.0.tgz"]),
        ({"exclude": "*.tgz"}, ["notes.txt"]),
        ({"excludes": [r".*-rc\d"], "use_regex": True}, ["notes.txt", "app-1.1.tgz", "app-1.0.tgz"]),
        ({"newest": 2}, ["notes.txt", "app-1.1.tgz"]),
        ({"newest": 99, "patterns": "notes.txt"}, ["notes.txt"]),
        # Counted after choosing, not before.
        ({"newest": 1, "patterns": ["*.tgz"], "excludes": ["app-1.1.tgz"]}, ["app-1.1-rc1.tgz"]),
    ],
    ids=str,
)
def test_lists_what_is_meant(filled: Emulator, run: ModuleRunner, options: dict[str, Any], expected: list[str]) -> None:
    assert names(run.ok(MODULE, **options)) == expected


def test_reads_pages_that_are_smaller_than_asked_for(filled: Emulator, run: ModuleRunner) -> None:
    filled.switches.page_cap = 1
    result = run.ok(MODULE)
    assert sorted(names(result)) == NAMES
    assert result["requests"] == len(filled.journal) == 4


def test_asks_for_pages_of_a_hundred(filled: Emulator, run: ModuleRunner) -> None:
    run.ok(MODULE)
    assert filled.journal[0].query == {"pagelen": "100"}


def test_an_empty_repository_is_an_empty_list(run: ModuleRunner) -> None:
    assert run.ok(MODULE)["artifacts"] == []


def test_check_mode_lists_as_well(filled: Emulator, run: ModuleRunner) -> None:
    assert run.ok(MODULE, check=True) == run.ok(MODULE)


@pytest.mark.parametrize("braced", ["workspace", "repository", "both"])
def test_takes_uuids_in_braces(filled: Emulator, run: ModuleRunner, braced: str) -> None:
    repository = filled.repository()
    by_uuid = {"workspace": f"{{{repository.workspace.uuid}}}", "repository": f"{{{repository.uuid}}}"}
    options = by_uuid if braced == "both" else {braced: by_uuid[braced]}
    assert sorted(names(run.ok(MODULE, **options))) == NAMES


def test_lists_a_public_repository_without_credentials(filled: Emulator, run: ModuleRunner) -> None:
    filled.repository(private=False)
    assert sorted(names(run.ok(MODULE, user=None, api_token=None))) == NAMES
    assert "Authorization" not in filled.journal[0].headers


def test_a_private_repository_without_credentials_is_an_error_with_advice(filled: Emulator, run: ModuleRunner) -> None:
    message = run.failure(MODULE, user=None, api_token=None)
    assert "404" in message
    assert "what the credential may not see" in message


def test_an_unknown_repository_is_an_error_and_no_empty_list(emulator: Emulator, run: ModuleRunner) -> None:
    message = run.failure(MODULE, repository="nowhere")
    assert f"GET {emulator.api_url}/repositories/acme/nowhere/downloads failed with HTTP status 404" in message


@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [
        ("html", {}, "an HTML page titled 'Log in with Atlassian account'"),
        ("strings_in_values", {}, "Upgrade to a Standard or Premium plan"),
        ("json", {"body": "[]"}, "not an object"),
        ("json", {"body": '{"size": 0}'}, "without a list of values"),
        ("json", {"body": '{"values": null}'}, "without a list of values"),
        ("json", {"body": '{"values": [{"name": "x"}]}'}, "without a name and a size"),
        ("json", {"body": '{"values": ['}, "not with valid JSON"),
        ("foreign_next", {}, "leaves the API"),
        ("repeating_next", {}, "do not come to an end"),
    ],
)
def test_a_listing_that_is_none_is_an_error(
    filled: Emulator, run: ModuleRunner, kind: str, arguments: dict[str, Any], words: str
) -> None:
    filled.switches.page_cap = 2
    filled.faults.add(kind, times=None, **arguments)
    assert words in run.failure(MODULE)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"newest": 0}, "newest must be 1 or more"),
        ({"newest": -1}, "newest must be 1 or more"),
        ({"patterns": ["("], "use_regex": True}, "patterns: '(' is not a regular expression"),
        ({"excludes": ["["], "use_regex": True}, "excludes: '[' is not a regular expression"),
        ({"repository": ""}, "repository"),
        ({"repository": "../other"}, "repository"),
        ({"workspace": "a/b"}, "workspace"),
        ({"workspace": ".."}, "workspace"),
    ],
    ids=str,
)
def test_bad_input_is_refused_before_any_request(
    emulator: Emulator, run: ModuleRunner, options: dict[str, Any], words: str
) -> None:
    assert words in run.failure(MODULE, **options)
    assert len(emulator.journal) == 0

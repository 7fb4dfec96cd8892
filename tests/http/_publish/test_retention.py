# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prune through the API, and send no request for artifacts that are kept. Unit tests check the rules."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import (
    LISTING,
    MANIFEST,
    MODULE,
    PRUNE,
    by_name,
    contents,
    date,
    lines,
    put_aged,
    put_manifest,
    sha256,
    statuses,
    widgets,
    writes,
)

OLD = "2020-01-01T00:00:00+00:00"


@pytest.fixture(autouse=True)
def _releases(emulator: Emulator) -> None:
    put_aged(emulator, {"app-1.tgz": 40, "app-1.zip": 40.5, "app-2.tgz": 30, "app-2.zip": 30.5, "notes.txt": 50})


def test_releases_are_deleted_or_kept_as_a_unit(emulator: Emulator, run: ModuleRunner) -> None:
    result = run.ok(PRUNE, patterns="*", group_by=r"^app-(\d+)", keep=1, older_than="10d")
    assert statuses(result) == [
        ("app-2.tgz", "kept", "one of the newest"),
        ("app-2.zip", "kept", "one of the newest"),
        ("app-1.tgz", "deleted", "retention"),
        ("app-1.zip", "deleted", "retention"),
        ("notes.txt", "kept", "in no release"),
    ]
    assert widgets(emulator).names() == ["app-2.tgz", "app-2.zip", "notes.txt"]
    assert (result["changed"], result["requests"], result["bytes_sent"]) == (True, 4, 0)
    emulator.journal.clear()
    again = run.ok(PRUNE, patterns="*", group_by=r"^app-(\d+)", keep=1, older_than="10d")
    assert (again["changed"], again["requests"], writes(emulator)) == (False, 1, [])


def test_results_describe_the_artifacts_after_the_task(emulator: Emulator, run: ModuleRunner) -> None:
    found = by_name(run.ok(PRUNE, patterns="*.tgz", keep=1))
    url = emulator.api_url + "/repositories/acme/widgets/downloads/app-1.tgz"
    deleted = {"status": "deleted", "reason": "retention", "size": None, "sha256": None, "created_on": None}
    assert found["app-1.tgz"] == {"name": "app-1.tgz", "url": url, "version": None, **deleted}
    kept = {
        "status": "kept",
        "reason": "one of the newest",
        "size": 13,
        "sha256": None,
        "created_on": date(emulator, "app-2.tgz"),
    }
    assert found["app-2.tgz"] == {"name": "app-2.tgz", "url": url.replace("-1", "-2"), "version": None, **kept}


@pytest.mark.parametrize("check", [False, True])
def test_late_patch_of_an_old_release_is_not_the_newest_version(emulator: Emulator, run: ModuleRunner, check: bool) -> None:
    put_aged(emulator, {"app-1.9.0.tgz": 9, "app-1.10.0-rc.1.tgz": 8, "app-1.10.0.tgz": 7, "app-1.9.1.tgz": 6})
    options: dict[str, Any] = {"patterns": "app-*.*.tgz", "order": "version", "keep": 1, "check": check}
    result = run.ok(PRUNE, **options, prereleases=False)
    assert [(each["version"], each["status"], each["reason"]) for each in result["artifacts"]] == [
        ("1.10.0", "kept", "one of the newest"),
        ("1.10.0-rc.1", "kept", "pre-release"),
        ("1.9.1", "deleted", "retention"),
        ("1.9.0", "deleted", "retention"),
    ]
    assert ("app-1.9.1.tgz" in contents(emulator)) is check
    [old] = run.ok(PRUNE, **{**options, "patterns": "app-1.10.0-rc.1.tgz", "keep": 0})["artifacts"]
    assert (old["version"], old["status"]) == ("1.10.0-rc.1", "deleted")


def test_version_is_the_text_of_the_group(run: ModuleRunner) -> None:
    found = by_name(run.ok(PRUNE, check=True, patterns="*", group_by=r"^(app-\d)", keep=9))
    assert {name: each["version"] for name, each in found.items() if name.endswith("t") or "2.t" in name} == {
        "app-2.tgz": "app-2",
        "notes.txt": None,
    }


@pytest.mark.parametrize("check", [False, True])
def test_published_artifacts_count_first_for_keep_size(run: ModuleRunner, check: bool) -> None:
    """Check mode adds the sizes that a publishing task would send: 50 bytes each. Other artifacts have 13 bytes each."""
    artifacts = [run.ok(MODULE, check=check, content="x" * 50, name=[name])["artifacts"] for name in ("app-1.tgz", "app-3.tgz")]
    assert [each["status"] for [each] in artifacts] == ["replaced", "created"]
    protected = 50 + 13 + 50
    for limit, kept in ((protected + 25, []), (protected + 26, ["app-2.tgz", "app-2.zip"])):
        rules = {"patterns": "app-*", "group_by": r"^app-(\d+)", "keep_size": limit, "protect": [each for [each] in artifacts]}
        found = by_name(run.ok(PRUNE, check=True, **rules))
        published = [] if check else ["app-3.tgz"]
        assert sorted(name for name in found if found[name]["status"] == "kept") == ["app-1.tgz", "app-1.zip", *kept, *published]


def test_manifest_is_renewed_after_the_deletions(emulator: Emulator, run: ModuleRunner) -> None:
    put_manifest(emulator)
    rest = {name: data for name, data in contents(emulator).items() if name not in ("app-1.tgz", MANIFEST)}
    result = run.ok(PRUNE, patterns="*.tgz", keep=1, manifest=MANIFEST)
    assert result["manifest"] == {"name": MANIFEST, "status": "replaced", "size": len(lines(rest))}
    assert (result["bytes_sent"], writes(emulator)) == (len(lines(rest)), ["DELETE", "POST"])
    assert contents(emulator) == {**rest, MANIFEST: lines(rest)}
    assert by_name(result)["app-2.tgz"]["sha256"] == sha256(rest["app-2.tgz"])


@pytest.mark.parametrize("patterns", ["*", MANIFEST])
def test_manifest_is_neither_pruned_nor_counted(emulator: Emulator, run: ModuleRunner, patterns: str) -> None:
    put_aged(emulator, {MANIFEST: 99})
    assert MANIFEST in by_name(run.ok(PRUNE, check=True, patterns=patterns, keep=0))
    put_manifest(emulator)
    result = run.ok(PRUNE, patterns=patterns, keep=1, manifest=MANIFEST)
    assert MANIFEST not in by_name(result)
    assert [status for _unused, status, _unused in statuses(result)] == (["kept"] + ["deleted"] * 4 if patterns == "*" else [])
    assert MANIFEST in contents(emulator)


@pytest.mark.parametrize("check", [False, True])
def test_artifacts_of_a_publishing_task_are_protected_and_count_first(run: ModuleRunner, check: bool) -> None:
    published = run.ok(MODULE, check=check, content="x", name=["app-3.tgz"])["artifacts"]
    result = run.ok(PRUNE, check=check, patterns="*.tgz", keep=2, protect=published)
    expected = [("app-2.tgz", "kept", "one of the newest"), ("app-1.tgz", "deleted", "retention")]
    assert statuses(result) == (expected if check else [("app-3.tgz", "kept", "protected"), *expected])


@pytest.mark.parametrize("status", ["created", "replaced", "unchanged", "kept"])
def test_nothing_is_deleted_if_a_published_artifact_is_not_listed(emulator: Emulator, run: ModuleRunner, status: str) -> None:
    before = contents(emulator)
    artifacts = [{"name": "app-2.tgz", "status": "created"}, {"name": "app-3.tgz", "status": status}]
    message = run.failure(PRUNE, patterns="*", keep=1, protect=artifacts)
    assert message.startswith("Nothing was deleted, because published artifacts are not listed: 'app-3.tgz'. ")
    assert contents(emulator) == before
    assert 15 <= sum(run.pauses) <= 31
    for protected in ({"name": "app-3.tgz", "status": "deleted"}, {"name": "app-3.tgz", "status": "absent"}, "app-3.tgz"):
        assert run.ok(PRUNE, check=True, patterns="*", keep=1, protect=[protected])["changed"]


def test_listing_without_a_published_artifact_is_read_again(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.switches.listing_lag_reads = 2
    widgets(emulator).put("app-0.tgz", b"x")
    emulator.switches.listing_lag_reads = 0
    published = [{"name": "app-0.tgz", "status": "created"}]
    result = run.ok(PRUNE, patterns="*.tgz", keep=1, protect=published)
    assert statuses(result)[0] == ("app-0.tgz", "kept", "protected")
    assert {*contents(emulator)} == {"app-0.tgz", "app-1.zip", "app-2.zip", "notes.txt"}
    assert len(run.pauses) == 2


def test_artifact_with_a_secret_in_its_name_is_protected(emulator: Emulator, run: ModuleRunner) -> None:
    """Results show the name without the secret."""
    token = emulator.api_token
    put_aged(emulator, {f"{token}-1.tgz": 20, f"{token}-2.tgz": 10, token: 30})
    published = run.ok(MODULE, overwrite="never", content="x", name=[f"{token}-1.tgz"])["artifacts"]
    published += run.ok(MODULE, overwrite="never", content="x", name=[token])["artifacts"]
    assert [token in each["name"] for each in published] == [False, False]
    run.ok(PRUNE, patterns=f"{token}*", keep=0, protect=published)
    assert {*contents(emulator)} & {f"{token}-1.tgz", f"{token}-2.tgz", token} == {f"{token}-1.tgz", token}


@pytest.mark.parametrize("created_on", [None, "soon", 0])
def test_artifact_of_unknown_age_is_kept(emulator: Emulator, run: ModuleRunner, created_on: object) -> None:
    values = [{"name": "app-1.tgz", "size": 9, "created_on": created_on}, {"name": "app-1.zip", "size": 9, "created_on": OLD}]
    emulator.faults.add("json", path=LISTING, body={"values": values})
    assert statuses(run.ok(PRUNE, patterns="*", keep=0, older_than="1d")) == [
        ("app-1.zip", "deleted", "retention"),
        ("app-1.tgz", "kept", "age not known"),
    ]


@pytest.mark.parametrize("name", ["", "..", "../widgets", "a\nb"])
def test_name_that_is_not_a_path_segment_is_never_requested(emulator: Emulator, run: ModuleRunner, name: str) -> None:
    values = [{"name": each, "size": 9, "created_on": OLD} for each in (name, "app-1.tgz")]
    emulator.faults.add("json", path=LISTING, body={"values": values})
    run.ok(PRUNE, patterns=r"(?s).*", use_regex=True, keep=0)
    assert [entry.artifact for entry in emulator.journal.select(method="DELETE")] == ["app-1.tgz"]


@pytest.mark.parametrize("check", [False, True])
def test_max_deletions_deletes_all_or_nothing(emulator: Emulator, run: ModuleRunner, check: bool) -> None:
    rules: dict[str, Any] = {"patterns": "app*", "keep": 1, "check": check}
    message = run.failure(PRUNE, **rules, max_deletions=2)
    words = "Nothing was deleted: max_deletions is 2, but retention would delete 3: app-2.zip, app-1.tgz"
    assert message.startswith(words)
    assert (writes(emulator), len(contents(emulator))) == ([], 5)
    assert run.ok(PRUNE, **rules, max_deletions=3)["changed"] is True
    assert run.ok(PRUNE, **{**rules, "keep": 9}, max_deletions=0)["changed"] is False

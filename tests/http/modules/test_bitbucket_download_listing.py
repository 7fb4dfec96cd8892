# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download, a listing that cannot be trusted is an error and never "nothing there"."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import LISTING, MANIFEST, contents, failed, numbered, widgets, without_jitter, writes

WISHES: dict[str, dict[str, Any]] = {
    "present": {"content": "x", "name": ["new"]},
    "always": {"content": "x", "name": ["app"], "overwrite": "always", "manifest": MANIFEST},
    "absent": {"state": "absent", "name": ["app", "never-was"], "manifest": MANIFEST},
}
ITEM = {"name": "app", "size": 1}


def page(**values: Any) -> dict[str, Any]:
    return {"pagelen": 100, "page": 1, "size": 1, **values}


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("status", {"code": 404}, "404"),
    ("status", {"code": 404, "body": ""}, "404"),
    ("status", {"code": 401}, "401"),
    ("status", {"code": 402, "body": {"error": {"message": "Pay"}}}, "paid plan"),
    ("status", {"code": 403}, "403"),
    ("status", {"code": 410}, "410"),
    ("status", {"code": 204, "body": ""}, "not with valid JSON"),
    ("html", {}, "Log in with Atlassian account"),
    ("strings_in_values", {}, "Upgrade to a Standard or Premium plan"),
    ("json", {"body": ""}, "an empty body"),
    ("json", {"body": "{"}, "not with valid JSON"),
    ("json", {"body": "\xff"}, "not with valid JSON"),
    ("json", {"body": "[" * 100_000}, "not with valid JSON"),
    ("json", {"body": "[]"}, "not an object"),
    ("json", {"body": "null"}, "not an object"),
    ("json", {"body": json.dumps("text")}, "not an object"),
    ("json", {"body": {}}, "without a list of values"),
    ("json", {"body": page()}, "without a list of values"),
    ("json", {"body": page(values=None)}, "without a list of values"),
    ("json", {"body": page(values={"app": ITEM})}, "without a list of values"),
    ("json", {"body": page(values=[None])}, "no objects"),
    ("json", {"body": page(values=[[ITEM]])}, "no objects"),
    ("json", {"body": page(values=[ITEM, {}])}, "without a name and a size"),
    ("json", {"body": page(values=[{"name": 5, "size": 1}])}, "without a name and a size"),
    ("json", {"body": page(values=[{"name": "app", "size": "1"}])}, "without a name and a size"),
    ("json", {"body": page(values=[{"name": "app", "size": True}])}, "without a name and a size"),
    ("json", {"body": page(values=[{"name": "app", "size": -1}])}, "without a name and a size"),
    ("json", {"body": page(values=[{"name": "app"}])}, "without a name and a size"),
    ("json", {"body": page(values=[ITEM], next=5)}, "next page"),
    ("json", {"body": page(values=[ITEM], next="/2.0/elsewhere")}, "next page"),
    ("json", {"body": page(values=[ITEM], next="http://[broken")}, "next page"),
    ("foreign_next", {}, "next page"),
    ("foreign_next", {"url": "http://me@127.0.0.1/2.0"}, "next page"),
    ("repeating_next", {}, "do not come to an end"),
    ("redirect", {"location": "/2.0/repositories/acme/renamed/downloads"}, "renamed"),
    ("redirect", {"location": "loop"}, "redirected"),
]


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize(("kind", "arguments", "words"), BAD, ids=lambda value: str(value)[:40])
def test_a_listing_that_cannot_be_trusted_stops_everything(
    emulator: Emulator, run: ModuleRunner, wish: str, kind: str, arguments: dict[str, Any], words: str
) -> None:
    widgets(emulator).put("app", b"y")
    emulator.faults.add(kind, path=LISTING, times=None, **arguments)
    result = failed(run, **WISHES[wish])
    assert words in result["msg"]
    assert "GET " in result["msg"] or "list of downloads" in result["msg"]
    assert emulator.api_token not in result["msg"]
    assert writes(emulator) == []
    assert result["requests"] == len(emulator.journal) == 1
    assert contents(emulator) == {"app": b"y"}


@pytest.mark.parametrize("kind", ["html", "strings_in_values", "json", "foreign_next"])
def test_a_second_page_that_cannot_be_trusted_stops_everything(emulator: Emulator, run: ModuleRunner, kind: str) -> None:
    for name, data in numbered(12).items():
        widgets(emulator).put(name, data)
    emulator.switches.page_cap = 5
    emulator.faults.add(kind, query="page=2", times=None)
    failed(run, content="x", name=["new"])
    assert writes(emulator) == []


def test_no_credential_leaves_with_a_foreign_next(emulator: Emulator, run: ModuleRunner) -> None:
    emulator.faults.add("foreign_next", url=emulator.storage_url + "/2.0/repositories/acme/widgets/downloads?page=2")
    failed(run, content="x", name=["new"])
    assert not emulator.journal.select(host="storage")


@pytest.mark.parametrize("where", [{"repository": "nowhere"}, {"workspace": "nobody"}, {"repository": "Widgets "}], ids=str)
def test_a_repository_that_is_not_there_is_an_error_with_advice(
    emulator: Emulator, run: ModuleRunner, where: dict[str, Any]
) -> None:
    for wish in WISHES.values():
        message = failed(run, **wish, **where)["msg"]
        assert "404" in message
        assert "check workspace, repository and permissions" in message
    assert writes(emulator) == []


@pytest.mark.parametrize("wish", WISHES)
def test_a_listing_that_stays_broken_is_given_up(
    emulator: Emulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch, wish: str
) -> None:
    without_jitter(monkeypatch)
    emulator.faults.add("truncate", path=LISTING, times=None)
    message = failed(run, **WISHES[wish], retries=1)["msg"]
    assert "broke off" in message
    assert "Gave up after 2 tries" in message
    assert writes(emulator) == []


@pytest.mark.parametrize(
    "switches",
    [
        {"list_user": False, "list_size": False, "list_page": False},
        {"url_style": "slug"},
        {"keep_alive": False},
        {"upload_status": 200},
    ],
    ids=str,
)
def test_what_the_service_leaves_open_does_not_matter(emulator: Emulator, run: ModuleRunner, switches: dict[str, Any]) -> None:
    emulator.switches.update({**switches, "etag": "opaque", "page_cap": 1})
    widgets(emulator).put("other", b"other")
    for expected in (True, False):
        assert run("bitbucket_download", content="x", name=["app"], manifest=MANIFEST)["changed"] is expected


def test_dates_that_are_missing_are_no_reason_to_believe_a_manifest(emulator: Emulator, run: ModuleRunner) -> None:
    """The artifact has the size of the wish and a lying line: without dates only its content counts."""
    widgets(emulator).put("app", b"y")
    text = b"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881  app\n"
    widgets(emulator).put(MANIFEST, text)
    emulator.faults.add("json", body=page(values=[ITEM, {"name": MANIFEST, "size": len(text)}]), path=LISTING)
    result = run("bitbucket_download", check=True, content="x", name=["app"], manifest=MANIFEST)
    assert result["artifacts"][0]["status"] == "replaced"
    assert [entry.artifact for entry in emulator.journal.select(host="storage")] == [MANIFEST, "app"]

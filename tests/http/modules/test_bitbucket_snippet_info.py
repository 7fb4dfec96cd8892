# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_snippet_info: which snippets it reads, what it tells of them, and what that costs."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.http.modules.snippet_info_running import MODULE, InfoRunner

BINARY = bytes(range(256)) * 3
FILES = {"start.md": b"Call us.\r\n", "grüße.txt": "zwölf".encode(), "image.png": BINARY, "empty": b"", "nul": b"\0"}
LISTINGS = [{"pagelen": "100", "role": "member"}, {"pagelen": "100"}]


@pytest.fixture
def run(emulator: Emulator, capsys: pytest.CaptureFixture[str]) -> InfoRunner:
    """Run the module in this process."""
    return InfoRunner(emulator, capsys)


@pytest.fixture
def filled(emulator: Emulator) -> Emulator:
    """Four snippets of acme, two of one title; private, public, watched and both."""
    snippets = emulator.snippets
    snippets.create("Run book", FILES, id="run01")
    snippets.create("Notes of 1.0", {"a": b"1"}, id="note1", is_private=False)
    snippets.create("Notes of 1.1", {"a": b"1"}, id="note2", watched=True)
    snippets.create("Notes of 1.1", {"a": b"2"}, id="note3")
    return emulator


def ids(result: dict[str, Any]) -> list[str]:
    return sorted(snippet["id"] for snippet in result["snippets"])


def listings(emulator: Emulator) -> list[dict[str, str]]:
    """The queries of the listings in the journal."""
    return [entry.query for entry in emulator.journal.select("api") if entry.path == "/2.0/snippets/acme"]


def read_ids(emulator: Emulator) -> list[str]:
    """The snippets that were asked for one by one."""
    return [entry.snippet for entry in emulator.journal.select("api") if entry.snippet]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["note1", "note2", "note3", "run01"]),
        ({"snippet_id": "run01"}, ["run01"]),
        ({"id": "note1"}, ["note1"]),
        ({"encoded_id": "note3"}, ["note3"]),
        ({"title": "Run book"}, ["run01"]),
        ({"title": "Notes of 1.1"}, ["note2", "note3"]),
        ({"title": "run book"}, []),
        ({"title": "Run"}, []),
        ({"title": "Notes of *"}, []),
        ({"title": ""}, []),
        ({"patterns": ["Notes of *"]}, ["note1", "note2", "note3"]),
        ({"patterns": ["Run book", "*1.0"]}, ["note1", "run01"]),
        ({"pattern": "Notes of 1.[0]"}, ["note1"]),
        ({"patterns": ["Notes"]}, []),  # the whole title is meant
        ({"patterns": ["run*"]}, []),
    ],
    ids=str,
)
@pytest.mark.parametrize("contents", [False, True])
def test_gives_the_snippets_that_are_meant(
    filled: Emulator, run: InfoRunner, options: dict[str, Any], expected: list[str], contents: bool
) -> None:
    assert ids(run.ok(MODULE, contents=contents, **options)) == expected


@pytest.mark.parametrize("options", [{}, {"patterns": "*"}], ids=str)
def test_a_listing_is_enough_where_no_files_are_asked_for(filled: Emulator, run: InfoRunner, options: dict[str, Any]) -> None:
    result = run.ok(MODULE, **options)
    assert len(result["snippets"]) == 4
    assert not any("files" in snippet for snippet in result["snippets"])
    assert (read_ids(filled), listings(filled)) == ([], LISTINGS)
    assert result["requests"] == len(filled.journal) == 2


def test_a_listed_snippet_is_described(filled: Emulator, run: InfoRunner) -> None:
    made = filled.snippets.get("run01")
    assert made is not None
    (found,) = run.ok(MODULE, patterns="Run*")["snippets"]
    assert found.pop("revision") in (made.revision, None)
    assert found == {
        "id": "run01",
        "title": "Run book",
        "is_private": True,
        "url": "https://bitbucket.org/snippets/acme/run01",
        "created_on": made.created_on.isoformat(timespec="microseconds"),
        "updated_on": made.updated_on.isoformat(timespec="microseconds"),
    }


@pytest.mark.parametrize("options", [{"snippet_id": "run01"}, {"title": "Run book"}], ids=str)
@pytest.mark.parametrize("contents", [False, True])
@pytest.mark.parametrize("answers", ["all", "json_only", "json_406", "form_only"])
def test_files_are_described_in_full(
    filled: Emulator, run: InfoRunner, options: dict[str, Any], contents: bool, answers: str
) -> None:
    filled.switches.snippet_answers = answers
    made = filled.snippets.get("run01")
    assert made is not None
    (found,) = run.ok(MODULE, contents=contents, **options)["snippets"]
    base = f"{filled.api_url}/snippets/acme/run01/{made.revision}/files/"
    urls = {name: base + name for name in FILES} | {"grüße.txt": base + "gr%C3%BC%C3%9Fe.txt"}
    text = {"start.md": "Call us.\r\n", "grüße.txt": "zwölf", "empty": "", "nul": "\0"}
    binary = {"image.png": base64.b64encode(BINARY).decode()}
    more = {name: {"content": value} for name, value in text.items()}
    more |= {name: {"content_base64": value} for name, value in binary.items()}
    assert (found["revision"], found["is_private"]) == (made.revision, True)
    assert found["files"] == [
        {
            "name": name,
            "size": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "url": urls[name],
            **(more[name] if contents else {}),
        }
        for name, data in sorted(FILES.items())
    ]


@pytest.mark.parametrize("damage", ["crlf", "final_newline"])
def test_contents_are_exact_where_the_answer_changes_line_ends(filled: Emulator, run: InfoRunner, damage: str) -> None:
    text = b"one\ntwo\r\n\n"
    filled.snippets.create("Exact", {"f": text}, id="exact")
    filled.switches.snippet_text_damage = damage
    (found,) = run.ok(MODULE, id="exact", contents=True)["snippets"]
    assert found["files"][0]["content"] == text.decode()
    assert found["files"][0]["sha256"] == hashlib.sha256(text).hexdigest()


@pytest.mark.parametrize("switch", [{"snippet_missing_part": "image.png"}, {"snippet_cut_closing": True}], ids=str)
def test_contents_are_whole_where_the_answer_is_not(filled: Emulator, run: InfoRunner, switch: dict[str, Any]) -> None:
    filled.switches.update(switch)
    (found,) = run.ok(MODULE, id="run01", contents=True)["snippets"]
    assert {file["name"]: file["size"] for file in found["files"]} == {name: len(data) for name, data in FILES.items()}


def test_an_unknown_id_is_an_empty_list_that_a_listing_proves(filled: Emulator, run: InfoRunner) -> None:
    assert run.ok(MODULE, id="nobody")["snippets"] == []
    assert [entry.status for entry in filled.journal] == [404, 200]
    assert len(listings(filled)) == 1


@pytest.mark.parametrize(
    ("kind", "arguments"), [("status", {"code": 404}), ("status", {"code": 403}), ("html", {}), ("strings_in_values", {})]
)
def test_an_unknown_id_without_a_listing_is_an_error(
    filled: Emulator, run: InfoRunner, kind: str, arguments: dict[str, Any]
) -> None:
    filled.faults.add(kind, path=r"/snippets/acme$", times=None, **arguments)
    assert "snippets/acme" in run.failure(MODULE, id="nobody")


@pytest.mark.parametrize("cap", [1, 3])
def test_small_pages_of_both_listings_are_united_without_duplicates(filled: Emulator, run: InfoRunner, cap: int) -> None:
    filled.switches.page_cap = cap
    result = run.ok(MODULE)
    assert [snippet["id"] for snippet in result["snippets"]].count("note1") == 1
    assert ids(result) == ["note1", "note2", "note3", "run01"]
    assert result["requests"] == len(filled.journal) > 2


def test_the_bare_listing_adds_what_members_do_not_see(filled: Emulator, run: InfoRunner) -> None:
    filled.snippets.create("Of others", {"a": b"1"}, id="other", is_private=False, foreign=True)
    assert "other" in ids(run.ok(MODULE))
    assert ids(run.ok(MODULE, title="Of others")) == ["other"]


def test_check_mode_reads_as_well_and_nothing_ever_changes(filled: Emulator, run: InfoRunner) -> None:
    for options in ({}, {"id": "run01", "contents": True}, {"title": "Run book"}):
        result = run.ok(MODULE, diff=True, **options)
        assert result["changed"] is False
        assert run.ok(MODULE, check=True, diff=True, **options) == result
    assert {entry.method for entry in filled.journal} == {"GET"}


def test_an_empty_workspace_is_an_empty_list(run: InfoRunner) -> None:
    assert run.ok(MODULE)["snippets"] == run.ok(MODULE, title="x")["snippets"] == []

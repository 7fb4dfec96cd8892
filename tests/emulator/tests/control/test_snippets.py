# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the control of snippets: state, control endpoint, faults, journal."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
import requests

from ... import Emulator
from ..snippet_client import RELATED, Snippets, read

FILES = {"a.txt": b"one\n"}


def test_state_is_set_in_the_process(emulator: Emulator) -> None:
    made = emulator.snippets.create("t", {"a": "text", "b": b"\0"}, id="9qa8b", watched=True, creator="else@example.com")
    assert emulator.workspace("acme").snippets is emulator.snippets
    assert (emulator.snippets.get("9qa8b"), emulator.snippets.get("none"), len(emulator.snippets)) == (made, None, 1)
    assert (made.files, made.watchers, made.creator) == ({"a": b"text", "b": b"\0"}, {emulator.user}, "else@example.com")
    old = made.revision
    assert made.edit({"a": None, "c": b"3"}, title="new", is_private=False) == made.revision != old
    assert (made.files, made.title, made.is_private) == ({"b": b"\0", "c": b"3"}, "new", False)
    assert emulator.snippets.remove("9qa8b")
    assert not emulator.snippets.remove("9qa8b")
    emulator.snippets.create("t", FILES)
    emulator.reset()
    assert len(emulator.snippets) == 0


def test_state_is_set_over_the_control_endpoint(emulator: Emulator, snippets: Snippets) -> None:
    def control(method: str, *path: str, **more: Any) -> requests.Response:
        return requests.request(method, "/".join([emulator.control_url, "snippets", *path]), timeout=5, **more)

    values = {"title": "t", "is_private": False, "files": {"a": "text", "b": {"base64": base64.b64encode(b"\0").decode()}}}
    made = control("PUT", "acme", json=values).json()
    kept = emulator.snippets.get(made["id"])
    assert kept is not None
    assert (kept.files, kept.title, kept.is_private) == ({"a": b"text", "b": b"\0"}, "t", False)
    assert (made["revision"], made["files"]["b"]["base64"], made["files"]["a"]["size"]) == (kept.revision, "AA==", 4)
    edited = control("PUT", "acme", made["id"], json={"files": {"a": "new", "b": None}, "spam": True, "watched": True}).json()
    assert (edited["revisions"], list(edited["files"])) == ([made["revision"], kept.revision], ["a"])
    assert snippets.show(made["id"]).status_code == 410
    assert [one["id"] for one in control("GET", "acme").json()] == [control("GET", "acme", made["id"]).json()["id"]]
    assert control("DELETE", "acme", made["id"]).status_code == 200
    assert [control(method, "acme", made["id"]).status_code for method in ("GET", "PUT", "DELETE")] == [404] * 3
    assert control("GET", "none").status_code == 404
    assert control("PUT", "acme", json={"x": 1}).status_code == 400
    control("PUT", "acme", json=values)
    control("DELETE", "acme")
    assert control("GET", "acme").json() == []
    assert emulator.journal.select(snippet=made["id"]) == emulator.journal[:]


def test_journal_records_the_sent_fields_and_files(emulator: Emulator, snippets: Snippets) -> None:
    made = emulator.snippets.create("t", FILES)
    snippets.ask("PUT", made.id, json={"title": "x"})
    snippets.update(made.id, files={"b.txt": b"2"}, removed=["a.txt"], title="y")
    first, second = emulator.journal.select(method="PUT", snippet=made.id)
    assert (first.uploads, first.fields) == ([], {"title": "x"})
    assert (second.uploads, second.stored, second.fields) == (["b.txt"], ["b.txt"], {"title": "y", "files": ["a.txt"]})
    assert second.as_dict()["fields"] == second.fields


@pytest.mark.parametrize(("kind", "effect"), [("drop_before", False), ("drop_after", True), ("status", True), ("status", False)])
def test_faults_with_and_without_effect(emulator: Emulator, snippets: Snippets, kind: str, effect: bool) -> None:
    more: dict[str, Any] = {"effect": effect, "code": 502} if kind == "status" else {}
    for method in ("POST", "PUT", "DELETE"):
        emulator.faults.add(kind, method=method, path="/snippets/", **more)
    made, other = (emulator.snippets.create("t", FILES) for _unused in range(2))
    calls: list[Callable[[], requests.Response]] = [
        lambda: snippets.create(FILES),
        lambda: snippets.update(made.id, title="x"),
        lambda: snippets.ask("DELETE", other.id),
    ]
    for call in calls:
        if kind == "status":
            assert call().status_code == 502
        else:
            with pytest.raises(requests.ConnectionError):
                call()
    assert {snippet.title for snippet in emulator.snippets} == ({"x", ""} if effect else {"t"})
    assert (emulator.snippets.get(other.id) is None) == effect


def test_faults_change_pages_and_bytes(emulator: Emulator, snippets: Snippets) -> None:
    made = emulator.snippets.create("t", FILES, is_private=False)
    for kind in ("strings_in_values", "foreign_next", "html", "rate_limit"):
        emulator.faults.add(kind, path="/snippets/acme$")
    responses = [snippets.ask("GET") for _unused in range(4)]
    assert [response.status_code for response in responses] == [200, 200, 200, 429]
    assert isinstance(responses[0].json()["values"][0], str)
    assert responses[1].json()["next"].startswith("http://localhost:9/")
    emulator.faults.add("truncate", path=made.id)
    with pytest.raises(requests.RequestException):
        snippets.show(made.id, accept=RELATED)
    assert read(snippets.show(made.id, accept=RELATED)).files == FILES


@pytest.mark.parametrize(
    "name", ["snippet_answers", "snippet_text", "snippet_file_links", "snippet_hidden", "snippet_text_damage"]
)
def test_switches_refuse_unknown_values(emulator: Emulator, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        setattr(emulator.switches, name, "nonsense")

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_snippet, exact bytes in and out, whatever form the service answers in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.snippeting import (
    TITLE,
    digests,
    digests_of,
    ensured,
    methods,
    only,
    require_idle,
    wished,
    writes,
)

ODD = {
    "binary.bin": bytes(range(256)) * 3,
    "crlf.txt": b"one\r\ntwo\r\n",
    "mixed.txt": b"one\r\ntwo\nthree\rfour",
    "no_newline.md": b"last line",
    "newlines.md": b"\n\n\n",
    "empty.txt": b"",
    "nul.txt": b"a\0b\n",
    "latin1.txt": b"gr\xfcn\n",
    "utf8.txt": "gr\u00fcn \U0001f680\n".encode(),
    "bom.txt": b"\xef\xbb\xbfbom\n",
    "long.txt": b"x" * 5000 + b"\n",
    "equals.txt": b"a=3D b= \n =\n",
    "boundary.txt": b"--===============0==\r\nContent-ID: x\r\n\r\n--===============0==--\r\n",
    "mail.eml": b"Subject: x\r\n\r\nbody\r\n",
    "page.html": b"<!DOCTYPE html>\n<html></html>",
    "data.json": b'{"id": "no"}',
    "snippet": b"a file named as the document's part",
    "gr\u00fcn & blau; 100%.txt": b"odd name\n",
}
SERVICES: list[dict[str, Any]] = [
    {},
    {"snippet_text": "8bit"},
    {"snippet_text": "quoted-printable"},
    {"snippet_text": "base64"},
    {"snippet_line_ends": "lf"},
    {"snippet_part_names": "rfc2231"},
    {"snippet_part_names": "rfc2047"},
    {"snippet_answers": "json_only"},
    {"snippet_answers": "json_406"},
    {"snippet_answers": "form_only"},
    {"snippet_answers": "form_only", "snippet_form_fields": "all"},
    {"snippet_text_damage": "crlf"},
    {"snippet_text_damage": "final_newline"},
    {"snippet_text_damage": "crlf", "snippet_text": "quoted-printable"},
    {"snippet_text_damage": "final_newline", "snippet_answers": "form_only"},
    {"snippet_missing_part": "utf8.txt"},
    {"snippet_missing_part": "utf8.txt", "snippet_answers": "form_only"},
    {"snippet_cut_closing": True},
    {"snippet_cut_closing": True, "snippet_answers": "form_only"},
    {"snippet_file_links": "documented"},
    {"snippet_file_links": "documented", "snippet_answers": "json_only"},
]


@pytest.fixture(params=SERVICES, ids=lambda switches: "-".join(map(str, switches.values())) or "plain")
def service(request: pytest.FixtureRequest, emulator: Emulator) -> dict[str, Any]:
    """A service that answers in some way of its own."""
    emulator.switches.update(request.param)
    switches: dict[str, Any] = request.param
    return switches


@pytest.mark.usefixtures("service")
def test_what_is_created_is_exact_and_found_again(emulator: Emulator, run: ModuleRunner) -> None:
    result = ensured(run, title=TITLE, files=wished(ODD))
    assert only(emulator).files == ODD
    assert digests(result) == digests_of(ODD)
    again = require_idle(emulator, run, title=TITLE, files=wished(ODD), purge=True)
    assert digests(again) == digests_of(ODD)


@pytest.mark.usefixtures("service")
def test_a_difference_of_one_byte_is_seen_and_sent_alone(emulator: Emulator, run: ModuleRunner) -> None:
    snippet = emulator.snippets.create(TITLE, ODD)
    for name, data in {
        "binary.bin": ODD["binary.bin"][:-1] + b"\0",
        "utf8.txt": "gr\u00fcn!\n".encode(),
        "empty.txt": b"!",
    }.items():
        emulator.journal.clear()
        result = ensured(run, title=TITLE, files=wished({**ODD, name: data}))
        assert result["status"] == "updated"
        assert [(entry.method, entry.uploads) for entry in writes(emulator)] == [("PUT", [name])]
        assert snippet.files == {**ODD, name: data}
        assert digests(result) == digests_of(snippet.files)
        snippet.edit({name: ODD[name]})


@pytest.mark.parametrize(
    ("there", "wish"),
    [
        (b"a\nb\n", b"a\r\nb\r\n"),
        (b"a\r\nb\r\n", b"a\nb\n"),
        (b"a\nb\n", b"a\nb"),
        (b"a\nb", b"a\nb\n"),
        (b"a\rb", b"a\nb"),
        (b"\n", b""),
        (b"", b"\n"),
    ],
)
@pytest.mark.parametrize("answers", ["all", "json_only", "form_only"])
def test_line_ends_count(emulator: Emulator, run: ModuleRunner, there: bytes, wish: bytes, answers: str) -> None:
    emulator.switches.snippet_answers = answers
    snippet = emulator.snippets.create(TITLE, {"text.txt": there})
    assert ensured(run, snippet_id=snippet.id, files=wished({"text.txt": wish}))["status"] == "updated"
    assert snippet.files == {"text.txt": wish}
    require_idle(emulator, run, snippet_id=snippet.id, files=wished({"text.txt": wish}))


@pytest.mark.parametrize("damage", ["crlf", "final_newline"])
def test_a_text_that_differs_in_line_ends_alone_is_read_again_from_its_link(
    emulator: Emulator, run: ModuleRunner, damage: str
) -> None:
    emulator.switches.snippet_text_damage = damage
    snippet = emulator.snippets.create(TITLE, {"a.txt": b"a\nb\n", "c.txt": b"c"})
    assert ensured(run, snippet_id=snippet.id, files=wished(snippet.files))["status"] == "unchanged"
    path = f"/2.0/snippets/acme/{snippet.id}"
    assert [entry.path for entry in emulator.journal] == [path, f"{path}/{snippet.revision}/files/a.txt"]


def test_a_mail_is_read_from_its_link(emulator: Emulator, run: ModuleRunner) -> None:
    snippet = emulator.snippets.create(TITLE, {"mail.eml": b"Subject: x\n\nbody\n"})
    require_idle(emulator, run, snippet_id=snippet.id, files=wished(snippet.files))
    assert [entry.path for entry in emulator.journal if "/files/" in entry.path] == [
        f"/2.0/snippets/acme/{snippet.id}/{snippet.revision}/files/mail.eml"
    ] * 2


def test_a_service_that_refuses_multipart_is_asked_for_json(emulator: Emulator, run: ModuleRunner) -> None:
    snippet = emulator.snippets.create(TITLE, {"a": b"a"})
    emulator.faults.add("status", method="GET", code=406)
    assert ensured(run, snippet_id=snippet.id, files=wished({"a": b"a"}))["status"] == "unchanged"
    assert methods(emulator) == ["GET", "GET", "GET"]
    assert emulator.journal[1].headers["Accept"] == "application/json"

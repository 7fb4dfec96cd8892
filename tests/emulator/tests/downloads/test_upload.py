# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Uploads: what is stored, what is refused, and the switches."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from ... import Emulator
from ..client import END, Client, part, read_answer

FORM = {"Content-Type": "multipart/form-data; boundary=b"}


def test_one(emulator: Emulator, api: Client) -> None:
    answer = api.upload(("a.txt", b"hello"))
    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    stored = emulator.repository().get("a.txt")
    assert stored is not None
    assert (stored.content, stored.size, stored.sha256) == (b"hello", 5, hashlib.sha256(b"hello").hexdigest())


def test_several_in_one_request(emulator: Emulator, api: Client) -> None:
    assert api.upload(("a", b"1"), ("b", b""), ("c", b"3")).status_code == 201
    assert emulator.repository().names() == ["a", "b", "c"]
    assert emulator.journal[0].uploads == ["a", "b", "c"]


def test_replaces(emulator: Emulator, api: Client) -> None:
    old = emulator.repository().put("a", b"old")
    api.upload(("a", b"newer"))
    new = emulator.repository().get("a")
    assert new is not None
    assert (new.content, emulator.repository().names()) == (b"newer", ["a"])
    assert new.created_on > old.created_on


def test_switch_created_on_moves(emulator: Emulator, api: Client) -> None:
    old = emulator.repository().put("a", b"old")
    emulator.switches.created_on_moves = False
    api.upload(("a", b"new"))
    new = emulator.repository().get("a")
    assert new is not None
    assert new.created_on == old.created_on


def test_switch_upload_status(emulator: Emulator, api: Client) -> None:
    emulator.switches.upload_status = 200
    assert api.upload(("a", b"1")).status_code == 200


@pytest.mark.parametrize(("status", "plainly"), [(400, False), (400, True), (201, False)])
def test_other_fields_store_nothing(emulator: Emulator, api: Client, status: int, plainly: bool) -> None:
    emulator.switches.update({"missing_files": status, "plain_400": plainly})
    answer = api.upload(("a", b"1"), field="file")
    assert answer.status_code == status
    assert (answer.text == "Bad Request") == plainly
    assert emulator.repository().names() == []


def test_files_as_text_is_not_a_file(emulator: Emulator, api: Client) -> None:
    assert api.call("POST", files={"files": (None, b"text")}).status_code == 400
    assert emulator.repository().names() == []


def test_not_multipart(api: Client) -> None:
    answer = api.call("POST", data=b"x", headers={"Content-Type": "application/octet-stream"})
    assert answer.status_code == 406
    assert answer.json()["error"]["message"] == "Unsupported Content-Type. Use multiplart/form-data."


def test_without_boundary(api: Client) -> None:
    assert api.call("POST", data=b"x", headers={"Content-Type": "multipart/form-data"}).status_code == 400


def test_chunked_is_refused(emulator: Emulator, api: Client) -> None:
    answer = api.call("POST", data=iter([part("a", b"1"), END]), headers=FORM)
    assert answer.status_code == 411
    assert emulator.repository().names() == []


def test_without_length_is_refused(api: Client) -> None:
    with api.connect() as connection:
        connection.sendall(api.head_of_post(None))
        assert connection.recv(100).startswith(b"HTTP/1.1 411 ")


@pytest.mark.parametrize("body", [b"", b"nonsense", part("a", b"1"), b"--b\r\nX: y\r\n\r\n1\r\n" + END])
def test_broken_body_stores_nothing(emulator: Emulator, api: Client, body: bytes) -> None:
    assert api.call("POST", data=body or b"\r\n", headers=FORM).status_code == 400
    assert emulator.repository().names() == []


def test_cut_body_stores_nothing(emulator: Emulator, api: Client) -> None:
    body = part("a", b"1") + part("b", b"2") + END
    with api.connect() as connection:
        connection.sendall(api.head_of_post(len(body)) + body[:-5])
        connection.shutdown(1)
        assert read_answer(connection) == b""
    entry = emulator.journal[0]
    assert (entry.status, entry.body_bytes) == (0, len(body) - 5)
    assert emulator.repository().names() == []
    assert list(Path(emulator.state.blobs.new_path()).parent.iterdir()) == []


def test_base64_parts_are_decoded(emulator: Emulator, api: Client) -> None:
    content = bytes(range(256)) * 40
    body = part("a", base64.encodebytes(content), "Content-Transfer-Encoding: base64") + END
    assert api.call("POST", data=body, headers=FORM).status_code == 201
    stored = emulator.repository().get("a")
    assert stored is not None
    assert stored.content == content
    bad = part("b", b"!!!!", "Content-Transfer-Encoding: base64") + END
    assert api.call("POST", data=bad, headers=FORM).status_code == 400


def test_too_many_files(emulator: Emulator, api: Client) -> None:
    assert api.upload(*[(f"f{n}", b"") for n in range(101)]).status_code == 400
    assert emulator.repository().names() == []


def test_streamed_from_disk(emulator: Emulator, api: Client, tmp_path: Path) -> None:
    content = b"\r\n--other" * 500_000
    (tmp_path / "body").write_bytes(part("big", content) + END)
    with (tmp_path / "body").open("rb") as stream:
        assert api.call("POST", data=stream, headers=FORM).status_code == 201
    stored = emulator.repository().get("big")
    assert stored is not None
    assert stored.content == content


def test_refused_upload_is_read_to_its_end(emulator: Emulator, api: Client) -> None:
    api.session.auth = (emulator.user, "wrong")
    assert api.upload(("a", b"x" * 3_000_000)).status_code == 401
    assert emulator.journal[0].body_bytes > 3_000_000

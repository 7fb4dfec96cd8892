# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test uploads: stored files, refusals, switches."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest

from ... import Emulator
from ..client import END, Client, part, read_response

FORM = {"Content-Type": "multipart/form-data; boundary=b"}


def test_store_one_file(emulator: Emulator, api: Client) -> None:
    response = api.upload(("a.txt", b"hello"))
    assert (response.status_code, response.content) == (201, b"")
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    stored = emulator.repository().get("a.txt")
    assert stored is not None
    assert (stored.content, stored.size, stored.sha256) == (b"hello", 5, hashlib.sha256(b"hello").hexdigest())


def test_store_several_files_of_one_request(emulator: Emulator, api: Client) -> None:
    assert api.upload(("a", b"1"), ("b", b""), ("c", b"3")).status_code == 201
    assert emulator.repository().names() == ["a", "b", "c"]
    assert emulator.journal[0].uploads == ["a", "b", "c"]


def test_replace_an_artifact(emulator: Emulator, api: Client) -> None:
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
    response = api.upload(("a", b"1"), field="file")
    assert response.status_code == status
    assert (response.text == "Bad Request") == plainly
    assert emulator.repository().names() == []


def test_files_as_text_is_not_a_file(emulator: Emulator, api: Client) -> None:
    assert api.call("POST", files={"files": (None, b"text")}).status_code == 400
    assert emulator.repository().names() == []


def test_refuse_other_content_types(api: Client) -> None:
    response = api.call("POST", data=b"x", headers={"Content-Type": "application/octet-stream"})
    assert response.status_code == 406
    assert response.json()["error"]["message"] == "Unsupported Content-Type. Use multiplart/form-data."


def test_refuse_a_missing_boundary(api: Client) -> None:
    assert api.call("POST", data=b"x", headers={"Content-Type": "multipart/form-data"}).status_code == 400


def test_refuse_chunks(emulator: Emulator, api: Client) -> None:
    response = api.call("POST", data=iter([part("a", b"1"), END]), headers=FORM)
    assert response.status_code == 411
    assert emulator.repository().names() == []


def test_switch_chunked_upload(emulator: Emulator, api: Client) -> None:
    emulator.switches.chunked_upload = 201
    blocks = [part("a", b"1" * 70_000), part("b", b"2"), END]
    assert api.call("POST", data=iter(blocks), headers=FORM).status_code == 201
    assert [emulator.repository().artifacts[name].size for name in ("a", "b")] == [70_000, 1]
    assert emulator.journal[-1].body_bytes == sum(map(len, blocks))
    assert api.upload(("c", b"3")).status_code == 201


@pytest.mark.parametrize("cut", [b"5\r\nab", b"x\r\n", b"2\r\n--\r\n"])
def test_broken_chunks_store_nothing(emulator: Emulator, api: Client, cut: bytes) -> None:
    emulator.switches.chunked_upload = 201
    with api.connect() as connection:
        connection.sendall(api.head_of_post(None)[:-2] + b"Transfer-Encoding: chunked\r\n\r\n" + cut)
        connection.shutdown(1)
        assert read_response(connection) == b""
    assert emulator.repository().names() == []


def test_switch_upload_effect_none(emulator: Emulator, api: Client) -> None:
    emulator.repository().put("a.txt", b"old")
    emulator.switches.update({"upload_effect": "none", "upload_effect_names": "^a"})
    assert api.upload(("a.txt", b"new"), ("b.txt", b"new")).status_code == 201
    assert {name: artifact.content for name, artifact in emulator.repository().artifacts.items()} == {
        "a.txt": b"old",
        "b.txt": b"new",
    }
    assert (emulator.journal[-1].uploads, emulator.journal[-1].stored) == (["a.txt", "b.txt"], ["b.txt"])


def test_switch_upload_effect_suffix(emulator: Emulator, api: Client) -> None:
    emulator.switches.upload_effect = "suffix"
    assert [api.upload(("app-1.0.tar.gz", content)).status_code for content in (b"old", b"new")] == [201, 201]
    kept, renamed = sorted(emulator.repository().artifacts.values(), key=lambda artifact: len(artifact.name))
    assert (kept.name, kept.content, renamed.content) == ("app-1.0.tar.gz", b"old", b"new")
    assert re.fullmatch(r"app-1\.0\.tar_[A-Za-z0-9]{7}\.gz", renamed.name)


@pytest.mark.parametrize(("damage", "kept"), [("truncate", b"cont"), ("zero", b"")])
def test_switch_stored_damage(emulator: Emulator, api: Client, damage: str, kept: bytes) -> None:
    emulator.switches.stored_damage = damage
    api.upload(("a", b"contents"))
    assert api.list().json()["values"][0]["size"] == 8
    response = api.fetch("a")
    assert (response.status_code, response.content, response.headers["Content-Length"]) == (200, kept, str(len(kept)))
    assert emulator.repository().artifacts["a"].content == kept


@pytest.mark.parametrize(("status", "stored"), [(201, ["a"]), (402, []), (403, [])])
def test_switch_downloads_free_plan_post(emulator: Emulator, api: Client, status: int, stored: list[str]) -> None:
    emulator.switches.update({"downloads_free_plan": "empty", "downloads_free_plan_post": status})
    assert api.upload(("a", b"1")).status_code == status
    assert emulator.repository().names() == stored


def test_refuse_a_missing_length(api: Client) -> None:
    with api.connect() as connection:
        connection.sendall(api.head_of_post(None))
        assert connection.recv(100).startswith(b"HTTP/1.1 411 ")


@pytest.mark.parametrize("body", [b"", b"nonsense", part("a", b"1"), b"--b\r\nX: y\r\n\r\n1\r\n" + END])
def test_broken_body_stores_nothing(emulator: Emulator, api: Client, body: bytes) -> None:
    assert api.call("POST", data=body or b"\r\n", headers=FORM).status_code == 400
    assert emulator.repository().names() == []


def test_incomplete_body_stores_nothing(emulator: Emulator, api: Client) -> None:
    body = part("a", b"1") + part("b", b"2") + END
    with api.connect() as connection:
        connection.sendall(api.head_of_post(len(body)) + body[:-5])
        connection.shutdown(1)
        assert read_response(connection) == b""
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


def test_refuse_too_many_files(emulator: Emulator, api: Client) -> None:
    assert api.upload(*[(f"f{n}", b"") for n in range(101)]).status_code == 400
    assert emulator.repository().names() == []


def test_stream_from_disk(emulator: Emulator, api: Client, tmp_path: Path) -> None:
    content = b"\r\n--other" * 500_000
    (tmp_path / "body").write_bytes(part("big", content) + END)
    with (tmp_path / "body").open("rb") as stream:
        assert api.call("POST", data=stream, headers=FORM).status_code == 201
    stored = emulator.repository().get("big")
    assert stored is not None
    assert stored.content == content


def test_read_a_refused_upload_to_its_end(emulator: Emulator, api: Client) -> None:
    api.session.auth = (emulator.user, "wrong")
    assert api.upload(("a", b"x" * 3_000_000)).status_code == 401
    assert emulator.journal[0].body_bytes > 3_000_000

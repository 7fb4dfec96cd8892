# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the names of stored files."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ... import Emulator
from ...http.names import disposition, stored_name
from ..client import END, Client, part

FORM = {"Content-Type": "multipart/form-data; boundary=b"}


@pytest.mark.parametrize(
    ("requested", "stored"),
    [
        ("plain.txt", "plain.txt"),
        ("a b", "a b"),
        ("dir/one.txt", "one.txt"),
        ("C:\\dir\\one.txt", "one.txt"),
        ("a&amp;b", "a&b"),
        ("a&sol;b", "b"),
        ("a\u200bb", "ab"),
        ("a\tb", "ab"),
        ("", None),
        (".", None),
        ("dir/..", None),
        ("dir/", None),
        ("%22", "%22"),
        ("x" * 300 + ".tar", "x" * 251 + ".tar"),
        ("x" * 300, "x" * 255),
        ("日本.txt", "日本.txt"),
    ],
)
def test_default_rules_of_django(requested: str, stored: str | None) -> None:
    assert stored_name(requested) == stored


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('form-data; name="files"; filename="a;b.txt"', "a;b.txt"),
        ("form-data; name=files; filename=a.txt", "a.txt"),
        (r'form-data; name="files"; filename="a\"b"', 'a"b'),
        ("form-data; name=\"files\"; filename*=UTF-8''a%20%C3%A9.txt", "a é.txt"),
        ('form-data; name="files"; filename="x"; filename*=UTF-8\'\'y', "y"),
        ('form-data; name="files"; FILENAME="up"', "up"),
    ],
)
def test_read_the_name_from_the_disposition(header: str, name: str) -> None:
    assert disposition(header) == {"name": "files", "filename": name}


def test_rules_apply_to_uploads(emulator: Emulator, api: Client) -> None:
    body = part("dir/a&amp;b", b"1") + part("..", b"2") + part("a%22b", b"3") + END
    assert api.call("POST", data=body, headers=FORM).status_code == 201
    assert emulator.repository().names() == ["a%22b", "a&b"]
    entry = emulator.journal[0]
    assert (entry.uploads, entry.stored) == (["dir/a&amp;b", "a%22b"], ["a&b", "a%22b"])


def test_encoded_quote_is_stored_literally(emulator: Emulator, api: Client) -> None:
    api.upload(('a"b', b"1"))
    assert emulator.repository().names() == ["a%22b"]


def test_refuse_a_file_without_usable_name(emulator: Emulator, api: Client) -> None:
    assert api.call("POST", data=part("..", b"1") + END, headers=FORM).status_code == 400
    assert emulator.repository().names() == []


def test_switch_rename(emulator: Emulator, api: Client) -> None:
    emulator.switches.rename = "spaces"
    api.upload(("a b c", b"1"))
    emulator.switches.rename = str.upper
    api.upload(("x", b"1"))
    assert emulator.repository().names() == ["X", "a_b_c"]


@pytest.mark.parametrize(
    ("rule", "requested", "stored"),
    [
        ("spaces", "a  b", "a__b"),
        ("django", " app (1)+é b.tgz", "app_1é_b.tgz"),
        ("nfc", "é", "é"),
        ("nfd", "é", "é"),
        ("lower", "App.ZIP", "app.zip"),
        ("keep_case", "APP.zip", "App.Zip"),
        ("keep_case", "b", "b"),
    ],
)
def test_rules_of_the_switch_rename(emulator: Emulator, api: Client, rule: str, requested: str, stored: str) -> None:
    emulator.repository().put("App.Zip", b"old")
    emulator.switches.rename = rule
    api.upload((requested, b"1"))
    assert emulator.repository().artifacts[stored].content == b"1"
    assert emulator.repository().names() == sorted({"App.Zip", stored})
    assert emulator.journal[-1].stored == [stored]


def test_refuse_a_name_without_remaining_characters(emulator: Emulator, api: Client) -> None:
    emulator.switches.rename = "django"
    assert api.upload(("(+)", b"1")).status_code == 400


GOOD = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters='"&/\\'), min_size=1, max_size=60)


@given(name=GOOD.filter(lambda name: name not in (".", "..")), content=st.binary(max_size=5000))
@settings(deadline=None, max_examples=80, database=None)
def test_names_and_bytes_are_stored_unchanged(name: str, content: bytes) -> None:
    with Emulator() as emulator, Client(emulator) as api:
        assert api.upload((name, content)).status_code == 201
        assert emulator.repository().names() == [name]
        assert api.list().json()["values"][0]["name"] == name
        assert api.fetch(name).content == content
        assert api.call("DELETE", name).status_code == 204
        assert emulator.repository().names() == []

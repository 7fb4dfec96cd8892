# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that all permitted names and all bytes are returned unchanged in every form."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ... import Emulator
from ..snippet_client import FORM, RELATED, Snippets, file_part, json_part, read

LETTERS = st.characters(exclude_categories=["C", "Z"], exclude_characters='"&/\\%')
NAMES = st.text(LETTERS, min_size=1, max_size=60).filter(lambda name: name not in (".", "..") and len(name.encode()) < 256)
LINES = st.lists(st.sampled_from([b"", b"text", b"--===============1==--", b"--b", b".", b"From x", b" ", "ä".encode(), b"\0"]))
TEXTS = st.builds(lambda lines, end: end.join(lines), LINES, st.sampled_from([b"\n", b"\r\n", b"\r"]))
FILES = st.dictionaries(NAMES, st.binary(max_size=2000) | TEXTS, min_size=1, max_size=5)
STYLES = st.sampled_from(["7bit", "8bit", "quoted-printable", "base64"])
MANY = settings(deadline=None, max_examples=40, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def client() -> Iterator[Snippets]:
    """Return a client of one emulator for all examples."""
    with Emulator() as emulator, Snippets(emulator) as made:
        yield made


def read_everywhere(client: Snippets, identity: str, files: dict[str, bytes], style: str, line_ends: str) -> None:
    """Check that the forms and the links return the same files."""
    client.emulator.switches.update({"snippet_text": style, "snippet_line_ends": line_ends})
    for form in (RELATED, FORM):
        found = read(client.show(identity, accept=form))
        assert (found.files, found.defects) == (files, [])
    links = {name: value["links"]["self"]["href"] for name, value in client.show(identity).json()["files"].items()}
    assert {name: client.session.get(link).content for name, link in links.items()} == files


@given(files=FILES, style=STYLES, line_ends=st.sampled_from(["crlf", "lf"]))
@example(files={"a": b"no end"}, style="7bit", line_ends="lf")
@example(files={"<>": b""}, style="7bit", line_ends="crlf")
@example(files={"a": b"\r"}, style="quoted-printable", line_ends="crlf")
@example(files={"0": b"\r"}, style="7bit", line_ends="lf")
@example(files={"ÿ": "ü\r\n".encode()}, style="8bit", line_ends="lf")
@MANY
def test_written_as_form_data(client: Snippets, files: dict[str, bytes], style: str, line_ends: str) -> None:
    identity = client.create(files).json()["id"]
    read_everywhere(client, identity, files, style, line_ends)
    assert client.ask("DELETE", identity).status_code == 204


@given(files=FILES, style=STYLES)
@MANY
def test_written_as_related(client: Snippets, files: dict[str, bytes], style: str) -> None:
    boundary = next(text for number in range(99) if not any((text := f"b{number}").encode() in one for one in files.values()))
    parts = [json_part({"files": {name: {} for name in files}})]
    parts += [file_part(content, f'Content-ID: "{name}"') for name, content in files.items()]
    line = f"--{boundary}".encode()
    body = b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + b"--\r\n"
    response = client.ask("POST", data=body, headers={"Content-Type": f"{RELATED}; boundary={boundary}"})
    assert (response.status_code, set(response.json().get("files", []))) == (201, set(files))
    read_everywhere(client, response.json()["id"], files, style, "crlf")

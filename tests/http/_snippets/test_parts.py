# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any names and bytes come back as they are from all three forms, written by what shares no code with the parser."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator
from email import policy
from email.encoders import encode_base64, encode_quopri
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._http.client import Client
from ansible_collections.releng.bitbucket.plugins.module_utils._http.connection import parse_connection
from ansible_collections.releng.bitbucket.plugins.module_utils._http.credentials import choose_credentials
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.api import Snippets
from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.parts import parse_form, parse_related
from tests.emulator import Emulator
from tests.emulator.http.names import stored_name
from tests.unit._snippets.helpers import document, form_field, form_file, joined, part, quoted

# What the service may hold: names that its rules do not change.
NAMES = st.one_of(
    st.text(st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters="/\\"), min_size=1, max_size=40),
    st.sampled_from(["snippet", "a b", "a%20b", " a ", '"a"', "<a>", "a", "=?utf-8?q?a?=", "a;b", "a%22b", 'a"b', "ü", "f.eml"]),
).filter(lambda name: stored_name(name.replace("&", "+")) == name.replace("&", "+") and len(name.encode()) < 256)
PIECES = st.sampled_from([b"\r", b"\n", b"\r\n", b"--", b"--b", b"--b1--", b" ", b"\t", b"=", b".", b"text", "ü".encode(), b"\0"])
DATA = st.binary(max_size=300) | st.lists(PIECES, max_size=12).map(b"".join)
FILES = st.dictionaries(NAMES, DATA, min_size=1, max_size=4)
MANY = settings(deadline=None, max_examples=60, database=None)


def boundary_for(files: dict[str, bytes]) -> str:
    """One that is in no file."""
    return next(text for number in range(999) if not any((text := f"b{number}").encode() in data for data in files.values()))


def written_by_the_library(files: dict[str, bytes], quopri: bool) -> bytes:
    """As the standard library writes mail: the names as raw UTF-8, which only a hand can put in."""
    message = MIMEMultipart("related", boundary="=" * 60)
    root = MIMENonMultipart("application", "json")
    root.set_payload(json.dumps({"id": "kypj", "files": {name: {} for name in files}}))
    message.attach(root)
    for number, data in enumerate(files.values()):
        one = MIMENonMultipart("application", "octet-stream")
        one["Content-Disposition"] = f"attachment; filename=NAME-{number}-"
        one.set_payload(data)
        (encode_quopri if quopri else encode_base64)(one)
        message.attach(one)
    raw = message.as_bytes(policy=policy.compat32.clone(linesep="\r\n", max_line_length=None)).partition(b"\r\n\r\n")[2]
    names = [quoted(name).encode() for name in files]
    return re.sub(rb"NAME-(\d+)-", lambda found: names[int(found[1])], raw)


@given(files=FILES)
@MANY
def test_related_written_by_the_standard_library(files: dict[str, bytes]) -> None:
    body = written_by_the_library(files, quopri=False)
    found = parse_related(f'multipart/related; boundary="{"=" * 60}"', body)
    assert (found.contents, found.textual) == (files, frozenset())


@given(files=st.dictionaries(NAMES, st.binary(max_size=200).map(base64.b64encode), min_size=1, max_size=3))
@MANY
def test_related_in_quoted_printable_written_by_the_standard_library(files: dict[str, bytes]) -> None:
    body = written_by_the_library(files, quopri=True)
    found = parse_related(f'multipart/related; boundary="{"=" * 60}"', body)
    assert (found.contents, found.textual) == (files, frozenset(files))


@given(files=FILES, encoding=st.sampled_from(["binary", "8bit", "7bit", "base64"]), by_id=st.booleans(), last=st.booleans())
@example(files={"a%20b": b"1", "a b": b"2"}, encoding="8bit", by_id=False, last=False)
@example(files={"a": b"1", '"a"': b"2"}, encoding="8bit", by_id=True, last=True)
@MANY
def test_related_written_by_hand(files: dict[str, bytes], encoding: str, by_id: bool, last: bool) -> None:
    """Names in one header or the other, the document at the beginning or the end."""
    assume(not (by_id and last and "snippet" in files))  # two parts with the id of the document
    head = "Content-ID: %s" if by_id else "Content-Disposition: attachment; filename=%s"
    encoded = {name: base64.encodebytes(data) if encoding == "base64" else data for name, data in files.items()}
    parts = [part(data, head % quoted(name), f"Content-Transfer-Encoding: {encoding}") for name, data in encoded.items()]
    boundary = boundary_for(encoded)
    whole = [*parts, document(*files)] if last else [document(*files), *parts]
    found = parse_related(f"multipart/related; start=snippet; boundary={boundary}", joined(whole, boundary))
    # One may be left out where an id alone does not tell; what is there is right.
    assert {name: files[name] for name in found.contents} == found.contents
    assert by_id or set(found.contents) == set(files)


@given(files=FILES, encoded=st.booleans(), title=st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
@MANY
def test_form_written_by_hand(files: dict[str, bytes], encoded: bool, title: str) -> None:
    head = ["Content-Transfer-Encoding: base64"] if encoded else []
    sent = {name: base64.encodebytes(data) if encoded else data for name, data in files.items()}
    boundary = boundary_for({**sent, "": title.encode()})
    body = joined([form_field("title", title), *(form_file(name, data, *head) for name, data in sent.items())], boundary)
    found = parse_form(f"multipart/form-data; boundary={boundary}", body)
    assert (found.document, found.contents) == ({"title": title}, files)


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    """One emulator for all examples."""
    with Emulator() as emulator:
        yield emulator


@given(
    files=FILES,
    answers=st.sampled_from(["json_only", "json_406", "form_only", "all"]),
    links=st.sampled_from(["real", "documented"]),
    text=st.sampled_from(["7bit", "8bit", "quoted-printable", "base64"]),
)
@MANY
def test_every_form_of_the_service(served: Emulator, files: dict[str, bytes], answers: str, links: str, text: str) -> None:
    """JSON with links to the files, and the two others as the emulator writes them."""
    served.switches.update({"snippet_answers": answers, "snippet_file_links": links, "snippet_text": text})
    made = served.snippets.create("t", files)
    settings = {"workspace": "acme", "user": served.user, "api_token": served.api_token, "api_url": served.api_url}
    others = {"token_url": served.token_url, "ca_path": None, "validate_certs": True, "timeout": 5, "retries": 0, "max_wait": 1}
    client = Client(parse_connection({**settings, **others}, choose_credentials(settings, os.environ)))
    assert Snippets(client).read(made.id, exact=True).contents == files
    served.snippets.remove(made.id)

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the terms and options of the lookup bitbucket_download. Other tests cover the reading and rendering of contents."""

from __future__ import annotations

import base64
import gzip
import hashlib
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.http._downloads.helpers import LISTING, fetches, listings, put
from tests.http.lookup.helpers import Looker

BINARY = bytes(range(256)) * 3
ARTIFACTS = {"VERSION": b"1.3.0\n", "one": b"one", "two": b"two", "build.json": b'{"version": "1.30", "parts": [1, "x "]}\n'}

each_on_missing = pytest.mark.parametrize("on_missing", ["error", "warn", "skip"])


@pytest.fixture(autouse=True)
def _artifacts(emulator: Emulator) -> None:
    put(emulator, ARTIFACTS)


def test_term_returns_the_text_of_the_artifact(emulator: Emulator, look: Looker) -> None:
    assert look("VERSION") == ["1.3.0"]
    assert fetches(emulator) == [("VERSION", 200)]
    assert len(emulator.journal.select("api")) == 1


def test_each_term_returns_one_result_in_order_and_all_share_one_client(emulator: Emulator, look: Looker) -> None:
    consumer = {"client_id": emulator.client_id, "client_secret": emulator.client_secret}
    assert look("two", "one", "VERSION", "one", user=None, api_token=None, **consumer) == ["two", "one", "1.3.0", "one"]
    assert look() == []
    assert len(emulator.journal.select("token")) == 1
    for host in ("api", "storage"):
        assert len(emulator.journal.select(host)) == 4
        assert len({entry.connection for entry in emulator.journal.select(host)}) == 1
    assert listings(emulator) == []


@pytest.mark.parametrize(
    ("term", "options", "expected"),
    [
        ("VERSION", {"rstrip": False}, "1.3.0\n"),
        ("VERSION", {"rstrip": "false"}, "1.3.0\n"),
        ("build.json", {"output": "json"}, {"version": "1.30", "parts": [1, "x "]}),
        ("build.json", {"output": "yaml"}, {"version": "1.30", "parts": [1, "x "]}),
        ("one", {"checksum": f"sha256:{hashlib.sha256(b'one').hexdigest()}"}, "one"),
        ("latin", {"encoding": "latin-1"}, "grüß"),
        ("latin", {"output": "base64"}, base64.b64encode("grüß".encode("latin-1")).decode()),
        ("binary", {"output": "base64"}, base64.b64encode(BINARY).decode()),
    ],
)
def test_options_decide_the_form_of_the_contents(
    emulator: Emulator, look: Looker, term: str, options: dict[str, Any], expected: object
) -> None:
    put(emulator, {"latin": "grüß".encode("latin-1"), "binary": BINARY})
    assert look(term, **options) == [expected]


@pytest.mark.parametrize(
    ("term", "options", "words"),
    [
        ("binary", {}, "'binary' is not text in utf-8 (byte 128 cannot be decoded). Use output='base64' for binary contents"),
        ("VERSION", {"output": "json"}, "'VERSION' cannot be read as JSON: "),
        ("unsafe", {"output": "yaml"}, "'unsafe' cannot be read as YAML: could not determine a constructor for the tag"),
        ("one", {"checksum": f"md5:{'0' * 32}"}, "'one' does not have the digest that checksum expects: its md5 is "),
        ("one", {"max_size": 2}, "'one' has 3 bytes, more than the limit of 2. The option max_size is 2"),
        ("one", {"max_size": 2, "on_missing": "skip"}, "'one' has 3 bytes, more than the limit of 2"),
    ],
)
def test_contents_that_cannot_be_converted_are_an_error(
    emulator: Emulator, look: Looker, term: str, options: dict[str, Any], words: str
) -> None:
    put(emulator, {"binary": BINARY, "unsafe": b"!unsafe x"})
    assert look.failure(term, **options).startswith(words)


@pytest.mark.parametrize("fraction", [1.0, 0.5])
def test_contents_without_a_length_are_compared_with_the_size_in_the_listing(
    emulator: Emulator, look: Looker, fraction: float
) -> None:
    emulator.faults.add("open_end", host="storage", fraction=fraction, times=1 if fraction < 1 else None)
    assert look("VERSION") == ["1.3.0"]
    assert len(listings(emulator)) == 1


def test_contents_that_are_always_truncated_are_an_error(emulator: Emulator, look: Looker) -> None:
    emulator.faults.add("open_end", host="storage", fraction=0.5, times=None)
    for options in ({}, {"output": "base64"}, {"on_missing": "skip"}):
        assert "sent 3 bytes, but the listing says 6" in look.failure("VERSION", **options)


def test_encoded_contents_are_an_error_unless_they_are_stored_encoded(emulator: Emulator, look: Looker) -> None:
    emulator.switches.content_encoding = "gzip"
    assert look("VERSION") == ["1.3.0"]
    headers = {"Content-Encoding": "gzip"}
    emulator.faults.add("status", host="storage", code=200, body=gzip.compress(b"1.3.0\n"), headers=headers, times=None)
    assert "but the listing says 6" in look.failure("VERSION", output="base64")


def test_artifact_that_is_deleted_before_its_size_is_known_is_missing(emulator: Emulator, look: Looker) -> None:
    emulator.faults.add("open_end", host="storage")
    emulator.faults.add("call", action=lambda: emulator.repository().remove("VERSION"))
    assert look.failure("VERSION") == "'VERSION' is not in the Downloads of widgets"


def test_max_size_applies_to_each_term(look: Looker) -> None:
    assert look("one", "two", "one", max_size=3) == ["one", "two", "one"]


def test_results_are_plain_values(emulator: Emulator, look: Looker) -> None:
    """A type of Ansible could be marked as a trusted template."""
    put(emulator, {"f": b'["{{ 1 }}"]'})
    (text,) = look("f")
    ((inner,),) = look("f", output="json")
    assert (type(text), type(inner), inner) == (str, str, "{{ 1 }}")


@pytest.mark.parametrize(
    ("terms", "options", "words"),
    [
        (["one", None], {}, "A term must be a name, not NoneType"),
        (["one", ["two"]], {}, "A term must be a name, not a list. Write *names to pass each item of a list as a term"),
        (["one", {"two": 2}], {}, "A term must be a name, not dict"),
        (["one", "../x"], {"on_missing": "skip"}, "name '../x' is refused"),
        (["one", ""], {}, "name '' is refused"),
        (["one"], {"repository": ".."}, "repository '..' is refused"),
        (["one"], {"workspace": "a/b"}, "workspace 'a/b' is refused"),
        (["one"], {"encoding": "utf-9", "output": "base64"}, "encoding: unknown encoding 'utf-9'"),
        (["one"], {"checksum": "crc:1"}, "checksum must be ALGORITHM:DIGEST"),
        (["one"], {"chekcsum": "sha256:"}, "There is no option 'chekcsum': did you mean 'checksum'?"),
        (["one"], {"title": "Notes"}, "There is no option 'title': the options are access_token, api_token, api_url, "),
        (["one", "two"], {"checksum": f"md5:{'0' * 32}"}, "checksum requires exactly one term, but there are 2"),
        (["one"], {"repository": 1.10}, "repository must be a string, but it is a number, which loses leading"),
        (["one"], {"manifest": True}, "manifest must be a string, but it is a boolean, as YAML reads unquoted true and yes"),
        (["one"], {"manifest": ["SHA256SUMS"]}, "manifest must be a string, but it is a list"),
    ],
)
def test_contradictory_terms_and_options_are_refused_before_any_request(
    emulator: Emulator, look: Looker, terms: list[Any], options: dict[str, Any], words: str
) -> None:
    assert look.failure(*terms, **options).startswith(words)
    assert len(emulator.journal) == 0


@pytest.mark.parametrize(
    ("option", "value"), [("output", "xml"), ("on_missing", "maybe"), ("timeout", "soon"), ("max_size", "x")]
)
def test_unknown_value_of_an_option_is_refused(emulator: Emulator, look: Looker, option: str, value: str) -> None:
    assert option in look.bare_failure("one", **{**look.connection, option: value})
    assert len(emulator.journal) == 0


def test_missing_artifact_is_an_error_that_names_it(emulator: Emulator, look: Looker) -> None:
    assert look.failure("one", "missing") == "'missing' is not in the Downloads of widgets"
    assert len(listings(emulator)) == 1


@pytest.mark.parametrize("on_missing", ["skip", "warn"])
def test_missing_artifact_can_be_omitted(look: Looker, capsys: pytest.CaptureFixture[str], on_missing: str) -> None:
    name = f"missing-{id(look)}"  # Ansible shows a warning only once.
    assert look("one", name, "two", on_missing=on_missing) == ["one", "two"]
    printed = capsys.readouterr()
    warning = f"[WARNING]: '{name}' is not in the Downloads of widgets"
    assert (warning in " ".join(printed.err.split())) == (on_missing == "warn")
    assert name not in printed.out


@each_on_missing
@pytest.mark.parametrize(
    "options", [{"repository": "gadgets"}, {"workspace": "missing"}, {"user": None, "api_token": None}], ids=str
)
def test_artifact_of_a_hidden_repository_does_not_count_as_missing(
    look: Looker, on_missing: str, options: dict[str, Any]
) -> None:
    message = look.failure("missing", on_missing=on_missing, **options)
    assert "404" in message or "403" in message or "401" in message
    assert "is not in the Downloads" not in message


@each_on_missing
@pytest.mark.parametrize("kind", ["html", "strings_in_values", "status"])
def test_untrustworthy_listing_does_not_prove_a_missing_artifact(
    emulator: Emulator, look: Looker, on_missing: str, kind: str
) -> None:
    emulator.faults.add(kind, path=LISTING, times=None)
    assert "is not in the Downloads" not in look.failure("missing", on_missing=on_missing)


@each_on_missing
@pytest.mark.parametrize("host", ["api", "storage"])
def test_404_of_a_listed_artifact_is_an_error(emulator: Emulator, look: Looker, on_missing: str, host: str) -> None:
    emulator.faults.add("status", host=host, path="one" if host == "api" else None, code=404, times=None)
    message = look.failure("one", on_missing=on_missing)
    assert "404" in message
    assert "is not in the Downloads" not in message


@pytest.mark.parametrize("code", [401, 403, 500])
def test_other_errors_do_not_count_as_missing(emulator: Emulator, look: Looker, code: int) -> None:
    emulator.faults.add("status", code=code, path="/one", times=None)
    assert f"HTTP {code}" in look.failure("one", on_missing="skip")
    assert listings(emulator) == []


def test_broken_transfer_is_retried(emulator: Emulator, look: Looker) -> None:
    emulator.faults.add("truncate", host="storage", times=2)
    assert look("VERSION", retries=2) == ["1.3.0"]
    emulator.faults.add("truncate", host="storage", times=None)
    assert "the response ended after" in look.failure("VERSION", output="base64")

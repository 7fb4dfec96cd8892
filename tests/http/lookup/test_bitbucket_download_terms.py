# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup bitbucket_download: its terms, in their order, by one client; names that are refused or not there."""

from __future__ import annotations

import pytest

from tests.emulator import Emulator
from tests.http.lookup.helpers import Looker
from tests.http.modules.downloading import LISTING, fetches, listings, widgets


@pytest.fixture(autouse=True)
def _published(emulator: Emulator) -> None:
    for name in ("one", "two", "three"):
        widgets(emulator).put(name, name.encode())


def test_each_term_gives_one_result_in_the_order_asked(look: Looker) -> None:
    assert look("two", "one", "three", "one") == ["two", "one", "three", "one"]
    assert look() == []


def test_several_terms_cost_one_client(emulator: Emulator, look: Looker) -> None:
    consumer = {"client_id": emulator.client_id, "client_secret": emulator.client_secret}
    assert look("one", "two", "three", user=None, api_token=None, **consumer) == ["one", "two", "three"]
    assert len(emulator.journal.select("token")) == 1
    for host in ("api", "storage"):
        assert len(emulator.journal.select(host)) == 3
        assert len({entry.connection for entry in emulator.journal.select(host)}) == 1


def test_nothing_is_listed_where_everything_is_there(emulator: Emulator, look: Looker) -> None:
    look("one", "two")
    assert listings(emulator) == []


@pytest.mark.parametrize("term", [None, 3, True, ["one"], {"one": 1}, b"one"])
def test_a_term_that_is_no_text_is_refused_before_any_request(emulator: Emulator, look: Looker, term: object) -> None:
    assert look.failure("one", term) == f"A term must be a name, not {type(term).__name__}"
    assert len(emulator.journal) == 0


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x", "a\\b", "a\nb", "a\x00b", "\ud800", "x" * 256])
@pytest.mark.parametrize("on_missing", ["error", "skip"])
def test_a_bad_name_is_refused_before_any_request(emulator: Emulator, look: Looker, name: str, on_missing: str) -> None:
    assert look.failure("one", name, on_missing=on_missing).startswith("name ")
    assert len(emulator.journal) == 0


@pytest.mark.parametrize("option", ["repository", "workspace"])
@pytest.mark.parametrize("value", ["", "..", "a/b"])
def test_a_bad_place_is_refused_before_any_request(emulator: Emulator, look: Looker, option: str, value: str) -> None:
    assert look.failure("one", **{option: value}).startswith(option)
    assert len(emulator.journal) == 0


@pytest.mark.parametrize("name", ["a b.txt", "grüß", "100%", "a+b", 'q"uote', "a?b#c", "{{ x }}", "%2e%2e", "-"])
def test_special_characters_reach_exactly_that_artifact(emulator: Emulator, look: Looker, name: str) -> None:
    widgets(emulator).put(name, b"this one")
    assert look(name) == ["this one"]


def test_a_missing_artifact_is_an_error_that_names_it(emulator: Emulator, look: Looker) -> None:
    assert look.failure("one", "nobody") == "'nobody' is not in the Downloads of widgets"
    assert len(listings(emulator)) == 1


def test_skip_leaves_out_what_is_missing_without_a_word(look: Looker, capsys: pytest.CaptureFixture[str]) -> None:
    assert look("one", "nobody", "two", on_missing="skip") == ["one", "two"]
    assert look("nobody", on_missing="skip") == []
    printed = capsys.readouterr()
    assert "nobody" not in printed.out + printed.err


def test_warn_leaves_it_out_and_says_so(look: Looker, capsys: pytest.CaptureFixture[str]) -> None:
    assert look("one", f"nobody-{id(look)}", "two", on_missing="warn") == ["one", "two"]
    printed = " ".join(capsys.readouterr().err.split())
    assert f"[WARNING]: 'nobody-{id(look)}' is not in the Downloads of widgets" in printed


HIDDEN = {"error": "404", "warn": "404", "skip": "404"}


@pytest.mark.parametrize("on_missing", HIDDEN)
def test_what_a_hidden_repository_does_not_show_is_never_missing(emulator: Emulator, look: Looker, on_missing: str) -> None:
    for options in ({"repository": "gadgets"}, {"workspace": "nobody"}, {"user": None, "api_token": None}):
        message = look.failure("nobody", on_missing=on_missing, **options)
        assert "404" in message or "403" in message or "401" in message
        assert "is not in the Downloads" not in message


@pytest.mark.parametrize("on_missing", HIDDEN)
@pytest.mark.parametrize("kind", ["html", "strings_in_values", "status"])
def test_a_listing_that_cannot_be_trusted_proves_nothing(emulator: Emulator, look: Looker, on_missing: str, kind: str) -> None:
    emulator.faults.add(kind, path=LISTING, times=None)
    assert "is not in the Downloads" not in look.failure("nobody", on_missing=on_missing)


@pytest.mark.parametrize("on_missing", HIDDEN)
@pytest.mark.parametrize("host", ["api", "storage"])
def test_a_404_of_what_is_listed_is_an_error(emulator: Emulator, look: Looker, on_missing: str, host: str) -> None:
    emulator.faults.add("status", host=host, path="one" if host == "api" else None, code=404, times=None)
    message = look.failure("one", on_missing=on_missing)
    assert "404" in message
    assert "is not in the Downloads" not in message


@pytest.mark.parametrize("code", [401, 403, 500])
def test_other_failures_are_never_missing(emulator: Emulator, look: Looker, code: int) -> None:
    emulator.faults.add("status", code=code, path="/one", times=None)
    assert f"HTTP status {code}" in look.failure("one", on_missing="skip")
    assert listings(emulator) == []


def test_nobody_may_read_a_public_repository(emulator: Emulator, look: Looker) -> None:
    emulator.repository(private=False)
    assert look("one", user=None, api_token=None) == ["one"]
    assert "Authorization" not in emulator.journal[0].headers


def test_a_checksum_goes_with_one_term(emulator: Emulator, look: Looker) -> None:
    message = look.failure("one", "two", checksum="md5:" + "0" * 32)
    assert message == "checksum goes with one term, but there are 2"
    assert fetches(emulator) == []

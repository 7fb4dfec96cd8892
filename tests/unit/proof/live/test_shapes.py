# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reduce responses to kinds, header names and known words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.proof.live.shapes import duration, error, kind, path_shape, query_names, shape
from tests.proof.live.wire import Response
from tests.proof.live.words import mask


def make_response(status: int, body: Any = b"", **headers: str) -> Response:
    """Return a response."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, tuple((name.replace("_", "-"), value) for name, value in headers.items()), raw, 0.1, False)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "null"),
        (True, "boolean"),
        (1, "integer"),
        (1.5, "number"),
        ("", "empty text"),
        ("Jane Doe", "text"),
        ("2016-01-24T17:05:31.001541+00:00", "date, microseconds, offset"),
        ("2016-01-24T17:05:31+00:00", "date, offset"),
        ("2016-01-24T17:05:31.001Z", "date, fraction, Z"),
        ("{a1b2c3d4-0000-1111-2222-333344445555}", "uuid in braces"),
        ("https://example.com/jane", "URL"),
        ("0" * 40, "sha"),
    ],
)
def test_values_are_shown_by_their_kinds(value: object, name: str) -> None:
    assert kind(value) == name


def test_shape_has_keys_and_kinds_but_no_values() -> None:
    document = {"name": "secret", "values": [{"id": 1}, {"id": 2}, {"id": "x"}], "type": "download", "jane@example.com": 1}
    assert shape(document) == {
        "name": "text",
        "values": [{"id": "integer"}, {"id": "text"}],
        "type": "download",
        "(key)": "integer",
    }


def test_error_has_status_form_and_headers() -> None:
    refused = make_response(
        401, {"error": {"message": "Token is invalid"}}, Content_Type="application/json", WWW_Authenticate="Basic"
    )
    assert error(refused, words=True) == {
        "status": 401,
        "media type": "application/json",
        "body": {"error": {"message": "text"}},
        "headers": ["WWW-Authenticate"],
        "words": "token is invalid",
    }
    assert error(make_response(204)) == {"status": 204}
    assert error(make_response(500, b"<html>"))["body"] == "text"
    assert error(make_response(500))["body"] == "empty"


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("File lp-0a1b2c-x.txt not found.", "file ... not found"),
        ("Ask Jane Doe <jane@example.com> for access to 'acme'", "... for access to ..."),
        ("Rate limit for this resource has been exceeded", "rate limit for this resource has been exceeded"),
    ],
)
def test_words_that_might_be_names_are_masked(message: str, shown: str) -> None:
    assert mask(message) == shown


def test_paths_are_shown_with_placeholders() -> None:
    path = "/2.0/repositories/acme/widgets/downloads/jane.txt"
    assert path_shape(path, {"acme": "(workspace)"}) == "2.0/repositories/(workspace)/(text)/downloads/(text)"
    assert query_names("https://example.com/a?Signature=secret&Expires=1") == ["Expires", "Signature"]


@pytest.mark.parametrize(
    ("seconds", "word"),
    [(None, "none"), (-1, "over already"), (59, "under a minute"), (1200, "10 to 35 minutes"), (9999, "longer")],
)
def test_durations_are_words(seconds: float | None, word: str) -> None:
    assert duration(seconds) == word

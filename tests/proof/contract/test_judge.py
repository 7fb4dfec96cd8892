# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the judge: it reports each planted error in a request or a response, and accepts the same exchange without it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.proof.contract.judge import Judge, of_the_api
from tests.proof.contract.specification import Deviation, WrongDeviation, corrected, deviations, facts
from tests.proof.contract.tap import Exchange

DOWNLOADS = "/2.0/repositories/acme/widgets/downloads"
SNIPPET = "/2.0/snippets/acme/k1"
BASIC = ("Authorization", "Basic dXNlcjpwYXNz")
JSON = ("Content-Type", "application/json")
ACCOUNT = {"type": "user", "display_name": "a", "uuid": "{a}"}
ARTIFACT: dict[str, Any] = {
    "type": "download",
    "name": "a",
    "size": 1,
    "downloads": 0,
    "created_on": "2026-11-20T10:00:00.000000+00:00",
    "user": ACCOUNT,
    "links": {"self": {"href": "https://api.bitbucket.org/2.0/repositories/acme/widgets/downloads/a"}},
}
NOTES = {"type": "snippet", "id": "k1", "title": "Notes", "is_private": True}


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


def form(field: str) -> bytes:
    head = f'Content-Disposition: form-data; name="{field}"; filename="a"\r\nContent-Type: application/octet-stream\r\n'
    return f"--b\r\n{head}\r\n".encode() + b"\xff\0\r\n--b--\r\n"


def related(document: object, root: str = "snippet") -> bytes:
    head = f'--==\r\nContent-Type: application/json; charset="utf-8"\r\nContent-ID: {root}\r\n\r\n'
    return head.encode() + as_json(document) + b'\r\n--==\r\nContent-ID: "a"\r\n\r\nx\r\n--==--\r\n'


LISTING = Exchange("GET", DOWNLOADS + "?pagelen=100", [BASIC], b"", 200, [JSON], as_json({"pagelen": 100, "values": [ARTIFACT]}))
UPLOAD = Exchange("POST", DOWNLOADS, [BASIC, ("Content-Type", "multipart/form-data; boundary=b")], form("files"), 201, [], b"")
RENAME = Exchange("PUT", SNIPPET + "/0a1b", [BASIC, JSON], as_json({"title": "New"}), 200, [JSON], as_json(NOTES))
RELATED = ("Content-Type", 'multipart/related; start="snippet"; boundary="=="')
READING = Exchange("GET", SNIPPET, [BASIC], b"", 200, [RELATED], related(NOTES))
SNIPPETS = replace(LISTING, target="/2.0/snippets/acme?role=member", response_body=as_json({"pagelen": 1, "values": []}))
GOOD = {"listing": LISTING, "upload": UPLOAD, "rename": RENAME, "reading": READING, "snippets": SNIPPETS}


@pytest.fixture(scope="module")
def judge() -> Judge:
    """Return a judge with the corrected specification."""
    return Judge(corrected(facts(), deviations()))


@pytest.mark.parametrize("exchange", GOOD.values(), ids=GOOD)
def test_accept_a_correct_exchange(judge: Judge, exchange: Exchange) -> None:
    assert judge.judge(exchange) == []


@pytest.mark.parametrize(
    ("exchange", "planted", "words"),
    [
        (LISTING, {"target": "/2.0/repositories/acme/widgets/files"}, "request: PathNotFound"),
        (LISTING, {"method": "PUT"}, "request: OperationNotFound"),
        (LISTING, {"target": DOWNLOADS + "?pagelen=100&limit=5"}, "request: unknown query parameter 'limit'"),
        (LISTING, {"target": DOWNLOADS + "?pagelen=101"}, "101 is greater than the maximum of 100"),
        (LISTING, {"target": DOWNLOADS + "?pagelen=many"}, "pagelen"),
        (SNIPPETS, {"target": "/2.0/snippets/acme?role=admin"}, "'admin' is not one of"),
        (LISTING, {"target": "/2.0/snippets", "request_headers": []}, "request: SecurityValidationError"),
        (UPLOAD, {"request_headers": UPLOAD.request_headers[1:]}, "request: SecurityValidationError"),
        (UPLOAD, {"request_body": form("file")}, "request: unknown field 'file'"),
        (UPLOAD, {"request_body": form("file")}, "files: [] should be non-empty"),
        (UPLOAD, {"request_body": b"--b\r\n\r\nno name\r\n--b--\r\n"}, "Failed to deserialize"),
        (UPLOAD, {"request_body": b""}, "MissingRequiredRequestBody"),
        (
            UPLOAD,
            {"request_headers": [BASIC, JSON], "request_body": b"{}"},
            "Content for the following mimetype not found: application/json",
        ),
        (RENAME, {"request_body": as_json({"title": None})}, "title: None"),
        (RENAME, {"request_body": as_json({"name": "New"})}, "'name' was unexpected"),
        (RENAME, {"request_body": b"{"}, "Failed to deserialize"),
        (UPLOAD, {"status": 202}, "response: ResponseNotFound: Unknown response http status: 202"),
        (LISTING, {"response_headers": [("Content-Type", "text/html")]}, "response: DataValidationError"),
        (LISTING, {"response_body": b""}, "response: MissingData"),
        (LISTING, {"response_body": as_json({"pagelen": 100})}, "'values' is a required property"),
        (
            LISTING,
            {"response_body": as_json({"pagelen": 100, "values": ["upgrade"]})},
            "values.0: 'upgrade' is not of type 'object'",
        ),
        (
            LISTING,
            {"response_body": as_json({"pagelen": 1, "values": [{**ARTIFACT, "size": "1"}]})},
            "values.0.size: '1' is not of type",
        ),
        (LISTING, {"response_body": as_json({"pagelen": 1, "values": [{**ARTIFACT, "sha256": ""}]})}, "'sha256' was unexpected"),
        (
            LISTING,
            {"response_body": as_json({"pagelen": 1, "values": [{**ARTIFACT, "created_on": "now"}]})},
            "'now' is not a 'date-time'",
        ),
        (RENAME, {"response_body": as_json({**NOTES, "id": 5})}, "id: 5 is not of type 'string'"),
        (READING, {"response_body": related({**NOTES, "is_private": "yes"})}, "is_private: 'yes' is not of type 'boolean'"),
        (READING, {"response_body": related(NOTES, root="other")}, "response: DataValidationError"),
        (READING, {"response_body": related(NOTES)[:-6]}, "response: DataValidationError"),
    ],
)
def test_report_a_planted_error(judge: Judge, exchange: Exchange, planted: dict[str, Any], words: str) -> None:
    found = judge.judge(replace(exchange, **planted))
    assert any(words in problem for problem in found), found


def test_problems_name_the_exchange(judge: Judge) -> None:
    assert list(judge.problems([replace(UPLOAD, status=202)])) == [
        f"POST {DOWNLOADS} -> 202: response: ResponseNotFound: Unknown response http status: 202"
    ]


def test_ignore_the_token_endpoint() -> None:
    assert list(of_the_api([replace(LISTING, target="/site/oauth2/access_token"), UPLOAD])) == [UPLOAD]


def test_a_deviation_must_quote_the_specification() -> None:
    at = ["components", "schemas", "error", "required"]
    quoted = Deviation("errors", [at], ["type"], [], "", "")
    assert corrected(facts(), [quoted])["components"]["schemas"]["error"]["required"] == []
    with pytest.raises(WrongDeviation, match=r"errors: the value at components > schemas > error > required is \['type'\], not"):
        corrected(facts(), [replace(quoted, says=["error"])])
    with pytest.raises(WrongDeviation, match="errors: 'fault' does not exist on the path"):
        corrected(facts(), [replace(quoted, at=[["components", "schemas", "fault", "required"]])])

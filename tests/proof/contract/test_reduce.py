# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that the stored specification and its script contain facts only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.proof.contract.reduce import main
from tests.proof.contract.specification import facts, operations

ERROR = {"$ref": "#/components/schemas/error"}
DOCUMENT = {
    "openapi": "3.0.0",
    "info": {"title": "Long words", "version": "2.0", "description": "More words"},
    "servers": [{"url": "https://api.example.com/2.0", "description": "Words"}],
    "tags": [{"name": "Snippets"}],
    "paths": {
        "/user": {"get": {"responses": {"200": {"description": "Not ours"}}}},
        "/snippets/{workspace}": {
            "parameters": [
                {"name": "workspace", "in": "path", "required": True, "description": "W", "schema": {"type": "string"}}
            ],
            "get": {
                "summary": "Words",
                "operationId": "listThem",
                "x-words": "Words",
                "requestBody": {"x-observed": True, "content": {}},
                "responses": {
                    200: {"description": "Words", "x-observed": True, "content": {"application/json": {"schema": ERROR}}},
                    404: {"description": "Words", "content": {"application/json": {"schema": ERROR}}},
                },
            },
        },
    },
    "components": {
        "schemas": {
            "error": {"title": "Error", "properties": {"description": {"type": "string", "description": "Words"}, "of": ERROR}},
            "unused": {"type": "object"},
        },
        "securitySchemes": {"oauth2": {"type": "oauth2", "description": "Words", "flows": {"x": {"scopes": {"a": "Words"}}}}},
    },
}
REDUCED = {
    "openapi": "3.0.0",
    "info": {"title": "facts", "version": "2.0"},
    "servers": [{"url": "https://api.example.com/2.0"}],
    "paths": {
        "/snippets/{workspace}": {
            "parameters": [{"name": "workspace", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {
                "responses": {
                    "200": {"description": ""},
                    "404": {"description": "", "content": {"application/json": {"schema": ERROR}}},
                },
            },
        },
    },
    "components": {
        "schemas": {"error": {"properties": {"description": {"type": "string"}, "of": ERROR}}},
        "securitySchemes": {"oauth2": {"type": "oauth2", "flows": {"x": {"scopes": {"a": ""}}}}},
    },
}


def test_keep_facts_and_remove_prose(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "swagger.v3.json"
    document.write_text(yaml.safe_dump(DOCUMENT), encoding="utf-8")
    assert main([str(document)]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == REDUCED


def texts(value: Any) -> Iterator[str]:
    """Yield all texts of a document, including keys."""
    if isinstance(value, dict):
        yield from map(str, value)
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def test_stored_specification_has_no_prose() -> None:
    kept = set(texts(facts()))
    assert [text for text in kept if " " in text] == []
    assert not {"summary-text", "operationId", "tags", "externalDocs"} & kept
    assert len(list(operations(facts()))) == 29

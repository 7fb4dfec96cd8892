# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reduce Atlassian's OpenAPI document to facts about Downloads and Snippets: paths, parameters, schemas, codes, without prose.

Usage: python -m tests.proof.contract.reduce DOCUMENT >tests/proof/contract/specification.yml
DOCUMENT is swagger.v3.json of Bitbucket Cloud, or an extract of it in JSON or YAML. Parts with the mark `x-observed` are
not Atlassian's and are left out.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

WANTED = re.compile(r"/repositories/\{workspace\}/\{repo_slug\}/downloads(/|$)|/snippets(/|$)")
# Keys with prose, and keys that do not describe a request or its response.
PROSE = {"description", "summary", "title", "tags", "externalDocs", "operationId", "deprecated", "example", "examples"}
# Their keys are names, which are always kept.
NAMED = {"properties", "paths", "responses", "headers", "content", "schemas", "securitySchemes", "scopes", "flows"}
HEAD = """\
---
# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Facts of https://developer.atlassian.com/cloud/bitbucket/swagger.v3.json as of 2026-08, made by tests/proof/contract/reduce.py.
# Do not edit: deviations.yml has the corrections.

"""


def reduced(document: dict[str, Any]) -> dict[str, Any]:
    """Return the facts as a valid OpenAPI document."""
    paths = {path: _facts(item) for path, item in document["paths"].items() if WANTED.match(path)}
    components = _facts(document["components"], named=True)
    schemas = {name: components["schemas"][name] for name in sorted(_closure(paths, components["schemas"]))}
    return {
        "openapi": document["openapi"],
        # Required by OpenAPI.
        "info": {"title": "facts", "version": str(document["info"]["version"])},
        "servers": [{"url": server["url"]} for server in document["servers"]],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": schemas, "securitySchemes": components["securitySchemes"]},
    }


def _facts(value: Any, named: bool = False) -> Any:
    """Return `value` without prose. `named`: its keys are names and not keywords of OpenAPI."""
    if isinstance(value, list):
        return [_facts(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept: dict[str, Any] = {}
    for key, inner in value.items():
        if not named and (key in PROSE or key.startswith("x-")):
            continue
        if key == "responses":
            kept[key] = {str(code): _response(response) for code, response in inner.items()}
        elif isinstance(inner, dict) and inner.get("x-observed"):
            continue
        elif key == "scopes":
            kept[key] = dict.fromkeys(inner, "")
        else:
            kept[key] = _facts(inner, named=not named and key in NAMED)
    return kept


def _response(response: dict[str, Any]) -> dict[str, Any]:
    """Return a response with an empty description, which OpenAPI requires, and without observed content."""
    facts = _facts(response)
    if response.get("x-observed"):
        facts.pop("content", None)
    return {"description": "", **facts}


def _closure(paths: Any, schemas: dict[str, Any]) -> set[str]:
    """Return the names of the schemas that the paths use."""
    found: set[str] = set()
    new = set(_referred(paths))
    while new:
        found |= new
        new = {name for known in new for name in _referred(schemas[known])} - found
    return found


def _referred(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].rpartition("/")[2]
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _referred(inner)


def main(words: list[str]) -> int:
    """Print the facts of a document as YAML."""
    document = yaml.safe_load(Path(words[0]).read_text(encoding="utf-8"))  # JSON is valid YAML
    sys.stdout.write(HEAD + yaml.dump(reduced(document), Dumper=Indented, sort_keys=False, width=120))
    return 0


class Indented(yaml.SafeDumper):
    """Indent lists below their keys, as yamllint requires, and write no aliases."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

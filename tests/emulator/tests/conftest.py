# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provide the fixtures of the emulator's tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from .. import Emulator
from ..fixtures import emulator
from .client import Client
from .snippet_client import Snippets

__all__ = ["emulator"]

SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture
def api(emulator: Emulator) -> Iterator[Client]:
    """Return a client with the default API token."""
    with Client(emulator) as client:
        yield client


@pytest.fixture
def snippets(emulator: Emulator) -> Iterator[Snippets]:
    """Return a client of the snippets of acme with the default API token."""
    with Snippets(emulator) as client:
        yield client


@pytest.fixture
def sample() -> Callable[[str], Any]:
    """Return a function that reads a captured response by its name."""
    return lambda name: json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def check_shape(sample: Callable[[str], Any]) -> Callable[[Any, str], None]:
    """Return a function that checks a value against a schema."""
    schemas = sample("schemas")
    return lambda value, name: jsonschema.validate(value, {"$ref": f"#/$defs/{name}", **schemas})

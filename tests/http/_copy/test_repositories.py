# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuse to copy a repository onto itself, whatever the notation of both."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.emulator.downloads.state import Repository
from tests.http._downloads.helpers import contents, listings, put, widgets

from .helpers import Copy, stage, staging


def braces(item: Any) -> str:
    """Return the UUID of a repository or a workspace as options write it."""
    return "{" + str(item.uuid) + "}"


def spell(repository: Repository, form: str) -> dict[str, str]:
    """Return workspace and repository in a form such as ``uuid/slug``."""
    kinds = form.split("/")
    home = {"slug": "acme", "upper": "ACME", "uuid": braces(repository.workspace)}
    name = {"slug": repository.slug, "upper": repository.slug.upper(), "uuid": braces(repository)}
    return {"workspace": home[kinds[0]], "repository": name[kinds[1]]}


FORMS = ["slug/slug", "slug/uuid", "uuid/slug", "uuid/uuid"]


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
@pytest.mark.parametrize(
    ("source", "destination"), [*itertools.product(FORMS, FORMS), ("slug/upper", "slug/slug"), ("upper/slug", "slug/slug")]
)
def test_copy_onto_itself_is_refused_before_any_listing(
    emulator: Emulator, copy: Copy, source: str, destination: str, check: bool
) -> None:
    put(emulator, {"app": b"application"})
    options = {f"src_{option}": text for option, text in spell(widgets(emulator), source).items()}
    message = copy.failure("app", **options, **spell(widgets(emulator), destination), check=check)
    assert "src_repository and repository are the same repository" in message
    assert listings(emulator) == []


@pytest.mark.parametrize("source", FORMS)
@pytest.mark.parametrize("destination", FORMS)
def test_another_repository_is_accepted(emulator: Emulator, copy: Copy, source: str, destination: str) -> None:
    stage(emulator, {"app": b"application"})
    options = {f"src_{option}": text for option, text in spell(staging(emulator), source).items()}
    copy.ok("app", **options, **spell(widgets(emulator), destination))
    assert contents(emulator) == {"app": b"application"}


def test_same_slug_in_another_workspace_is_another_repository(emulator: Emulator, copy: Copy) -> None:
    emulator.repository("builds", "widgets").put("app", b"application")
    copy.ok("app", src_workspace="builds", src_repository="widgets")
    assert contents(emulator) == {"app": b"application"}
    assert [entry.path for entry in emulator.journal if entry.path.endswith("/widgets")] == []


def test_missing_uuid_in_the_response_does_not_stop_the_copy(emulator: Emulator, copy: Copy) -> None:
    stage(emulator, {"app": b"application"})
    emulator.faults.add("status", code=403, path="/repositories/acme/widgets$", times=None)
    copy.ok("app", src_repository=braces(staging(emulator)))
    assert contents(emulator) == {"app": b"application"}

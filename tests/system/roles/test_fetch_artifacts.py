# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role fetch_artifacts: what each variable is for, what a second run does, and what makes no sense."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.archives import Item, archive

from .conftest import RolePlayer

ROLE = "fetch_artifacts"
MANIFEST = "SHA256SUMS"
CONTENTS = {
    "app-1.0.tgz": archive(".tgz", [Item("bin/app", b"#!/bin/sh\n", 0o755)]),
    "VERSION": b"1.1\n",
    "app-1.1.tgz": archive(".tgz", [Item("bin/app", b"#!/bin/sh\necho\n", 0o755)]),
}


@pytest.fixture
def released(emulator: Emulator) -> dict[str, bytes]:
    """Two releases in acme/widgets and their manifest, which is the newest of all."""
    lines = "".join(f"{hashlib.sha256(CONTENTS[name]).hexdigest()}  {name}\n" for name in sorted(CONTENTS))
    everything = {**CONTENTS, MANIFEST: lines.encode()}
    for name, content in everything.items():
        emulator.repository().put(name, content)
    return everything


@pytest.fixture
def wish(tmp_path: Path) -> dict[str, Any]:
    """One archive into a folder that nobody has made."""
    return {"fetch_artifacts_names": ["app-1.1.tgz"], "fetch_artifacts_dest": f"{tmp_path}/cache/"}


def there(folder: Path) -> dict[str, bytes]:
    """Every file below the folder by its relative path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_fetch_verify_unpack_and_again(
    play: RolePlayer, released: dict[str, bytes], wish: dict[str, Any], tmp_path: Path
) -> None:
    everything = wish | {
        "fetch_artifacts_manifest": MANIFEST,
        "fetch_artifacts_unpack": True,
        "fetch_artifacts_unpack_dest": f"{tmp_path}/opt/app",
    }
    assert play.ok(ROLE, everything, "--check", "--diff").changed == 1
    assert not (tmp_path / "cache").exists()
    assert not (tmp_path / "opt").exists()
    assert play.ok(ROLE, everything).changed == 1
    assert there(tmp_path / "cache") == {"app-1.1.tgz": released["app-1.1.tgz"]}
    assert there(tmp_path / "opt/app") == {"bin/app": b"#!/bin/sh\necho\n"}
    assert os.access(tmp_path / "opt/app/bin/app", os.X_OK)
    assert [play.ok(ROLE, everything, *words).changed for words in ([], ["--check"])] == [0, 0]


def test_the_result_is_in_a_registered_variable(play: RolePlayer, released: dict[str, bytes], wish: dict[str, Any]) -> None:
    after = {"ansible.builtin.assert": {"that": "fetch_artifacts_result.artifacts[0].status == 'fetched'"}}
    assert released
    play.ok(ROLE, wish, after=[after])


def test_without_unpacking_its_directory_is_not_looked_at(
    play: RolePlayer, released: dict[str, bytes], wish: dict[str, Any], tmp_path: Path
) -> None:
    assert released
    play.ok(ROLE, wish | {"fetch_artifacts_unpack_dest": f"{tmp_path}/opt"})
    assert not (tmp_path / "opt").exists()


def test_the_repository_comes_from_the_variable_before_the_environment(
    play: RolePlayer, emulator: Emulator, wish: dict[str, Any], tmp_path: Path
) -> None:
    emulator.repository("acme", "other").put("app-1.1.tgz", b"other")
    play.ok(ROLE, wish | {"fetch_artifacts_repository": "other"})
    assert there(tmp_path / "cache") == {"app-1.1.tgz": b"other"}


@pytest.mark.parametrize(
    ("patterns", "newest", "manifest", "names"),
    [
        (["*"], None, MANIFEST, {"app-1.0.tgz", "VERSION", "app-1.1.tgz"}),
        (["*"], 1, MANIFEST, {"app-1.1.tgz"}),
        (["*"], 1, "", {MANIFEST}),
        (["app-*", MANIFEST], None, MANIFEST, {"app-1.0.tgz", "app-1.1.tgz", MANIFEST}),
        (["app-*"], 1, "", {"app-1.1.tgz"}),
    ],
)
def test_patterns_leave_out_the_manifest_unless_one_is_its_name(
    play: RolePlayer, released: dict[str, bytes], tmp_path: Path, patterns: list[str], newest: Any, manifest: str, names: set[str]
) -> None:
    variables = {
        "fetch_artifacts_patterns": patterns,
        "fetch_artifacts_dest": f"{tmp_path}/cache/",
        "fetch_artifacts_manifest": manifest,
        **({"fetch_artifacts_newest": newest} if newest else {}),
    }
    play.ok(ROLE, variables)
    assert there(tmp_path / "cache") == {name: released[name] for name in names}


@pytest.mark.parametrize("unpack", [False, True])
def test_what_the_manifest_does_not_confirm_is_neither_kept_nor_unpacked(
    play: RolePlayer, emulator: Emulator, released: dict[str, bytes], wish: dict[str, Any], tmp_path: Path, unpack: bool
) -> None:
    emulator.repository().put("app-1.1.tgz", released["app-1.0.tgz"])
    more = {"fetch_artifacts_unpack": unpack, "fetch_artifacts_unpack_dest": f"{tmp_path}/opt"}
    message = play.failure(ROLE, wish | more | {"fetch_artifacts_manifest": MANIFEST})
    assert "'app-1.1.tgz' does not have the digest that the manifest SHA256SUMS expects" in message
    assert not (tmp_path / "opt").exists()
    assert not (tmp_path / "cache").exists()


def test_the_mode_is_set(play: RolePlayer, released: dict[str, bytes], wish: dict[str, Any], tmp_path: Path) -> None:
    assert released
    play.ok(ROLE, wish | {"fetch_artifacts_mode": "0600"})
    assert (tmp_path / "cache/app-1.1.tgz").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_owner_and_group_are_set_on_what_is_unpacked_too(
    play: RolePlayer, released: dict[str, bytes], wish: dict[str, Any], tmp_path: Path
) -> None:
    assert released
    more = {"fetch_artifacts_unpack": True, "fetch_artifacts_unpack_dest": f"{tmp_path}/opt"}
    variables = wish | more | {"fetch_artifacts_owner": "4242", "fetch_artifacts_group": "4343"}
    play.ok(ROLE, variables)
    for path in ("cache/app-1.1.tgz", "opt/bin", "opt/bin/app"):
        status = (tmp_path / path).stat()
        assert (status.st_uid, status.st_gid) == (4242, 4343)
    assert play.ok(ROLE, variables).changed == 0


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"fetch_artifacts_names": ["a"]}, "missing required arguments: fetch_artifacts_dest"),
        (
            {"fetch_artifacts_dest": "x/"},
            "fetch_artifacts_names and fetch_artifacts_patterns are both empty: say which artifacts to fetch.",
        ),
        (
            {"fetch_artifacts_dest": "x/", "fetch_artifacts_names": ["a"], "fetch_artifacts_patterns": ["*"]},
            "fetch_artifacts_names and fetch_artifacts_patterns exclude each other: set one of them.",
        ),
        (
            {"fetch_artifacts_dest": "x/", "fetch_artifacts_names": ["a"], "fetch_artifacts_newest": 1},
            "fetch_artifacts_newest needs fetch_artifacts_patterns: it says how many of what they mean are fetched.",
        ),
        (
            {"fetch_artifacts_dest": "x/", "fetch_artifacts_patterns": ["*"], "fetch_artifacts_newest": 0},
            "fetch_artifacts_newest must be 1 or more, not 0.",
        ),
        (
            {"fetch_artifacts_dest": "x/", "fetch_artifacts_names": ["a.tar"], "fetch_artifacts_unpack": True},
            "fetch_artifacts_unpack needs fetch_artifacts_unpack_dest: say which directory to unpack into.",
        ),
        (
            {
                "fetch_artifacts_dest": "x/",
                "fetch_artifacts_names": ["a.txt"],
                "fetch_artifacts_unpack": True,
                "fetch_artifacts_unpack_dest": "y",
            },
            "unpack_dest needs an archive, with a name that ends in one of .tar, ",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_before_any_request(
    play: RolePlayer, emulator: Emulator, variables: dict[str, Any], words: str
) -> None:
    assert words in play.failure(ROLE, variables)
    assert list(emulator.journal) == []


def test_patterns_as_one_text_leave_the_manifest_out_too(
    play: RolePlayer, released: dict[str, bytes], wish: dict[str, Any], tmp_path: Path
) -> None:
    patterns = {"fetch_artifacts_names": [], "fetch_artifacts_patterns": "SHA256SUMS*,app-*", "fetch_artifacts_newest": 1}
    play.ok(ROLE, wish | patterns | {"fetch_artifacts_manifest": MANIFEST})
    assert list(there(tmp_path / "cache")) == ["app-1.1.tgz"]

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_fetch, names: everything that may be a file name is fetched exactly, what would leave dest is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import LISTING, MANIFEST, lines, statuses
from tests.http.modules.fetching import FETCH, failure, files, furnish, furnish_all, outcome, storage

BOTH_MODES = pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
HOSTILE = [
    "../x",
    "../../../../../../../../tmp/x",
    "/etc/x",
    "a/b",
    "sub/../x",
    "..",
    ".",
    "",
    "a\\b",
    "..\\x",
    "a\nb",
    "a\x00b",
    "\x1b[31mred",
    "a\x7fb",
    "a\x85b",
    "x" * 256,
    "ü" * 128,
]
UNUSUAL = [
    "with space",
    " leading and trailing ",
    "'single' and \"double\"",
    "ünï-çödé-日本語-🎉",
    "u\u0308 decomposed",
    "%2e%2e",
    "%2e%2e%2fx",
    "%2F",
    "100%",
    "a+b",
    "a&b=c;d?e#f",
    "-rf",
    "~root",
    "$HOME",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "...",
    "..x",
    ".hidden",
    "*",
    "[ab]?",
    "a:b|c<d>e",
    "\u202eright to left",
    "\u2028separator",
    "x" * 255,
]


def short(name: str) -> str:
    return ascii(name)[:30]


@pytest.mark.parametrize("name", HOSTILE, ids=short)
def test_a_hostile_name_that_the_server_invents_is_refused(
    emulator: Emulator, run: ModuleRunner, tmp_path: Path, name: str
) -> None:
    furnish_all(emulator, {"fine": b"fine", name: b"hostile"})
    (tmp_path / "in").mkdir()
    for check in (False, True):
        message = failure(run, check=check, patterns=["*"], dest=f"{tmp_path}/in/new/")["msg"]
        assert "artifact name" in message
        assert "is refused" in message
        assert message.isprintable(), "what is hostile in it must not reach a terminal"
        assert files(tmp_path) == {"in/": b""}
    assert storage(emulator) == []


@BOTH_MODES
@pytest.mark.parametrize("name", ["../x", "..", "a\x00b"], ids=short)
def test_a_hostile_name_is_refused_for_a_file_dest_too(
    emulator: Emulator, run: ModuleRunner, tmp_path: Path, name: str, check: bool
) -> None:
    furnish_all(emulator, {name: b"hostile"})
    assert "is refused" in failure(run, check=check, patterns=["*"], dest=f"{tmp_path}/file")["msg"]
    assert files(tmp_path) == {}


def test_a_hostile_name_that_is_not_meant_does_not_matter(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish_all(emulator, {"../x": b"hostile", "fine": b"fine"})
    assert outcome(run.ok(FETCH, patterns=["f*"], dest=f"{dist}/")) == ("fetched", "not there", True)
    assert outcome(run.ok(FETCH, name="fine", dest=f"{dist}/"))[0] == "unchanged"
    assert files(dist.parent) == {"dist/": b"", "dist/fine": b"fine"}


def test_a_name_that_is_no_unicode_is_refused(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    item = {"name": "a\udc80b", "size": 1, "created_on": "2026-11-02T10:00:00+00:00"}
    emulator.faults.add("json", path=LISTING, body=json.dumps({"values": [item]}))
    assert "cannot be trusted" in failure(run, patterns=["*"], dest=f"{dist}/")["msg"]
    assert files(dist) == {}


@pytest.mark.parametrize("name", HOSTILE, ids=short)
def test_a_hostile_name_that_is_asked_for_is_refused_before_any_request(
    emulator: Emulator, run: ModuleRunner, tmp_path: Path, name: str
) -> None:
    for check in (False, True):
        result = failure(run, check=check, name=["fine", name], dest=f"{tmp_path}/new/")
        assert "is refused" in result["msg"]
        assert (len(emulator.journal), result["requests"], files(tmp_path)) == (0, 0, {})


@pytest.mark.parametrize("name", ["../SUMS", "a/b", "", ".."])
def test_a_hostile_name_of_a_manifest_is_refused_before_any_request(
    emulator: Emulator, run: ModuleRunner, dist: Path, name: str
) -> None:
    assert "manifest" in failure(run, name="app", dest=f"{dist}/", manifest=name)["msg"]
    assert len(emulator.journal) == 0


@pytest.mark.parametrize("name", UNUSUAL, ids=short)
def test_an_unusual_name_is_fetched_exactly(emulator: Emulator, run: ModuleRunner, dist: Path, name: str) -> None:
    wanted = furnish_all(emulator, {name: b"application"})
    options = {"name": [name], "dest": f"{dist}/"}
    result = run.ok(FETCH, **options)
    assert statuses(result) == [(name, "fetched", "not there")]
    assert files(dist) == wanted
    assert statuses(run.ok(FETCH, **options)) == [(name, "unchanged", "same content")]


def test_unusual_names_are_fetched_together_and_verified(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    wanted = furnish_all(emulator, {name: name.encode() for name in UNUSUAL})
    furnish_all(emulator, {MANIFEST: lines(wanted)})
    run.ok(FETCH, patterns=["*"], excludes=[MANIFEST], dest=f"{dist}/", manifest=MANIFEST)
    assert files(dist) == wanted


def test_names_that_differ_in_case_are_two(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    wanted = furnish(emulator, app=b"small", APP=b"capital")
    run.ok(FETCH, patterns=["*"], dest=f"{dist}/")
    assert files(dist) == wanted


def test_a_name_is_no_pattern(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=b"application")
    assert "'a*'" in failure(run, name="a*", dest=f"{dist}/")["msg"]
    assert files(dist) == {}

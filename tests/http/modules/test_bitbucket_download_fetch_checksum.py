# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_fetch, the option checksum: what is there with the digest costs nothing, what comes must have it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import sha256
from tests.http.modules.fetching import FETCH, failure, files, furnish, outcome, storage

DATA = b"application"
BOTH_MODES = pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
ALGORITHMS = pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sha1", "md5"])


def checksum(algorithm: str, data: bytes = DATA) -> str:
    return f"{algorithm}:{hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()}"


@ALGORITHMS
def test_what_has_the_digest_is_fetched(emulator: Emulator, run: ModuleRunner, dist: Path, algorithm: str) -> None:
    furnish(emulator, app=DATA)
    result = run.ok(FETCH, name="app", dest=f"{dist}/", checksum=checksum(algorithm))
    assert outcome(result) == ("fetched", "not there", True)
    assert result["artifacts"][0]["sha256"] == sha256(DATA)
    assert files(dist) == {"app": DATA}


@ALGORITHMS
def test_what_has_another_digest_is_refused(emulator: Emulator, run: ModuleRunner, dist: Path, algorithm: str) -> None:
    furnish(emulator, app=DATA)
    (dist / "app").write_bytes(b"old")
    wish, found = checksum(algorithm, b"other"), checksum(algorithm)
    result = failure(run, name="app", dest=f"{dist}/", checksum=wish)
    assert "'app'" in result["msg"]
    assert "checksum" in result["msg"]
    assert wish.partition(":")[2] in result["msg"]
    assert found.partition(":")[2] in result["msg"]
    assert (result["artifacts"], result["changed"]) == ([], False)
    assert files(dist) == {"app": b"old"}
    assert len(storage(emulator)) == 1, "a wrong digest is no transient reason"


@BOTH_MODES
@ALGORITHMS
def test_a_file_that_has_the_digest_costs_no_request(
    emulator: Emulator, run: ModuleRunner, dist: Path, algorithm: str, check: bool
) -> None:
    (dist / "local").write_bytes(DATA)
    result = run.ok(FETCH, check=check, name="app", dest=str(dist / "local"), checksum=checksum(algorithm))
    assert outcome(result) == ("unchanged", "same content", False)
    assert (len(emulator.journal), result["requests"]) == (0, 0)
    assert (result["artifacts"][0]["size"], result["artifacts"][0]["sha256"]) == (len(DATA), sha256(DATA))


@pytest.mark.parametrize("name", [["app"], ["app", "app"]])
def test_a_file_in_a_directory_that_has_the_digest_costs_no_request(
    emulator: Emulator, run: ModuleRunner, dist: Path, name: list[str]
) -> None:
    (dist / "app").write_bytes(DATA)
    result = run.ok(FETCH, name=name, dest=str(dist), checksum=checksum("sha256"))
    assert outcome(result) == ("unchanged", "same content", False)
    assert (len(emulator.journal), result["requests"]) == (0, 0)


@pytest.mark.parametrize("spelled", [str.upper, str.title, lambda text: f" {text} ", lambda text: text.replace(":", ": ")])
def test_the_case_and_blanks_of_a_checksum_do_not_matter(
    emulator: Emulator, run: ModuleRunner, dist: Path, spelled: object
) -> None:
    assert callable(spelled)
    furnish(emulator, app=DATA)
    options = {"name": "app", "dest": f"{dist}/", "checksum": spelled(checksum("sha256"))}
    assert outcome(run.ok(FETCH, **options)) == ("fetched", "not there", True)
    emulator.journal.clear()
    assert outcome(run.ok(FETCH, **options)) == ("unchanged", "same content", False)
    assert len(emulator.journal) == 0


@BOTH_MODES
@pytest.mark.parametrize("local", [b"applicatioN", b"short"])
def test_a_file_with_another_digest_is_replaced(
    emulator: Emulator, run: ModuleRunner, dist: Path, local: bytes, check: bool
) -> None:
    furnish(emulator, app=DATA)
    (dist / "app").write_bytes(local)
    result = run.ok(FETCH, check=check, name="app", dest=f"{dist}/", checksum=checksum("sha256"))
    assert outcome(result) == ("replaced", "content differs" if len(local) == len(DATA) else "size differs", True)
    assert files(dist) == {"app": local if check else DATA}
    assert result["artifacts"][0]["sha256"] == sha256(DATA)


def test_the_artifact_may_be_gone_once_its_file_is_there(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    (dist / "app").write_bytes(DATA)
    options = {"name": "app", "dest": f"{dist}/", "checksum": checksum("sha256")}
    assert outcome(run.ok(FETCH, **options)) == ("unchanged", "same content", False)
    assert "Not in the Downloads" in failure(run, force=True, **options)["msg"]


@BOTH_MODES
def test_force_fetches_all_the_same(emulator: Emulator, run: ModuleRunner, dist: Path, check: bool) -> None:
    furnish(emulator, app=DATA)
    (dist / "app").write_bytes(DATA)
    result = run.ok(FETCH, check=check, name="app", dest=f"{dist}/", checksum=checksum("sha256"), force=True)
    assert outcome(result) == ("replaced", "forced", True)
    assert len(storage(emulator)) == (0 if check else 1)


@BOTH_MODES
def test_a_link_to_a_file_with_the_digest_is_replaced(emulator: Emulator, run: ModuleRunner, dist: Path, check: bool) -> None:
    furnish(emulator, app=DATA)
    (dist / "target").write_bytes(DATA)
    (dist / "app").symlink_to("target")
    result = run.ok(FETCH, check=check, name="app", dest=f"{dist}/", checksum=checksum("sha256"))
    assert outcome(result) == ("replaced", "a link is there", True)
    assert (dist / "app").is_symlink() == check


def test_a_checksum_goes_with_a_pattern_that_means_one(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=DATA)
    options = {"patterns": ["a*"], "dest": f"{dist}/", "checksum": checksum("sha256")}
    assert outcome(run.ok(FETCH, **options)) == ("fetched", "not there", True)
    assert outcome(run.ok(FETCH, **options)) == ("unchanged", "same content", False)
    assert len(storage(emulator)) == 1, "the digest proves it"


@BOTH_MODES
def test_a_checksum_does_not_go_with_a_pattern_that_means_several(
    emulator: Emulator, run: ModuleRunner, dist: Path, check: bool
) -> None:
    furnish(emulator, a=DATA, b=DATA)
    result = failure(run, check=check, patterns=["*"], dest=f"{dist}/", checksum=checksum("sha256"))
    assert "checksum goes with one artifact, but 2 are meant" in result["msg"]
    assert files(dist) == {}


@pytest.mark.parametrize("etag", ["md5", "opaque"])
def test_corrupted_bytes_are_refused(emulator: Emulator, run: ModuleRunner, dist: Path, etag: str) -> None:
    emulator.switches.etag = etag
    furnish(emulator, app=DATA * 50_000)
    (dist / "app").write_bytes(b"old")
    emulator.faults.add("corrupt", host="storage")
    result = failure(run, name="app", dest=f"{dist}/", checksum=checksum("sha512", DATA * 50_000))
    assert "sha512" in result["msg"]
    assert files(dist) == {"app": b"old"}

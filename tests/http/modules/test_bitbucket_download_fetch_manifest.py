# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bitbucket_download_fetch, the option manifest: its digests must hold; its date decides only whether work is skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http.modules.downloading import MANIFEST, fetches, lines, sha256, statuses
from tests.http.modules.fetching import FETCH, failure, files, furnish, furnish_all, outcome

DATA = b"application"
BOTH_MODES = pytest.mark.parametrize("check", [False, True], ids=["run", "check"])


def put_manifest(emulator: Emulator, text: bytes) -> None:
    furnish_all(emulator, {MANIFEST: text})


@BOTH_MODES
def test_a_believed_digest_decides_without_a_look_at_the_content(
    emulator: Emulator, run: ModuleRunner, dist: Path, check: bool
) -> None:
    furnish(emulator, app=DATA)
    put_manifest(emulator, lines({"app": DATA}))
    (dist / "app").write_bytes(DATA)
    result = run.ok(FETCH, check=check, name="app", dest=f"{dist}/", manifest=MANIFEST)
    assert outcome(result) == ("unchanged", "same content", False)
    assert fetches(emulator) == [(MANIFEST, 200)]
    assert result["requests"] == 2


def test_what_has_the_digest_is_fetched(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    wanted = furnish(emulator, a=b"a", b=b"b")
    put_manifest(emulator, lines(wanted))
    result = run.ok(FETCH, name=["a", "b"], dest=f"{dist}/", manifest=MANIFEST)
    assert [status for _unused, status, _unused in statuses(result)] == ["fetched", "fetched"]
    assert files(dist) == wanted
    assert run.ok(FETCH, name=["a", "b"], dest=f"{dist}/", manifest=MANIFEST)["changed"] is False


def test_a_digest_in_capitals_and_binary_form_is_read(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=DATA)
    put_manifest(emulator, f"{sha256(DATA).upper()} *app\r\n".encode())
    assert outcome(run.ok(FETCH, name="app", dest=f"{dist}/", manifest=MANIFEST))[0] == "fetched"
    assert outcome(run.ok(FETCH, name="app", dest=f"{dist}/", manifest=MANIFEST))[0] == "unchanged"


@pytest.mark.parametrize("age", ["older", "newer"])
@pytest.mark.parametrize("local", [None, b"old", b"applicatioN", DATA])
def test_a_wrong_digest_is_an_error_whatever_the_dates(
    emulator: Emulator, run: ModuleRunner, tmp_path: Path, local: bytes | None, age: str
) -> None:
    """Also where the file at dest is what the artifact is: the digest does not hold."""
    wrong = lines({"app": b"something else"})
    for name, data in [("app", DATA), (MANIFEST, wrong)] if age == "newer" else [(MANIFEST, wrong), ("app", DATA)]:
        furnish_all(emulator, {name: data})
    folder = tmp_path / "new"
    before = {}
    if local is not None:
        folder.mkdir()
        (folder / "app").write_bytes(local)
        before = {"app": local}
    result = failure(run, name="app", dest=f"{folder}/", manifest=MANIFEST)
    assert MANIFEST in result["msg"]
    assert sha256(DATA) in result["msg"]
    assert sha256(b"something else") in result["msg"]
    assert (result["artifacts"], result["changed"]) == ([], False)
    assert files(folder) == before
    assert folder.exists() == bool(before)


@BOTH_MODES
def test_an_older_manifest_proves_nothing_so_the_content_is_looked_at(
    emulator: Emulator, run: ModuleRunner, dist: Path, check: bool
) -> None:
    put_manifest(emulator, lines({"app": DATA}))
    furnish(emulator, app=DATA)
    (dist / "app").write_bytes(DATA)
    result = run.ok(FETCH, check=check, name="app", dest=f"{dist}/", manifest=MANIFEST)
    assert outcome(result) == ("unchanged", "same content", False)
    assert fetches(emulator) == [(MANIFEST, 200), ("app", 304)]


@BOTH_MODES
@pytest.mark.parametrize("etag", ["md5", "opaque", "none"])
def test_a_file_that_agrees_with_an_old_manifest_does_not_hide_a_new_content(
    emulator: Emulator, run: ModuleRunner, dist: Path, etag: str, check: bool
) -> None:
    emulator.switches.etag = etag
    put_manifest(emulator, lines({"app": DATA}))
    furnish(emulator, app=b"applicatioN")
    (dist / "app").write_bytes(DATA)
    result = failure(run, check=check, name="app", dest=f"{dist}/", manifest=MANIFEST)
    assert MANIFEST in result["msg"]
    assert files(dist) == {"app": DATA}


@BOTH_MODES
@pytest.mark.parametrize(
    "text",
    [
        None,
        lines({"other": b"other"}),
        f"{'0' * 64}  app\n{'1' * 64}  app\n{'2' * 64}  other\n".encode(),
        f"{'0' * 63}  app\n{'2' * 64}  other\n".encode(),
        f"{'0' * 64}  ./app\n{'2' * 64}  other\n".encode(),
    ],
    ids=["no manifest", "no line", "two digests", "a broken line", "another name"],
)
def test_without_a_clear_line_nothing_is_fetched(
    emulator: Emulator, run: ModuleRunner, tmp_path: Path, text: bytes | None, check: bool
) -> None:
    furnish(emulator, app=DATA, other=b"other")
    if text is not None:
        put_manifest(emulator, text)
    result = failure(run, check=check, name=["other", "app"], dest=f"{tmp_path}/new/", manifest=MANIFEST)
    assert MANIFEST in result["msg"]
    assert ("'app'" in result["msg"]) == (text is not None)
    assert not (tmp_path / "new").exists()
    assert {name for name, _unused in fetches(emulator)} <= {MANIFEST}


@BOTH_MODES
@pytest.mark.parametrize("text", [b"no manifest", b"\xff\xfe\x00", b"<html></html>\n"])
def test_what_is_no_manifest_is_an_error(emulator: Emulator, run: ModuleRunner, dist: Path, text: bytes, check: bool) -> None:
    furnish(emulator, app=DATA)
    put_manifest(emulator, text)
    message = failure(run, check=check, name="app", dest=f"{dist}/", manifest=MANIFEST)["msg"]
    assert f"'{MANIFEST}' is not a checksum manifest" in message
    assert files(dist) == {}


def test_a_pattern_that_means_the_manifest_too_fetches_it(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    wanted = furnish(emulator, a=b"a", b=b"b")
    put_manifest(emulator, lines(wanted))
    result = run.ok(FETCH, patterns=["*"], dest=f"{dist}/", manifest=MANIFEST)
    assert files(dist) == {**wanted, MANIFEST: lines(wanted)}
    assert {name: status for name, status, _unused in statuses(result)} == {"a": "fetched", "b": "fetched", MANIFEST: "fetched"}
    assert run.ok(FETCH, patterns=["*"], dest=f"{dist}/", manifest=MANIFEST)["changed"] is False


def test_a_manifest_of_any_name_can_be_read(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish_all(emulator, {"app": DATA, "my sums.txt": lines({"app": DATA})})
    assert outcome(run.ok(FETCH, name="app", dest=f"{dist}/", manifest="my sums.txt"))[0] == "fetched"


@pytest.mark.parametrize("right", ["checksum", "manifest", "both"])
def test_checksum_and_manifest_must_both_hold(emulator: Emulator, run: ModuleRunner, dist: Path, right: str) -> None:
    furnish(emulator, app=DATA)
    put_manifest(emulator, lines({"app": b"wrong" if right == "checksum" else DATA}))
    digest = sha256(b"wrong" if right == "manifest" else DATA)
    options = {"name": "app", "dest": f"{dist}/", "manifest": MANIFEST, "checksum": f"sha256:{digest}"}
    if right == "both":
        assert outcome(run.ok(FETCH, **options))[0] == "fetched"
        assert outcome(run.ok(FETCH, **options))[0] == "unchanged"
    else:
        assert failure(run, **options)["artifacts"] == []
        assert files(dist) == {}


def test_corrupted_bytes_are_refused(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    furnish(emulator, app=DATA * 50_000)
    put_manifest(emulator, lines({"app": DATA * 50_000}))
    (dist / "app").write_bytes(b"old")
    emulator.faults.add("corrupt", host="storage", path="/app$")
    assert MANIFEST in failure(run, name="app", dest=f"{dist}/", manifest=MANIFEST)["msg"]
    assert files(dist) == {"app": b"old"}


@BOTH_MODES
def test_a_checksum_that_contradicts_the_manifest_is_an_error_before_any_transfer(
    emulator: Emulator, run: ModuleRunner, dist: Path, check: bool
) -> None:
    furnish(emulator, app=DATA)
    put_manifest(emulator, lines({"app": b"another"}))
    options = {"name": "app", "dest": f"{dist}/", "manifest": MANIFEST, "check": check}
    message = failure(run, checksum=f"sha256:{sha256(DATA)}", **options)
    expected = f"checksum says sha256:{sha256(DATA)}, the manifest {MANIFEST} says sha256:{sha256(b'another')}"
    assert message["msg"] == f"'app' cannot have both digests that are expected: {expected}"
    assert fetches(emulator) == [(MANIFEST, 200)]

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replace an unpacked archive by its record, and compare with the record in the next run."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.archives import HARD_LINK, Item, archive, directory, link
from tests.helpers.fetching import files, mode, snapshot
from tests.http._archives.helpers import NAME, UnpackRunner, unpacked
from tests.http._downloads.helpers import MANIFEST, lines, sha256

ITEMS = [
    directory("top"),
    Item("top/run", b"#!/bin/sh\n", 0o755),
    Item("top/same", kind=HARD_LINK, target="top/run"),
    link("top/l", "run"),
]
RECORD = f".{NAME}.unpacked"


@pytest.fixture
def bare(unpack: UnpackRunner) -> UnpackRunner:
    """Store an archive, with a manifest."""
    put(unpack, *ITEMS)
    return unpack


def put(unpack: UnpackRunner, *items: Item) -> bytes:
    data = archive(NAME, items)
    unpack.fetch.put({NAME: data, MANIFEST: lines({NAME: data})})
    return data


def both(unpack: UnpackRunner, *names: str, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the results of check mode, which must write nothing, and of the run after it, in diff mode; then run again."""
    options = {"keep_archive": False, "manifest": MANIFEST, **options}
    before = snapshot(unpack.target.parent.parent)
    checked = unpack(*names, check=True, diff=True, **options)
    assert snapshot(unpack.target.parent.parent) == before
    done = unpack(*names, diff=True, **options)
    again = unpack(*names, diff=True, **options)
    assert (again["changed"], [each["status"] for each in again["unpacked"]]) == (False, ["unchanged"] * len(again["unpacked"]))
    return checked, done


def test_archive_is_replaced_by_its_record(bare: UnpackRunner) -> None:
    checked, done = both(bare)
    for result in (checked, done):
        [artifact] = result["artifacts"]
        assert (artifact["dest"], artifact["status"], result["changed"]) == (None, "fetched", True)
        assert artifact["sha256"] == sha256(archive(NAME, ITEMS))
    assert (unpacked(checked), unpacked(done)) == ([(NAME, "unpacked", None, None)], [(NAME, "unpacked", 4, 4)])
    assert list(bare.fetch.files) == [RECORD]
    assert mode(bare.fetch.folder / RECORD) == 0o644
    line = f"{bare.fetch.folder}/{RECORD}  {len(archive(NAME, ITEMS))} bytes  sha256:{sha256(archive(NAME, ITEMS))}\n"
    assert done["diff"]["after"].startswith(line)


@pytest.mark.parametrize("check", [True, False])
def test_unchanged_archive_is_not_fetched(emulator: Emulator, bare: UnpackRunner, check: bool) -> None:
    done = bare(keep_archive=False, manifest=MANIFEST)
    before = snapshot(bare.fetch.folder)
    emulator.journal.clear()
    result = bare(keep_archive=False, manifest=MANIFEST, check=check)
    assert not [entry for entry in bare.fetch.transfers if NAME in entry.path]
    [artifact] = result["artifacts"]
    assert artifact == {**done["artifacts"][0], "status": "unchanged", "reason": "same content"}
    assert (unpacked(result), result["changed"]) == ([(NAME, "unchanged", 4, 0)], False)
    assert snapshot(bare.fetch.folder) == before


@pytest.mark.parametrize("check", [True, False])
def test_unverified_archive_is_compared_with_one_conditional_request(bare: UnpackRunner, check: bool) -> None:
    bare(keep_archive=False)
    result = bare(keep_archive=False, check=check)
    assert result["changed"] is False
    assert bare.fetch.transfers[-1].status == 304


@pytest.mark.parametrize("check", [True, False])
def test_equal_contents_are_recognized_with_opaque_etags(emulator: Emulator, bare: UnpackRunner, check: bool) -> None:
    emulator.switches.etag = "opaque"
    bare(keep_archive=False)
    assert bare(keep_archive=False, check=check)["changed"] is False
    bare.put(Item("top/run", b"#!/bin/ls\n", 0o755), *ITEMS[2:])
    result = bare(keep_archive=False, check=check)
    assert (result["artifacts"][0]["status"], result["changed"]) == ("replaced", True)


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "md5"])
def test_record_that_has_the_checksum_needs_no_request(emulator: Emulator, bare: UnpackRunner, algorithm: str) -> None:
    bare(keep_archive=False)
    emulator.journal.clear()
    digest = hashlib.new(algorithm, archive(NAME, ITEMS)).hexdigest()
    result = bare(keep_archive=False, checksum=f"{algorithm}:{digest}")
    assert (result["requests"], len(emulator.journal), result["changed"]) == (0, 0, False)


def damage_content(target: Path) -> None:
    (target / "top/run").write_bytes(b"#!/bin/ls\n")


def damage_mode(target: Path) -> None:
    (target / "top/run").chmod(0o644)


def damage_link(target: Path) -> None:
    (target / "top/l").unlink()
    (target / "top/l").symlink_to("same")


def damage_file(target: Path) -> None:
    (target / "top/same").unlink()


@pytest.mark.parametrize("damage", [damage_content, damage_mode, damage_link, damage_file])
def test_changed_file_is_unpacked_again(bare: UnpackRunner, damage: Any) -> None:
    bare(keep_archive=False, manifest=MANIFEST)
    damage(bare.target)
    checked, done = both(bare)
    assert [each["artifacts"][0]["status"] for each in (checked, done)] == ["fetched"] * 2
    assert (checked["changed"], unpacked(done)) == (True, [(NAME, "unpacked", 4, 1)])
    assert list(bare.fetch.files) == [RECORD]


def test_new_release_replaces_the_record(bare: UnpackRunner) -> None:
    bare(keep_archive=False, manifest=MANIFEST, unpack_exact=True)
    old = (bare.fetch.folder / RECORD).read_bytes()
    put(bare, Item("top/new", b"new"))
    checked, done = both(bare, unpack_exact=True)
    assert [each["artifacts"][0]["status"] for each in (checked, done)] == ["replaced"] * 2
    assert checked["removed"] is None
    assert done["removed"] == [f"{bare.target}/top/{name}" for name in ("l", "run", "same")]
    assert done["diff"]["before"].startswith(f"{bare.fetch.folder}/{RECORD}  ")
    assert (bare.fetch.folder / RECORD).read_bytes() != old


def test_additional_files_are_found_without_the_archive(bare: UnpackRunner) -> None:
    bare(keep_archive=False, manifest=MANIFEST, unpack_exact=True)
    (bare.target / "mine").write_bytes(b"mine")
    checked, done = both(bare, unpack_exact=True)
    assert checked == done
    assert (done["removed"], done["artifacts"][0]["status"]) == ([f"{bare.target}/mine"], "unchanged")


def test_archive_is_unpacked_again_with_another_strip_components(bare: UnpackRunner) -> None:
    bare(keep_archive=False, manifest=MANIFEST)
    checked, done = both(bare, strip_components=1)
    assert [each["artifacts"][0]["status"] for each in (checked, done)] == ["fetched"] * 2
    assert {"run", "top/run"} < files(bare.target).keys()


def test_existing_archive_is_used_and_removed(bare: UnpackRunner) -> None:
    bare(manifest=MANIFEST)
    checked, done = both(bare)
    assert checked == done
    [artifact] = done["artifacts"]
    assert (artifact["status"], artifact["dest"], done["changed"]) == ("unchanged", None, True)
    path = bare.fetch.folder / NAME
    assert done["diff"]["before"].startswith(f"{path}  ")
    assert str(path) not in done["diff"]["after"]
    assert list(bare.fetch.files) == [RECORD]
    assert bare(manifest=MANIFEST)["artifacts"][0]["dest"] == str(path), "the next task may want to keep it"


def test_other_artifacts_are_kept(bare: UnpackRunner) -> None:
    bare.fetch.put(VERSION=b"1", **{"b.zip": archive("b.zip", [Item("b", b"b")])})
    options = {"manifest": None, "patterns": ["*"], "excludes": [MANIFEST]}
    done = both(bare, **options)[1]
    assert {each["name"]: each["dest"] for each in done["artifacts"]} == {
        NAME: None,
        "b.zip": None,
        "VERSION": str(bare.fetch.folder / "VERSION"),
    }
    assert sorted(bare.fetch.files) == sorted([RECORD, ".b.zip.unpacked", "VERSION"])


def test_record_is_beside_a_destination_that_is_a_file(bare: UnpackRunner) -> None:
    both(bare, dest=str(bare.fetch.folder / "other"))
    assert list(bare.fetch.files) == [RECORD]


def test_records_and_archives_share_a_directory(bare: UnpackRunner) -> None:
    options = {"dest": f"{bare.target}/", "unpack_exact": True}
    both(bare, **options)
    (bare.target / ".old.tgz.unpacked").write_bytes(b"{}")
    (bare.target / ".mine.unpacked").write_bytes(b"mine")
    assert both(bare, **options)[1]["removed"] == [f"{bare.target}/.mine.unpacked"]
    assert {RECORD, ".old.tgz.unpacked"} < files(bare.target).keys()
    put(bare, Item(RECORD, b"evil"))
    message = bare.failed(keep_archive=False, **options)["msg"]
    assert f"its member '{RECORD}' would replace the record of '{NAME}'" in message


def test_archive_is_kept_if_unpacking_fails(bare: UnpackRunner) -> None:
    put(bare, Item("../evil"))
    assert "has '..' in its path" in bare.failed(keep_archive=False)["msg"]
    assert list(bare.fetch.files) == [NAME]


@pytest.mark.parametrize(
    "damage",
    [
        lambda found: "no JSON",
        lambda found: [],
        lambda found: {**found, "members": [["a"]]},
        lambda found: {**found, "members": [["../evil", "file", 1, 420, "", "0" * 64]]},
        lambda found: {**found, "size": "many"},
        lambda found: {**found, "size": 5},
        lambda found: {**found, "digests": {**found["digests"], "sha256": "0" * 64}},
        lambda found: {**found, "digests": None},
    ],
)
def test_unusable_record_is_ignored(bare: UnpackRunner, damage: Any) -> None:
    bare(keep_archive=False, manifest=MANIFEST)
    path = bare.fetch.folder / RECORD
    found = json.loads(path.read_text())
    path.write_text(json.dumps(damage(found)))
    assert both(bare)[1]["artifacts"][0]["status"] in ("fetched", "replaced")
    assert json.loads(path.read_text()) == found


def test_link_is_not_used_as_a_record_and_is_replaced(bare: UnpackRunner, tmp_path: Path) -> None:
    bare(keep_archive=False, manifest=MANIFEST)
    (bare.fetch.folder / RECORD).rename(tmp_path / "record")
    (bare.fetch.folder / RECORD).symlink_to(tmp_path / "record")
    before = (tmp_path / "record").stat()
    assert both(bare)[1]["artifacts"][0]["status"] == "fetched"
    assert not (bare.fetch.folder / RECORD).is_symlink()
    assert (tmp_path / "record").stat().st_mtime_ns == before.st_mtime_ns


def test_record_that_cannot_be_written_is_an_error(bare: UnpackRunner) -> None:
    (bare.fetch.folder / RECORD / "sub").mkdir(parents=True)
    message = bare.failed(keep_archive=False)["msg"]
    assert message == f"Cannot write the record '{bare.fetch.folder / RECORD}': Is a directory"
    assert (bare.fetch.folder / NAME).is_file()


def test_archive_that_cannot_be_removed_is_an_error(bare: UnpackRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    original, place = os.unlink, os.fsencode(bare.fetch.folder / NAME)

    def refuse(path: Any, **options: Any) -> None:
        if path == place:
            raise PermissionError(1, "Operation not permitted")
        original(path, **options)

    monkeypatch.setattr(os, "unlink", refuse)
    assert bare.failed(keep_archive=False)["msg"] == f"Cannot remove '{bare.fetch.folder / NAME}': Operation not permitted"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change owners")
def test_owner_applies_to_recorded_files(bare: UnpackRunner) -> None:
    bare(keep_archive=False, manifest=MANIFEST)
    done = both(bare, owner="4242")[1]
    assert (unpacked(done), (bare.target / "top/run").stat().st_uid) == ([(NAME, "unpacked", 4, 4)], 4242)

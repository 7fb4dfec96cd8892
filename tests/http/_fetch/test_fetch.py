# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch artifacts as files: which files are replaced and why, their destinations, and atomic replacement."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.fetching import DIFFERENT, NEW, SAME, FetchRunner, files, mode, noise, outcome, watched
from tests.http._downloads.helpers import MANIFEST, lines, listings, most_at_once, sha256, statuses

MIB = 1024 * 1024
DATA = noise(1, MIB)
RELEASES = {"app-1.0.tgz": b"one", "app-1.1.tgz": b"two", "app-2.0.tgz": b"three", "tool-1.0.tgz": b"tool", "VERSION": b"2.0"}
HOSTILE = ["", ".", "..", "../x", "/etc/x", "a/b", "a\\b", "a\nb", "a\x00b", "\x1b[31mred", "x" * 256]
UNUSUAL = [
    "with space",
    " leading and trailing ",
    "'single' and \"double\"",
    "ünï-çödé-日本語-🎉",
    "u\u0308 decomposed",
    "%2e%2e",
    "%2e%2e%2fx",
    "100%",
    "a+b",
    "a&b=c;d?e#f",
    "-rf",
    "~root",
    "$HOME",
    "{{ 7 * 7 }}",
    "...",
    ".hidden",
    "*",
    "[ab]?",
    "a:b|c<d>e",
    "\u202eright to left",
    "\u2028separator",
    "x" * 255,
    "app",
    "APP",
]

each_mode = pytest.mark.parametrize("check", [False, True], ids=["run", "check"])


def test_missing_file_is_fetched(emulator: Emulator, fetch: FetchRunner) -> None:
    fetch.put(app=b"application")
    result = fetch("app")
    assert fetch.files == {"app": b"application"}
    assert result["changed"] is True
    assert result["artifacts"] == [
        {
            "name": "app",
            "dest": str(fetch.folder / "app"),
            "size": 11,
            "sha256": sha256(b"application"),
            "status": "fetched",
            "reason": "not there",
            "url": f"{emulator.api_url}/repositories/acme/widgets/downloads/app",
            "version": None,
        }
    ]


@pytest.mark.parametrize(
    ("local", "reason"),
    [(b"new", "same content"), (b"nEw", "content differs"), (b"older", "size differs"), (b"", "size differs")],
)
def test_file_is_replaced_only_if_it_differs(fetch: FetchRunner, local: bytes, reason: str) -> None:
    fetch.put(app=b"new")
    fetch.write(app=local)
    inode = (fetch.folder / "app").stat().st_ino
    result = fetch("app", dest=str(fetch.folder / "app"))
    same = reason == "same content"
    assert outcome(result) == ("unchanged" if same else "replaced", reason, not same)
    assert (result["artifacts"][0]["size"], result["artifacts"][0]["sha256"]) == (3, sha256(b"new"))
    assert fetch.files == {"app": b"new"}
    assert ((fetch.folder / "app").stat().st_ino == inode) == same


@pytest.mark.parametrize("target", ["same", "other", "dangling"])
def test_link_is_replaced_by_a_file(fetch: FetchRunner, target: str) -> None:
    fetch.put(app=b"new")
    fetch.write(same=b"new", other=b"untouched")
    (fetch.folder / "app").symlink_to(target)
    assert fetch.outcome("app") == ("replaced", "a link is there", True)
    assert not (fetch.folder / "app").is_symlink()
    assert fetch.files == {"app": b"new", "same": b"new", "other": b"untouched"}
    assert fetch.outcome("app") == SAME


@pytest.mark.parametrize("etag", ["md5", "multipart", "opaque", "none"])
def test_second_run_changes_nothing(emulator: Emulator, fetch: FetchRunner, etag: str) -> None:
    emulator.switches.etag = etag
    fetch.put(app=b"application", tool=b"x" * 700_000, empty=b"")
    names = ("app", "tool", "empty")
    first = fetch(*names)
    inodes = [(path.stat().st_ino, path.stat().st_mtime_ns) for path in sorted(fetch.folder.iterdir())]
    second = fetch(*names, backup=True)
    assert statuses(first) == [(name, "fetched", "not there") for name in names]
    assert statuses(second) == [(name, "unchanged", "same content") for name in names]
    assert (first["changed"], second["changed"]) == (True, False)
    assert [each["sha256"] for each in second["artifacts"]] == [each["sha256"] for each in first["artifacts"]]
    assert [(path.stat().st_ino, path.stat().st_mtime_ns) for path in sorted(fetch.folder.iterdir())] == inodes


@pytest.mark.parametrize(("etag", "place"), [("md5", 0), ("multipart", 350_000), ("opaque", -1), ("none", 0)])
def test_one_changed_byte_is_found(emulator: Emulator, fetch: FetchRunner, etag: str, place: int) -> None:
    emulator.switches.etag = etag
    data = bytearray(b"x" * 700_000)
    fetch.put(app=bytes(data))
    data[place] ^= 1
    fetch.write(app=bytes(data))
    assert fetch.outcome("app") == DIFFERENT
    assert fetch.files == {"app": b"x" * 700_000}


def test_unchanged_file_costs_one_listing_and_no_transfer(emulator: Emulator, fetch: FetchRunner) -> None:
    fetch.put(app=b"x" * 300_000)
    fetch.write(app=b"x" * 300_000)
    result = fetch("app")
    assert len(listings(emulator)) == 1
    assert result["requests"] == len(emulator.journal.select(host="api")) == 2
    assert [(entry.status, entry.sent_bytes) for entry in fetch.transfers] == [(304, 0)]


# Selection


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"name": ["VERSION", "app-2.0.tgz"]}, ["VERSION", "app-2.0.tgz"]),
        ({"name": ["VERSION", "VERSION"]}, ["VERSION"]),
        ({"patterns": ["tool-*", "V*"]}, ["VERSION", "tool-1.0.tgz"]),
        ({"pattern": "app-1.*"}, ["app-1.1.tgz", "app-1.0.tgz"]),
        ({"patterns": ["*"], "excludes": ["*.tgz"]}, ["VERSION"]),
        ({"patterns": ["*"], "exclude": ["app-*", "V*"]}, ["tool-1.0.tgz"]),
        ({"patterns": [r"app-\d\.0"], "excludes": [r"\w+-2"], "use_regex": True}, ["app-1.0.tgz"]),
        ({"patterns": ["app-*"], "excludes": ["*-2.*"], "newest": 1}, ["app-1.1.tgz"]),
        ({"patterns": ["*"], "order": "version"}, ["app-2.0.tgz", "app-1.1.tgz", "tool-1.0.tgz", "app-1.0.tgz", "VERSION"]),
        ({"patterns": ["*"], "newest": 1, "order": "version"}, ["app-2.0.tgz"]),
        ({"patterns": ["*"], "newest": 1, "group_by": r"-(\d\.0)"}, ["tool-1.0.tgz", "app-1.0.tgz"]),
        ({"patterns": ["app-*", "VERSION"], "group_by": r"^app-2\.(0)", "newest": 5}, ["app-2.0.tgz"]),
        ({"patterns": ["*"]}, ["VERSION", "tool-1.0.tgz", "app-2.0.tgz", "app-1.1.tgz", "app-1.0.tgz"]),
    ],
    ids=str,
)
def test_selected_artifacts_are_fetched_in_order(
    emulator: Emulator, fetch: FetchRunner, options: dict[str, Any], wanted: list[str]
) -> None:
    emulator.switches.page_cap = 2
    fetch.put(RELEASES)
    assert [each["name"] for each in fetch(**options)["artifacts"]] == wanted
    assert fetch.files == {name: RELEASES[name] for name in wanted}


@each_mode
def test_no_prerelease_is_fetched_with_prereleases_false(fetch: FetchRunner, check: bool) -> None:
    fetch.put({"app-1.0.tgz": b"1", "app-1.1-rc1.tgz": b"rc"})
    for options in ({}, {"order": "version"}):
        result = fetch(patterns=["app-*"], newest=1, prereleases=False, check=check, **options)
        assert [each["name"] for each in result["artifacts"]] == ["app-1.0.tgz"]
    assert [each["name"] for each in fetch("app-1.1-rc1.tgz", prereleases=False, check=True)["artifacts"]] == ["app-1.1-rc1.tgz"]


@each_mode
def test_results_have_the_version(fetch: FetchRunner, check: bool) -> None:
    fetch.put({"VERSION": b"1", "app-v1.1-rc1.tgz": b"rc"})
    assert [each["version"] for each in fetch("VERSION", "app-v1.1-rc1.tgz", check=check)["artifacts"]] == [None, "1.1-rc1"]
    grouped = fetch(patterns=["*"], group_by="^app-(v[0-9.]+)", check=check)
    assert [each["version"] for each in grouped["artifacts"]] == ["v1.1", None]
    checksum = sha256(b"rc")
    if not check:
        assert fetch("app-v1.1-rc1.tgz", checksum=f"sha256:{checksum}")["artifacts"][0]["version"] == "1.1-rc1"


@each_mode
def test_no_match_is_an_error(fetch: FetchRunner, check: bool) -> None:
    fetch.put(RELEASES)
    message = fetch.failure(patterns=["app-*"], excludes=["*"], check=check, dest=f"{fetch.folder}/new/")
    assert "No artifact in /repositories/acme/widgets/downloads matches the patterns" in message
    assert fetch.files == {}


@each_mode
def test_missing_names_are_an_error_and_nothing_is_fetched(fetch: FetchRunner, check: bool) -> None:
    fetch.put(RELEASES)
    message = fetch.failure("VERSION", "app-3.0.tgz", "V*", check=check, dest=f"{fetch.folder}/new/")
    hint = "names are exact; use patterns to match several names"
    assert message == f"Not in the Downloads of widgets: 'app-3.0.tgz', 'V*' ({hint})"
    assert (fetch.files, fetch.transfers) == ({}, [])


@pytest.mark.parametrize(("parallel", "most"), [(1, 1), (2, 2), (None, 4)])
def test_parallel_limits_transfers_at_the_same_time(
    emulator: Emulator, fetch: FetchRunner, parallel: int | None, most: int
) -> None:
    wanted = fetch.put({f"file-{number}": b"%d" % number for number in range(5)})
    emulator.switches.storage_latency = 0.2
    fetch(patterns=["*"], parallel=parallel)
    assert fetch.files == wanted
    assert most_at_once(fetch.transfers) == most


# Names


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:20])
def test_malicious_name_is_refused_before_any_request(emulator: Emulator, fetch: FetchRunner, name: str) -> None:
    result = fetch.failed("fine", name, dest=f"{fetch.folder}/new/")
    assert "is refused" in result["msg"]
    assert (len(emulator.journal), result["requests"], fetch.files) == (0, 0, {})


@each_mode
@pytest.mark.parametrize("dest", ["new/", "file"])
@pytest.mark.parametrize("name", ["../x", "..", "a\x00b"], ids=ascii)
def test_malicious_name_in_the_listing_is_refused(fetch: FetchRunner, name: str, dest: str, check: bool) -> None:
    fetch.put({"fine": b"fine", name: b"hostile"})
    assert fetch.outcome(patterns=["f*"], check=True) == NEW, "it is not selected"
    message = fetch.failure(patterns=["[!f]*"] if dest == "file" else ["*"], check=check, dest=f"{fetch.folder}/{dest}")
    assert "artifact name" in message
    assert "is refused" in message
    assert message.isprintable(), "a terminal must not get control characters"
    assert files(fetch.folder.parent) == {"dist/": b""}
    assert fetch.transfers == []


def test_unusual_names_are_fetched_exactly_and_verified(fetch: FetchRunner) -> None:
    wanted = fetch.put({name: name.encode() for name in UNUSUAL})
    fetch.put({MANIFEST: lines(wanted)})
    options: dict[str, Any] = {"patterns": ["*"], "excludes": [MANIFEST], "manifest": MANIFEST}
    fetch(**options)
    assert fetch.files == wanted
    assert fetch(*UNUSUAL)["changed"] is False


# Destination


@pytest.mark.parametrize("dest", ["", "/", "/link", "/new/", "/new/sub/sub/", "/new//"])
def test_file_in_directory_gets_the_name_of_the_artifact(fetch: FetchRunner, dest: str) -> None:
    fetch.put(app=b"application")
    (fetch.folder / "real").mkdir()
    (fetch.folder / "link").symlink_to("real")
    fetch.write(mine=b"mine")
    dest = f"{fetch.folder}{dest}"
    result = fetch("app", dest=dest)
    assert outcome(result) == NEW
    assert result["artifacts"][0]["dest"] == os.path.join(dest, "app")
    assert Path(dest, "app").read_bytes() == b"application"
    assert (fetch.folder / "link").is_symlink()
    assert fetch.files["mine"] == b"mine"
    assert fetch.outcome("app", dest=dest) == SAME


@pytest.mark.parametrize("dest", ["local", "./local", "new/", ".", "~/new/", "$PLACE/new/"])
def test_dest_can_be_a_file_and_relative_and_have_variables(
    fetch: FetchRunner, monkeypatch: pytest.MonkeyPatch, dest: str
) -> None:
    monkeypatch.chdir(fetch.folder)
    monkeypatch.setenv("HOME", str(fetch.folder))
    monkeypatch.setenv("PLACE", str(fetch.folder))
    fetch.put(app=b"application")
    assert fetch.outcome("app", dest=dest) == NEW
    assert fetch.outcome("app", dest=dest) == SAME
    name = "new/app" if "new" in dest else "local" if "local" in dest else "app"
    assert {name: data for name, data in fetch.files.items() if data} == {name: b"application"}


@each_mode
@pytest.mark.parametrize(
    ("dest", "words"),
    [
        ("", "dest '{dist}/fifo' exists and is not a regular file"),
        ("fifo", "dest '{dist}/fifo' exists and is not a regular file"),
        ("file", "dest '{dist}/file' is one file, but 2 artifacts are selected"),
        ("file/new/", "dest '{dist}/file/new/fifo' cannot be used: Not a directory"),
    ],
)
def test_unsuitable_destination_is_refused_after_the_listing(fetch: FetchRunner, dest: str, words: str, check: bool) -> None:
    fetch.put(fifo=b"application", **({"other": b"other"} if dest == "file" else {}))
    fetch.write(file=b"mine")
    os.mkfifo(fetch.folder / "fifo")
    message = fetch.failure(patterns=["*"], check=check, dest=f"{fetch.folder}/{dest}")
    assert words.replace("{dist}", str(fetch.folder)) in message
    assert (fetch.files, fetch.transfers) == ({"file": b"mine", "fifo/": b""}, [])


def test_new_directory_follows_the_umask(fetch: FetchRunner) -> None:
    fetch.put(app=b"application")
    old = os.umask(0o027)
    try:
        fetch("app", dest=f"{fetch.folder}/new/", mode="0600")
    finally:
        os.umask(old)
    assert (mode(fetch.folder / "new"), mode(fetch.folder / "new" / "app")) == (0o750, 0o600)


# Contents


@pytest.mark.parametrize("encoding", [None, "None", "gzip", "identity", "br"])
def test_compressed_contents_are_not_decoded(emulator: Emulator, fetch: FetchRunner, encoding: str | None) -> None:
    emulator.switches.content_encoding = encoding
    wanted = fetch.put({"app.tar.gz": gzip.compress(DATA), "plain.gz": b"no gzip at all", "text": b"text\r\n"})
    fetch(patterns=["*"])
    assert fetch.files == wanted
    assert {entry.headers["Accept-Encoding"] for entry in fetch.transfers} == {"identity"}
    assert fetch(patterns=["*"])["changed"] is False


def test_name_in_the_header_of_the_storage_host_is_ignored(emulator: Emulator, fetch: FetchRunner) -> None:
    wanted = fetch.put({"my app ü.tgz": b"application"})
    headers = {"Content-Disposition": 'attachment; filename="../../evil"', "Content-Length": "11"}
    emulator.faults.add("status", host="storage", code=200, body="application", headers=headers)
    fetch("my app ü.tgz")
    fetch("my app ü.tgz", force=True)
    assert files(fetch.folder.parent) == {"dist/": b"", "dist/my app ü.tgz": wanted["my app ü.tgz"]}


@pytest.mark.parametrize("old", [None, b"old"])
def test_old_file_is_kept_until_the_new_one_is_complete(
    emulator: Emulator, fetch: FetchRunner, old: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "elsewhere"))
    fetch.put(app=DATA)
    if old is not None:
        fetch.write(app=old)
    emulator.faults.add("stall", host="storage", seconds=0.4, at=MIB // 2)
    with watched(fetch.folder) as states, watched(tmp_path / "elsewhere") as elsewhere:
        fetch("app")
    assert {state["app"][0] if "app" in state else None for state in states} <= {old, DATA}
    partial = [item for state in states if state.get("app", (old,))[0] == old for item in state.items() if item[0] != "app"]
    assert partial, "the temporary file is beside the destination"
    assert all(name.startswith(".") and DATA.startswith(data) for name, (data, _unused) in partial)
    assert {permissions for _unused, (_data, permissions) in partial} == {0o600}
    assert max(len(data) for _unused, (data, _mode) in partial) >= MIB // 4
    assert fetch.files == {"app": DATA}
    assert elsewhere
    assert not any(elsewhere), "nothing is written to another folder"


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("manifest", [None, MANIFEST])
@pytest.mark.parametrize("data", [b"replaced", b"of another size"])
def test_artifact_replaced_after_the_listing_is_chosen_again(
    emulator: Emulator, fetch: FetchRunner, check: bool, manifest: str | None, data: bytes
) -> None:
    """The publisher replaces the manifest at the same time."""
    fetch.put({"app": b"original", "other": b"x", MANIFEST: lines({"app": b"original", "other": b"x"})})
    fetch.write(app=b"original")
    new = {"app": data, "other": b"x"}
    emulator.faults.add("call", action=lambda: fetch.put({"app": data, MANIFEST: lines(new)}), method="GET", path="downloads/?$")
    result = fetch("app", "other", manifest=manifest, check=check)
    assert statuses(result)[0][:2] == ("app", "replaced")
    assert fetch.files["app"] == (b"original" if check else data)


def test_artifact_that_is_not_listed_yet_is_found(emulator: Emulator, fetch: FetchRunner) -> None:
    fetch.put({"other": b"x"})
    emulator.switches.listing_lag_reads = 2
    fetch.put({"app": b"application"})
    assert fetch("app")["changed"] is True
    assert fetch.files == {"app": b"application"}


def test_artifact_deleted_after_the_listing_is_missing(emulator: Emulator, fetch: FetchRunner) -> None:
    fetch.put({"app": b"application"})
    emulator.faults.add("call", action=lambda: emulator.repository().remove("app"), method="GET", path="downloads/?$")
    assert "Not in the Downloads of widgets: 'app'" in fetch.failure("app")

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and write the text of a manifest, and exchange it with the real program ``sha256sum``."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._manifest.manifest import (
    Lines,
    NotAManifest,
    parse,
    parse_lines,
    render,
)

A, B = "a" * 64, "b" * 64
ODD_NAMES = ["plain.tgz", "with space", "*star", " blank", "#hash", "back\\slash", "line\nfeed", "cr\rend\r", "\\n", "ünï", "-rf"]

# A file name can have all bytes except null and slash; these names are all text that can be encoded.
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda name: not name.startswith("./"))
digests = st.text("0123456789abcdef", min_size=64, max_size=64)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        pytest.param(f"{A}  app.tgz", {"app.tgz": A}, id="text"),
        pytest.param(f"{A} *app.tgz", {"app.tgz": A}, id="binary"),
        pytest.param(f"{A}   app.tgz", {" app.tgz": A}, id="the name begins after two characters"),
        pytest.param(f"{A}  *app.tgz", {"*app.tgz": A}, id="a star in the name"),
        pytest.param(f"{A}  app 1.tgz ", {"app 1.tgz ": A}, id="blanks in the name"),
        pytest.param(f"{A.upper()}  app.tgz", {"app.tgz": A}, id="upper case"),
        pytest.param(f"{A}  app.tgz\r", {"app.tgz": A}, id="CRLF"),
        pytest.param(f"\\{A}  a\\\\b", {"a\\b": A}, id="escaped backslash"),
        pytest.param(f"\\{A}  a\\nb", {"a\nb": A}, id="escaped line feed"),
        pytest.param(f"\\{A}  a\\rb", {"a\rb": A}, id="escaped carriage return"),
        pytest.param(f"\\{A}  a\\\\nb", {"a\\nb": A}, id="an escaped backslash before n"),
        pytest.param(f"\\{A} *a\\nb\r", {"a\nb": A}, id="escaped, binary, CRLF"),
        pytest.param(f"{A}  ./app.tgz", {"app.tgz": A}, id="the current directory"),
        pytest.param(f"{A} *./app.tgz\r", {"app.tgz": A}, id="the current directory, binary, CRLF"),
        pytest.param(f"\\{A}  ./a\\nb", {"a\nb": A}, id="the current directory, escaped"),
        pytest.param(f"{A}  .//app.tgz", {"/app.tgz": A}, id="one step of the path"),
        pytest.param(f"\ufeff{A}  app.tgz", {"app.tgz": A}, id="byte order mark"),
        pytest.param(f"{A}  \ufeffapp.tgz", {"\ufeffapp.tgz": A}, id="byte order mark in a name"),
        pytest.param(f"{A}  a\\nb", {"a\\nb": A}, id="no mark, no escape"),
        pytest.param(f"SHA256 (app.tgz) = {A}", {"app.tgz": A}, id="BSD"),
        pytest.param(f"SHA256 (./a (1)) = {A.upper()}\r", {"a (1)": A}, id="BSD, the current directory, brackets"),
        pytest.param(f"SHA256 (a) = b) = {A}", {"a) = b": A}, id="BSD, the name ends at the last bracket"),
        pytest.param(f"\\SHA256 (a\\nb) = {A}", {"a\nb": A}, id="BSD, escaped"),
        pytest.param(f"SHA2-256(app.tgz)= {A}", {"app.tgz": A}, id="OpenSSL"),
        pytest.param(f"{A}  a\x0bb\x85c\u2028d", {"a\x0bb\x85c\u2028d": A}, id="only a line feed ends a line"),
    ],
)
def test_one_line_is_read(line: str, found: dict[str, str]) -> None:
    assert parse(line) == found
    assert parse(line + "\n") == found


BROKEN = [
    f"{A} app.tgz",
    f"{A}app.tgz",
    f"{A}  ",
    f"{A}  ./",
    A,
    f"{A[1:]}  app.tgz",
    f"{A}a  app.tgz",
    f"g{A[1:]}  app.tgz",
    f" {A}  app.tgz",
    f"{A}\tapp.tgz",
    f"\\{A}  a\\tb",
    f"\\{A}  a\\",
    f"SHA512 (app.tgz) = {A}",
    f"SHA256 (app.tgz) = {A}{A}",
    f"SHA512/256 (app.tgz) = {A}",
    f"BLAKE2b (app.tgz) = {A}{A}",
    f"SHA256 () = {A}",
    f"MD5 (app.tgz) = {A[:32]}",
    f"{A[:40]}  app.tgz",
    f"\\SHA256 (a\\tb) = {A}",
    "hello",
    "<html>",
]


@pytest.mark.parametrize("line", BROKEN)
def test_a_broken_line_is_skipped_beside_a_good_one(line: str) -> None:
    assert parse(f"{line}\n{B}  good\n") == {"good": B}


@pytest.mark.parametrize("line", BROKEN)
def test_text_with_only_broken_lines_is_not_a_manifest(line: str) -> None:
    with pytest.raises(NotAManifest, match="no line with a SHA-256 or SHA-512 digest and a name"):
        parse(f"# a comment\n{line}\n")


@pytest.mark.parametrize("text", ["", "\n", "\r\n \n", "# comment\n", f"#{A}  app.tgz\n"])
def test_text_without_lines_is_an_empty_manifest(text: str) -> None:
    assert parse(text) == {}


def test_a_name_with_two_digests_is_ignored_and_other_lines_are_not() -> None:
    text = f"{A}  twice\n{B}  other\n{B}  twice\n{A}  twice\n"
    assert parse(text) == {"other": B}
    assert parse(f"{A}  twice\n{B}  twice\n") == {}


@pytest.mark.parametrize("line", [f"{A}{B}  ./app", f"{A}{B} *app", f"SHA512 (app) = {A}{B}", f"SHA2-512(app)= {A}{B}"])
def test_sha512_digests_are_read(line: str) -> None:
    assert parse_lines(f"{line}\n{A}  both\n{B}{B}  both\n{B}  other\n") == Lines({"both": A, "other": B}, {"app": A + B})
    assert parse_lines(f"{line}\n{A}{A}  app\n{A}  app\n") == Lines({}, {})


def test_duplicate_lines_with_equal_digests_are_accepted() -> None:
    assert parse(f"{A}  app\n{A.upper()} *app\n") == {"app": A}


def test_lines_are_sorted_and_end_with_a_line_feed() -> None:
    assert render({"b": B, "a": A, "C": A}) == f"{A}  C\n{A}  a\n{B}  b\n"
    assert render({}) == ""


@pytest.mark.parametrize(("name", "line"), [("a\\b", "a\\\\b"), ("a\nb", "a\\nb"), ("a\rb", "a\\rb"), ("\\n", "\\\\n")])
def test_special_characters_are_escaped_and_marked(name: str, line: str) -> None:
    assert render({name: A}) == f"\\{A}  {line}\n"


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(names, digests))
def test_every_written_manifest_is_read_back(lines: dict[str, str]) -> None:
    assert parse(render(lines)) == lines


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(names, digests, min_size=1))
def test_windows_line_ends_are_accepted(lines: dict[str, str]) -> None:
    assert parse(render(lines).replace("\n", "\r\n")) == lines


def _files(folder: Path) -> dict[str, str]:
    for number, name in enumerate(ODD_NAMES):
        (folder / name).write_bytes(b"content %d" % number)
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in os.listdir(folder)}


def test_sha256sum_accepts_a_written_manifest(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    manifest = tmp_path / "SHA256SUMS"
    manifest.write_bytes(render(_files(files)).encode())
    check = ["sha256sum", "--check", "--strict", "--quiet", str(manifest)]
    assert subprocess.run(check, cwd=files, capture_output=True, check=False).returncode == 0
    (files / "line\nfeed").write_bytes(b"changed")
    assert subprocess.run(check, cwd=files, capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("mode", ["--text", "--binary"])
def test_output_of_sha256sum_is_read(tmp_path: Path, mode: str) -> None:
    expected = _files(tmp_path)
    made = subprocess.run(["sha256sum", mode, "--", *expected], cwd=tmp_path, capture_output=True, check=True)
    assert b"line\\nfeed" in made.stdout
    assert parse(made.stdout.decode()) == expected

# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is published: which files ``src`` means, what is refused before anything is sent, names and texts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._files.payload import Payload, file_payloads, text_payload


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of each test: ``a.tgz``, ``b.tgz``, ``app[1].zip``, ``app1.zip`` and ``sub/c.tgz``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    for name in ("b.tgz", "a.tgz", "app[1].zip", "app1.zip", "sub/c.tgz"):
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


@pytest.mark.parametrize(
    ("sources", "paths"),
    [
        (["a.tgz"], ["a.tgz"]),
        (["b.tgz", "a.tgz"], ["b.tgz", "a.tgz"]),
        (["*.tgz"], ["a.tgz", "b.tgz"]),
        (["sub/*", "[ab].tgz"], ["sub/c.tgz", "a.tgz", "b.tgz"]),
        (["**/*.tgz"], ["a.tgz", "b.tgz", "sub/c.tgz"]),
        (["app[1].zip"], ["app[1].zip"]),
        (["app[12].zip"], ["app1.zip"]),
        (["app*"], ["app1.zip", "app[1].zip"]),
        (["b.tgz", "*.tgz"], ["b.tgz", "a.tgz"]),
        (["?.tgz", "*.tgz", "a.tgz"], ["a.tgz", "b.tgz"]),
        (["./a.tgz", "a.tgz", "sub/../a.tgz", "sub//../a.tgz"], ["a.tgz"]),
    ],
)
def test_files_and_patterns_are_taken_in_their_order_each_file_once(sources: list[str], paths: list[str]) -> None:
    payloads = file_payloads(sources)
    assert [os.path.normpath(payload.path or "") for payload in payloads] == paths
    assert [payload.name for payload in payloads] == [os.path.basename(path) for path in paths]
    assert [payload.size for payload in payloads] == [len(path) for path in paths]


def test_absolute_paths_name_the_same_files(folder: Path) -> None:
    assert [payload.name for payload in file_payloads([str(folder / "*.tgz"), "a.tgz"])] == ["a.tgz", "b.tgz"]


def test_a_path_is_read_as_the_system_reads_it(folder: Path) -> None:
    (folder / "elsewhere/deep").mkdir(parents=True)
    (folder / "elsewhere/a.tgz").write_bytes(b"the right one")
    (folder / "link").symlink_to("elsewhere/deep")
    (payload,) = file_payloads(["link/../a.tgz"])
    assert payload.size == len(b"the right one")
    assert payload.digest() == file_payloads(["elsewhere/a.tgz"])[0].digest()


def test_a_link_to_a_file_is_published_under_its_own_name(folder: Path) -> None:
    (folder / "latest.tgz").symlink_to("a.tgz")
    assert [(each.name, each.size) for each in file_payloads(["latest.tgz", "a.tgz"])] == [("latest.tgz", 5), ("a.tgz", 5)]


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        ([], "src is empty: there is nothing to publish"),
        (["missing.tgz"], "src 'missing.tgz' does not exist on the host that runs the module"),
        ([""], "src '' does not exist"),
        (["a.tgz", "*.rpm"], "src '*.rpm' matches no file on the host that runs the module"),
        (["app[2].zip"], "src 'app[2].zip' matches no file"),
        (["a.tgz", "sub"], "src 'sub' is a directory: name files, or a pattern such as sub/*.tgz"),
        (["*"], "src 'sub' is a directory"),
        (["a.tgz/b"], "src 'a.tgz/b' does not exist"),
        (["**/*.tgz", "/dev/null"], "src '/dev/null' is not a regular file"),
        (["a.tgz", "sub/../b.tgz", "sub/c.tgz", "twin/a.tgz"], "src has two files of the name 'a.tgz': 'a.tgz' and 'twin/a.tgz'"),
    ],
)
def test_what_cannot_be_published_is_refused(folder: Path, sources: list[str], words: str) -> None:
    if "twin/a.tgz" in sources:
        (folder / "twin").mkdir()
        (folder / "twin/a.tgz").write_bytes(b"twin")
    with pytest.raises(BadInput) as caught:
        file_payloads(sources)
    assert words in str(caught.value)


@pytest.mark.parametrize("source", ["dangling.tgz", "dang*"])
def test_a_link_that_leads_nowhere_cannot_be_read(folder: Path, source: str) -> None:
    (folder / "dangling.tgz").symlink_to("nowhere")
    with pytest.raises(BadInput, match=r"^src 'dangling\.tgz' cannot be read: No such file or directory$"):
        file_payloads([source])


def test_a_link_in_a_circle_cannot_be_read(folder: Path) -> None:
    (folder / "circle").symlink_to("circle")
    with pytest.raises(BadInput, match="src 'circle' cannot be read: Too many levels"):
        file_payloads(["circle"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_cannot_be_read(folder: Path) -> None:
    (folder / "a.tgz").chmod(0)
    with pytest.raises(BadInput, match=r"^src 'a\.tgz' cannot be read: Permission denied$"):
        file_payloads(["a.tgz"])


@pytest.mark.timeout(5)
def test_a_pipe_is_refused_without_waiting_for_a_writer(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(BadInput, match=r"^src 'pipe' is not a regular file$"):
        file_payloads(["pipe"])


def test_an_undecodable_file_name_is_refused_and_shown_escaped(folder: Path) -> None:
    name = os.fsdecode(b"bad\xff.rpm")
    (folder / name).write_bytes(b"x")
    with pytest.raises(BadInput, match=r"^name 'bad\\udcff\.rpm' is refused: it is not valid UTF-8$"):
        file_payloads(["*.rpm"])


@pytest.mark.parametrize("name", ['say "hi".tgz', "back\\slash.tgz", "line\nfeed.tgz"])
def test_a_file_whose_name_cannot_be_stored_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"x")
    with pytest.raises(BadInput, match="is refused"):
        file_payloads([name])
    assert file_payloads([name], "good.tgz")[0].name == "good.tgz"


def test_one_file_may_have_another_name() -> None:
    assert file_payloads(["a.tgz"], "app.tgz") == [Payload("app.tgz", 5, "a.tgz")]
    assert file_payloads(["a.tg?", "a.tgz"], "app.tgz")[0].name == "app.tgz"


@pytest.mark.parametrize("name", ["", "..", "a/b"])
def test_the_other_name_is_checked(name: str) -> None:
    with pytest.raises(BadInput, match=r"^name '.*' is refused"):
        file_payloads(["a.tgz"], name)


def test_several_files_cannot_share_a_name() -> None:
    with pytest.raises(BadInput, match=r"^name goes with one file, but src means 2: 'a\.tgz', 'b\.tgz'$"):
        file_payloads(["*.tgz"], "app.tgz")


def test_a_text_is_stored_as_utf8() -> None:
    assert text_payload("VERSION", "1.0 ü\r\n") == Payload("VERSION", 8, None, b"1.0 \xc3\xbc\r\n")
    assert text_payload("EMPTY", "") == Payload("EMPTY", 0)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [("VERSION", "\ud800", "content cannot be stored as UTF-8"), ('"', "1", "double quote"), ("..", "1", "directory")],
)
def test_a_text_that_cannot_be_stored_is_refused(name: str, text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        text_payload(name, text)

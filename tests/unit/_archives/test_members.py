# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check members of archives: names, link targets, conflicting members, and that no accepted link leaves the folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._archives.members import (
    DIRECTORY,
    FILE,
    HARD_LINK,
    LINK,
    Layout,
    Member,
    Unsafe,
    check_target,
    parse_path,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError

REFUSED = [
    ("", "is empty"),
    ("/etc/passwd", "is absolute"),
    ("../x", "has '..' in its path"),
    ("a/..", "has '..' in its path"),
    ("..", "has '..' in its path"),
    ("a\\b", "has a backslash"),
    ("C:/x", "begins with a drive letter"),
    ("c:x", "begins with a drive letter"),
    ("a\nb", "has a control character"),
    ("a\x1b[2J", "has a control character"),
    ("a\udcff", "is not valid UTF-8"),
    ("a" * 256, "longer than"),
    ("ä" * 128, "longer than"),
    ("a/" * 2100, "longer than"),
]


def file(name: str, content: str = "1", archive: str = "a.tar", mode: int = 0o644) -> Member:
    return Member(archive, name, FILE, len(content), mode, sha256=content)


def directory(name: str, archive: str = "a.tar") -> Member:
    return Member(archive, name, DIRECTORY)


def link(name: str, target: str, kind: str = LINK, archive: str = "a.tar") -> Member:
    return Member(archive, name, kind, target=target)


def arrange(*members: Member, room: int | None = None, most: int = 100, strip: int = 0) -> dict[str, str]:
    """Return kinds by path, in the order of writing."""
    layout = Layout(room, most, strip=strip)
    for member in members:
        layout.announce(member)
        layout.add(member)
    for member in members:
        layout.require_used(member.archive)
    return {"/".join(entry.parts): entry.kind for entry in layout.arrange()}


def refuse(*members: Member, room: int | None = None, most: int = 100, strip: int = 0) -> str:
    with pytest.raises(BitbucketError) as caught:
        arrange(*members, room=room, most=most, strip=strip)
    return str(caught.value)


@pytest.mark.parametrize(("name", "why"), REFUSED, ids=lambda text: ascii(text)[:20])
def test_name_that_leaves_the_folder_or_is_malformed_is_refused(name: str, why: str) -> None:
    with pytest.raises(Unsafe, match=why.replace(".", r"\.")):
        parse_path(name)
    message = refuse(file(name))
    assert "The archive 'a.tar' was refused, and nothing was unpacked: its member '" in message
    assert why in message
    assert message.isprintable()


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a", ("a",)),
        ("./a//b/", ("a", "b")),
        ("...", ("...",)),
        ("a..b/..c", ("a..b", "..c")),
        ("-rf", ("-rf",)),
        ("ab:c", ("ab:c",)),
        (" ", (" ",)),
        ("~/日本", ("~", "日本")),
        ("./", ()),
    ],
)
def test_name_is_split_into_its_parts(name: str, parts: tuple[str, ...]) -> None:
    assert parse_path(name) == parts


@given(st.text() | st.lists(st.sampled_from(["..", ".", "", "a", "b:", "/", "\\", "\0", "\udc80"])).map("/".join))
def test_accepted_name_is_below_the_folder(name: str) -> None:
    try:
        parts = parse_path(name)
    except Unsafe:
        return
    root = PurePosixPath("/folder/of/all")
    assert PurePosixPath(os.path.normpath(f"{root}/{name}")) == root.joinpath(*parts)
    assert not {"..", ".", ""} & set(parts)
    assert not any(char in part for part in parts for char in "/\\\0\n")
    name.encode()


def test_too_long_target_is_refused() -> None:
    check_target(("link",), "n/" * 2047 + "n")
    assert refuse(link("l", "n/" * 2048)).endswith("its member 'l' is a link with a target of more than 4095 bytes")


@pytest.mark.parametrize("target", ["b", "../b", "../../b", ".", "../.", "./../b", "./b/c", "b/", "../..", "c..d/..e"])
def test_target_inside_the_folder_is_accepted(target: str) -> None:
    check_target(("x", "y", "link"), target)


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("/etc", "which is absolute"),
        ("../../..", "which is outside the destination directory"),
        ("../../../x", "which is outside the destination directory"),
        ("./../../../x", "which is outside the destination directory"),
        ("b/../c", "which has '..' after a name"),
        ("../b/..", "which has '..' after a name"),
        ("", "which is empty"),
        ("a\\b", "which has a backslash"),
        ("a\nb", "which has a control character"),
        ("\udc80", "which is not valid UTF-8"),
    ],
    ids=ascii,
)
def test_target_that_might_leave_the_folder_is_refused(target: str, why: str) -> None:
    message = refuse(link("x/y/link", target))
    assert "its member 'x/y/link' is a link to '" in message
    assert why in message
    assert message.isprintable()


def test_directories_come_first_and_links_last() -> None:
    members = [link("0", "z"), file("b/c/d"), file("a"), directory("z/y"), directory("./")]
    assert list(arrange(*members).items()) == [
        *((name, DIRECTORY) for name in ("b", "z", "z/y", "b/c")),
        *((name, FILE) for name in ("b/c/d", "a")),
        ("0", LINK),
    ]


@pytest.mark.parametrize(
    "members",
    [
        [file("a"), file("./a")],
        [directory("a"), directory("a/"), file("a/b")],
        [link("a", "b"), link("a", "b")],
        [file("a"), file("a", archive="b.tar")],
        [file("a", mode=0o644), file("a", mode=0o455)],
        [file("a", mode=0o700), file("a", mode=0o755)],
    ],
)
def test_equal_duplicate_member_is_accepted(members: list[Member]) -> None:
    assert arrange(*members)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([file("a"), file("a", "2")], "its member 'a' differs from the file with the same path in 'a.tar'"),
        ([file("a"), file("a", "2", "b.tar")], "'b.tar' was refused, and nothing was unpacked: its member 'a' differs"),
        ([file("a"), file("a", mode=0o755)], "differs from the file with the same path"),
        ([file("a"), directory("a/")], "differs from the file with the same path"),
        ([link("a", "b"), link("a", "c")], "differs from the link with the same path"),
        ([link("a", "b"), file("a")], "differs from the link with the same path"),
        ([file("a"), file("a/b")], "its member 'a/b' is below 'a', which is a file"),
        ([file("a/b/c"), file("a", archive="b.tar")], "its member 'a/b/c' is below 'a', which is a file"),
        ([file("a/b"), file("a/b/c")], "its member 'a/b/c' is below 'a/b', which is a file"),
        ([link("a", "b"), file("a/c/d")], "its member 'a/c/d' is below 'a', which is a link"),
        ([file("a/c", archive="b.tar"), link("a", ".")], "its member 'a/c' is below 'a', which is a link"),
        ([file("./")], "its member './' is the destination directory itself"),
        ([link(".", "a")], "its member '.' is the destination directory itself"),
        ([Member("a.tar", "null", "a device")], "its member 'null' is a device"),
        ([link("a", "b", HARD_LINK)], "is a hard link to 'b', which is not an earlier file in the archive"),
        ([directory("b"), link("a", "b", HARD_LINK)], "which is not an earlier file"),
        ([link("b", "c"), link("a", "b", HARD_LINK)], "which is not an earlier file"),
        ([file("b", archive="b.tar"), link("a", "b", HARD_LINK)], "which is not an earlier file"),
        ([link("a", "../b", HARD_LINK)], "is a hard link to '../b', which has '..' in its path"),
        ([link("a", "/b", HARD_LINK)], "is a hard link to '/b', which is absolute"),
        ([Member("a.tar", "a", FILE, -1)], "its member 'a' has a negative size"),
    ],
)
def test_conflicting_or_unsupported_member_is_refused(members: list[Member], words: str) -> None:
    assert words in refuse(*members)


def test_hard_link_becomes_a_separate_file() -> None:
    assert arrange(file("b/c"), link("a", "b/c", HARD_LINK)) == {"b": DIRECTORY, "b/c": FILE, "a": FILE}


def test_hard_link_can_point_to_a_file_that_another_archive_also_has() -> None:
    layout = Layout()
    for member in (file("b"), file("b", archive="b.tar"), link("a", "b", HARD_LINK, "b.tar"), link("c", "a", HARD_LINK, "b.tar")):
        layout.add(member)
    assert [(entry.parts, entry.member.archive) for entry in layout.arrange()] == [
        (("b",), "a.tar"),
        (("a",), "b.tar"),
        (("c",), "b.tar"),
    ]


@pytest.mark.parametrize(("strip", "paths"), [(1, {"b", "b/c", "l", "h", "b/r"}), (2, {"c", "r"})])
def test_leading_parts_are_stripped_and_shorter_paths_omitted(strip: int, paths: set[str]) -> None:
    members = [
        directory("./"),
        directory("a"),
        file("README"),
        link("current", "/etc"),
        Member("a.tar", "null", "a device"),
        file("./a/b/c"),
        link("a/l", "b"),
        link("a/h", "a/b/c", HARD_LINK),
        link("a/b/r", "c"),
    ]
    assert arrange(*members, strip=strip).keys() == paths


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([file("../x/y")], "its member '../x/y' has '..' in its path"),
        ([file("/x/y")], "its member '/x/y' is absolute"),
        ([file("./")], "its member './' is the destination directory itself"),
        ([link("a/l", "../b")], "its member 'a/l' is a link to '../b', which is outside the destination directory"),
        ([file("a"), link("a/l", "a", HARD_LINK)], "is a hard link to 'a', which strip_components excludes"),
        ([file("a/x"), link("a/l", "a/y", HARD_LINK)], "is a hard link to 'a/y', which is not an earlier file"),
        ([file("a/x"), file("b/x", "2")], "its member 'b/x' differs from the file with the same path in 'a.tar'"),
        ([Member("a.tar", "a/null", "a device")], "its member 'a/null' is a device"),
    ],
)
def test_member_is_inspected_before_and_after_stripping(members: list[Member], words: str) -> None:
    assert words in refuse(*members, strip=1)


def test_archive_without_members_after_stripping_is_refused() -> None:
    message = "Nothing was unpacked: strip_components excludes all members of the archive 'b.tar', because no path in it has"
    assert refuse(file("a/b"), file("c", archive="b.tar"), strip=1) == f"{message} more than 1 components"
    assert arrange(strip=1) == {}


def test_contents_larger_than_the_free_space_are_refused() -> None:
    members = [file("a", "12345"), file("b", "67890", "b.tar")]
    assert arrange(*members, room=10)
    assert "its member 'b' does not fit" in refuse(*members, room=9)
    assert "its member 'c' does not fit" in refuse(*members, link("c", "b", HARD_LINK, "b.tar"), room=14)


def test_number_of_members_is_limited() -> None:
    assert arrange(file("a"), file("b", archive="b.tar"), most=2)
    assert "its member 'b' exceeds the limit of 1 members" in refuse(file("a"), file("b", archive="b.tar"), most=1)


STEPS = st.sampled_from(["a", "b", "c", "..", "."])
NAMES = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)
LINKS = st.builds(link, NAMES, st.lists(STEPS, min_size=1, max_size=4).map("/".join))
MEMBERS = st.lists(LINKS | st.builds(directory, NAMES) | st.builds(file, NAMES), max_size=6)


@given(MEMBERS)
def test_no_accepted_link_leaves_the_folder(members: list[Member]) -> None:
    """Create the accepted members and follow the links: the file system decides, not the rules."""
    layout = Layout()
    try:
        for member in members:
            layout.add(member)
        entries = layout.arrange()
    except BitbucketError:
        assume(False)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        for entry in entries:
            path = root.joinpath(*entry.parts)
            assert path.parent.resolve() == path.parent, "a parent is a link"
            if entry.kind == DIRECTORY:
                path.mkdir()
            elif entry.kind == FILE:
                path.touch(exist_ok=False)
            else:
                path.symlink_to(entry.member.target)
        for entry in entries:
            real = os.path.realpath(root.joinpath(*entry.parts))
            assert os.path.commonpath([real, root]) == str(root)

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose artifacts to fetch, their required digests, and the verdict for each local file."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.artifact import Artifact
from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.selection import Selection, parse_selection
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError
from ansible_collections.releng.bitbucket.plugins.module_utils._fetch.plan import (
    NEEDS_CONTENTS,
    NEEDS_DIGESTS,
    Expectation,
    FetchRequest,
    Verdict,
    choose_matching,
    choose_named,
    decide,
    expect,
    join_expectations,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._files.checksum import Checksum
from ansible_collections.releng.bitbucket.plugins.module_utils._files.local_file import ABSENT, FILE, LINK, LocalFile
from ansible_collections.releng.bitbucket.plugins.module_utils._manifest.manifest import Manifest
from ansible_collections.releng.bitbucket.plugins.module_utils._patterns import Patterns

SIZE = 11
DIGESTS = {"sha256": "a" * 64, "sha512": "b" * 128}
RIGHT, WRONG, SHA512 = Checksum("sha256", "a" * 64), Checksum("sha256", "0" * 64), Checksum("sha512", "b" * 128)
LISTING = {name: Artifact(name, SIZE, f"2026-11-0{day}T10:00:00Z") for day, name in enumerate(["b", "a_b", "SUMS", "a"], 1)}
FETCHED = Verdict("fetched", "not there")
UNCHANGED = Verdict("unchanged", "same content")
DIFFERS = Verdict("replaced", "content differs")

either = pytest.mark.parametrize("force", [False, True])


def request(
    *expected: Checksum, kind: str = FILE, size: int = SIZE, proves: bool = False, force: bool = False, read: bool = True
) -> FetchRequest:
    local = LocalFile("/app", kind, size if kind == FILE else 0)
    return FetchRequest(Artifact("app", SIZE), Expectation(expected, proves), local, force, DIGESTS if read else None)


@either
@pytest.mark.parametrize("expected", [[], [RIGHT], [WRONG]])
def test_fetch_missing_file(expected: list[Checksum], force: bool) -> None:
    assert decide(request(*expected, kind=ABSENT, proves=True, force=force, read=False)) == FETCHED


@either
def test_replace_link_whatever_its_target(force: bool) -> None:
    assert decide(request(RIGHT, kind=LINK, proves=True, force=force, read=False)) == ("replaced", "a link is there")


def test_force_replaces_file_of_same_content() -> None:
    assert decide(request(RIGHT, proves=True, force=True, read=False)) == ("replaced", "forced")


@pytest.mark.parametrize("size", [0, SIZE - 1, SIZE + 1])
def test_replace_file_of_other_size_without_reading_it(size: int) -> None:
    assert decide(request(RIGHT, size=size, proves=True, read=False)) == ("replaced", "size differs")


@pytest.mark.parametrize("proves", [False, True])
def test_request_digests_of_file_of_same_size(proves: bool) -> None:
    assert decide(request(RIGHT, proves=proves, read=False)) == NEEDS_DIGESTS


@pytest.mark.parametrize("proves", [False, True])
@pytest.mark.parametrize("expected", [[WRONG], [RIGHT, WRONG], [WRONG, RIGHT], [SHA512, WRONG]])
def test_replace_file_with_other_digest_than_any_expected(expected: list[Checksum], proves: bool) -> None:
    assert decide(request(*expected, proves=proves)) == DIFFERS


@pytest.mark.parametrize("expected", [[RIGHT], [RIGHT, SHA512], [SHA512]])
def test_keep_file_if_its_digests_prove_it(expected: list[Checksum]) -> None:
    assert decide(request(*expected, proves=True)) == UNCHANGED


@pytest.mark.parametrize("expected", [[], [RIGHT]])
def test_request_contents_without_proof(expected: list[Checksum]) -> None:
    assert decide(request(*expected)) == NEEDS_CONTENTS
    assert decide(request(*expected), same=True) == UNCHANGED
    assert decide(request(*expected), same=False) == DIFFERS


def test_transfer_computes_sha256_and_expected_digests() -> None:
    assert request().algorithms == request(RIGHT).algorithms == {"sha256"}
    assert request(RIGHT, SHA512).algorithms == {"sha256", "sha512"}


def test_choose_named_keeps_order_and_names_missing_artifacts_with_similar_ones() -> None:
    assert [artifact.name for artifact in choose_named(LISTING, ["b", "a"], "widgets")] == ["b", "a"]
    with pytest.raises(BitbucketError) as caught:
        choose_named(LISTING, ["a", "a b", "c", "d*"], "widgets")
    hint = "Bitbucket might have stored it as 'a_b'"
    patterns = "names are exact; use patterns to match several names"
    assert str(caught.value) == f"Not in the Downloads of widgets: 'a b' ({hint}), 'c', 'd*' ({patterns})"


def test_choose_matching_is_newest_first_and_refuses_no_match() -> None:
    assert [artifact.name for artifact in choose_matching(LISTING, Selection(Patterns(["?"])), "/path")] == ["a", "b"]
    with pytest.raises(BitbucketError, match=r"^No artifact in /path matches the patterns$"):
        choose_matching(LISTING, Selection(Patterns(["c*"])), "/path")
    with pytest.raises(
        BitbucketError, match=r"matches the patterns, except for 'SUMS': patterns match the manifest and its signatures only if"
    ):
        choose_matching(LISTING, Selection(Patterns(["S*"]), ignored=["SUMS", "a", "none"]), "/path")


@pytest.mark.parametrize("options", [{"prereleases": False}, {"group_by": "^tool-(.*)", "newest": 1}], ids=str)
def test_choose_matching_explains_ignored_matches(options: dict[str, Any]) -> None:
    selection = parse_selection({"patterns": ["app-*"], "excludes": None, "use_regex": False, **options})
    listing = {"app-1.0-rc1.zip": Artifact("app-1.0-rc1.zip", 1)}
    message = r"^All artifacts in /path that match the patterns are pre-releases, or group_by does not match them$"
    with pytest.raises(BitbucketError, match=message):
        choose_matching(listing, selection, "/path")


def manifest(**digests: str) -> Manifest:
    return Manifest("SUMS", LISTING["SUMS"], digests)


@pytest.mark.parametrize(
    ("name", "checksum", "lines", "expected", "proves"),
    [
        ("b", None, None, [], False),
        ("b", SHA512, None, [SHA512], True),
        ("b", None, {"b": RIGHT.digest}, [RIGHT], True),
        ("a", None, {"a": RIGHT.digest}, [RIGHT], False),
        ("a", SHA512, {"a": RIGHT.digest}, [SHA512, RIGHT], True),
        ("a", RIGHT, {"a": RIGHT.digest}, [RIGHT, RIGHT], True),
        ("SUMS", None, {}, [], False),
    ],
    ids=["nothing", "checksum", "manifest", "older manifest", "both", "both the same", "manifest itself"],
)
def test_expected_digests_are_those_of_checksum_and_manifest(
    name: str, checksum: Checksum | None, lines: dict[str, str] | None, expected: list[Checksum], proves: bool
) -> None:
    found = expect(LISTING[name], checksum, None if lines is None else manifest(**lines))
    assert [(each.algorithm, each.digest) for each in found.checksums] == [(each.algorithm, each.digest) for each in expected]
    assert found.proves is proves


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (manifest(b=RIGHT.digest), "The manifest SUMS has no line, or conflicting lines, for 'a'"),
        (
            manifest(a=WRONG.digest),
            f"The expected digests of 'a' contradict each other: checksum says sha256:{RIGHT.digest},"
            f" the manifest SUMS says sha256:{WRONG.digest}",
        ),
    ],
    ids=["no line", "another digest"],
)
def test_refuse_artifact_without_usable_line_in_manifest(found: Manifest, message: str) -> None:
    with pytest.raises(BitbucketError) as caught:
        expect(LISTING["a"], RIGHT, found)
    assert str(caught.value) == message


@pytest.mark.parametrize(("one", "other"), [(True, False), (False, True), (True, True), (False, False)])
def test_joined_expectations_prove_equal_contents_if_one_of_them_does(one: bool, other: bool) -> None:
    joined = join_expectations("app", Expectation([RIGHT], one), Expectation([SHA512], other))
    assert joined == Expectation([RIGHT, SHA512], one or other)


def test_expectations_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(BitbucketError, match=r"^The expected digests of 'app' contradict each other: checksum says sha256:a"):
        join_expectations("app", Expectation([RIGHT]), Expectation([SHA512, WRONG]))

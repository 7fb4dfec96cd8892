# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the names of a listing with those of a manifest, and find the required digest of an artifact."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.selection import Selection
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError
from ansible_collections.releng.bitbucket.plugins.module_utils._manifest.comparison import compare_names
from ansible_collections.releng.bitbucket.plugins.module_utils._manifest.manifest import Manifest, ManifestSignature
from ansible_collections.releng.bitbucket.plugins.module_utils._patterns import Patterns

A = "a" * 64
SIGNATURE = ManifestSignature("own.sig", "openpgp", sha256="c" * 64)
EVERYTHING = Selection(Patterns(None))

sets = st.sets(st.sampled_from(["a", "b", "c", "SUMS", "SUMS.asc", "SUMS.sig", "own.sig"]))


@given(
    listed=sets,
    named=sets,
    patterns=st.sampled_from([None, ["a", "b"], ["*s", "c"], ["SUMS*"]]),
    newest=st.sampled_from([None, 1]),
)
def test_each_selected_name_is_in_exactly_one_group(
    listed: set[str], named: set[str], patterns: list[str] | None, newest: int | None
) -> None:
    selection = Selection(Patterns(patterns), newest)
    found = compare_names(listed, Manifest("SUMS", digests=dict.fromkeys(named, A), signature=SIGNATURE), selection)
    own = {"SUMS", "SUMS.asc", "SUMS.sig", "own.sig"}
    selected = {name for name in listed | named if selection.selects(name)} - own
    both = listed & named & selected
    assert sorted([*found.unlisted, *found.orphaned, *both]) == sorted(selected)
    assert set(found.unlisted) <= listed - named
    assert set(found.orphaned) <= named - listed
    assert (found.unlisted, found.orphaned) == (sorted(found.unlisted), sorted(found.orphaned))


def test_signature_of_another_name_is_an_artifact_unless_it_is_verified() -> None:
    listed = {"SUMS", "own.sig"}
    assert compare_names(listed, Manifest("SUMS"), EVERYTHING).unlisted == ["own.sig"]
    assert compare_names(listed, Manifest("SUMS", signature=SIGNATURE), EVERYTHING).unlisted == []


@pytest.mark.parametrize(
    ("name", "digest", "source"),
    [
        ("app", A, "the manifest SUMS"),
        ("lib", A + A, "the manifest SUMS"),
        ("SUMS", "b" * 64, "the signature"),
        ("own.sig", "c" * 64, "the earlier verification"),
    ],
)
def test_required_digest_is_that_of_the_line(name: str, digest: str, source: str) -> None:
    manifest = Manifest("SUMS", digests={"app": A}, sha256="b" * 64, signature=SIGNATURE, sha512={"lib": A + A})
    algorithm = "sha512" if name == "lib" else "sha256"
    assert manifest.find_promised(name) == manifest.require_promised(name) == (algorithm, digest, source)


def test_artifact_without_line_has_no_digest() -> None:
    manifest = Manifest("SUMS", digests={"app": A}, sha256="b" * 64)
    assert [manifest.find_promised(name) for name in ("SUMS", "own.sig", "other")] == [None] * 3
    assert manifest.require_promised("SUMS") is None
    with pytest.raises(BitbucketError, match=r"^The manifest SUMS has no line, or conflicting lines, for 'own.sig'$"):
        manifest.require_promised("own.sig")

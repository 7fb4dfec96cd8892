# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose the artifacts to read for a verification, and assign exactly one status to each name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.artifact import Artifact
from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.selection import Selection
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError
from ansible_collections.releng.bitbucket.plugins.module_utils._files.checksum import Checksum
from ansible_collections.releng.bitbucket.plugins.module_utils._manifest.manifest import Manifest, ManifestSignature
from ansible_collections.releng.bitbucket.plugins.module_utils._patterns import Patterns
from ansible_collections.releng.bitbucket.plugins.module_utils._verify.plan import Check, VerifyRequest, judge, plan

PATH = "/repositories/acme/widgets/downloads"
RIGHT, WRONG = "a" * 64, "b" * 64
SHA512 = Checksum("sha512", "c" * 128)
DIGESTS = {"sha256": RIGHT, "sha512": "c" * 128}
EVERYTHING = Selection(Patterns(None), ignored={"SUMS", "SUMS.asc", "SUMS.sig"})

names = st.sampled_from(["a", "b", "c", "d", "x/y", "SUMS", "SUMS.asc"])
listings = st.dictionaries(names, st.integers(0, 3)).map(
    lambda found: {name: Artifact(name, 1, f"2026-01-0{age + 1}T00:00:00+00:00") for name, age in found.items()}
)
lines = st.dictionaries(names, st.sampled_from([RIGHT, WRONG]))


def manifest(digests: dict[str, str], signed: bool = False) -> Manifest:
    signature = ManifestSignature("SUMS.asc", "openpgp", sha256=RIGHT) if signed else None
    return Manifest("SUMS", Artifact("SUMS", 1), digests, RIGHT, signature)


def expected_status(name: str, listing: dict[str, Artifact], found: Manifest) -> str:
    """Return the status as documented."""
    if name not in listing:
        return "missing"
    if found.signature and name in ("SUMS", "SUMS.asc"):
        return "verified"
    if name not in found.digests:
        return "unlisted"
    return "verified" if found.digests[name] == RIGHT else "mismatch"


@given(listing=listings, digests=lines, named=st.lists(names, min_size=1, unique=True), signed=st.booleans())
def test_each_name_has_one_status_in_order(
    listing: dict[str, Artifact], digests: dict[str, str], named: list[str], signed: bool
) -> None:
    found = manifest(digests, signed)
    verdicts = [judge(check, DIGESTS) for check in plan(listing, found, VerifyRequest(names=named), PATH)]
    assert [(each.check.name, each.status) for each in verdicts] == [
        (name, expected_status(name, listing, found)) for name in named
    ]
    assert all(bool(each.digests) is (each.status in ("verified", "mismatch")) for each in verdicts)


@given(listing=listings, digests=lines, signed=st.booleans())
def test_patterns_choose_each_name_of_listing_and_manifest_once(
    listing: dict[str, Artifact], digests: dict[str, str], signed: bool
) -> None:
    chosen = {name for name in {*listing, *digests} if not name.startswith("SUMS")}
    request, found = VerifyRequest(selection=EVERYTHING), manifest(digests, signed)
    if not chosen:
        with pytest.raises(BitbucketError, match=f"^No artifact in {PATH} matches the patterns"):
            plan(listing, found, request, PATH)
        return
    verdicts = [judge(check, DIGESTS) for check in plan(listing, found, request, PATH)]
    assert sorted(each.check.name for each in verdicts) == sorted(chosen)
    assert all(each.status == expected_status(each.check.name, listing, found) for each in verdicts)
    dates = [each.check.artifact.created_on if each.check.artifact else "" for each in verdicts]
    assert dates == sorted(dates, reverse=True), "newest first, and missing ones last"
    missing = [each.check.name for each in verdicts if each.status == "missing"]
    assert missing == sorted(missing)


def test_no_match_in_empty_listing_is_explained() -> None:
    request = VerifyRequest(selection=EVERYTHING, checksum=SHA512)
    with pytest.raises(BitbucketError, match=r"matches the patterns\. The artifact list is empty"):
        plan({}, None, request, PATH)
    with pytest.raises(BitbucketError, match=r"matches the patterns, except for 'SUMS': "):
        plan({"SUMS": Artifact("SUMS", 1)}, None, request, PATH)


def test_checksum_is_for_one_artifact() -> None:
    listing = {name: Artifact(name, 1) for name in "ab"}
    request = VerifyRequest(selection=Selection(Patterns(["a"])), checksum=SHA512)
    [check] = plan(listing, None, request, PATH)
    assert (check, check.algorithms) == (("a", listing["a"], SHA512), {"sha256", "sha512"})
    with pytest.raises(BitbucketError, match=r"^checksum requires exactly one artifact, but 2 are selected$"):
        plan(listing, None, request._replace(selection=EVERYTHING), PATH)


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (Check("a", None, None), "'a' is not in the Downloads of widgets"),
        (Check("a", None, Checksum("sha256", RIGHT)), "'a' is in the manifest SUMS, but not in the Downloads of widgets"),
        (Check("a", Artifact("a", 1), None), "'a' has no line, or conflicting lines, in the manifest SUMS"),
        (
            Check("a", Artifact("a", 1), Checksum("sha256", WRONG, "the manifest SUMS")),
            f"'a' does not have the digest that the manifest SUMS expects: its sha256 is {RIGHT} instead of {WRONG}",
        ),
    ],
    ids=["named", "missing", "unlisted", "mismatch"],
)
def test_message_has_the_reason_for_an_unverified_artifact(check: Check, words: str) -> None:
    assert judge(check, DIGESTS).explain("SUMS", "widgets") == words


def test_message_about_a_missing_artifact_of_checksum_names_no_manifest() -> None:
    assert judge(Check("a", None, SHA512), {}).explain(None, "widgets") == "'a' is not in the Downloads of widgets"

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verify the manifests of both repositories, and sign that of the destination, but no unverified line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.release_keys import ReleaseKey
from tests.http._downloads.helpers import MANIFEST, contents, lines, put, uploads, widgets, writes
from tests.http._verify.helpers import signed

from .helpers import Copy, fetched, stage, staging

APP, LIB = {"app": b"application"}, {"lib": b"library"}


def test_manifest_and_signature_are_sent_together_and_last(
    emulator: Emulator, copy: Copy, key: ReleaseKey, tmp_path: Path
) -> None:
    stage(emulator, signed(key, APP))
    predicted = copy.ok("app", **key.options, check=True)
    assert writes(emulator) == []
    result = copy.ok("app", **key.options)
    stored = contents(emulator)
    assert uploads(emulator) == [["app"], [MANIFEST, key.signature]]
    assert (stored[MANIFEST], result["signature"]["status"]) == (lines(APP), "created")
    assert predicted["signature"] == {**result["signature"], "signed_on": None}
    key.verify(stored[MANIFEST], stored[key.signature], tmp_path)


def test_unchanged_copy_verifies_both_manifests_and_signs_nothing(emulator: Emulator, copy: Copy, key: ReleaseKey) -> None:
    stage(emulator, signed(key, APP))
    copy.ok("app", **key.options)
    emulator.journal.clear()
    result = copy.ok("app", **key.options, signed_by=[key.public])
    assert (result["changed"], result["signature"]["status"], writes(emulator)) == (False, "unchanged", [])
    for repository in (staging(emulator), widgets(emulator)):
        assert fetched(emulator, repository) == [MANIFEST, key.signature]


@pytest.mark.parametrize("signing", [False, True], ids=["signed_by", "signing_key"])
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_source_must_be_signed_by_a_trusted_key(
    emulator: Emulator, copy: Copy, key: ReleaseKey, other_key: ReleaseKey, signing: bool, check: bool
) -> None:
    trust: dict[str, Any] = {"manifest": MANIFEST, "signed_by": [key.public]}
    options = key.options if signing else trust
    stage(emulator, APP, manifest=True)
    message = copy.failure("app", **options, check=check)
    assert message == (
        f"In the Downloads of staging: The manifest '{MANIFEST}' is not signed: '{key.signature}' does not exist."
        " The manifest was not used"
    )
    stage(emulator, {key.signature: other_key.sign(lines(APP))})
    message = copy.failure("app", **options, check=check)
    assert f"In the Downloads of staging: The signature '{key.signature}' of the manifest '{MANIFEST}'" in message
    assert (writes(emulator), contents(emulator)) == ([], {})


def test_unverified_line_of_the_destination_is_not_signed(emulator: Emulator, copy: Copy, key: ReleaseKey) -> None:
    stage(emulator, signed(key, APP))
    put(emulator, {**LIB, MANIFEST: lines(LIB)})
    assert f"The manifest '{MANIFEST}' is not signed" in copy.failure("app", **key.options)
    assert writes(emulator) == []


@pytest.mark.parametrize("signed_by", [False, True], ids=["no key", "signed_by"])
def test_changed_manifest_with_a_signature_needs_a_signing_key(
    emulator: Emulator, copy: Copy, key: ReleaseKey, signed_by: bool
) -> None:
    stage(emulator, signed(key, APP))
    put(emulator, signed(key, LIB))
    message = copy.failure("app", manifest=MANIFEST, signed_by=[key.public] if signed_by else None)
    assert "Set signing_key" in message
    assert writes(emulator) == []


def test_new_manifest_needs_a_signing_key(emulator: Emulator, copy: Copy, key: ReleaseKey) -> None:
    stage(emulator, signed(key, APP))
    assert "Set signing_key" in copy.failure("app", manifest=MANIFEST, signed_by=[key.public])
    assert writes(emulator) == []


def test_keys_of_both_sides_can_differ(
    emulator: Emulator, copy: Copy, key: ReleaseKey, other_key: ReleaseKey, tmp_path: Path
) -> None:
    stage(emulator, signed(other_key, APP))
    result = copy.ok("app", **key.options, signed_by=[other_key.public, key.public])
    stored = contents(emulator)
    assert result["signature"]["fingerprint"] == key.fingerprint
    key.verify(stored[MANIFEST], stored[key.signature], tmp_path)

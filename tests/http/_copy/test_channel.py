# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copy the release that a channel of the source names: complete, verified by the channel, and without the channel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.release_keys import ReleaseKey
from tests.http._channel.helpers import FILE, NEW, OLD, document
from tests.http._downloads.helpers import MANIFEST, contents, lines, put, uploads, widgets, writes
from tests.http._verify.helpers import signed

from .helpers import Copy, fetched, stage, staging

APP, NOTES = "app-1.4.2.tgz", "notes-1.4.2.txt"


def stage_release(emulator: Emulator, release: Mapping[str, bytes] | None = None, **more: Any) -> bytes:
    """Store a release in the source, and then a channel that names NEW; return the bytes of the channel."""
    data = json.dumps(document("1.4.2", NEW, **more)).encode()
    stage(emulator, {**OLD, **(NEW if release is None else release), FILE: data})
    return data


@pytest.mark.parametrize("version", [None, "1.4.2"])
def test_artifacts_of_the_channel_are_copied_without_the_channel(emulator: Emulator, copy: Copy, version: str | None) -> None:
    stage_release(emulator, previous="1.4.1")
    predicted = copy.ok(channel="stable", version=version, check=True)
    assert (writes(emulator), fetched(emulator, staging(emulator))) == ([], [FILE])
    result = copy.ok(channel="stable", version=version)
    assert contents(emulator) == NEW
    assert result["channel"] == predicted["channel"] == document("1.4.2", NEW, previous="1.4.1")
    assert [artifact["name"] for artifact in result["artifacts"]] == [APP, NOTES]
    assert [artifact["sha256"] for artifact in predicted["artifacts"]] == [each["sha256"] for each in result["artifacts"]]
    assert result["msg"] == "2 created"


def test_artifacts_of_the_channel_are_sent_oldest_first(emulator: Emulator, copy: Copy) -> None:
    stage_release(emulator, dict(reversed(NEW.items())))
    copy.ok(channel="stable")
    assert uploads(emulator) == [[NOTES, APP]]


def test_unchanged_release_with_manifests_requests_no_artifact(emulator: Emulator, copy: Copy) -> None:
    stage_release(emulator, {**NEW, MANIFEST: lines(NEW)})
    copy.ok(channel="stable", manifest=MANIFEST)
    assert contents(emulator) == {**NEW, MANIFEST: lines(NEW)}
    emulator.journal.clear()
    for check in (True, False):
        assert not copy.ok(channel="stable", manifest=MANIFEST, check=check)["changed"]
    assert set(fetched(emulator, staging(emulator))) == {FILE, MANIFEST}
    assert set(fetched(emulator, widgets(emulator))) == {MANIFEST}


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
@pytest.mark.parametrize(
    ("release", "options", "words"),
    [
        (
            NEW,
            {"version": "1.4.1"},
            "The channel 'stable' names version 1.4.2 instead of 1.4.1. Check whether the channel was moved",
        ),
        (NEW, {"channel": "beta"}, "The channel 'beta' does not exist: 'beta.channel.json' is not in the Downloads of staging"),
        ({APP: NEW[APP]}, {}, f"'{NOTES}', which does not exist"),
        ({**NEW, APP: b"longer contents than before"}, {}, "with 15 bytes, which has 27"),
        (NEW, {"manifest": MANIFEST}, f"The manifest {MANIFEST} is not in the Downloads of staging"),
        (
            {**NEW, MANIFEST: lines({APP: NEW[APP]})},
            {"manifest": MANIFEST},
            "has no line, or conflicting lines, for 'notes-1.4.2.txt'",
        ),
        (
            {**NEW, MANIFEST: lines({**NEW, APP: b"other"})},
            {"manifest": MANIFEST},
            f"The expected digests of '{APP}' contradict each other: the channel stable says",
        ),
        (NEW, {"manifest": APP}, f"'{APP}' is the manifest, which the module writes itself"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_invalid_release_is_refused_before_any_upload(
    emulator: Emulator, copy: Copy, release: dict[str, bytes], options: dict[str, Any], words: str, check: bool
) -> None:
    stage_release(emulator, release)
    assert words in copy.failure(**{"channel": "stable", **options}, check=check)
    assert (writes(emulator), contents(emulator)) == ([], {})


def test_contents_without_the_digest_of_the_channel_are_not_sent(emulator: Emulator, copy: Copy) -> None:
    stage_release(emulator, {**NEW, APP: bytes(len(NEW[APP]))})
    message = copy.failure(channel="stable")
    assert f"In the Downloads of staging: '{APP}' does not have the digest that the channel stable expects" in message
    assert APP not in contents(emulator)


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_channel_must_be_signed_by_a_trusted_key(
    emulator: Emulator, copy: Copy, key: ReleaseKey, other_key: ReleaseKey, check: bool
) -> None:
    data = stage_release(emulator)
    options: dict[str, Any] = {"channel": "stable", "signed_by": [key.public], "check": check}
    signature = key.signature.replace(MANIFEST, FILE)
    assert f"The channel '{FILE}' is not signed: '{signature}' does not exist" in copy.failure(**options)
    stage(emulator, {signature: other_key.sign(data)})
    assert f"The signature '{signature}' of the channel '{FILE}'" in copy.failure(**options)
    assert writes(emulator) == []
    stage(emulator, {signature: key.sign(data), "by-hand.signature": key.sign(data)})
    assert copy.ok(**options)["changed"]
    if not check:
        assert not copy.ok(**options, signature="by-hand.signature")["changed"]


def test_channel_and_manifest_must_both_be_signed(emulator: Emulator, copy: Copy, key: ReleaseKey) -> None:
    data = stage_release(emulator, signed(key, NEW))
    options = {"channel": "stable", **key.options}
    assert f"The channel '{FILE}' is not signed" in copy.failure(**options)
    stage(emulator, {key.signature.replace(MANIFEST, FILE): key.sign(data)})
    result = copy.ok(**options)
    assert result["signature"]["status"] == "created"
    assert set(contents(emulator)) == {*NEW, MANIFEST, key.signature}
    stage(emulator, {key.signature: b"-----BEGIN"})
    assert f"The signature '{key.signature}' of the manifest" in copy.failure(**options)


@pytest.mark.parametrize("options", [{"patterns": ["*"]}, {"patterns": [".*"], "use_regex": True}], ids=["shell", "regex"])
def test_channels_and_their_signatures_match_no_pattern(emulator: Emulator, copy: Copy, options: dict[str, Any]) -> None:
    signatures = {f"{FILE}.asc": b"signature", f"{FILE}.sig": b"signature"}
    stage(emulator, {**NEW, FILE: b"{}", **signatures, "stable.channel.json.txt": b"text", "xchannelxjson": b"text"})
    copy.ok(**options)
    assert set(contents(emulator)) == {*NEW, "stable.channel.json.txt", "xchannelxjson"}


def test_channel_of_the_destination_is_left_unchanged(emulator: Emulator, copy: Copy) -> None:
    stage_release(emulator)
    old = json.dumps(document("1.4.1", OLD)).encode()
    put(emulator, {**OLD, FILE: old})
    copy.ok(channel="stable")
    assert contents(emulator) == {**OLD, **NEW, FILE: old}

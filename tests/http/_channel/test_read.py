# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a channel: its document, its version, its signature, and the artifacts that it names."""

from __future__ import annotations

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._channel.read import ChannelReader, FoundChannel, find_named
from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.api import Downloads, Inconsistent
from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.artifact import Artifact
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError
from ansible_collections.releng.bitbucket.plugins.module_utils._trust.options import parse_trust
from tests.emulator import Emulator
from tests.helpers.release_keys import ReleaseKey
from tests.http._channel.helpers import FILE, NEW, OLD, document, name_artifacts, put_channel
from tests.http._downloads.helpers import connect, put, widgets


def require(downloads: Downloads, key: ReleaseKey | None = None, version: str | None = None) -> FoundChannel:
    trust = parse_trust({"signed_by": [key.public], "signature": None}, FILE) if key else None
    reader = ChannelReader(downloads, "stable", trust)
    return downloads.decide(lambda: reader.require(downloads.listing(), version))


def find(downloads: Downloads) -> list[Artifact]:
    def attempt() -> list[Artifact]:
        listing = downloads.listing()
        return find_named(downloads, ChannelReader(downloads, "stable").require(listing).channel, listing)

    return downloads.decide(attempt)


def test_channel_is_returned_with_its_listed_artifact(emulator: Emulator) -> None:
    data = put_channel(emulator, "1.4.2", NEW, previous="1.4.1", commit="abc")
    found = require(connect(emulator), version="1.4.2")
    assert found.channel.describe() == document("1.4.2", NEW, previous="1.4.1", commit="abc")
    assert (found.artifact.name, found.artifact.size) == (FILE, len(data))


def test_missing_channel_is_an_error(emulator: Emulator) -> None:
    put(emulator, NEW)
    with pytest.raises(BitbucketError) as caught:
        require(connect(emulator))
    assert str(caught.value) == f"The channel 'stable' does not exist: '{FILE}' is not in the Downloads of widgets"


def test_channel_that_is_not_listed_yet_is_found(emulator: Emulator) -> None:
    emulator.switches.listing_lag_reads = 2
    put_channel(emulator, "1.4.2", NEW)
    assert require(connect(emulator)).channel.version == "1.4.2"


def test_another_version_is_an_error_that_names_both(emulator: Emulator) -> None:
    put_channel(emulator, "1.4.2", NEW)
    with pytest.raises(BitbucketError) as caught:
        require(connect(emulator), version="1.4.1")
    assert str(caught.value) == "The channel 'stable' names version 1.4.2 instead of 1.4.1. Check whether the channel was moved"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"notes", "it is not JSON in UTF-8"),
        (b"{}", "its channel is not 'stable'"),
        (b" " * (4 * 1024 * 1024 + 1), "it has 4194305 bytes"),
    ],
    ids=["text", "object", "large"],
)
def test_another_file_is_an_error(emulator: Emulator, data: bytes, problem: str) -> None:
    put(emulator, {FILE: data})
    with pytest.raises(BitbucketError) as caught:
        require(connect(emulator))
    assert str(caught.value) == f"The artifact '{FILE}' is not a channel, so no task changes it: {problem}"


def test_only_a_good_signature_by_a_trusted_key_is_accepted(emulator: Emulator, key: ReleaseKey, other_key: ReleaseKey) -> None:
    data = put_channel(emulator, "1.4.2", NEW)
    signature = FILE + key.signature[len("SHA256SUMS") :]
    downloads = connect(emulator)
    with pytest.raises(BitbucketError, match=f"The channel '{FILE}' is not signed: '{signature}' does not exist"):
        require(downloads, key)
    put(emulator, {signature: other_key.sign(data)})
    with pytest.raises(BitbucketError, match=f"The signature '{signature}' of the channel '{FILE}' was made by"):
        require(downloads, key)
    put(emulator, {signature: key.sign(data)})
    found = require(downloads, key)
    assert found.signature is not None
    assert found.signature.describe()["fingerprint"] == key.fingerprint
    put_channel(emulator, "1.4.1", OLD)
    with pytest.raises(BitbucketError, match="does not match: the contents were changed after signing"):
        require(downloads, key)


def test_named_artifacts_are_found(emulator: Emulator) -> None:
    put(emulator, {**OLD, **NEW})
    put_channel(emulator, "1.4.2", NEW)
    found = [(artifact.name, artifact.size) for artifact in find(connect(emulator))]
    assert found == [(each["name"], each["size"]) for each in name_artifacts(NEW)]


def test_incomplete_release_is_an_error(emulator: Emulator) -> None:
    put(emulator, {"app-1.4.2.tgz": b"other"})
    put_channel(emulator, "1.4.2", NEW)
    with pytest.raises(Inconsistent) as caught:
        find(connect(emulator))
    assert str(caught.value) == (
        "The release is incomplete. Version 1.4.2 in the channel 'stable' names 'app-1.4.2.tgz' with 15 bytes, which has 5,"
        " 'notes-1.4.2.txt', which does not exist"
    )


def test_channel_that_moves_after_the_listing_is_read_again(emulator: Emulator) -> None:
    put(emulator, {**OLD, **NEW})
    put_channel(emulator, "1.4.1", OLD)

    def move() -> None:
        put_channel(emulator, "1.4.2", NEW)
        widgets(emulator).remove("app-1.4.1.tgz")

    emulator.faults.add("call", action=move, path=r"/downloads$")
    assert [artifact.name for artifact in find(connect(emulator))] == sorted(NEW)

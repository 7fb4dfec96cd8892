# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse and render channels: small JSON documents that state which release is current and which artifacts belong to it.

Documents are untrusted. Versions become directories on hosts, so readers check them like writers.
"""

from __future__ import annotations

import json
import re
import typing as t

from .._downloads.artifact import CHANNEL_SUFFIX
from .._errors import BadInput, BitbucketError
from .._names import MAX_NAME_BYTES, is_plain
from .._outcome import Result
from .._text import quoted

MAX_CHANNEL_BYTES = 4 * 1024 * 1024

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]*\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_MAX_NAME_LENGTH = MAX_NAME_BYTES - len(f"{CHANNEL_SUFFIX}.asc")


class NotAChannel(BitbucketError):
    """A document is not a channel. The message is a clause without the name of the document, such as "it is not JSON"."""


class NamedArtifact(t.NamedTuple):
    """An artifact of a release. ``size``: in bytes. ``sha256``: lowercase hex digits, or empty if check mode does not know it."""

    name: str
    size: int
    sha256: str


class Channel(t.NamedTuple):
    """The release that a channel names.

    ``artifacts``: sorted by name. ``previous``: the version before this one. ``manifest``: name of the artifact that lists the
    digests of the release. ``commit``: the source commit of the release.
    """

    name: str
    version: str
    artifacts: t.Sequence[NamedArtifact]
    previous: str | None
    manifest: str | None
    commit: str | None

    @property
    def release(self) -> t.Any:
        """Return the parts that define the release. A change of ``previous`` or ``commit`` alone does not move a channel."""
        return self.version, tuple(self.artifacts), self.manifest

    def describe(self) -> Result:
        """Return the document for results."""
        return {
            "channel": self.name,
            "version": self.version,
            "previous": self.previous,
            "artifacts": [{**artifact._asdict(), "sha256": artifact.sha256 or None} for artifact in self.artifacts],
            "manifest": self.manifest,
            "commit": self.commit,
        }

    def render(self) -> bytes:
        """Return the bytes of the document."""
        return (json.dumps(self.describe(), indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def check_channel(channel: str, option: str) -> str:
    """Return the name of a channel. Raise BadInput for a name that the service might store differently."""
    if channel.endswith(CHANNEL_SUFFIX):
        name = channel[: -len(CHANNEL_SUFFIX)]
        raise BadInput(f"{option} {quoted(channel)} is the name of an artifact. Set {option} to {quoted(name)}")
    if not _NAME.match(channel) or len(channel) > _MAX_NAME_LENGTH:
        raise BadInput(
            f"{option} {quoted(channel)} is refused: the name of a channel must start with a letter or a digit, contain only"
            f" letters, digits, '.', '_' and '-', and have at most {_MAX_NAME_LENGTH} characters"
        )
    return channel


def check_version(version: str) -> str:
    """Return the version. Raise BadInput if it cannot be a path segment."""
    if not is_version(version):
        raise BadInput(
            f"version {quoted(version)} is refused: a version must start with a letter or a digit, contain only letters, digits,"
            f" '.', '_', '+', '~' and '-', and have at most {MAX_NAME_BYTES} characters"
        )
    return version


def is_version(version: str) -> bool:
    """Return whether the version can be a path segment."""
    return bool(_VERSION.match(version)) and len(version) <= MAX_NAME_BYTES


def is_digest(digest: t.Any) -> bool:
    """Return whether the value is a SHA-256 digest in lowercase hex digits."""
    return isinstance(digest, str) and bool(_DIGEST.match(digest))


def is_size(size: t.Any) -> bool:
    """Return whether the value is a number of bytes."""
    return isinstance(size, int) and not isinstance(size, bool) and size >= 0


def sort_artifacts(artifacts: t.Iterable[NamedArtifact]) -> tuple[NamedArtifact, ...]:
    """Return the artifacts in the order that documents use."""
    return tuple(sorted(artifacts))


def parse_channel(data: bytes, name: str) -> Channel:
    """Return the channel with this name. Raise NotAChannel for any other document. Unknown keys are ignored."""
    document = _parse_object(data)
    if document.get("channel") != name:
        raise NotAChannel(f"its channel is not {quoted(name)}")
    version = document.get("version")
    if not isinstance(version, str) or not is_version(version):
        raise NotAChannel("its version is not a string that can be a path segment")
    previous = _parse_text(document, "previous")
    if previous is not None and not is_version(previous):
        raise NotAChannel("its previous version cannot be a path segment")
    manifest = _parse_text(document, "manifest")
    if manifest is not None and not is_plain(manifest):
        raise NotAChannel("its manifest is not a valid name of an artifact")
    artifacts = _parse_artifacts(document.get("artifacts"))
    return Channel(name, version, artifacts, previous, manifest, _parse_text(document, "commit"))


def _parse_object(data: bytes) -> dict[str, t.Any]:
    try:
        document = json.loads(data.decode("utf-8"), object_pairs_hook=_refuse_repeated)
    except (ValueError, RecursionError):
        raise NotAChannel("it is not JSON in UTF-8") from None
    if not isinstance(document, dict):
        raise NotAChannel("it is not a JSON object")
    return document


def _refuse_repeated(pairs: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
    """Return an object. Raise NotAChannel for a duplicate key, because other readers might use another of its values."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotAChannel("an object has a duplicate key")
    return found


def _parse_text(document: t.Mapping[str, t.Any], key: str) -> str | None:
    value = document.get(key)
    if value is not None and not isinstance(value, str):
        raise NotAChannel(f"its {key} is not a string")
    return value


def _parse_artifacts(items: t.Any) -> tuple[NamedArtifact, ...]:
    if not isinstance(items, list) or not items:
        raise NotAChannel("it names no artifacts")
    artifacts = sort_artifacts(_parse_artifact(item) for item in items)
    if len({artifact.name for artifact in artifacts}) < len(artifacts):
        raise NotAChannel("it names an artifact more than once")
    return artifacts


def _parse_artifact(item: t.Any) -> NamedArtifact:
    name, size, digest = (item.get(key) if isinstance(item, dict) else None for key in ("name", "size", "sha256"))
    if not isinstance(name, str) or not is_plain(name):
        raise NotAChannel("an artifact does not have a valid name")
    if not is_size(size) or not is_digest(digest):
        raise NotAChannel(f"{quoted(name)} has no size in bytes or no SHA-256 in lowercase hex digits")
    return NamedArtifact(name, t.cast(int, size), t.cast(str, digest))

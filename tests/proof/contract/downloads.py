# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define scenarios with artifacts: each option that changes a request, each kind of credential, and common refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from .tapped import Scenario, World

PUBLISH, INFO, FETCH, PRUNE = (f"bitbucket_download{suffix}" for suffix in ("", "_info", "_fetch", "_prune"))
STRANGE = "a b+c%2F#(1)&ü;=?.txt"
MANIFEST = "SHA256SUMS"


def publish(world: World) -> None:
    """Publish new, unchanged and changed artifacts, with each kind of comparison."""
    sources = [world.file("app-1.0.tgz", bytes(range(256))), world.file("doc.txt", "doc\n")]
    world.ok(PUBLISH, src=sources, check=True)
    for options in ({}, {}, {"compare": "content"}, {"compare": "size"}, {"overwrite": "always"}, {"overwrite": "never"}):
        world.ok(PUBLISH, src=sources, **options)
    world.file("doc.txt", "changed\n")
    world.ok(PUBLISH, src=sources, parallel=1)
    world.ok(PUBLISH, content="1.0 ✓\n", name=["VERSION"], verify=False)
    world.ok(PUBLISH, state="absent", name=["VERSION", "never.txt"])


def publish_with_manifest(world: World) -> None:
    """Create, read, keep and delete the manifest."""
    source = [world.file("app.tgz")]
    for options in ({"src": source}, {"src": source}, {"content": "x", "name": ["more"]}):
        world.ok(PUBLISH, manifest=MANIFEST, **options)
    world.ok(PUBLISH, manifest=MANIFEST, state="absent", name=["app.tgz", "more"])


def strange_names(world: World) -> None:
    """Encode a name as one segment of a path and as a file name in a form."""
    source = [world.file(STRANGE)]
    world.ok(PUBLISH, src=source)
    world.ok(PUBLISH, src=source, compare="content")
    world.ok(FETCH, name=[STRANGE], dest=str(world.folder) + "/fetched/")
    world.look(STRANGE)
    world.ok(PUBLISH, state="absent", name=[STRANGE])


def many(world: World) -> None:
    """Send several files in a request, and read several pages of a listing."""
    world.ok(PUBLISH, src=[world.file(f"small-{number:02}") for number in range(25)])
    for number in range(100):
        world.emulator.repository().put(f"old-{number:03}", b"old")
    listed = world.ok(INFO, patterns=["small-*"], excludes=["*9"], newest=3)
    assert listed["requests"] == 2
    world.ok(INFO, patterns=["^old-0.*$"], use_regex=True)


def fetch(world: World) -> None:
    """Fetch by name, pattern and manifest. Existing files are fetched again only if forced."""
    world.ok(PUBLISH, src=[world.file("app.tgz", b"app"), world.file("doc.txt", b"doc")], manifest=MANIFEST)
    folder = str(world.folder) + "/fetched/"
    for options in ({"name": ["app.tgz"]}, {"patterns": ["*.t*"]}, {"patterns": ["*.t*"], "manifest": MANIFEST}):
        world.ok(FETCH, dest=folder, **options)
    world.ok(FETCH, dest=folder, name=["app.tgz"], force=True, backup=True)
    assert world.look("app.tgz", "doc.txt", output="base64")
    assert world.look("missing", on_missing="skip") == []


def prune(world: World) -> None:
    """Delete old artifacts and their lines in the manifest."""
    for number in range(4):
        age = datetime.now(UTC) - timedelta(days=10 * number)
        world.emulator.repository().put(f"app-{number}.tgz", b"app", created_on=age)
    world.emulator.repository().put(MANIFEST, "")
    for check in (True, False, False):
        world.ok(PRUNE, check=check, patterns=["app-*"], keep=1, older_than="15d", manifest=MANIFEST)


def kinds_of_credentials(world: World) -> None:
    """Use each kind of credential once, and none for a public repository."""
    none: dict[str, Any] = {"user": None, "api_token": None}
    world.ok(PUBLISH, content="x", name=["x"], access_token=world.emulator.access_token, **none)
    client = {"client_id": world.emulator.client_id, "client_secret": world.emulator.client_secret}
    world.ok(PUBLISH, content="y", name=["y"], **none, **client)
    world.emulator.repository(slug="open", private=False).put("z", b"z")
    world.ok(FETCH, name=["z"], dest=str(world.folder / "z"), repository="open", **none)


def refusals(world: World) -> None:
    """Cause the common errors."""
    world.fails(INFO, 401, api_token="wrong")
    world.fails(INFO, 404, repository="nowhere")
    world.fails(INFO, 403, api_token=world.emulator.mint_api_token(["read:snippet:bitbucket"]))
    reader = world.emulator.mint_api_token(["read:repository:bitbucket"])
    world.fails(PUBLISH, 403, content="x", name=["x"], api_token=reader)
    world.emulator.repository().put("x", b"x")
    world.fails(PUBLISH, 403, state="absent", name=["x"], api_token=reader)


def deleted_by_another_publisher(world: World) -> None:
    """Delete an artifact between listing and request: no error for a deletion, but one for a fetch."""
    repository = world.emulator.repository()

    def remove(exchange: object) -> None:
        repository.remove("x")

    world.tap.watcher = remove
    repository.put("x", b"x")
    world.ok(PUBLISH, state="absent", name=["x"])
    repository.put("x", b"x")
    assert "Not in the Downloads" in world.failure(FETCH, name=["x"], dest=str(world.folder / "x"))


def too_many_requests(world: World) -> None:
    """Wait after a transient refusal."""
    world.emulator.faults.add("rate_limit", retry_after=0)
    world.ok(INFO)


def other_success(world: World) -> None:
    """Use a service that responds to an upload with 200."""
    world.emulator.switches.upload_status = 200
    world.ok(PUBLISH, content="x", name=["x"])


SCENARIOS: list[Scenario] = [
    publish,
    publish_with_manifest,
    strange_names,
    many,
    fetch,
    prune,
    kinds_of_credentials,
    refusals,
    deleted_by_another_publisher,
    too_many_requests,
    other_success,
]

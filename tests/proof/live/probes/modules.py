# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run modules of the collection twice. The second run must change nothing. Needs the checkout and ansible-core."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from ..errors import Blocked
from ..probe import Seen, probe
from ..relay import Relay, relay
from ..world import World

MODULES = "ansible_collections.releng.bitbucket.plugins.modules."
CORE = "ansible_collections.releng.bitbucket.plugins.module_utils._http.retries"
Run = Callable[..., dict[str, Any]]
N = ("collection",)
T = ("collection", "snippets")


def describe(result: dict[str, Any]) -> str:
    """Return the result of a task in a word."""
    return "changed" if result.get("changed") else "unchanged"


@contextmanager
def runner(world: World) -> Iterator[tuple[Run, Path]]:
    """Provide a function that runs a module against the service, and an empty directory."""
    with relay(world) as server, tempfile.TemporaryDirectory() as folder:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("BITBUCKET_")}
        with mock.patch.dict(os.environ, clean, clear=True):
            yield (lambda module, check=False, **options: run_module(world, server, module, check, options)), Path(folder)


def run_module(world: World, server: Relay, module: str, check: bool, options: dict[str, Any]) -> dict[str, Any]:
    """Return the result of a module; raise Blocked if the module failed."""
    load_collection()
    from tests.helpers.module_args import patch_module_args

    main = importlib.import_module(MODULES + module).main
    pause = importlib.import_module(CORE).Clock(sleep=world.session.pause)
    given = {**connection(world, server), **options, "_ansible_check_mode": check}
    given |= {} if "snippet" in module else {"repository": world.settings.repository}
    output = io.StringIO()
    with patch_module_args(given), contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        main(clock=pause)
    if server.problem:
        raise Blocked(server.problem)
    result: dict[str, Any] = json.loads(output.getvalue())
    if result.get("failed"):
        raise Blocked("a task failed; other probes should explain why")
    return result


def load_collection() -> None:
    """Make the modules of the checkout importable."""
    with contextlib.suppress(ImportError):
        importlib.import_module(MODULES.rstrip("."))
        return
    from ansible.plugins.loader import init_plugin_loader

    from tests.tools.tree import link_checkout

    init_plugin_loader([str(link_checkout())])


def connection(world: World, server: Relay) -> dict[str, Any]:
    """Return the connection options with the default credential."""
    settings = world.settings
    given: dict[str, Any] = {"api_url": server.api_url, "workspace": settings.workspace, "max_wait": 60}
    if world.main == "api_token":
        return given | {"user": settings.user, "api_token": settings.tokens["api_token"]}
    if world.main == "access_token":
        return given | {"access_token": settings.access_token}
    secrets = {"client_id": settings.client_id, "client_secret": settings.client_secret}
    return given | secrets | {"token_url": settings.token_url}


def make_files(world: World, folder: Path, label: str, count: int = 2) -> list[str]:
    """Create files with names of this run, and return their paths."""
    paths = [folder / world.name(f"{label}-{number}.txt") for number in range(count)]
    for path in paths:
        path.write_bytes(world.content())
    return [str(path) for path in paths]


@probe("E1", "Publish, and publish again", "all", "bitbucket_download", needs=N)
def run_publish(world: World) -> Seen:
    """Publish two files without a manifest."""
    with runner(world) as (run, folder):
        src = make_files(world, folder, "e-one")
        return {turn: describe(run("bitbucket_download", src=src)) for turn in ("first", "second")}


@probe("E2", "Publish with a manifest, and publish again; publish different contents", "all", "bitbucket_download", needs=N)
def run_manifest(world: World) -> Seen:
    """Publish two files with a manifest of this run."""
    with runner(world) as (run, folder):
        src = make_files(world, folder, "e-two")
        options = {"src": src, "manifest": world.name("sums")}
        found = {turn: describe(run("bitbucket_download", **options)) for turn in ("first", "second")}
        Path(src[0]).write_bytes(world.content())
        found |= {turn: describe(run("bitbucket_download", **options)) for turn in ("other contents", "other contents again")}
        return found


@probe("E3", "Fetch, and fetch again", "all", "bitbucket_download_fetch", needs=N)
def run_fetch(world: World) -> Seen:
    """Fetch two artifacts by pattern."""
    with runner(world) as (run, folder):
        src = make_files(world, folder, "e-three")
        found = {"publish": describe(run("bitbucket_download", src=src))}
        dest = folder / "fetched"
        dest.mkdir()
        options = {"patterns": world.name("e-three-*"), "dest": f"{dest}/"}
        found |= {turn: describe(run("bitbucket_download_fetch", **options)) for turn in ("first", "second")}
        same = [
            (dest / Path(path).name).read_bytes() == Path(path).read_bytes() for path in src if (dest / Path(path).name).exists()
        ]
        return found | {"same bytes": same == [True, True]}


@probe("E4", "Prune in check mode, prune, and prune again", "all", "bitbucket_download_prune", needs=N)
def run_prune(world: World) -> Seen:
    """Prune three artifacts, and keep one."""
    with runner(world) as (run, folder):
        found = {"publish": describe(run("bitbucket_download", src=make_files(world, folder, "e-four", 3)))}
        options = {"patterns": world.name("e-four-*"), "keep": 1}
        found["check mode"] = describe(run("bitbucket_download_prune", check=True, **options))
        return found | {turn: describe(run("bitbucket_download_prune", **options)) for turn in ("first", "second")}


@probe("E5", "Delete artifacts, and delete them again", "all", "bitbucket_download with state absent", needs=N)
def run_absent(world: World) -> Seen:
    """Delete one artifact."""
    with runner(world) as (run, folder):
        src = make_files(world, folder, "e-five", 1)
        found = {"publish": describe(run("bitbucket_download", src=src))}
        options = {"name": Path(src[0]).name, "state": "absent"}
        return found | {turn: describe(run("bitbucket_download", **options)) for turn in ("first", "second")}


@probe("E6", "Create, change and delete a snippet, each twice", "all", "bitbucket_snippet", needs=T)
def run_snippet(world: World) -> Seen:
    """Manage one snippet with two files by its title."""
    with runner(world) as (run, _folder):
        title = world.title("e six")
        files = [{"name": "a.txt", "content": "one\n"}, {"name": "b.txt", "content": "two\n"}]
        other = [{"name": "a.txt", "content": "changed\n"}]
        found: dict[str, Any] = {}
        for turn, options in (
            ("create", {"files": files}),
            ("create again", {"files": files}),
            ("change", {"files": other}),
            ("change again", {"files": other}),
            ("delete", {"state": "absent"}),
            ("delete again", {"state": "absent"}),
        ):
            found[turn] = describe(run("bitbucket_snippet", title=title, **options))
        return found

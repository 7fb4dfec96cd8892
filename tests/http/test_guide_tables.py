# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the tables in guides: scopes, costs and environment variables are what the emulator and the modules use."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible.plugins.loader import lookup_loader

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.helpers.release_keys import ReleaseKey
from tests.http._downloads.helpers import MANIFEST, lines, put
from tests.http.lookup.helpers import Looker
from tests.tools.tree import ROOT

RST = ROOT / "docs" / "docsite" / "rst"

ROW = re.compile(r"(?m)^   \* - (.+)\n     - (.+)\n(?:     - (.+)\n)?")
NAMES = re.compile(r"``([^`]+)``")
DIGEST = hashlib.sha256(b"old").hexdigest()
SNIPPET = {"repository": None, "title": "Notes"}


def rows(guide: str, title: str) -> dict[str, tuple[str, ...]]:
    """Return the rows of the first table below a title, by their first cell."""
    text = (RST / f"{guide}.rst").read_text(encoding="utf-8")
    table = text.split(f"\n{title}\n", 1)[1].split(".. list-table::", 1)[1]
    table = re.split(r"(?m)^\S", table, maxsplit=1)[0]
    return {match[1]: tuple(filter(None, match.groups()[1:])) for match in ROW.finditer(table)}


SCOPES = rows("guide_credentials", "Choose the scopes")
COSTS = rows("guide_limits", "Count the requests of a task")


class ScopedTasks:
    """Make one call for each row of the table of scopes. A refusal is an AssertionError with the message."""

    def __init__(self, run: ModuleRunner, folder: Path) -> None:
        self._run = run
        self._folder = folder

    def __call__(self, row: str, credential: dict[str, Any]) -> None:
        """Run the module or lookup of the row."""
        name = re.sub(r"^(lookup )?:ansplugin:`(\w+) .*", r"\1\2", row)
        if name.startswith("lookup"):
            self._look(name.split()[1], credential)
            return
        module, options = self._tasks()[name]
        result = self._run(module, **options, **credential)
        assert not result.get("failed"), result["msg"]

    def _tasks(self) -> dict[str, tuple[str, dict[str, Any]]]:
        return {
            "bitbucket_download_info": ("bitbucket_download_info", {}),
            "bitbucket_download_fetch": ("bitbucket_download_fetch", {"name": ["old"], "dest": f"{self._folder}/"}),
            "bitbucket_download": ("bitbucket_download", {"name": ["new"], "content": "new"}),
            "bitbucket_download_copy": ("bitbucket_download_copy", {"name": ["copied"], "src_repository": "staging"}),
            "bitbucket_download_prune": ("bitbucket_download_prune", {"patterns": ["*"], "keep": 0}),
            "bitbucket_download_channel": ("bitbucket_download_channel", {"name": "c", "version": "1", "artifacts": ["old"]}),
            "bitbucket_download_verify": ("bitbucket_download_verify", {"name": ["old"], "checksum": f"sha256:{DIGEST}"}),
            "bitbucket_snippet_info": ("bitbucket_snippet_info", {**SNIPPET, "contents": True}),
            "bitbucket_snippet": ("bitbucket_snippet", {**SNIPPET, "files": [{"name": "n", "content": "new"}]}),
            "``bitbucket_snippet`` with ``state: absent``": ("bitbucket_snippet", {**SNIPPET, "state": "absent"}),
        }

    def _look(self, name: str, credential: dict[str, Any]) -> None:
        options = {**Looker(self._run.emulator).connection, **credential}
        term = "old"
        if name == "bitbucket_snippet":
            term, options = "n", {**options, "title": "Notes"}
            del options["repository"]
        given = {key: value for key, value in options.items() if value is not None}
        try:
            lookup_loader.get(f"releng.bitbucket.{name}").run([term], variables=None, **given)
        except AnsibleError as problem:
            raise AssertionError(str(problem)) from problem


@pytest.fixture
def act(run: ModuleRunner, emulator: Emulator, tmp_path: Path) -> ScopedTasks:
    """Return the calls, for existing artifacts in two repositories and an existing snippet."""
    emulator.repository().put("old", b"old")
    emulator.repository(slug="staging").put("copied", b"copied")
    emulator.snippets.create("Notes", {"n": "old"})
    return ScopedTasks(run, tmp_path)


def test_the_table_of_scopes_has_every_module_and_lookup() -> None:
    assert len(SCOPES) == 13  # Its header, nine modules, two lookups, deletion.
    assert all(len(cells) == 2 for cells in SCOPES.values())


def test_the_table_of_environment_variables_is_complete() -> None:
    shown = {name for row in rows("guide_credentials", "Look up environment variables") for name in NAMES.findall(row)}
    fragments = (ROOT / "plugins" / "doc_fragments").glob("*.py")
    documented = {name for file in fragments for name in re.findall(r"E\((BITBUCKET_\w+)\)", file.read_text(encoding="utf-8"))}
    assert shown == documented


SCOPED = [(row, cells) for row, cells in SCOPES.items() if row != "Module or lookup"]


@pytest.mark.parametrize(("row", "cells"), SCOPED, ids=[row[:40] for row, _unused in SCOPED])
def test_listed_scopes_are_sufficient_and_all_are_necessary(
    row: str, cells: tuple[str, ...], emulator: Emulator, act: ScopedTasks
) -> None:
    scopes = [f"{name}:bitbucket" for name in NAMES.findall(cells[0])]
    for missing in scopes:
        fewer = emulator.mint_api_token(["read:user:bitbucket", *(scope for scope in scopes if scope != missing)])
        with pytest.raises(AssertionError, match=r"(?i)scope"):
            act(row, {"api_token": fewer})
    act(row, {"api_token": emulator.mint_api_token(scopes)})


@pytest.mark.parametrize(("row", "cells"), SCOPED, ids=[row[:40] for row, _unused in SCOPED])
def test_listed_scopes_of_a_consumer_are_sufficient(
    row: str, cells: tuple[str, ...], emulator: Emulator, act: ScopedTasks
) -> None:
    client = emulator.mint_client(NAMES.findall(cells[1]))
    emulator.switches.snippet_app_user_member = True
    credential = {"client_id": client.client_id, "client_secret": client.client_secret}
    act(row, {"user": None, "api_token": None, **credential})


def publish(run: ModuleRunner, folder: Path, manifest: str | None) -> int:
    """Publish three files."""
    for name in "abc":
        (folder / name).write_text(name, encoding="utf-8")
    requests: int = run.ok("bitbucket_download", src=[f"{folder}/*"], manifest=manifest)["requests"]
    return requests


def test_publishing_costs_the_documented_requests(run: ModuleRunner, emulator: Emulator, dist: Path) -> None:
    assert COSTS["List up to 100 artifacts"] == ("1",)
    assert run.ok("bitbucket_download_info")["requests"] == 1
    assert COSTS["Publish N small files, with a new manifest"][0].startswith("6 for up to 20")
    assert publish(run, dist, "SHA256SUMS") == 6
    assert COSTS["Publish unchanged files, with a manifest"][0].startswith("2,")
    assert publish(run, dist, "SHA256SUMS") == 2
    assert COSTS["Publish N unchanged files, without a manifest"] == ("1 + N",)
    assert publish(run, dist, None) == 1 + 3
    assert COSTS["Publish N new names with ``overwrite: refuse`` or ``never``"] == ("N more",)
    result = run.ok("bitbucket_download", name=["new"], content="x", overwrite="refuse")
    assert result["requests"] == 3 + 1
    assert COSTS["Delete N artifacts"][0].startswith("2 + N:")
    assert run.ok("bitbucket_download", name=["a", "new"], state="absent")["requests"] == 2 + 2


def test_copying_costs_the_documented_requests(run: ModuleRunner, emulator: Emulator) -> None:
    data = {name: name.encode() for name in "abc"}
    for name, content in {**data, "SHA256SUMS": lines(data)}.items():
        emulator.repository(slug="staging").put(name, content)
    options: dict[str, Any] = {"src_repository": "staging", "patterns": ["*"], "manifest": "SHA256SUMS"}
    assert COSTS["Copy N small artifacts, with a new manifest"][0].startswith("8 + 2 N for up to 20")
    assert run.ok("bitbucket_download_copy", **options)["requests"] == 8 + 2 * 3
    assert COSTS["Copy unchanged artifacts, with a manifest"][0].startswith("4,")
    assert run.ok("bitbucket_download_copy", **options)["requests"] == 4


def test_fetching_costs_the_documented_requests(run: ModuleRunner, emulator: Emulator, dist: Path, tmp_path: Path) -> None:
    publish(run, dist, "SHA256SUMS")

    def fetch(**options: Any) -> int:
        requests: int = run.ok("bitbucket_download_fetch", dest=f"{tmp_path}/fetched/", **options)["requests"]
        return requests

    assert COSTS["Fetch N files without a manifest"] == ("1 + N",)
    assert fetch(name=list("abc")) == 1 + 3
    assert fetch(name=list("abc")) == 1 + 3
    assert COSTS["Fetch N files with a manifest"] == ("2 + 1 for each changed file",)
    (tmp_path / "fetched" / "b").write_text("x", encoding="utf-8")
    assert fetch(name=list("abc"), manifest="SHA256SUMS") == 2 + 1
    assert COSTS["Fetch with a ``checksum`` that the file has"] == ("0",)
    digest = run.ok("bitbucket_download", src=[str(dist / "a")])["artifacts"][0]["sha256"]
    assert fetch(name=["a"], checksum=f"sha256:{digest}") == 0


def test_channels_cost_the_documented_requests(run: ModuleRunner, emulator: Emulator, dist: Path, tmp_path: Path) -> None:
    publish(run, dist, MANIFEST)
    options: dict[str, Any] = {"name": "stable", "artifacts": list("abc"), "manifest": MANIFEST}
    run.ok("bitbucket_download_channel", version="1", **options)
    assert COSTS["Set an unchanged channel, with a manifest"] == ("3",)
    assert run.ok("bitbucket_download_channel", version="1", **options)["requests"] == 3
    assert COSTS["Move a channel, with a manifest"][0].startswith("6:")
    assert run.ok("bitbucket_download_channel", version="2", **options)["requests"] == 6
    assert COSTS["Fetch a channel of N artifacts"] == ("2 + 1 for each changed file",)
    for requests in (2 + 3, 2):
        assert run.ok("bitbucket_download_fetch", channel="stable", dest=f"{tmp_path}/fetched/")["requests"] == requests


def test_verifying_costs_the_documented_requests(run: ModuleRunner, emulator: Emulator, key: ReleaseKey) -> None:
    data = {name: name.encode() for name in "abc"}
    text = lines(data)
    put(emulator, {**data, MANIFEST: text, key.signature: key.sign(text)})
    assert COSTS["List with a manifest"] == ("2 (3 with a signature)",)
    assert COSTS["Verify N artifacts with a manifest"] == ("2 + N (3 + N with a signature)",)
    assert COSTS["Look up N artifacts with a manifest"] == ("2 + N (3 + N with a signature)",)
    for options in ({}, {"signed_by": [key.public]}):
        signature = len(options)
        assert run.ok("bitbucket_download_info", manifest=MANIFEST, **options)["requests"] == 2 + signature
        result = run.ok("bitbucket_download_verify", patterns=["*"], manifest=MANIFEST, **options)
        assert result["requests"] == 2 + signature + 3
        emulator.journal.clear()
        Looker(emulator)(*"abc", manifest=MANIFEST, **options)
        assert len(emulator.journal.select(host="api")) == 2 + signature + 3

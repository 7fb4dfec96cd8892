# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find a snippet with its files unchanged, with a service that needs 100 ms for each response.

For comparison, `uri` reads only the document of the snippet, without contents, and curl reads document and files on one
connection.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from .bench import Bench
from .process import Program, WrongResult
from .rounds import quotient
from .service import Service, Stored
from .table import Goal, Report, Row
from .unchanged import LATENCY, exactly

RUNS = 7
FILES = {f"notes-{number}.md": f"# Notes {number}\n" + "A line of release notes.\n" * 200 for number in range(10)}


def measure(bench: Bench) -> Report:
    """Count the requests in the journal, and compare the times with those of uri and curl."""
    snippet = bench.service.make_snippet("Release notes", FILES)
    counted: list[int] = []
    programs = {"ours": _ours(bench, snippet, counted), "uri": bench.uri({"url": snippet.url}), "curl": _curl(bench, snippet)}
    bench.service.latency(LATENCY)
    try:
        found = {name: program for name, program in programs.items() if program}
        rounds = bench.rounds(found, 3 if bench.quick else RUNS)
    finally:
        bench.service.latency(0)
    title = f"snippet of {len(FILES)} files at 100 ms a request"
    document = f"{title}: wall time / uri GET without the files"
    all_files = Row(f"{title}: wall time / curl GET with the files", None, note="curl not found")
    if "curl" in rounds.names:
        all_files = all_files.having(rounds.spread(lambda run: quotient(run["ours"].wall, run["curl"].wall)))
    return Report(
        [
            Row(f"{title}: requests", exactly(counted), goal=Goal("<=", 1), digits=0),
            Row(document, rounds.spread(lambda run: quotient(run["ours"].wall, run["uri"].wall))),
            all_files,
        ]
    )


def _ours(bench: Bench, snippet: Stored, counted: list[int]) -> Program:
    """Return the run of our module with the stored contents."""
    files = [{"name": name, "content": content} for name, content in FILES.items()]
    options = bench.service.options()
    del options["repository"]

    def count(printed: str) -> None:
        if json.loads(printed)["status"] != "unchanged":
            raise WrongResult(f"the snippet is not unchanged: {printed[:2000]}")
        counted.append(bench.service.requests())

    module_options = {"snippet_id": snippet.id, "files": files, "purge": True}
    return bench.module(
        "releng.bitbucket.bitbucket_snippet", options | module_options, prepare=bench.service.forget_requests, also=count
    )


def _curl(bench: Bench, snippet: Stored) -> Program | None:
    curl = shutil.which("curl")
    if curl is None:
        return None
    folder = bench.folder / "snippet"
    folder.mkdir()
    places = {folder / "document.json": snippet.url, **{folder / name: url for name, url in snippet.files.items()}}
    settings = bench.folder / "curl-snippet.conf"
    settings.write_text(_settings(bench.service, places), encoding="utf-8")

    def check(_unused: str) -> None:
        for name, content in FILES.items():
            if (folder / name).read_text(encoding="utf-8") != content:
                raise WrongResult(f"curl did not read {name}")
        for path in places:
            path.unlink()

    return Program([curl, "-q", "--silent", "--show-error", "--fail", "--noproxy", "*", "-K", str(settings)], check)


def _settings(service: Service, places: dict[Path, str]) -> str:
    lines = [f'user = "{service.user}:{service.token}"\nheader = "Accept: */*"\n']
    lines += [f'url = "{url}"\noutput = "{path}"\n' for path, url in places.items()]
    return "".join(lines)

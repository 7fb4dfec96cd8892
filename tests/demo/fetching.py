# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chapters about reading what was published. Knows what the reader shall see, and requires that it is true."""

from __future__ import annotations

from .runner import PlaybookRun
from .stage import Stage, digests, expect


def version(stage: Stage) -> None:
    """An artifact as a value."""
    stage.screen.chapter("Read the version by a lookup")
    stage.screen.say(
        """Which version is released? A lookup reads the marker VERSION into a variable, with no file in between, so that
        a playbook can decide by it what to deploy."""
    )
    published = (stage.dist / "VERSION").read_text(encoding="utf-8").strip()
    done = stage.run("version.yml")
    read = done.tasks[0]["result"]["ansible_facts"]["released_version"]
    expect(read == published, f"The lookup read {read!r}, not {published!r}.")
    stage.screen.checked(f"the lookup gave {read}, without the line end that the file has.")


def fetch(stage: Stage) -> None:
    """From Downloads to a host, twice."""
    stage.screen.chapter("Fetch the release on a host")
    stage.screen.say(
        """The other side: a host wants the files, and wants to be sure of them. The folder "host" stands for it. Each file
        is hashed on its way to a temporary file, and takes its place only if it has the digest that the manifest
        promises; an old file stays until then."""
    )
    host = stage.folder / "host"
    done = _fetch(stage, "first fetch")
    expect(_statuses(done) == {"fetched"}, "Not all artifacts were fetched.")
    expect(digests(host) == stage.files(), "The host does not have what was published.")
    stage.screen.checked("the host has the same bytes as the release, and nothing else.")
    stage.screen.say("The same again, as a deployment does every day.", gap=True)
    done = _fetch(stage, "second fetch")
    expect(_statuses(done) == {"unchanged"}, "The second fetch did not find everything unchanged.")
    expect(done.changed == 0, f"The second fetch reports changed={done.changed}.")
    expect(stage.meter["second fetch"].storage == 1, "The second fetch read more than the manifest.")
    expect(digests(host) == stage.files(), "The second fetch changed the host.")
    stage.screen.checked("changed=0. Of all artifacts only the manifest was read; it proves that the files are right.")


def _fetch(stage: Stage, meter: str) -> PlaybookRun:
    return stage.run("fetch.yml", "-e", f"release_dir={stage.folder / 'host'}", meter=meter)


def _statuses(done: PlaybookRun) -> set[str]:
    return {artifact["status"] for artifact in done.result("bitbucket_download_fetch")["artifacts"]}

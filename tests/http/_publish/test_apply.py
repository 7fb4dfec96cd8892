# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apply steps: the results of each status, the figures, and the diff."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.http._downloads.helpers import (
    LISTING,
    MANIFEST,
    MODULE,
    date,
    lines,
    numbered,
    posts,
    put,
    sha256,
    statuses,
    widgets,
    write,
)

ALWAYS = {"artifacts", "changed", "bytes_sent", "elapsed", "msg", "requests"}
OF_AN_ARTIFACT = {"name", "size", "sha256", "status", "reason", "url", "created_on"}


@pytest.mark.parametrize("check", [False, True])
def test_keys_are_the_same_for_every_status(emulator: Emulator, run: ModuleRunner, dist: Path, check: bool) -> None:
    paths = write(dist, {"app": b"application"})
    for options in ({"src": paths}, {"src": paths, "overwrite": "never"}, {"state": "absent", "name": ["app", "none"]}):
        result = run.ok(MODULE, check=check, **options)
        assert result.keys() == ALWAYS
        assert [artifact.keys() for artifact in result["artifacts"]] == [OF_AN_ARTIFACT] * len(result["artifacts"])
        assert run.ok(MODULE, check=check, manifest=MANIFEST, **options).keys() == ALWAYS | {"manifest"}


def test_results_describe_the_artifacts_after_the_task(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    expected = {"name": "a b+.tgz", "url": emulator.api_url + "/repositories/acme/widgets/downloads/a%20b%2B.tgz"}
    dates = []
    for data, status, reason in ((b"old", "created", "not there"), (b"newer", "replaced", "size differs")):
        [artifact] = run.ok(MODULE, src=write(dist, {"a b+.tgz": data}))["artifacts"]
        dates.append(date(emulator, "a b+.tgz"))
        stored = {"size": len(data), "sha256": sha256(data), "created_on": dates[-1]}
        assert artifact == {**expected, "status": status, "reason": reason, **stored}
    assert dates[0] < dates[1]
    nothing = {"size": None, "sha256": None, "created_on": None}
    for status, reason in (("deleted", "there"), ("absent", "not there")):
        [artifact] = run.ok(MODULE, state="absent", name=["a b+.tgz"])["artifacts"]
        assert artifact == {**expected, "status": status, "reason": reason, **nothing}


@pytest.mark.parametrize("trusted", [True, False])
def test_kept_artifact_has_its_size_and_a_trusted_digest(
    emulator: Emulator, run: ModuleRunner, dist: Path, trusted: bool
) -> None:
    put(emulator, {"app": b"theirs", **({MANIFEST: lines({"app": b"theirs"})} if trusted else {})})
    options = {"src": write(dist, {"app": b"much longer"}), "overwrite": "never", "manifest": MANIFEST}
    [artifact] = run.ok(MODULE, **options)["artifacts"]
    assert (artifact["status"], artifact["size"], artifact["created_on"]) == ("kept", 6, date(emulator, "app"))
    assert artifact["sha256"] == (sha256(b"theirs") if trusted else None)


def test_artifacts_are_in_the_order_requested(run: ModuleRunner, dist: Path) -> None:
    paths = write(dist, numbered(50))[::-1]
    for _unused in range(2):
        result = run.ok(MODULE, src=paths, parallel=16)
        assert [artifact["name"] for artifact in result["artifacts"]] == [Path(path).name for path in paths]


def test_bytes_sent_include_retries_and_manifest(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    emulator.faults.add("status", code=503, headers={"Retry-After": "0"}, method="POST")
    ours = {"a": b"x" * 1000, "b": b"y" * 500}
    result = run.ok(MODULE, src=write(dist, ours), manifest=MANIFEST)
    assert len(posts(emulator)) == 3
    assert result["bytes_sent"] == 1500 + 1500 + len(lines(ours))


@pytest.mark.parametrize("options", [{"manifest": MANIFEST}, {"verify": False}, {"overwrite": "always"}], ids=str)
def test_requests_are_those_to_the_api(emulator: Emulator, run: ModuleRunner, dist: Path, options: dict[str, Any]) -> None:
    emulator.switches.page_cap = 7
    ours = numbered(30)
    put(emulator, dict(list(ours.items())[:9]))
    client = {"client_id": emulator.client_id, "client_secret": emulator.client_secret, "user": None, "api_token": None}
    present = {"src": write(dist, ours), **options, **client}
    absent = {"state": "absent", "name": ["file-000.txt"], "manifest": options.get("manifest")}
    for arguments in ({**present, "check": True}, present, present, absent, absent):
        emulator.faults.add("rate_limit", retry_after=0, path=LISTING)
        emulator.faults.add("rate_limit", retry_after=0, method="POST")
        emulator.faults.add("status", code=403, body="", host="storage")
        emulator.journal.clear()
        assert run.ok(MODULE, **arguments)["requests"] == len(emulator.journal.select(host="api"))


def manifest_line(text: bytes) -> str:
    return f"{MANIFEST}  {len(text)} bytes  sha256:{sha256(text)}\n"


def test_diff_has_a_line_for_each_changed_artifact(emulator: Emulator, run: ModuleRunner, dist: Path) -> None:
    known = lines({"theirs": b"theirs"})
    put(emulator, {"theirs": b"theirs", "app": b"old", MANIFEST: known})
    ours = {"app": b"newer", "fresh": b"fresh"}
    diff = run.ok(MODULE, diff=True, src=write(dist, ours), manifest=MANIFEST)["diff"]
    assert diff["before"] == f"{manifest_line(known)}app  3 bytes\n(1 unchanged)\n"
    sent = "".join(f"{name}  5 bytes  sha256:{sha256(ours[name])}\n" for name in ours)
    assert diff["after"] == f"{manifest_line(lines({**ours, 'theirs': b'theirs'}))}{sent}(1 unchanged)\n"


def test_diff_shows_a_changed_manifest_of_equal_size(run: ModuleRunner, dist: Path) -> None:
    run.ok(MODULE, src=write(dist, {"app": b"old"}), manifest=MANIFEST)
    diff = run.ok(MODULE, diff=True, src=write(dist, {"app": b"new"}), manifest=MANIFEST)["diff"]
    for side, data in (("before", b"old"), ("after", b"new")):
        assert diff[side] == f"{manifest_line(lines({'app': data}))}app  3 bytes  sha256:{sha256(data)}\n"


def test_diff_of_a_deletion_lacks_its_lines(emulator: Emulator, run: ModuleRunner) -> None:
    put(emulator, {"a": b"x", "b": b"x"})
    diff = run.ok(MODULE, diff=True, state="absent", name=["a"])["diff"]
    assert diff == {"before": "a  1 bytes\n(1 unchanged)\n", "after": "(1 unchanged)\n"}
    run.ok(MODULE, content="x", name=["b"], manifest=MANIFEST)
    diff = run.ok(MODULE, diff=True, state="absent", name=["b"], manifest=MANIFEST)["diff"]
    assert diff == {"before": f"{manifest_line(lines({'b': b'x'}))}b  1 bytes  sha256:{sha256(b'x')}\n", "after": ""}


@pytest.mark.parametrize("check", [True, False])
def test_diff_shows_artifacts_that_are_sent_again(emulator: Emulator, run: ModuleRunner, dist: Path, check: bool) -> None:
    """The manifest is sent after its artifact."""
    put(emulator, {"theirs": b"theirs"})
    ours = {"app": b"application"}
    run.ok(MODULE, src=write(dist, ours), manifest=MANIFEST)
    result = run.ok(MODULE, check=check, diff=True, src=write(dist, ours), manifest=MANIFEST, overwrite="always")
    assert statuses(result) == [("app", "replaced", "forced")]
    before = [manifest_line(lines(ours)), f"app  11 bytes  sha256:{sha256(b'application')}\n"]
    after = [f"{line[:-1]}  (sent again)\n" for line in before]
    assert result["diff"] == {
        side: "".join([*found, "(1 unchanged)\n"]) for side, found in (("before", before), ("after", after))
    }


@pytest.mark.parametrize("options", [{}, {"manifest": MANIFEST}, {"compare": "size"}, {"overwrite": "never"}], ids=str)
def test_diff_only_counts_if_nothing_changes(emulator: Emulator, run: ModuleRunner, dist: Path, options: dict[str, Any]) -> None:
    paths = write(dist, {"app": b"application"})
    assert "diff" not in run.ok(MODULE, src=paths, **options)
    result = run.ok(MODULE, diff=True, src=paths, **options)
    assert result["changed"] is False
    unchanged = f"({len(widgets(emulator).artifacts)} unchanged)\n"
    assert result["diff"] == {"before": unchanged, "after": unchanged}

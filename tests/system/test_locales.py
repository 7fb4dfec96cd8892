# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run modules in locales that are not UTF-8: paths are still UTF-8, like those of ansible-core."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.emulator import Emulator
from tests.helpers.archives import Item, directory, link, tarred, zipped
from tests.helpers.fetching import files, mode
from tests.http._downloads.helpers import statuses
from tests.system.interruptions.processes import Starter

NAME = "übersicht-名.txt"
ENCODINGS = {"ascii": "C", "iso8859-1": "de_DE.ISO-8859-1"}
FETCH = "bitbucket_download_fetch"


@pytest.fixture(params=ENCODINGS)
def start(request: pytest.FixtureRequest, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Starter:
    """Start a module in a locale, with the names of files in its encoding."""
    locale = ENCODINGS[request.param]
    if locale != "C":
        _make_locale(tmp_path / "locales" / locale)
        monkeypatch.setenv("LOCPATH", str(tmp_path / "locales"))
    for name, value in {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    found = subprocess.run(
        [sys.executable, "-c", "import sys; print(sys.getfilesystemencoding())"], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == request.param
    return Starter(emulator, tmp_path)


def _make_locale(path: Path) -> None:
    program = shutil.which("localedef")
    if program is None:
        pytest.skip("this host has no localedef")
    path.parent.mkdir()
    done = subprocess.run([program, "-i", "de_DE", "-f", "ISO-8859-1", str(path)], capture_output=True, text=True, check=False)
    if not path.exists():
        pytest.skip(f"this host makes no locale: {done.stderr.strip()}")


def test_publish_files_by_their_utf_8_names(emulator: Emulator, start: Starter, tmp_path: Path) -> None:
    dist = tmp_path / "größe"
    dist.mkdir()
    for name in (NAME, "notes-ü.md"):
        (dist / name).write_bytes(name.encode())
    authority = tmp_path / "autorität.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    options: dict[str, Any] = {"src": [str(dist / NAME), f"{dist}/*-ü.md"], "manifest": "SHA256SUMS", "ca_path": str(authority)}
    for status in ("created", "unchanged"):
        result = start.ok("bitbucket_download", **options)
        assert [(each["name"], each["status"]) for each in result["artifacts"]] == [(NAME, status), ("notes-ü.md", status)]
    snippet = {"repository": None, "title": "Notes", "files": [{"name": NAME, "src": str(dist / NAME)}]}
    assert start.ok("bitbucket_snippet", **snippet)["snippet"]["files"][0]["size"] == len(NAME.encode())
    assert not start.ok("bitbucket_snippet", **snippet)["changed"]
    with start("bitbucket_download", src=[f"{dist}/missing-ü"]) as process:
        assert process.result()["msg"] == f"src '{dist}/missing-ü' does not exist on the host that runs the module"


def test_fetch_and_back_up_files_by_their_utf_8_names(emulator: Emulator, start: Starter, tmp_path: Path) -> None:
    emulator.repository("acme", "widgets").put(NAME, b"new")
    options: dict[str, Any] = {"name": [NAME], "dest": f"{tmp_path}/größe/für/", "backup": True, "mode": "0640"}
    assert statuses(start.ok(FETCH, **options)) == [(NAME, "fetched", "not there")]
    assert not start.ok(FETCH, **options)["changed"]
    assert files(tmp_path / "größe") == {"für/": b"", f"für/{NAME}": b"new"}
    assert mode(tmp_path / "größe/für" / NAME) == 0o640
    emulator.repository("acme", "widgets").put(NAME, b"newer")
    [artifact] = start.ok(FETCH, **options)["artifacts"]
    assert Path(artifact["backup_file"]).read_bytes() == b"new"
    assert artifact["backup_file"].startswith(f"{tmp_path}/größe/für/{NAME}.")


@pytest.mark.parametrize("suffix", [".tgz", ".zip"])
def test_unpack_members_by_their_utf_8_names(emulator: Emulator, start: Starter, tmp_path: Path, suffix: str) -> None:
    items = [directory("grün"), Item(f"grün/{NAME}", b"text"), link("zurück", f"grün/{NAME}")]
    data = zipped(items) if suffix == ".zip" else tarred(items, form=tarfile.GNU_FORMAT)
    emulator.repository("acme", "widgets").put(f"päckchen{suffix}", data)
    options = {"patterns": ["p*"], "dest": f"{tmp_path}/größe/", "unpack_dest": f"{tmp_path}/größe/für"}
    assert start.ok(FETCH, **options)["unpacked"][0]["changed_paths"] == 3
    assert not start.ok(FETCH, **options)["changed"]
    assert (tmp_path / "größe/für/grün" / NAME).read_bytes() == b"text"
    assert os.readlink(tmp_path / "größe/für/zurück") == f"grün/{NAME}"
    assert sorted(path.name for path in (tmp_path / "größe").rglob("*")) == sorted(
        ["für", "grün", NAME, f"päckchen{suffix}", "zurück"]
    )

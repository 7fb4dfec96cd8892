# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test hosts without Python libraries: messages name the libraries. The interpreter here finds only listed libraries."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._delivery.delivery import Delivery, render_delivery
from ansible_collections.releng.bitbucket.plugins.module_utils._downloads.api import Downloads
from ansible_collections.releng.bitbucket.plugins.module_utils._fetch.plan import Chosen
from ansible_collections.releng.bitbucket.plugins.module_utils._http.storage import find_link
from tests.emulator import Emulator
from tests.helpers.connection import connection
from tests.helpers.modules import MODULES
from tests.http._http.helpers import connect

REQUESTS = ["requests", "urllib3", "certifi", "idna", "charset_normalizer"]
RUN = """
import json, runpy, sys
arguments = json.loads(sys.argv.pop())
sys.path.insert(0, sys.argv.pop())
from ansible.module_utils.testing import patch_module_args
with patch_module_args(arguments):
    runpy.run_module(sys.argv.pop(), run_name="__main__")
"""


def run_with(libraries: list[str], folder: Path, module: str, arguments: dict[str, Any], **variables: str) -> dict[str, Any]:
    """Run a module in an interpreter without site-packages, which finds only Ansible, the collection and these libraries."""
    for library in ["ansible", *libraries]:
        path = Path(str(importlib.import_module(library).__file__)).parent
        (folder / library).symlink_to(path, target_is_directory=True)
    main = importlib.import_module(MODULES + module)
    home = folder / "ansible_collections" / "releng"
    home.mkdir(parents=True)
    (home / "bitbucket").symlink_to(Path(str(main.__file__)).parents[2], target_is_directory=True)
    command = [sys.executable, "-I", "-S", "-c", RUN, MODULES + module, str(folder), json.dumps(arguments)]
    done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, timeout=30, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("module", ["bitbucket_download", "bitbucket_download_info"])
def test_missing_library_requests_is_named(emulator: Emulator, tmp_path: Path, module: str) -> None:
    more = {"content": "x", "name": "y"} if module == "bitbucket_download" else {}
    result = run_with([], tmp_path, module, {**connection(emulator), **more})
    assert result["failed"] is True
    message = result["msg"]
    assert message.startswith("Failed to import the required Python library (requests) on ")
    assert sys.executable in message or "python" in message.lower()
    assert "Traceback" not in message
    assert message.endswith("delegate_to: localhost")
    assert "\n" not in message
    assert result["requests"] == 0
    assert len(emulator.journal) == 0


def test_contents_by_a_signed_url_need_no_library(emulator: Emulator, tmp_path: Path) -> None:
    emulator.repository().put("app", b"contents")
    downloads = Downloads(connect(emulator), "widgets")
    delivery = Delivery(
        chosen=[Chosen(artifact) for artifact in downloads.list_artifacts().artifacts],
        links={"app": find_link(connect(emulator), downloads.artifact_path("app"))},
    )
    place = {"workspace": "acme", "repository": "widgets", "name": ["app"], "dest": f"{tmp_path}/", "via": "link"}
    result = run_with(
        [], tmp_path, "bitbucket_download_fetch", {**place, "_control_node": {"delivery": render_delivery(delivery)}}
    )
    assert result["artifacts"][0]["status"] == "fetched"
    assert (tmp_path / "app").read_bytes() == b"contents"


def test_the_library_for_another_kind_of_proxy_is_named(emulator: Emulator, tmp_path: Path) -> None:
    arguments = connection(emulator)
    result = run_with(REQUESTS, tmp_path, "bitbucket_download_info", arguments, http_proxy="socks5://127.0.0.1:9")
    assert result["msg"].endswith(
        "/downloads failed: the SOCKS proxy requires the Python library PySocks, which is not installed"
    )


def test_a_module_needs_only_requests(emulator: Emulator, tmp_path: Path) -> None:
    arguments = {**connection(emulator), "content": "x", "name": "y"}
    result = run_with(REQUESTS, tmp_path, "bitbucket_download", arguments)
    assert result["artifacts"][0]["status"] == "created"

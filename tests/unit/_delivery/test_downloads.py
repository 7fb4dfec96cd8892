# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read contents that the control node has transferred."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._delivery.delivery import Delivery
from ansible_collections.releng.bitbucket.plugins.module_utils._delivery.downloads import DeliveredDownloads, create_link_client
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BitbucketError, RequestFailed
from ansible_collections.releng.bitbucket.plugins.module_utils._files.blocks import BLOCK
from ansible_collections.releng.bitbucket.plugins.module_utils._http.retries import CLOCK

OPTIONS: dict[str, Any] = {
    "workspace": "acme",
    "api_url": "https://api.bitbucket.example/2.0",
    "token_url": "https://bitbucket.example/token",
    "timeout": 1,
    "retries": 0,
    "max_wait": 0,
    "limit_rate": None,
    "validate_certs": True,
    "ca_path": None,
}


def deliver(**files: Path) -> DeliveredDownloads:
    """Return the Downloads of a host that received these files."""
    delivery = Delivery(files={name: str(path) for name, path in files.items()})
    return DeliveredDownloads(create_link_client(OPTIONS, delivery, lambda secret: None, 1, CLOCK), "widgets", delivery)


@pytest.mark.parametrize("size", [0, 1, BLOCK, BLOCK + 1])
def test_transferred_contents_are_those_of_the_file(tmp_path: Path, size: int) -> None:
    path = tmp_path / "copy"
    path.write_bytes(bytes(size))
    with deliver(app=path).open_contents("app", {"Range": "bytes=5-"}, size) as contents:
        assert contents.read_all(size) == bytes(size)


def test_transferred_contents_of_another_size_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "copy"
    path.write_bytes(b"12345")
    with (
        pytest.raises(RequestFailed, match="sent 5 bytes, but the listing says 6"),
        deliver(app=path).open_contents("app", size=6) as contents,
    ):
        contents.read_all(100)


def test_missing_copy_is_an_error_that_names_the_artifact(tmp_path: Path) -> None:
    downloads = deliver(app=tmp_path / "missing")
    with pytest.raises(BitbucketError) as caught, downloads.open_contents("app"):
        pass
    assert str(caught.value) == "The copy of 'app' from the control node cannot be read: No such file or directory"


def test_signed_urls_are_secrets() -> None:
    secrets: list[str] = []
    delivery = Delivery(links={"app": "https://storage.example/app?Signature=canary&Expires=1"})
    client = create_link_client(OPTIONS, delivery, secrets.append, 1, CLOCK)
    assert "Signature=canary&Expires=1" in secrets
    assert "canary" not in client.session.secrets.scrub("refused: Signature=canary&Expires=1")

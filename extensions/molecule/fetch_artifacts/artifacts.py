# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the artifacts of this scenario into a folder: two releases, a pre-release, their manifest, and archives to refuse."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from tests.helpers.archives import DEVICE, Item, archive, directory, link


def release(version: str) -> list[Item]:
    return [
        directory("widgets"),
        Item("widgets/run", f"#!/bin/sh\necho {version}\n".encode(), 0o755),
        Item("widgets/VERSION", f"{version}\n".encode()),
        link("current", "widgets"),
    ]


def main(folder: Path) -> None:
    good = Item("good", b"good\n")
    # In this order, so that the highest release is not the last upload.
    contents = {
        "evil-parent.tar.gz": archive(".tar.gz", [good, Item("../evil", b"evil\n")]),
        "evil-link.zip": archive(".zip", [good, link("evil", "../../outside")]),
        "evil-device.tar.gz": archive(".tar.gz", [good, Item("evil", kind=DEVICE)]),
        "widgets-1.1.zip": archive(".zip", release("1.1")),
        "widgets-1.2-rc.1.zip": archive(".zip", release("1.2-rc.1")),
        "widgets-1.0.tar.gz": archive(".tar.gz", release("1.0")),
    }
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(contents.items())]
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, content) in enumerate({**contents, "SHA256SUMS": "".join(lines).encode()}.items()):
        (folder / f"{number}={name}").write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Follow the guide about promotion with two keys: that of the builds and that of the releases."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from tests.demo.runner import PlaybookRunner
from tests.emulator import Emulator
from tests.helpers.openpgp import PASSPHRASE, OpenpgpHome
from tests.system.examples.helpers import DOCUMENTED_KEY, STAGED, STAGING, lines, read_repository

from .guides import as_plays, marked

ARCHIVE, MANIFEST = "widgets-1.5.0.tar.gz", "widgets-1.5.0.SHA256SUMS"


def test_promote_a_signed_build(world: Emulator, gnupg: OpenpgpHome, tmp_path: Path) -> None:
    build, release = gnupg.release, gnupg.locked
    (tmp_path / "build-key.asc").write_text(build.public, encoding="utf-8")
    (tmp_path / "release-key.asc").write_text(release.public, encoding="utf-8")
    text = lines({ARCHIVE: STAGED[ARCHIVE]}).encode()
    for name, data in ((MANIFEST, text), (f"{MANIFEST}.asc", build.sign(text))):
        world.repository(slug=STAGING).put(name, data)
    [block] = marked("by test_promote_a_signed_build")
    playbook = tmp_path / "guide.yml"
    tasks = yaml.safe_load(block.text.replace(DOCUMENTED_KEY, release.fingerprint))
    playbook.write_text(yaml.safe_dump(as_plays(tasks)), encoding="utf-8")
    runner = PlaybookRunner(tmp_path, {**world.environment(), "GNUPGHOME": str(release.home.path)})
    done = runner.run(playbook, playbook, words=["-e", json.dumps({"release_key_passphrase": PASSPHRASE})])
    assert (done.code, done.warnings) == (0, []), done.output
    first, second = (done.part(number) for number in range(2))
    signature = first.result("bitbucket_download_copy")["signature"]
    assert (signature["status"], signature["fingerprint"]) == ("created", release.fingerprint)
    assert (read_repository(world)[ARCHIVE], read_repository(world)[MANIFEST], second.changed) == (STAGED[ARCHIVE], text, 0)

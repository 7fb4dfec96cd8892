# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the artifacts of a signed release that the guide lists with those that the modules publish."""

from __future__ import annotations

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.helpers.openpgp import OpenpgpHome
from tests.system.examples.helpers import BUILT

from .guides import marked

ARCHIVE, MANIFEST = "widgets-1.4.2.tar.gz", "widgets-1.4.2.SHA256SUMS"


def test_a_signed_release_has_the_names_that_the_guide_shows(emulator: Emulator, gnupg: OpenpgpHome, run: ModuleRunner) -> None:
    [block] = marked("by test_a_signed_release_has_the_names_that_the_guide_shows")
    key = gnupg.release
    signing = {"manifest": MANIFEST, "signing_key": key.fingerprint, "gnupg_home": str(key.home.path)}
    run.ok("bitbucket_download", name=[ARCHIVE], content=BUILT[ARCHIVE].hex(), **signing)
    run.ok("bitbucket_download_channel", name="stable", version="1.4.2", artifacts=[ARCHIVE], **signing)
    assert sorted(emulator.repository().names()) == block.text.split()

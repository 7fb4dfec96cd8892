# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the channel that the guide shows with the one that the module writes."""

from __future__ import annotations

import json

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.system.examples.helpers import BUILT

from .guides import marked

ARCHIVE = "widgets-1.4.2.tar.gz"


def test_a_channel_is_the_document_that_the_guide_shows(emulator: Emulator, run: ModuleRunner) -> None:
    [block] = marked("by test_a_channel_is_the_document_that_the_guide_shows")
    shown = json.loads(block.text)
    run.ok("bitbucket_download", name=[ARCHIVE], content=BUILT[ARCHIVE].hex(), manifest=shown["manifest"])
    for version in (shown["previous"], shown["version"]):
        options = {"version": version, "artifacts": [ARCHIVE], "manifest": shown["manifest"], "commit": shown["commit"]}
        run.ok("bitbucket_download_channel", name="stable", **options)
    text = emulator.repository().get("stable.channel.json").content.decode()
    [artifact] = json.loads(text)["artifacts"]
    assert text == json.dumps({**shown, "artifacts": [artifact]}, indent=2) + "\n"
    assert artifact.keys() == shown["artifacts"][0].keys()
    assert block.text.strip() == json.dumps(shown, indent=2)

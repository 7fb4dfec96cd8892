# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that the modules that change Downloads end the snapshots of the run."""

from __future__ import annotations

import importlib

import yaml

from ansible_collections.releng.bitbucket.plugins.plugin_utils._action import WritingAction
from tests.unit.source import MODULES

PLUGINS = "ansible_collections.releng.bitbucket.plugins"


def test_every_module_that_changes_downloads_ends_the_snapshots_of_the_run() -> None:
    names = [path.stem for path in MODULES if path.stem.startswith("bitbucket_download")]
    documented = {name: yaml.safe_load(importlib.import_module(f"{PLUGINS}.modules.{name}").RETURN) for name in names}
    changing = {name for name, fields in documented.items() if {"bytes_sent", "manifest"} & fields.keys()}
    actions = {name: importlib.import_module(f"{PLUGINS}.action.{name}").ActionModule for name in names}
    assert {name for name, action in actions.items() if issubclass(action, WritingAction)} == changing
    assert len(changing) > 3

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulate a host under FIPS in this process."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest


def refuse_md5(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let hashlib refuse MD5, except for purposes other than security."""
    new = hashlib.new

    def refuse(name: str, *arguments: Any, **options: Any) -> Any:
        if name == "md5" and options.get("usedforsecurity", True):
            raise ValueError("disabled for FIPS")
        return new(name, *arguments, **options)

    monkeypatch.setattr(hashlib, "new", refuse)

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run bitbucket_download_copy with options from variables of the host."""

from __future__ import annotations

from ..plugin_utils._action import WritingAction as ActionModule

__all__ = ["ActionModule"]

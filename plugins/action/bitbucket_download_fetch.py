# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run bitbucket_download_fetch with options from variables of the host and, if requested, with the help of the control node."""

from __future__ import annotations

from ..plugin_utils._fetch_action import FetchAction as ActionModule

__all__ = ["ActionModule"]

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drive the modules with random operations on an impolite service, and check what must hold after each of them.

``world`` runs modules over HTTP in this process. ``quirks`` and ``disturbance`` say how the service behaves and who else acts.
``downloads``, ``releases`` and ``snippets`` each have a machine, which draws operations, and the rules, which judge the state
before and after each. ``releases`` is about channels, versions, two repositories and killed tasks. ``downloads.excuses`` names
what cannot be closed.
"""

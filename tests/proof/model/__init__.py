# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the modules with random operations on a misbehaving service, and check the rules after each operation.

``world`` runs modules over HTTP in this process. ``quirks`` define the behavior of the service, ``disturbance`` faults and other
publishers. ``downloads``, ``releases`` and ``snippets`` each have a machine, which draws operations, and rules, which judge the
state before and after each. ``releases`` covers channels, versions, two repositories and killed tasks. ``downloads.excuses``
lists the known limits of the rules.
"""

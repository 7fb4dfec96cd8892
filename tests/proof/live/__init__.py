# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the assumptions of this project with the real service: ``python3 -m tests.proof.live``.

A copy of the folder also works. It needs Python 3.11 or later. Only the rehearsal and the runs of modules need the checkout.
"""

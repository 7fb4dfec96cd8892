# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask the real service which of the assumptions of this project hold: ``python3 -m tests.proof.live``.

The folder works from a copy as well. It needs Python 3.11 or later; only the rehearsal and the runs of modules need the checkout.
"""

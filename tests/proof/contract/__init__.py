# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our traffic and the public specification of Bitbucket Cloud: an independent validator compares them.

`specification.yml` holds the facts of the specification, `deviations.yml` where it is wrong or silent. Neither the
modules nor the emulator are known here: traffic is what went through a proxy between the two.
"""

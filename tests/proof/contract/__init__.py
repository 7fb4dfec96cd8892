# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the collection's traffic with the public specification of Bitbucket Cloud, with an independent validator.

`specification.yml` has the facts of the specification, `deviations.yml` its errors and gaps. The traffic is recorded by a
proxy between the modules and the emulator.
"""

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replace the get-pip script that ansible-test downloads for each pinned release of pip.

The program run_ansible_test.py copies it to the cache of ansible-test. It runs the pip in its folder, or else the one that
is bundled with Python, to install the requested packages from the configured index.
"""

from __future__ import annotations

import ensurepip
import glob
import os
import sys


def find_pip() -> str:
    """Return the wheel of a pip that can run without an installation."""
    beside, bundled = os.path.dirname(os.path.abspath(__file__)), os.path.dirname(ensurepip.__file__)
    places = [beside, os.path.join(bundled, "_bundled"), "/usr/share/python-wheels"]
    wheels = [wheel for place in places for wheel in sorted(glob.glob(os.path.join(place, "pip-*.whl")))]
    if not wheels:
        sys.exit("Found no pip: the index has none, and none is bundled with this Python.")
    return wheels[0]


def arguments() -> list[str]:
    """Return the arguments of pip, without two switches that only get-pip has."""
    return ["install", *(word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel"))]


if __name__ == "__main__":
    sys.path.insert(0, find_pip())
    from pip._internal.cli.main import main

    sys.exit(main(arguments()))

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands in for the get-pip script that ansible-test fetches from a site of its own, once per pinned release of pip.

It is copied to where ansible-test keeps that script. It runs the pip that lies beside it, else the one that Python
brings along, and lets it install what is asked for from the index that pip is configured for.
"""

from __future__ import annotations

import ensurepip
import glob
import os
import sys


def find_pip() -> str:
    """Return the wheel of a pip that can run without being installed."""
    beside, bundled = os.path.dirname(os.path.abspath(__file__)), os.path.dirname(ensurepip.__file__)
    places = [beside, os.path.join(bundled, "_bundled"), "/usr/share/python-wheels"]
    wheels = [wheel for place in places for wheel in sorted(glob.glob(os.path.join(place, "pip-*.whl")))]
    if not wheels:
        sys.exit("No pip to start with: the index gave none and this Python brings none.")
    return wheels[0]


def arguments() -> list[str]:
    """Return what pip is to be called with; two switches are known to get-pip only."""
    return ["install", *(word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel"))]


if __name__ == "__main__":
    sys.path.insert(0, find_pip())
    from pip._internal.cli.main import main

    sys.exit(main(arguments()))

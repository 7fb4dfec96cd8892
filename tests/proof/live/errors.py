# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say why something cannot be asked or done."""

from __future__ import annotations


class CannotRun(Exception):
    """The check cannot start, or must stop: the message says what to do."""


class Refused(CannotRun):
    """The gate refused a request, so nothing was sent."""


class OverBudget(CannotRun):
    """The next request would exceed the budget."""


class RateLimited(CannotRun):
    """The service still answers 429 after several pauses."""


class Blocked(Exception):
    """A probe cannot be answered, because what it builds on did not happen. The message says what."""


class Broken(Exception):
    """The connection broke, so it is not known whether the request had an effect."""


class Interrupted(BaseException):
    """A signal asks the check to end."""

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the errors of the check."""

from __future__ import annotations


class CannotRun(Exception):
    """The check cannot start or must stop. The message says what to do."""


class Refused(CannotRun):
    """The gate refused a request, and nothing was sent."""


class OverBudget(CannotRun):
    """The next request would exceed the budget."""


class RateLimited(CannotRun):
    """The service still returns HTTP 429 after several pauses."""


class Blocked(Exception):
    """A probe cannot have a result because a precondition failed. The message names it."""


class Broken(Exception):
    """The connection broke, and the request might have been applied."""


class Interrupted(BaseException):
    """A signal ends the check."""

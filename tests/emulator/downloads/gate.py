# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide which credentials can read or change a repository."""

from __future__ import annotations

from dataclasses import dataclass

from ..auth.accounts import API_READ, API_WRITE, OLD_READ, OLD_WRITE, Credential
from ..auth.gate import Gate, Refused, lacking
from ..http import responses
from .state import Repository


@dataclass(frozen=True)
class Need:
    """Describe a permission: its scope for API tokens and for the older kinds of tokens."""

    api_scope: str
    old_scope: str
    write: bool


READ = Need(API_READ, OLD_READ, write=False)
WRITE = Need(API_WRITE, OLD_WRITE, write=True)


@dataclass(frozen=True)
class RepositoryGate:
    """Check the permissions for repositories."""

    gate: Gate

    def require(self, credential: Credential | None, repository: Repository | None, need: Need) -> Repository:
        """Return the repository if the credential has the permission, or raise `Refused`."""
        if repository is None or not self._sees(credential, repository):
            raise Refused(responses.error(404, responses.HIDDEN))
        if credential is None:
            if need.write:
                raise self.gate.unauthorized("Authentication is required to access this resource.")
            return repository
        required = need.api_scope if credential.kind == "api_token" else need.old_scope
        if required not in credential.granted():
            raise Refused(lacking(credential, required))
        mine = credential.only in (None, (repository.workspace.slug, repository.slug))
        if need.write and not (credential.role == "write" and mine):
            raise Refused(responses.error(403, "tokens must have write or admin access"))
        return repository

    def _sees(self, credential: Credential | None, repository: Repository) -> bool:
        if credential is None or credential.role == "none":
            return not repository.private
        inside = credential.only in (None, (repository.workspace.slug, repository.slug))
        return inside or not repository.private

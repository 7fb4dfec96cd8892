# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the options that several modules share."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import env_fallback

Spec = t.Dict[str, t.Any]


def connection_argument_spec() -> Spec:
    """Return the connection options of all modules.

    Secrets have no environment fallback here. Choosing credentials requires knowing which options the task itself sets.
    """
    return {
        "workspace": {"type": "str", "required": True, "fallback": (env_fallback, ["BITBUCKET_WORKSPACE"])},
        "user": {"type": "str", "aliases": ["username"]},
        "api_token": {"type": "str", "aliases": ["password"], "no_log": True},
        "access_token": {"type": "str", "no_log": True},
        "client_id": {"type": "str", "no_log": False},
        "client_secret": {"type": "str", "no_log": True},
        "api_url": {
            "type": "str",
            "default": "https://api.bitbucket.org/2.0",
            "fallback": (env_fallback, ["BITBUCKET_API_URL"]),
        },
        "token_url": {
            "type": "str",
            "default": "https://bitbucket.org/site/oauth2/access_token",
            "fallback": (env_fallback, ["BITBUCKET_TOKEN_URL"]),
            "no_log": False,
        },
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
        "timeout": {"type": "int", "default": 30},
        "retries": {"type": "int", "default": 4},
        "max_wait": {"type": "int", "default": 300},
    }


def repository_argument_spec() -> Spec:
    """Return the options of modules that access Downloads."""
    return {"repository": {"type": "str", "required": True, "fallback": (env_fallback, ["BITBUCKET_REPO_SLUG"])}}


def source_argument_spec() -> Spec:
    """Return the options of a source repository. None of them has an environment fallback."""
    return {
        "src_repository": {"type": "str", "required": True},
        "src_workspace": {"type": "str"},
        "src_user": {"type": "str"},
        "src_api_token": {"type": "str", "no_log": True},
        "src_access_token": {"type": "str", "no_log": True},
        "src_client_id": {"type": "str", "no_log": False},
        "src_client_secret": {"type": "str", "no_log": True},
    }


def selection_argument_spec(required: bool = False) -> Spec:
    """Return the options that select artifacts by name. ``required``: whether patterns must be set."""
    patterns = {"type": "list", "elements": "str", "aliases": ["pattern"]}
    return {
        "patterns": {**patterns, "required": True} if required else patterns,
        "excludes": {"type": "list", "elements": "str", "aliases": ["exclude"]},
        "use_regex": {"type": "bool", "default": False},
    }


def order_argument_spec() -> Spec:
    """Return the options that define the newest releases."""
    return {
        "order": {"type": "str", "choices": ["date", "version"], "default": "date"},
        "group_by": {"type": "str"},
        "prereleases": {"type": "bool", "default": True},
    }


def signed_by_argument_spec() -> Spec:
    """Return the options of modules that verify a manifest."""
    return {"signed_by": {"type": "list", "elements": "str"}, "signature": {"type": "str"}}


def signing_argument_spec() -> Spec:
    """Return the options of modules that sign a manifest."""
    return {
        **signed_by_argument_spec(),
        "signing_key": {"type": "str", "no_log": False},
        "signature_format": {"type": "str", "choices": ["openpgp", "ssh"], "default": "openpgp"},
        "signing_passphrase": {"type": "str", "no_log": True},
        "gnupg_home": {"type": "path"},
    }


def commit_argument_spec() -> Spec:
    """Return the option of modules that record the source commit of a release."""
    return {"commit": {"type": "str", "fallback": (env_fallback, ["BITBUCKET_COMMIT"])}}


def parallel_argument_spec() -> Spec:
    """Return the option of modules that run several requests concurrently."""
    return {"parallel": {"type": "int", "default": 4}}


def limit_rate_argument_spec() -> Spec:
    """Return the option of modules that send or fetch artifacts."""
    return {"limit_rate": {"type": "str"}}

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look at the arguments of a task before AnsibleModule converts them: its texts of other values are those of Python.

A dictionary as ``content`` is what a template such as ``{{ settings }}`` returns, on ansible-core 2.18 even one whose text only
looks like JSON. It becomes JSON, as in ansible.builtin.copy.
"""

from __future__ import annotations

import json
import typing as t

Spec = t.Mapping[str, t.Mapping[str, t.Any]]

_TEXTS = ("str", "path")
_NAMES = ("name", "manifest", "signature")
_NUMBERS = ("content", "limit_rate")  # a number is text here, or refused by the option itself
# A key can have commas, at which Ansible would split it. No value, as an empty variable gives it, is no key, which is an error,
# and not a task that verifies nothing.
_WHOLE = ("signed_by",)
_KEYS = ("signing_key", "signed_by")
_SHAPE = (
    "files must be a list of dictionaries, each with name and one of content, content_base64 and src. For example:"
    " files: [{name: notes.md, content: text}, {name: logo.png, src: images/logo.png}]"
)


class Given:
    """The arguments as AnsibleModule may convert them; ``refusal`` says why they are refused, empty if they are not."""

    def __init__(self, spec: Spec, arguments: t.Mapping[str, t.Any]) -> None:
        self.refusal = ""
        self.arguments = self._prepare(spec, arguments, "")

    def _prepare(self, spec: Spec, arguments: t.Mapping[str, t.Any], prefix: str) -> dict[str, t.Any]:
        options = {alias: option for option, found in spec.items() for alias in (option, *found.get("aliases", ()))}
        return {
            name: self._prepare_value(options[name], spec[options[name]], value, prefix) if name in options else value
            for name, value in arguments.items()
        }

    def _prepare_value(self, option: str, spec: t.Mapping[str, t.Any], value: t.Any, prefix: str) -> t.Any:
        if option in _WHOLE and (value is None or isinstance(value, str)):
            return [] if value is None else [value]
        if option == "content" and isinstance(value, (dict, list)):
            return json.dumps(value)
        if "options" in spec and spec.get("type") == "list":
            return self._prepare_files(spec["options"], value)
        if spec.get("type") in _TEXTS and "choices" not in spec:
            self._require_text(option, value, prefix)
        elif spec.get("type") == "list" and spec.get("elements") in _TEXTS:
            for item in value if isinstance(value, list) else [value]:
                self._require_text(option, item, prefix)
        return value

    def _prepare_files(self, spec: Spec, value: t.Any) -> t.Any:
        items = [value] if isinstance(value, str) else value
        if value is None:
            return None
        if not isinstance(items, list) or not all(_is_file(item, spec) for item in items):
            self.refusal = self.refusal or _SHAPE
            return []
        return [self._prepare(spec, item, "files: ") if isinstance(item, dict) else item for item in items]

    def _require_text(self, option: str, value: t.Any, prefix: str) -> None:
        """Refuse what YAML makes of some words without quotes. No value is shown: it might be a secret."""
        numbers = (int, float) if option in _NAMES else float
        if isinstance(value, bool):
            kind = "a boolean, as YAML reads unquoted true and yes"
        elif isinstance(value, numbers) and option not in _NUMBERS:
            kind = "a number, which loses leading and trailing zeros in YAML"
        else:
            return
        self.refusal = self.refusal or f"{prefix}{option} must be a string, but it is {kind}. Put it in quotes"


def find_private_keys(arguments: t.Mapping[str, t.Any]) -> set[str]:
    """Return the private keys that were passed as text. They are refused, and results must not show them."""
    values = [arguments.get(name) for name in _KEYS]
    texts = [text for value in values for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
    return {text for text in texts if "PRIVATE KEY" in text}


def _is_file(item: t.Any, spec: Spec) -> bool:
    """Whether AnsibleModule can tell what is wrong, if anything is; a text may be ``name=notes.md content=text``."""
    if isinstance(item, dict):
        return "name" in item or item.keys() <= spec.keys()
    return isinstance(item, str) and "=" in item

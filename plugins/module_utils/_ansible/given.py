# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the arguments of a task or a lookup before Ansible converts them to strings in Python's format.

A template such as ``{{ settings }}`` can return a dictionary as ``content``. In ansible-core 2.18, even a text that looks like
JSON becomes one. It is converted to JSON, as in ansible.builtin.copy.
"""

from __future__ import annotations

import json
import typing as t

Spec = t.Mapping[str, t.Mapping[str, t.Any]]

_TEXTS = ("str", "path")
_NAMES = ("name", "manifest", "signature")
_NUMBERS = ("content", "limit_rate")  # a number is accepted as text, or refused by the option itself
# Ansible would split a key at its commas. An empty value, for example from an empty variable, becomes an empty list. That is an
# error, so that no task skips verification by mistake.
_WHOLE = ("signed_by",)
_KEYS = ("signing_key", "signed_by")
_SHAPE = (
    "files must be a list of dictionaries, each with name and one of content, content_base64 and src. For example:"
    " files: [{name: notes.md, content: text}, {name: logo.png, src: images/logo.png}]"
)


class Given:
    """The prepared arguments for AnsibleModule. ``refusal``: why they are refused, or an empty text."""

    def __init__(self, spec: Spec, arguments: t.Mapping[str, t.Any]) -> None:
        self.refusal = ""
        self.arguments = self._prepare(spec, arguments, "")

    def _prepare(self, spec: Spec, arguments: t.Mapping[str, t.Any], prefix: str) -> dict[str, t.Any]:
        options = {alias: option for option, found in spec.items() for alias in (option, *found.get("aliases", ()))}
        return {
            name: self._prepare_value(options[name], spec[options[name]], value, prefix) if name in options else value
            for name, value in arguments.items()
            if value is not None or name not in options or _needs_value(options[name], spec[options[name]])
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
        if not isinstance(items, list) or not all(_is_file(item, spec) for item in items):
            self.refusal = self.refusal or _SHAPE
            return []
        return [self._prepare(spec, item, "files: ") if isinstance(item, dict) else item for item in items]

    def _require_text(self, option: str, value: t.Any, prefix: str) -> None:
        """Refuse values that are no text. The message never shows a value, which might be secret."""
        kind = _describe_other_type(option, value)
        if kind and not self.refusal:
            self.refusal = f"{prefix}{option} must be a string, but it is {kind}"


def _describe_other_type(option: str, value: t.Any) -> str | None:
    """Return the type of a value that is no text, with advice if YAML has converted it from unquoted text."""
    numbers = (int, float) if option in _NAMES else float
    if isinstance(value, bool):
        return "a boolean, as YAML reads unquoted true and yes. Put it in quotes"
    if isinstance(value, numbers) and option not in _NUMBERS:
        return "a number, which loses leading and trailing zeros in YAML. Put it in quotes"
    if isinstance(value, list):
        return "a list"
    return "a dictionary" if isinstance(value, dict) else None


def _needs_value(option: str, spec: t.Mapping[str, t.Any]) -> bool:
    """Return whether null is not the same as no value. AnsibleModule counts null as set where it compares options."""
    return option in _WHOLE or bool(spec.get("required")) or "default" in spec or "fallback" in spec


def find_private_keys(arguments: t.Mapping[str, t.Any]) -> set[str]:
    """Return private keys that were passed as text. The modules refuse them, and results must not show them."""
    values = [arguments.get(name) for name in _KEYS]
    texts = [text for value in values for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
    return {text for text in texts if "PRIVATE KEY" in text}


def _is_file(item: t.Any, spec: Spec) -> bool:
    """Return whether AnsibleModule can validate the item. A text can be ``name=notes.md content=text``."""
    if isinstance(item, dict):
        return "name" in item or item.keys() <= spec.keys()
    return isinstance(item, str) and "=" in item

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse a YAML document into JSON-compatible values.

A few hundred bytes of aliases can expand to billions of values, which Ansible would copy one by one.
"""

from __future__ import annotations

import datetime
import typing as t

import yaml

# Maximum number of values that aliases can add. Values without aliases are not limited.
MAX_ALIASED = 100_000
_CHARACTERS = 16  # of text that count as one value


def parse_yaml(text: str) -> t.Any:
    """Return the value of the document, None for an empty one. Raise ValueError with a message on one line."""
    try:
        return _convert(_construct(text))
    except yaml.YAMLError as exc:
        raise ValueError(" ".join(str(exc).split())) from exc
    except (LookupError, AttributeError, TypeError) as exc:  # raised by constructors for scalars with a wrong tag
        raise ValueError("a value does not match its tag") from exc


def _construct(text: str) -> t.Any:
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _require_bounded(node)
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _require_bounded(root: yaml.Node) -> None:
    """Raise ValueError if aliases, including merge keys, expand to too many values."""
    sizes: dict[int, int] = {}
    own = 0

    def measure(node: yaml.Node) -> int:
        nonlocal own
        if id(node) in sizes:
            if not sizes[id(node)]:
                raise ValueError("an anchor contains an alias of itself")
            return sizes[id(node)]
        sizes[id(node)] = 0
        own_size = 1 + (len(node.value) // _CHARACTERS if isinstance(node.value, str) else 0)
        own += own_size
        sizes[id(node)] = own_size + sum(measure(child) for child in _list_children(node))
        return sizes[id(node)]

    if measure(root) - own > MAX_ALIASED:
        raise ValueError(f"its aliases expand to more than {MAX_ALIASED} values")


def _list_children(node: yaml.Node) -> t.Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value


def _convert(value: t.Any) -> t.Any:
    """Return the value with times as ISO 8601 text, as Ansible passes them to modules. Raise ValueError for unsupported types."""
    if isinstance(value, dict):
        return {_convert(key): _convert(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_convert(item) for item in value]
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, bytes):
        raise ValueError("it contains binary data (!!binary), which is not text. Store the data in a separate file")
    if isinstance(value, set):
        raise ValueError("it contains a set (!!set), which JSON does not support. Use a list")
    return value

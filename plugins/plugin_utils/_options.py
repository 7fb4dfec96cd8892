# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the options of a lookup, and choose the variables for options of lookups and modules, without using Ansible."""

from __future__ import annotations

import difflib
import typing as t

from ..module_utils._errors import BadInput
from ..module_utils._text import quoted

# By option, in the format that Ansible reads from the documentation.
Definitions = t.Mapping[str, t.Mapping[str, t.Any]]

_OF_ANSIBLE = ("wantlist", "errors")  # ansible-core 2.18 passes ``wantlist`` for ``with_``

_KINDS = (("access_token",), ("api_token",), ("client_id", "client_secret"))
_CREDENTIALS = ("user", *(name for names in _KINDS for name in names))

# Mutually exclusive options. If the task or lookup sets one, the variables of the others are ignored.
_ALTERNATIVES = ((("snippet_id",), ("title",)), _KINDS)


class Setting(t.NamedTuple):
    """A variable and its value."""

    variable: str
    value: t.Any


def check_options(definitions: Definitions, given: t.Iterable[str]) -> None:
    """Raise BadInput for an unknown option. Ansible ignores it, so a mistyped ``checksum`` would verify nothing."""
    names = sorted(_names(definitions))
    for name in given:
        if name in names or name in _OF_ANSIBLE:
            continue
        nearest = difflib.get_close_matches(name, names, 1)
        advice = f"did you mean {quoted(nearest[0])}?" if nearest else f"the options are {', '.join(names)}"
        raise BadInput(f"There is no option {quoted(name)}: {advice}")


def parse_keys(given: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the options with a single key as a list, because Ansible would split it at its commas. Refuse other types.

    An empty value, such as an undefined default, becomes an empty list. That is an error, and never disables verification.
    """
    if "signed_by" not in given:
        return dict(given)
    keys = given["signed_by"]
    items = [keys] if isinstance(keys, str) else keys or []
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
        raise BadInput("signed_by must be a list of strings: public keys or paths of key files")
    return {**given, "signed_by": list(items)}


def define_options(spec: Definitions) -> dict[str, dict[str, t.Any]]:
    """Return the options of an argument spec in the format of a lookup's documentation. The last variable of an option wins."""
    names = {option: tuple(found.get("aliases", ())) for option, found in spec.items()}
    return {
        option: {"aliases": aliases, "vars": [{"name": f"bitbucket_{name}"} for name in (*aliases, option)]}
        for option, aliases in names.items()
    }


def remove_unset(definitions: Definitions, given: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the given options without empty credentials, which count as not set."""
    names = _names(definitions)
    return {name: value for name, value in given.items() if names.get(name) not in _CREDENTIALS or value not in (None, "")}


def choose_variables(
    definitions: Definitions, given: t.Mapping[str, t.Any], variables: t.Mapping[str, t.Any]
) -> dict[str, t.Any]:
    """Return the variables for options that are not given. Do not access any other variable."""
    names = _names(definitions)
    options = {names[name]: value for name, value in given.items() if name in names}
    ignored = {*options, *_find_excluded(options)}
    wanted = (source["name"] for name in names.values() if name not in ignored for source in definitions[name].get("vars", ()))
    return {name: variables[name] for name in wanted if name in variables}


def resolve_variables(
    definitions: Definitions, variables: t.Mapping[str, t.Any], resolve: t.Callable[[str, t.Any], t.Any]
) -> dict[str, Setting]:
    """Return the variable and the value for each option that a variable sets.

    ``resolve`` returns the value of a variable with its template resolved. The last variable of an option wins, and an empty one
    sets nothing. Raise BadInput, which names the variables, for more than one kind of credentials.
    """
    found = {}
    for option, definition in definitions.items():
        for name in reversed([source["name"] for source in definition.get("vars", ())]):
            value = resolve(name, variables[name]) if name in variables else None
            if value is not None and value != "":
                found[option] = Setting(name, value)
                break
    _check_kinds(found)
    return found


def _check_kinds(found: t.Mapping[str, Setting]) -> None:
    kinds = [[found[option].variable for option in options if option in found] for options in _KINDS]
    chosen = ["/".join(names) for names in kinds if names]
    if len(chosen) > 1:
        raise BadInput(f"More than one kind of credentials is set in variables: {' and '.join(chosen)}. Use only one")


def _names(definitions: Definitions) -> dict[str, str]:
    """Return the option for each name, including aliases."""
    return {
        name: option
        for option, definition in definitions.items()
        if not option.startswith("_")
        for name in (option, *definition.get("aliases", ()))
    }


def _find_excluded(options: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """Yield the alternatives of each option that is set."""
    for alternatives in _ALTERNATIVES:
        chosen = [names for names in alternatives if any(options.get(name) for name in names)]
        if chosen:
            yield from (name for names in alternatives if names not in chosen for name in names)

# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the version of a release in the name of a file, or parse a text that is a version."""

from __future__ import annotations

import functools
import re
import typing as t

from .precedence import Precedence, rank_other, rank_version

_MAX_CACHED = 20_000  # one task needs the version of a name several times
_FLAGS = re.ASCII | re.IGNORECASE
_END = r"(?![0-9a-z])"

_DATE = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?![0-9])"
_DOT = rf"\.(?!(?:7z|7zip|3gp|3g2|3ds|3mf|3dm){_END})"  # file suffixes that begin with a number
_IN_NAME = rf"(?<![0-9])(?:{_DATE}|[0-9]+(?:{_DOT}[0-9]+)+|(?<=(?<![0-9a-z])v)[0-9]+)"
_IN_TEXT = rf"(?:{_DATE}|[0-9]+(?:{_DOT}[0-9]+)*)"

_WORD = (
    r"(?:alpha|beta|prerelease|preview|pre|rc|cr|development|develop|devel|dev|snapshot|nightly|canary|next)"
    r"(?:[0-9][0-9a-z]*|(?![a-z]))"
)
_BEGINNING = rf"(?:{_WORD}|[abc][0-9]+{_END})"
_REVISION = rf"(?=.*\.(?:rpm|deb){_END})-[0-9]"  # of a package, whose versions have no hyphen
_PRERELEASE = rf"(?s)(?P<mark>[-._~]?)(?P<first>{_BEGINNING}(?:-{_DATE}|(?!{_REVISION})(?P=mark)[0-9]+{_END})?)"
_PART = rf"\.([0-9a-z]+){_END}"
_CERTAIN = rf"[0-9]+|{_BEGINNING}|g?(?=[a-f]*[0-9])[0-9a-f]{{7,40}}"
_BUILD = r"\+[0-9a-z]+(?:--+[0-9a-z]+)*"

_IDENTIFIERS = r"[0-9a-z-]+(?:\.[0-9a-z-]+)*"
_SEMVER_TAIL = rf"(?:-(?P<prerelease>{_IDENTIFIERS}))?(?:\+{_IDENTIFIERS})?\Z"
_TEXT_PRERELEASE = rf"[-._~]?(?={_BEGINNING})(?P<prerelease>{_IDENTIFIERS})"
_TEXT_BUILD = rf"\+{_IDENTIFIERS}"

# Parts of names between dots that start the suffix of a file. They do not belong to a pre-release.
_SUFFIX = (
    r"tar|t[gbxz]z2?|tzst|zip|gz|bz2|xz|zst|lz[4a]?|br|7z|rar|cab|cpio|iso|img|qcow2|vmdk|ova|vhdx?"
    r"|deb|u?deb|d?rpm|apk|aab|ipa|app|exe|msix?|dmg|pkg|snap|flatpak|appimage|run|bin|elf|hex"
    r"|jar|war|ear|aar|pom|whl|egg|gem|crate|nupkg|vsix|xpi|crx|phar|wasm|so|dll|dylib|a|lib|pdb|js|mjs|cjs|css|map"
    r"|txt|md|rst|pdf|html?|csv|json|jsonl|json5|xml|ya?ml|toml|ini|cfg|conf|log|sql|sh|ps1|bat|py|pl|rb"
    r"|asc|sig|minisig|sigstore|pem|crt|cer|p7s|md5|sha[0-9]+|md5sums?|sha[0-9]*sums?|checksums?|sums?"
    r"|sbom|spdx|cdx|cyclonedx|intoto|provenance|attestation|manifest|channel|bundle|release|changes?|changelog|notes"
    r"|src|sources?|orig|docs?|javadoc|debug|dbg|dbgsym|symbols|min|full|setup|installer|portable|static|shared|r[0-9]{2}|z[0-9]{2}"
    r"|linux[0-9a-z]*|win(?:dows|nt)?[0-9a-z]*|darwin[0-9a-z]*|mac(?:os)?[0-9a-z]*|osx|android|ios|(?:free|net|open)bsd[0-9]*"
    r"|ubuntu[0-9]*|debian[0-9]*|deb[0-9]+|centos[0-9]*|rhel[0-9]*|rocky[0-9]*|alpine[0-9]*|amzn[0-9]*|sles[0-9]*|suse[0-9]*"
    r"|el[0-9]*|fc[0-9]+|ol[0-9]+|musl|gnu|glibc[0-9]*|noarch|all|any|none|universal[0-9]*|x64|x86|i[3-6]86|amd64|arm[0-9a-z]*"
    r"|aarch64|ppc[0-9a-z]*|s390x?|riscv[0-9]*|mips[0-9a-z]*|cp[0-9]+|py[0-9]*|jdk[0-9]*|jre[0-9]*|node[0-9]*"
)


def _compile(pattern: str) -> t.Pattern[str]:
    """Return the compiled pattern, which ``re`` keeps. Few tasks need all patterns, and compiling all takes 4 ms."""
    return re.compile(pattern, _FLAGS)


class Version(t.NamedTuple):
    """The version of a release. ``text``: as written in the name. ``precedence``: greater for the newer release."""

    text: str
    precedence: Precedence
    is_prerelease: bool = False


@functools.lru_cache(maxsize=_MAX_CACHED)
def find_version(name: str) -> Version | None:
    """Return the version in the name of a file, or None if it has none.

    The version is the first series of numbers joined by dots, ISO date, or number after ``v``, with its pre-release and build.
    """
    for found in _compile(_IN_NAME).finditer(name):
        prerelease = _find_prerelease(name, found.end())
        end = prerelease[1]
        if prerelease[0] or _is_whole(found.group(), name[end : end + 1]):
            text = name[found.start() : _find_build_end(name, end)]
            return Version(text, rank_version(_split(found.group()), prerelease[0]), bool(prerelease[0]))
    return None


@functools.lru_cache(maxsize=_MAX_CACHED)
def read_version(text: str) -> Version | None:
    """Return the version that the complete text is, as ``group_by`` finds it, or None for a text without a number.

    If the text does not start with a version, the first version in it counts, or else its natural order.
    """
    start = 1 if text[:1] in ("v", "V") else 0
    found = _compile(_IN_TEXT).match(text, start) or _compile(_IN_NAME).search(text)
    if not found:
        return Version(text, rank_other(text)) if re.search("[0-9]", text) else None
    prerelease, rest = _split_tail(text[found.end() :], is_semver=found.group().count(".") == 2)
    return Version(text, rank_version(_split(found.group()), prerelease, rest), bool(prerelease))


def _split(numbers: str) -> list[str]:
    return re.split("[.-]", numbers)


def _is_whole(numbers: str, following: str) -> bool:
    """Return whether the text is a version if this character follows it: not ``8`` in ``v8a``."""
    return not numbers.isdigit() or not following.isalpha()


def _find_prerelease(name: str, start: int) -> tuple[str, int]:
    """Return the pre-release at ``start``, empty if there is none, and its end."""
    found = _compile(_PRERELEASE).match(name, start)
    if not found:
        return "", start
    end = _find_parts_end(name, found.end())
    return name[found.start("first") : end], end


def _find_build_end(name: str, start: int) -> int:
    found = _compile(_BUILD).match(name, start)
    return _find_parts_end(name, found.end()) if found else start


def _find_parts_end(name: str, start: int) -> int:
    """Return the end of the parts after dots that belong to a version. The suffix of the file does not belong to it."""
    end = start
    while found := _compile(_PART).match(name, end):
        if not _compile(_CERTAIN).fullmatch(found.group(1)) and (
            found.end() == len(name) or _compile(_SUFFIX).fullmatch(found.group(1))
        ):
            break
        end = found.end()
    return end


def _split_tail(tail: str, is_semver: bool) -> tuple[str, str]:
    """Return the pre-release after the numbers of a version, and the rest, which sorts in natural order.

    ``is_semver``: whether the numbers are those of SemVer, for which any text after a hyphen is a pre-release.
    """
    semver = _compile(_SEMVER_TAIL).match(tail)
    if semver and (is_semver or not semver.group("prerelease")):
        return semver.group("prerelease") or "", ""
    found = _compile(_TEXT_PRERELEASE).match(tail)
    start = found.end() if found else 0
    build = _compile(_TEXT_BUILD).match(tail, start)
    return (found.group("prerelease") if found else ""), tail[build.end() if build else start :]

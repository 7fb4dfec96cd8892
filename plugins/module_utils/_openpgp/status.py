# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge the status lines of gpgv and gpg (doc/DETAILS of GnuPG), which are used instead of the exit status."""

from __future__ import annotations

import datetime
import re
import typing as t

from .._signatures.values import OPENPGP, BadSignature, Proof
from .keys import OpenpgpKeys
from .signature import find_weakness

_PREFIX = "[GNUPG:] "
_FINGERPRINT = re.compile(r"[0-9A-F]{40}\Z")
_TIME = re.compile(r"[0-9]{1,10}\Z")
_CLASS = re.compile(r"[0-9A-Fa-f]{2}\Z")
_DIGEST = re.compile(r"[0-9]{1,3}\Z")

_NO_PUBLIC_KEY, _BAD_DIGEST = "9", "5"
_MAX_SKEW = 300
_MAX_REASONS = 5

FOREIGN = "was made by the key {}, which signed_by does not have"
CHANGED = "does not match: the contents were changed after signing"
_OF_KNOWN_KEY = {
    "BADSIG": CHANGED,
    "EXPSIG": "has expired",
    "EXPKEYSIG": "was made by the key {}, which has expired",
    "REVKEYSIG": "was made by the key {}, which was revoked",
}
# Error codes of libgpg-error in ERRSIG lines.
_ERRORS = {
    "4": "uses an algorithm that the program does not support",
    "6": "was made by the key {}, which is damaged in signed_by, or has no valid signature of its primary key there",
    "39": "has a date before the creation of its key {}",
    "125": "was made by the key {}, which is not allowed to sign",
}


class Valid(t.NamedTuple):
    """A VALIDSIG line: ``fingerprint`` of the key or subkey that signed, ``primary`` of its primary key."""

    fingerprint: str
    primary: str
    time: int
    digest: int
    kind: int


class SignatureStatus(t.NamedTuple):
    """The lines about one signature: their keywords, each with the arguments of its first line, and the VALIDSIG line.

    ``repeated``: whether a deciding keyword occurs more than once, so that the lines are not about one signature.
    """

    words: t.Mapping[str, t.Sequence[str]]
    valid: Valid | None
    repeated: bool = False


class Judgment(t.NamedTuple):
    """The judgment about one signature: the proof, or the reason why it proves nothing.

    ``fatal``: whether it is a bad, expired or revoked signature by a key of signed_by, so that a good signature beside it is not
    accepted.
    """

    proof: Proof | None = None
    reason: str = ""
    fatal: bool = False


def split_status(output: bytes) -> list[list[str]]:
    """Return the words of each status line. Other lines are ignored."""
    lines = output.decode("ascii", "replace").split("\n")
    fields = [line[len(_PREFIX) :].split() for line in lines if line.startswith(_PREFIX)]
    return [each for each in fields if each]


def format_time(seconds: int) -> str:
    """Return a time since 1970 as ISO 8601 in UTC."""
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat()


def parse_status(output: bytes) -> list[SignatureStatus]:
    """Return the lines of ``--status-fd`` for each signature. Lines of any other form are ignored."""
    groups: list[list[list[str]]] = [[]]
    for fields in split_status(output):
        if fields[0] == "NEWSIG":
            groups.append([])
        else:
            groups[-1].append(fields)
    # Lines before the first NEWSIG do not belong to a signature, unless the program never writes NEWSIG.
    return [_create_status(group) for group in (groups[1:] or groups) if group]


def choose_proof(groups: t.Iterable[SignatureStatus], keys: OpenpgpKeys, now: float) -> Proof:
    """Return the key of the good signature among several, see ``choose``. ``now``: in seconds since 1970."""
    return choose([judge(group, keys, now) for group in groups])


def choose(judgments: t.Iterable[Judgment]) -> Proof:
    """Return the proof of the first good signature. Raise BadSignature without one, or with a bad one by a trusted key."""
    judged = list(judgments)
    proofs = [judgment.proof for judgment in judged if judgment.proof]
    reasons = list(dict.fromkeys(judgment.reason for judgment in judged if not judgment.proof))
    fatal = [judgment.reason for judgment in judged if judgment.fatal]
    if proofs and not fatal:
        return proofs[0]
    if proofs:
        raise BadSignature(f"has a good signature, but another signature in it by a key of signed_by {fatal[0]}")
    if not reasons:
        raise BadSignature("has no signature that the program recognizes")
    if len(reasons) == 1:
        raise BadSignature(reasons[0])
    raise BadSignature("has no good signature: one " + "; one ".join(reasons[:_MAX_REASONS]))


def judge(group: SignatureStatus, keys: OpenpgpKeys, now: float) -> Judgment:
    """Return the judgment of the lines about one signature."""
    for word, reason in _OF_KNOWN_KEY.items():
        if word in group.words:
            primary = keys.find_primary(_first(group.words[word]))
            return Judgment(reason=reason.format(primary or _first(group.words[word])), fatal=primary is not None)
    if "ERRSIG" in group.words:
        return Judgment(reason=_explain_error(group.words["ERRSIG"], keys))
    if group.valid is None or "GOODSIG" not in group.words or group.repeated:
        return Judgment(reason="is not confirmed by the program that verified it")
    return _judge_valid(group.valid, keys, now)


def _judge_valid(valid: Valid, keys: OpenpgpKeys, now: float) -> Judgment:
    if keys.find_primary(valid.fingerprint) != valid.primary:
        return Judgment(reason=FOREIGN.format(valid.fingerprint))
    signed_on = format_time(valid.time)
    if valid.time > now + _MAX_SKEW:
        return Judgment(reason=f"has a date in the future, {signed_on}. Compare the clocks of this host and of the signing host")
    weakness = find_weakness(valid.kind, valid.digest)
    return Judgment(reason=weakness) if weakness else Judgment(Proof(OPENPGP, valid.primary, signed_on))


def _create_status(lines: list[list[str]]) -> SignatureStatus:
    words: dict[str, list[str]] = {}
    for word, *arguments in lines:
        words.setdefault(word, arguments)
    deciding = [word for word, *_arguments in lines if word in ("GOODSIG", "VALIDSIG")]
    return SignatureStatus(words, _parse_valid(words.get("VALIDSIG", [])), len(deciding) != len(set(deciding)))


def _parse_valid(fields: t.Sequence[str]) -> Valid | None:
    """Parse VALIDSIG: fingerprint, date, time, expiry, version, reserved, algorithms of key and digest, class, primary."""
    if len(fields) < 10:
        return None
    forms = ((_FINGERPRINT, 0), (_TIME, 2), (_DIGEST, 7), (_CLASS, 8), (_FINGERPRINT, 9))
    if not all(form.match(fields[position]) for form, position in forms):
        return None
    return Valid(fields[0], fields[9], int(fields[2]), int(fields[7]), int(fields[8], 16))


def _explain_error(fields: t.Sequence[str], keys: OpenpgpKeys) -> str:
    """Return the reason of an ERRSIG line: key id, key algorithm, digest algorithm, class, time, code, fingerprint."""
    code = fields[5] if len(fields) > 5 else ""
    fingerprint = fields[6] if len(fields) > 6 and _FINGERPRINT.match(fields[6]) else _first(fields)
    if code == _NO_PUBLIC_KEY and keys.find_primary(fingerprint) is None:
        return FOREIGN.format(fingerprint)
    if code in _ERRORS:
        return _ERRORS[code].format(fingerprint)
    if code == _BAD_DIGEST and len(fields) > 3 and _DIGEST.match(fields[2]) and _CLASS.match(fields[3]):
        return find_weakness(int(fields[3], 16), int(fields[2])) or "uses a digest algorithm that the program rejects"
    return f"cannot be verified by the program (error {code[:10] if code else 'unknown'})"


def _first(fields: t.Sequence[str]) -> str:
    """Return the key ID or fingerprint at the start of a line, or "unknown"."""
    first = fields[0] if fields else ""
    return first if re.match(r"(?:[0-9A-F]{16}|[0-9A-F]{40})\Z", first) else "unknown"

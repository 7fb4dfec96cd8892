# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create or move a channel, or predict the outcome. The channel is sent last, in one POST with its signature, and read back."""

from __future__ import annotations

import typing as t

from .._downloads.api import Downloads, NotStored
from .._downloads.artifact import Listing, manifest_names
from .._downloads.read_back import ReadBack, Stored
from .._downloads.upload import Uploader
from .._errors import BadInput, BitbucketError
from .._files.payload import Payload
from .._manifest.manifest import ManifestSignature
from .._manifest.signed import require_unsigned
from .._outcome import CREATED, REPLACED, UNCHANGED, Outcome, Progress, Result
from .._signatures.values import CannotSign
from .._text import quoted
from .document import Channel
from .plan import ChannelPlan, plan_move
from .prove import ReleaseProver
from .read import KIND, ChannelReader, FoundChannel
from .request import ReleaseRequest, require_small

if t.TYPE_CHECKING:
    from .._signatures.values import Proof
    from .._trust.trust import Trust


class ChannelOptions(t.NamedTuple):
    """Options of the module for one channel."""

    name: str
    trust: Trust | None = None
    parallel: int = 4
    check_mode: bool = False


class _State(t.NamedTuple):
    """The state that a plan is based on. ``found``: the channel, None if it does not exist."""

    listing: Listing
    found: FoundChannel | None
    plan: ChannelPlan


class ChannelMover:
    """Makes one channel name a release."""

    def __init__(self, downloads: Downloads, request: ReleaseRequest, options: ChannelOptions, progress: Progress) -> None:
        self._downloads = downloads
        self._request = request
        self._options = options
        self._progress = progress
        self._reader = ChannelReader(downloads, options.name, options.trust)
        self._prover = ReleaseProver(downloads, request, options.trust, options.parallel, options.check_mode)
        self._uploader = Uploader(downloads)
        self._proof: Proof | None = None

    def run(self) -> Outcome:
        """Create or move the channel if it does not name the release."""
        self._progress.follow(lambda: ({"bytes_sent": self._uploader.bytes_sent}, bool(self._uploader.landings)))
        state = self._downloads.decide(self._examine)
        if state.plan.sends and state.plan.after:
            payloads = self._make_payloads(state.plan.after, state.listing)
            if not self._options.check_mode:
                self._send(payloads, state)
        return self._render(state)

    def _examine(self) -> _State:
        listing = self._prover.list_settled()
        found = self._reader.read(listing)
        request, artifacts = self._request, self._prover.prove(listing)
        requested = Channel(self._options.name, request.version, artifacts, None, request.manifest, request.commit)
        return _State(listing, found, plan_move(found.channel if found else None, requested))

    def _make_payloads(self, channel: Channel, listing: Listing) -> list[Payload]:
        """Return the channel and its signature, if the task signs it. Raise if the task must not change the channel."""
        data = require_small(channel.render())
        payloads = [Payload(self._reader.file, len(data), data=data)]
        try:
            if not (trust := self._options.trust):
                require_unsigned(self._reader.file, listing, KIND.word)
            elif trust.signer is None:
                raise CannotSign("signed_by needs a signature, and the task would change the channel. Set signing_key to sign it")
            else:
                _require_unused(trust.signature, channel)
                payloads.extend(self._sign(trust, data))
        except BitbucketError as exc:
            raise BitbucketError(f"{exc}. Nothing was sent") from exc
        return payloads

    def _sign(self, trust: Trust, data: bytes) -> list[Payload]:
        self._proof = trust.find_key()
        if self._options.check_mode:
            return []
        signature = trust.sign(data)
        self._proof = signature.proof
        return [Payload(trust.signature, len(signature.data), data=signature.data)]

    def _send(self, payloads: t.Sequence[Payload], state: _State) -> None:
        self._uploader.send_together(payloads, state.listing)
        self._progress.begin(f"The channel {quoted(self._options.name)} was sent")
        listing, stored = ReadBack(self._downloads, payloads, state.listing).run()
        pending = [listing]
        listing, found = self._downloads.retries.settle(
            lambda: self._downloads.decide(lambda: self._read(pending.pop() if pending else self._downloads.listing())),
            lambda reading: not _is_same(reading[1], state.found),
        )
        self._require_ours(found, state, stored)
        self._require_complete(listing, state)

    def _read(self, listing: Listing) -> tuple[Listing, FoundChannel | None]:
        return listing, self._reader.read(listing)

    def _require_ours(self, found: FoundChannel | None, state: _State, stored: t.Sequence[Stored]) -> None:
        """Raise if the channel does not name the release of this task, or if the service did not store the uploads."""
        problems = [each.problem for each in stored if each.problem]
        if problems and _is_same(found, state.found):
            raise NotStored(f"The upload was accepted, but {'; '.join(problems)}")
        if found is None:
            raise BitbucketError(f"{quoted(self._reader.file)} does not exist, because another task deleted it at the same time")
        now, ours = found.channel, state.plan.after
        if ours and now.release != ours.release:
            what = "other artifacts of version" if now.version == ours.version else "version"
            raise BitbucketError(f"it names {what} {now.version}, because another publisher moved it at the same time")

    def _require_complete(self, listing: Listing, state: _State) -> None:
        """Raise if an artifact of the release was deleted, or replaced with other contents, while the task ran."""
        broken = []
        for named in state.plan.after.artifacts if state.plan.after else ():
            artifact, before = listing.get(named.name), state.listing.get(named.name)
            if artifact is None:
                lost = not self._downloads.exists(named.name)
            else:
                lost = before is None or (artifact.identity != before.identity and self._prover.hash(artifact) != named.sha256)
            broken.extend([named.name] if lost else [])
        if broken:
            names = ", ".join(map(quoted, broken))
            raise BitbucketError(f"its release is incomplete, because another task deleted or replaced artifacts: {names}")

    def _render(self, state: _State) -> Outcome:
        plan = state.plan
        before, after = plan.describe()
        results: Result = {"status": plan.status, "previous": plan.previous, "channel": plan.after and plan.after.describe()}
        results["bytes_sent"] = self._uploader.bytes_sent
        if self._options.trust:
            results["signature"] = self._describe_signature(state, self._options.trust)
        return Outcome(results, changed=plan.sends, before=before, after=after)

    def _describe_signature(self, state: _State, trust: Trust) -> Result:
        if state.plan.sends:
            signature = ManifestSignature(trust.signature, trust.verifier.format, None, self._proof)
            return signature.describe(REPLACED if trust.signature in state.listing else CREATED)
        found = state.found.signature if state.found else None
        return found.describe(UNCHANGED) if found else {}


def _require_unused(signature: str, channel: Channel) -> None:
    """Raise BadInput if the signature would replace an artifact or the manifest of the release."""
    if signature in {*(artifact.name for artifact in channel.artifacts), *manifest_names(channel.manifest)}:
        raise BadInput(
            f"signature {quoted(signature)} is the name of an artifact or of the manifest of the release. Set another name"
        )


def _is_same(found: FoundChannel | None, before: FoundChannel | None) -> bool:
    """Return whether two readings have the same document."""
    return (found and found.channel) == (before and before.channel)

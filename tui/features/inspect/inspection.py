"""The inspector: facts as they arrive, with the findings so far."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

import msgspec

from tui.aws.control_plane import ControlPlane
from tui.core.facts import (
    AccessVerdict,
    DeniedFact,
    Fact,
    FactName,
    FactSection,
    FactValue,
    Finding,
    FindingSeverity,
    Instant,
    KnownFact,
    Lifecycle,
    Pairs,
    Size,
    Text,
    UnknownFact,
)
from tui.core.identity import LOCAL_LABEL, Identity
from tui.core.location import Location
from tui.core.network import EffectiveEndpoint
from tui.core.policy import Cause, Evaluation, LayerKind
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.inspect import condition_rules, owner_rules, path_rules, policy_rules
from tui.features.inspect.fact_requests import path_request, requests_about, requests_of
from tui.features.inspect.lifecycle import Subject, read_lifecycle
from tui.policies.access import access
from tui.policies.asking import Asker, AskNetworkPath, FactReply, FactRequest, KeptReplies, Question, ServiceBucket
from tui.policies.evidence import Evidence, EvidenceContext
from tui.policies.head_facts import NO_BUCKET, NO_OBJECT
from tui.stores.base import Store
from tui.stores.local.disk_errors import to_the_end
from tui.stores.local.disk_names import DiskEntry, describe

InspectionStep = tuple[list[Fact], list[Finding] | None]
"""Facts that arrived together, and all findings so far; None: the findings have not changed."""


@dataclass(frozen=True, slots=True)
class Means:
    """What finds facts besides the stores. `kept`: recent replies about buckets."""

    control: ControlPlane | None = None
    kept: KeptReplies | None = None
    find_path: AskNetworkPath | None = None
    """Finds the network path of the requests of `mine`; None: do not look."""


async def inspect(
    location: Location,
    mine: Store,
    other: Store | None,
    context: EvidenceContext,
    means: Means = Means(),  # it is frozen
    *,
    sections: Collection[FactSection] = (),
    known: Sequence[Fact] = (),
) -> AsyncGenerator[InspectionStep, None]:
    """Find facts about a location: first those that the findings need, then the rest of `sections`.

    `known` are the facts of an earlier call: then only the rest of `sections` is requested. `mine` and `other` are the
    stores of `context.mine` and `context.other`. The other identity is asked only if the first one is denied, and only
    if it is a different identity at the same service. A name may arrive again: show the latest fact of each name.
    Without `context.now`, the current time counts. Close the generator to stop. Raises no `ProblemError`.
    """
    if not location.bucket:
        return
    if location.is_local:
        async with aclosing(local_facts(location)) as found:
            async for fact in found:
                yield [fact], []
        return
    context = replace(context, now=context.now or time.time())
    asking = _Inspection(location, mine, other, context, means, list(known))
    if not known:
        async with aclosing(asking.first()) as updates:
            async for update in updates:
                yield update
    if requests := requests_of(location, sections):
        async with aclosing(asking.later(requests)) as updates:
            async for update in updates:
                yield update


class _Inspection:
    """One inspection, and its facts so far."""

    def __init__(
        self,
        location: Location,
        mine: Store,
        other: Store | None,
        context: EvidenceContext,
        means: Means,
        facts: list[Fact],
    ) -> None:
        partner = _partner(mine, other, context)
        self._location, self._means, self._facts = location, means, facts
        self._context = context if partner else replace(context, other=None)
        self._mine, self._other = mine, partner

    async def first(self) -> AsyncGenerator[InspectionStep, None]:
        findings: list[Finding] | None = None
        async with aclosing(gather(self._gathering(), requests_about(self._location))) as arriving:
            async for facts in arriving:
                news = self._take(facts)
                now = diagnose(self._facts, self._location, self._context)
                yield news, now if now != findings else None
                findings = now

    async def later(self, requests: Sequence[FactRequest]) -> AsyncGenerator[InspectionStep, None]:
        async with aclosing(gather(self._gathering(), requests)) as arriving:
            async for facts in arriving:
                yield self._take(facts), None

    def _gathering(self) -> Gathering:
        evidence = Evidence(self._location, self._facts, self._context)
        owner, region = evidence.bucket_owner, evidence.endpoint.signing_region if evidence.endpoint else ""
        return Gathering(
            self._location,
            self._asker(self._context.mine, self._mine, region),
            self._asker(self._context.other, self._other, region) if self._context.other and self._other else None,
            self._context.account(owner) if owner else "",
            self._means.kept,
            self._means.find_path,
        )

    def _asker(self, identity: Identity, store: Store, region: str) -> Asker:
        return Asker(identity.label, store, identity.connection, identity.account, self._means.control, region)

    def _take(self, arrived: Sequence[Fact]) -> list[Fact]:
        """Keep new facts; return them, and the older facts that they change.

        Owners, tags and the endpoint arrive in any order, and each may change what a statement or rule means.
        """
        self._facts += arrived
        evidence = Evidence(self._location, self._facts, self._context)
        read = (_policy(evidence), _lifecycle(evidence))
        again = [fact for fact in read if fact and self._replace(evidence, fact)]
        names = {fact.name for fact in again}
        return [*(fact for fact in arrived if fact.name not in names or not isinstance(fact.state, KnownFact)), *again]

    def _replace(self, evidence: Evidence, fact: Fact) -> bool:
        """Replace a fact; return whether it has changed."""
        before = evidence.fact(fact.name)
        if before is None or before == fact:
            return False
        self._facts[self._facts.index(before)] = fact
        return True


def _partner(mine: Store, other: Store | None, context: EvidenceContext) -> Store | None:
    """The store of the other pane's identity, if it may find out more than the first one."""
    identity = context.other
    if other is None or identity is None or identity.connection == context.mine.connection:
        return None
    return other if other.endpoint == mine.endpoint else None


def _policy(evidence: Evidence) -> Fact | None:
    """The bucket policy, read for the inspected pane's identity with all facts so far."""
    mine = evidence.context.mine
    reading = evidence.reading(mine)
    return _reread(evidence, FactName.POLICY, msgspec.structs.replace(reading, whose=mine.label)) if reading else None


def _lifecycle(evidence: Evidence) -> Fact | None:
    found = evidence.value(FactName.LIFECYCLE, Lifecycle)
    return _reread(evidence, FactName.LIFECYCLE, read_lifecycle(found.rules, _subject(evidence))) if found else None


def _subject(evidence: Evidence) -> Subject:
    size, modified = evidence.value(FactName.SIZE, Size), evidence.value(FactName.MODIFIED, Instant)
    tags = evidence.value(FactName.TAGS, Pairs)
    versioning = evidence.text(FactName.VERSIONING)
    return Subject(
        evidence.location.key,
        evidence.location.is_prefix,
        size.bytes if size else None,
        modified.seconds if modified else None,
        tags.pairs if tags else [] if evidence.absent(FactName.TAGS) else None,
        evidence.text(FactName.STORAGE_CLASS),
        versioning.startswith("Enabled") if versioning else None,
        evidence.context.now or 0.0,
    )


def _reread(evidence: Evidence, name: FactName, value: FactValue) -> Fact | None:
    fact = evidence.fact(name)
    return msgspec.structs.replace(fact, state=KnownFact(value)) if fact else None


# The findings. Pure: facts in, findings out; a new piece of knowledge is one more rule.
#
# For a denied request, the inspector shows what ``explain``, the viewer and ``cat`` show: the evaluation of the request
# replaces the findings of the rules.

FindingRule = Callable[[Evidence], Iterable[Finding]]
"""Returns nothing if it has nothing to report. A fact that is missing, denied or unknown proves nothing."""

RULES: tuple[FindingRule, ...] = (
    path_rules.missing,
    owner_rules.foreign_owned,
    policy_rules.denies,
    path_rules.endpoint_denies,
    policy_rules.read_denied,
    policy_rules.wrong_resource,
    condition_rules.source_ip,
    policy_rules.unreadable,
    owner_rules.public_policy,
    owner_rules.public_acl,
    path_rules.archived,
    path_rules.encryption,
    policy_rules.let_in,
    policy_rules.no_way_in,
    owner_rules.foreign_writers,
    policy_rules.unasked,
    path_rules.through_endpoint,
    path_rules.private,
    path_rules.global_host,
    path_rules.configured,
    path_rules.gateway_unknown,
    path_rules.gateway_unused,
    owner_rules.no_external_id,
    owner_rules.acls_off,
    owner_rules.one_owner,
)
"""All rules. Findings of the same severity keep this order."""

_ORDER = list(FindingSeverity)

_OWNED = "foreign-owned"
_OF_DENIALS = (_OWNED, "policy-resource")
"""Rules that give a possible reason for a denial, without a verdict."""

_EVIDENCE = {
    LayerKind.BUCKET_POLICY: [FactName.POLICY, FactName.BUCKET_OWNER],
    LayerKind.OWNER: [FactName.OBJECT_OWNER, FactName.BUCKET_OWNER, FactName.OWNERSHIP],
    LayerKind.ACL: [FactName.GRANTS],
    LayerKind.KEY: [FactName.ENCRYPTION],
    LayerKind.ENDPOINT: [FactName.ENDPOINT],
}


def diagnose(facts: Sequence[Fact], location: Location, context: EvidenceContext) -> list[Finding]:
    """All findings on a location, worst first. Each rule uses the facts that there are."""
    evidence = Evidence(location, facts, context)
    return by_severity(finding for rule in RULES for finding in rule(evidence))


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: _ORDER.index(finding.severity))


def to_explain(evidence: Evidence) -> list[Identity]:
    """The inspected pane's identity unless it surely may read, and each other one if it was refused.

    Listing is not included: whether it is denied depends on the prefix.
    """
    known = {one.label: access(evidence, one) for one in evidence.context.identities}
    mine = evidence.context.mine
    return [
        one
        for one in evidence.context.identities
        if (known[one.label].verdict is AccessVerdict.DENIED and known[one.label].live)
        or (one is mine and known[one.label].verdict is not AccessVerdict.ALLOWED)
    ]


def explained(findings: Iterable[Finding], evaluations: Sequence[Evaluation]) -> list[Finding]:
    """The findings, with those on a denied request replaced by its cause and remedy."""
    known = [
        (one, one.cause) for one in evaluations if one.cause and (one.missing or one.verdict is AccessVerdict.DENIED)
    ]
    others = [each for each in findings if not any(_on(each, *denial) for denial in known)]
    told: list[Finding] = []
    for denial in known:
        if (finding := _finding(*denial)) not in told:  # report once that something does not exist
            told.append(finding)
    return by_severity([*told, *others])


def _finding(one: Evaluation, cause: Cause) -> Finding:
    if one.missing:
        return Finding(f"no-{one.missing.value}", FindingSeverity.ERROR, cause.words, [FactName.SIZE])
    rule = _OWNED if LayerKind.OWNER in cause.layers else "denied"
    facts = [fact for layer in cause.layers for fact in _EVIDENCE.get(layer, [])]
    names = list(dict.fromkeys(facts))
    return Finding(rule, FindingSeverity.ERROR, cause.words, names, one.remedy, one.identity, one.action, one.verdict)


def _on(finding: Finding, one: Evaluation, cause: Cause) -> bool:
    """Whether a finding is about the same denial."""
    if one.missing and finding.rule == f"no-{one.missing.value}":
        return True
    if finding.identity == one.identity and finding.action == one.action:
        return finding.verdict is not AccessVerdict.ALLOWED
    if finding.rule == _OWNED:
        return LayerKind.OWNER in cause.layers
    return finding.rule in _OF_DENIALS


AT_ONCE = 6
"""Maximum concurrent requests for one location."""

_LASTING = (ProblemKind.DENIED, ProblemKind.UNSUPPORTED)
"""Refusals that an immediate retry would repeat."""

_NOBODY = "no identity of the bucket owner's account is connected"
_NO_OWNER = "it is not known which account owns the bucket"

_MISSING = {ProblemKind.NO_SUCH_BUCKET: NO_BUCKET, ProblemKind.NO_SUCH_KEY: NO_OBJECT}


@dataclass(frozen=True, slots=True)
class Gathering:
    """Who asks about a location. `kept`: recent replies about its bucket; `owner_account`: empty if unknown."""

    location: Location
    mine: Asker
    other: Asker | None = None
    owner_account: str = ""
    kept: KeptReplies | None = None
    find_path: AskNetworkPath | None = None
    """Called once the endpoint is known."""
    clock: Callable[[], float] = time.time

    @property
    def place(self) -> ServiceBucket:
        return self.mine.store.endpoint, self.location.bucket

    def askers(self, request: FactRequest) -> list[Asker]:
        found = [self.mine] if request.of_mine or self.other is None else [self.mine, self.other]
        return [one for one in found if not request.of_owner or one.account == self.owner_account != ""]

    def question(self, request: FactRequest, names: Sequence[FactName]) -> Question:
        other = self.other.connection if self.other else ""
        return self.mine.connection, other, request.operation, *names


async def gather(what: Gathering, requests: Sequence[FactRequest]) -> AsyncGenerator[list[Fact], None]:
    """Send these requests at once; return facts as they arrive, in lists of those that arrived together.

    If `mine` is denied a fact that `other` gets, it comes twice, the refusal first. Closing the generator cancels the
    requests. Never raises `ProblemError`: a failure is a fact that is denied or unknown.
    """
    semaphore = asyncio.Semaphore(AT_ONCE)
    pending = {asyncio.create_task(_answered(what, request, semaphore, request.names)) for request in requests}
    try:
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            replies = [task.result() for task in done]
            for reply in replies:
                following = reply.request.instead
                names = tuple(name for name in following.names if name in reply.open) if following else ()
                if following and names:
                    pending.add(asyncio.create_task(_answered(what, following, semaphore, names)))
            facts = [fact for reply in replies for fact in reply.facts]
            if asking := _path_request(what, facts):
                pending.add(asyncio.create_task(_answered(what, asking, semaphore, asking.names)))
            if facts:
                yield facts
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


def _path_request(what: Gathering, facts: Sequence[Fact]) -> FactRequest | None:
    values = (fact.state.value for fact in facts if isinstance(fact.state, KnownFact))
    endpoint = next((value for value in values if isinstance(value, EffectiveEndpoint)), None)
    return path_request(what.find_path, endpoint) if what.find_path and endpoint else None


async def _answered(
    what: Gathering, request: FactRequest, semaphore: asyncio.Semaphore, names: tuple[FactName, ...]
) -> FactReply:
    """A recent reply to a request, or a new one."""
    kept = what.kept if request.of_bucket else None
    question = what.question(request, names)
    if kept and (known := kept.find(what.place, question)):
        return known
    reply = await _put(what, request, semaphore, names)
    if kept and reply.lasting:
        kept.keep(what.place, question, reply)
    return reply


async def _put(
    what: Gathering, request: FactRequest, semaphore: asyncio.Semaphore, names: tuple[FactName, ...]
) -> FactReply:
    """Send one request, as one identity after the other until one gets an answer."""
    refusals: list[list[Fact]] = []
    lasting = True
    askers = what.askers(request)
    if not askers:
        unasked = UnknownFact(_NOBODY if what.owner_account else _NO_OWNER)
        return FactReply([Fact(name, unasked, request.operation, "") for name in names], (), request, lasting=False)
    for asker in askers:
        try:
            async with semaphore:
                answers = await request.ask(asker, what.location)
        except ProblemError as error:
            lasting = lasting and error.problem.kind in _LASTING
            refusals.append(_refused(request, names, error.problem, asker, what.clock()))
            if not error.problem.kind.meaning.personal:
                break
            continue
        if answers:
            asked = what.clock()
            known = [Fact(name, state, request.operation, asker.label, asked) for name, state in answers.items()]
            shown = [fact for refusal in refusals for fact in refusal]
            return FactReply([*shown, *known], (), request, lasting)
    # The inspected pane's own refusal comes last, because the last one is shown.
    return FactReply([fact for refusal in reversed(refusals) for fact in refusal], names, request, lasting)


def _refused(
    request: FactRequest, names: Sequence[FactName], problem: Problem, asker: Asker, asked: float
) -> list[Fact]:
    if request.quiet:
        return []
    state: DeniedFact | UnknownFact
    if problem.kind is ProblemKind.DENIED:
        state = DeniedFact(problem.permission or request.permission)
    else:
        state = UnknownFact(_MISSING.get(problem.kind) or problem.sentence())
    return [Fact(name, state, request.operation, asker.label, asked) for name in names]


OPERATION = "stat"


async def local_facts(location: Location) -> AsyncGenerator[Fact, None]:
    """Path, size, time, mode, and the target of a link; or why the file cannot be read."""
    try:
        described = await to_the_end(describe, location.bucket, location.key)
    except ProblemError as error:
        yield Fact(FactName.PATH, UnknownFact(error.problem.sentence()), OPERATION, LOCAL_LABEL)
        return
    for name, value in _values(described).items():
        yield Fact(name, KnownFact(value), OPERATION, LOCAL_LABEL)


def _values(described: DiskEntry) -> dict[FactName, FactValue]:
    values: dict[FactName, FactValue] = {
        FactName.MODIFIED: Instant(described.modified),
        FactName.PATH: Text(described.path),
        FactName.MODE: Text(described.mode),
    }
    if described.size is not None:
        values[FactName.SIZE] = Size(described.size)
    if described.leads_to:
        values[FactName.LEADS_TO] = Text(described.leads_to)
    return values

"""The value of a fact as lines of text, or why it is not known. Pure."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence

from tui.core.facts import (
    SECTIONS,
    AbsentFact,
    Applies,
    DeniedFact,
    Fact,
    FactName,
    FactSection,
    FactValue,
    Grant,
    Grants,
    Instant,
    KnownFact,
    Lifecycle,
    OwnedBy,
    OwnershipSetting,
    Pairs,
    PolicyReading,
    RuleReading,
    Size,
    StatementReading,
    Text,
    UnknownFact,
)
from tui.core.identity import AddressBook
from tui.core.network import Certainty, EffectiveEndpoint, NetworkPath
from tui.text.format import MINUTE, StyledLine, Tone, counted, number, outside, size_exact, time_full, visible
from tui.text.listing_lines import owner_name, short_name

KEY_ACCOUNT = "key account"
"""The account of a KMS key, among the values of a default encryption."""

WORTH_SAYING = 5.0
"""Seconds from which on a fact's age is shown."""

PUBLIC_GROUPS = ("AllUsers", "AuthenticatedUsers")

APPLIES_MARKS = {Applies.YES: ("✓ ", Tone.GOOD), Applies.NO: ("✗ ", Tone.MUTED), Applies.MAYBE: ("? ", Tone.WARNING)}


def shown_in(
    section: FactSection, facts: Mapping[FactName, Fact], awaited: Collection[FactName] = ()
) -> list[FactName]:
    """The facts of a section that are known or awaited; without HeadObject's lock if other facts say all of it."""
    names = [name for name in SECTIONS[section] if name in facts or name in awaited]
    return [name for name in names if name is not FactName.LOCK or not _says_all_of_the_lock(facts)]


def _says_all_of_the_lock(facts: Mapping[FactName, Fact]) -> bool:
    lock = facts[FactName.LOCK].state if FactName.LOCK in facts else None
    held = isinstance(lock, KnownFact) and isinstance(lock.value, Pairs) and "event hold" in dict(lock.value.pairs)
    states = [facts[name].state for name in (FactName.RETENTION, FactName.LEGAL_HOLD) if name in facts]
    return not held and len(states) == 2 and all(isinstance(state, KnownFact | AbsentFact) for state in states)


def source_of(fact: Fact) -> str:
    """Operation and identity: ``GetObjectAcl as analytics``."""
    return f"{fact.operation} as {fact.identity}" if fact.identity else fact.operation


def oldest(facts: Iterable[Fact], now: float | None) -> str:
    """The age of the oldest fact, such as ``12 s ago``; empty: just now, or not noted."""
    answered = [fact.asked for fact in facts if fact.asked]
    age = (time.time() if now is None else now) - min(answered) if answered else 0.0
    if age < WORTH_SAYING:
        return ""
    return f"{int(age)} s ago" if age < MINUTE else f"{int(age // MINUTE)} min ago"


def value_lines(fact: Fact, book: AddressBook, now: float | None = None, *, read_key: str = "") -> list[StyledLine]:
    """A fact's value, or that it was denied, is absent or unknown; `read_key` reads a policy in full."""
    match fact.state:
        case KnownFact(value=PolicyReading() as policy):
            return _policy(policy, read_key)
        case KnownFact(value=value):
            return _known(value, book, now)
        case DeniedFact(permission=permission):
            return [[outside(f"denied: {permission}", Tone.BAD)]]
        case AbsentFact():
            return [[("none", Tone.MUTED)]]
        case UnknownFact(why=why):
            return [[outside(f"unknown: {why}", Tone.WARNING)]]


def _known(value: FactValue, book: AddressBook, now: float | None) -> list[StyledLine]:
    match value:
        case Text(text=text):
            return [[outside(text)]]
        case Size(bytes=count):
            return [[(size_exact(count), Tone.PLAIN)]]
        case Instant(seconds=seconds):
            return [[(time_full(seconds, now), Tone.PLAIN)]]
        case OwnedBy(owner=owner):
            return [[(owner_name(owner, book), Tone.STRONG)]]
        case Grants(grants=grants):
            return _first([grant_words(grant, book) for grant in grants[:MOST]], grants) or [[("none", Tone.MUTED)]]
        case OwnershipSetting(setting=setting):
            return [[(setting.value, Tone.PLAIN)]]
        case Pairs(pairs=pairs):
            shown = [
                [outside(name, Tone.MUTED), ("  ", Tone.PLAIN), outside(_named(name, text, book))]
                for name, text in pairs[:MOST]
            ]
            return _first(shown, pairs)
        case PolicyReading() | EffectiveEndpoint() | NetworkPath() | Lifecycle():
            return _read(value)


def _read(value: PolicyReading | EffectiveEndpoint | NetworkPath | Lifecycle) -> list[StyledLine]:
    match value:
        case PolicyReading():
            return _policy(value, "")
        case EffectiveEndpoint():
            return endpoint_lines(value)
        case NetworkPath():
            return path_lines(value)
        case Lifecycle(readings=readings):
            return _rules(readings)


def _named(name: str, text: str, book: AddressBook) -> str:
    """The account of a KMS key with its label; other values unchanged."""
    label = book.account_label(text) if name == KEY_ACCOUNT else ""
    return f"{label} ({text})" if label else text


MOST = 100
"""Most entries of a fact that are shown. In S3 only a policy has more (10 tags, 100 grants)."""


def _first(lines: list[StyledLine], entries: Sequence[object]) -> list[StyledLine]:
    more = len(entries) - len(lines)
    return [*lines, [(f"… and {number(more)} more", Tone.WARNING)]] if more > 0 else lines


def grant_words(grant: Grant, book: AddressBook) -> StyledLine:
    """Grantee and permission; a public group is highlighted."""
    name = visible(grant.grantee.id.rsplit("/", 1)[-1]) if grant.is_group else short_name(grant.grantee, book)
    public = grant.is_group and any(group in grant.grantee.id for group in PUBLIC_GROUPS)
    return [(name, Tone.WARNING if public else Tone.PLAIN), ("  ", Tone.PLAIN), outside(grant.permission, Tone.ACCENT)]


def _policy(policy: PolicyReading, read_key: str) -> list[StyledLine]:
    applying = sum(statement.applies is Applies.YES for statement in policy.statements)
    apply = f"{applying or 'none'} {'apply' if applying > 1 else 'applies'}"
    who = f" to {policy.whose}" if policy.whose else ""
    counts = f"{counted(len(policy.statements), 'statement')}, {apply}{who}"
    lines: list[StyledLine] = [[outside(counts, Tone.PLAIN)]]
    if read_key:
        lines[0] += [("   ", Tone.PLAIN), (read_key, Tone.KEY), (" read", Tone.MUTED)]
    if not policy.covers_object:
        lines.append([("does not apply to this object: another account owns it", Tone.WARNING)])
    return lines + _first([_statement(statement) for statement in policy.statements[:MOST]], policy.statements)


def _statement(statement: StatementReading) -> StyledLine:
    mark, tone = APPLIES_MARKS[statement.applies]
    denies = statement.effect.value == "Deny"
    return [
        (mark, Tone.BAD if denies and statement.applies is Applies.YES else tone),
        (statement.effect.value, Tone.BAD if denies else Tone.PLAIN),
        (" ", Tone.PLAIN),
        outside(statement.sid or "(no Sid)"),
        (f" {statement.applies.value}", Tone.MUTED),
        outside(f": {statement.why}" if statement.why else "", Tone.MUTED),
    ]


def _rules(readings: Sequence[RuleReading]) -> list[StyledLine]:
    """All rules, first those that apply or may apply."""
    ordered = sorted(readings, key=lambda reading: reading.applies is Applies.NO)
    shown = [line for reading in ordered[:MOST] for line in _rule(reading)]
    more = len(readings) - MOST
    return [*shown, [(f"… and {number(more)} more", Tone.WARNING)]] if more > 0 else shown


def _rule(reading: RuleReading) -> list[StyledLine]:
    mark, tone = APPLIES_MARKS[reading.applies]
    why = f": {reading.why}" if reading.why else ""
    head: StyledLine = [
        (mark, tone),
        outside(reading.rule.id or "(no ID)"),
        (f" {reading.applies.value}", Tone.MUTED),
        outside(why, Tone.MUTED),
    ]
    return [head, *([("  ", Tone.PLAIN), outside(step)] for step in reading.steps)]


CERTAINTY_TONES = {Certainty.CERTAIN: Tone.GOOD, Certainty.INFERRED: Tone.WARNING, Certainty.UNKNOWN: Tone.WARNING}


def endpoint_lines(endpoint: EffectiveEndpoint) -> list[StyledLine]:
    """URL and address; then why, and how requests get there."""
    address = f" → {endpoint.address}" if endpoint.address else " → not connected yet"
    words = " · ".join([endpoint.reach.value, *_details(endpoint)])
    return [[outside(endpoint.url), outside(address, Tone.STRONG)], [outside(words, Tone.MUTED)]]


def _details(endpoint: EffectiveEndpoint) -> list[str]:
    signed = f"signed for {endpoint.signing_region}"
    if endpoint.signing_name not in ("", "s3"):
        signed += f" as {endpoint.signing_name}"
    source = f"from {endpoint.source.value}"
    found = [signed, source, endpoint.addressing.value if endpoint.addressing else "", *endpoint.options]
    if endpoint.proxy:
        found.append(f"by the proxy {endpoint.proxy}")
    if endpoint.tls:
        found.append(f"{endpoint.tls}, certificate {endpoint.certificate or 'not verified'}")
    return [each for each in found if each]


def path_lines(path: NetworkPath) -> list[StyledLine]:
    """The network path and how certain it is; then why."""
    first: StyledLine = [(path.kind.value, Tone.PLAIN)]
    if path.endpoint:
        first.append(outside(f" {path.endpoint}", Tone.STRONG))
    if path.certainty.value != path.kind.value:
        first.append((f" · {path.certainty.value}", CERTAINTY_TONES[path.certainty]))
    return [first, [outside(path.why, Tone.MUTED)]]


def path_words(path: NetworkPath) -> str:
    words = f"{path.kind.value} {path.endpoint}".strip()
    return words if path.certainty is Certainty.CERTAIN else f"{words} ({path.certainty.value})"

"""The summary of the inspector in three lines: owners, grants, network path. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.core.facts import (
    AbsentFact,
    DeniedFact,
    Fact,
    FactName,
    Grants,
    KnownFact,
    ObjectOwnership,
    OwnedBy,
    OwnershipSetting,
    UnknownFact,
)
from tui.core.identity import AddressBook
from tui.core.location import Location
from tui.core.network import AddressScope, EffectiveEndpoint, NetworkPath, PathKind
from tui.text.fact_lines import grant_words, path_words
from tui.text.format import StyledLine, Tone, bounded, cells, counted, cut_middle, outside, plain
from tui.text.listing_lines import owner_name, short_name

FactsByName = Mapping[FactName, Fact]

REACHES = {
    AddressScope.LOOPBACK: "this machine",
    AddressScope.PRIVATE: "private address",
    AddressScope.PUBLIC: "public address",
    AddressScope.UNKNOWN: "address unknown",
}

_PASSED = (PathKind.GATEWAY, PathKind.INTERFACE, PathKind.PROXY)
"""More informative than the address."""

DOT: StyledLine = [(" · ", Tone.MUTED)]


def summary(
    facts: FactsByName, location: Location, book: AddressBook, width: int | None = None
) -> list[tuple[str, StyledLine]]:
    """Three labels, each with a line of at most `width` cells (None: any length); none for a local file."""
    if not location.kind.has_accounts:
        return []
    return [
        ("owner", fitting(_owners(facts, location, book), width)),
        ("grants", fitting(_grants(facts, location, book), width)),
        ("endpoint", fitting(_endpoint(facts, width), width)),
    ]


def fitting(choices: Sequence[StyledLine], width: int | None) -> StyledLine:
    """The first of `choices`, which get shorter, that fits into `width` cells; else the last one, cut."""
    for line in choices:
        if width is None or cells(plain(line)) <= width:
            return line
    return _cut(choices[-1], width or 0)


def _cut(line: StyledLine, width: int) -> StyledLine:
    kept: StyledLine = []
    for text, tone in line:
        room = width - cells(plain(kept))
        if room < 1:
            break
        kept.append((cut_middle(text, room), tone))
    return kept


def _owners(facts: FactsByName, location: Location, book: AddressBook) -> list[StyledLine]:
    mine, bucket = facts.get(FactName.OBJECT_OWNER), facts.get(FactName.BUCKET_OWNER)
    if location.is_prefix:
        of: StyledLine = [(", of the bucket", Tone.MUTED)] if _owned(bucket) else []
        return [
            [*_owner(bucket, book), *of],
            [*_owner(bucket, book, short=True), *of],
            _owner(bucket, book, short=True),
        ]
    one, other = _owned(mine), _owned(bucket)
    if one and other and one.owner.id == other.owner.id:
        full: StyledLine = [*_owner(mine, book), (", also the bucket's owner", Tone.MUTED)]
        return [full, [*_owner(mine, book, short=True), (", bucket too", Tone.MUTED)]]
    if one and other:
        return [
            [
                ("⚠ ", Tone.WARNING),
                *_owner(mine, book, short=short),
                (f" ≠ {words}", Tone.WARNING),
                *_owner(bucket, book, short=short),
            ]
            for short, words in ((False, "bucket owner "), (True, "bucket owner "), (True, "bucket "), (True, ""))
        ]
    return [
        [*_owner(mine, book, short=short), *DOT, (words, Tone.MUTED), *_owner(bucket, book, short=short)]
        for short, words in ((False, "bucket owner "), (True, "bucket "))
    ]


def _owned(fact: Fact | None) -> OwnedBy | None:
    return (
        fact.state.value
        if fact and isinstance(fact.state, KnownFact) and isinstance(fact.state.value, OwnedBy)
        else None
    )


def _owner(fact: Fact | None, book: AddressBook, *, short: bool = False) -> StyledLine:
    if owned := _owned(fact):
        return [((short_name if short else owner_name)(owned.owner, book), Tone.STRONG)]
    return _unknown(fact)


def _unknown(fact: Fact | None) -> StyledLine:
    match fact.state if fact else None:
        case DeniedFact(permission=permission):
            return [outside(f"denied: {permission}", Tone.BAD)]
        case UnknownFact(why=why):
            return [outside(f"unknown: {why}", Tone.WARNING)]
        case AbsentFact():
            return [("none", Tone.MUTED)]
    return [("…", Tone.MUTED)]


def _grants(facts: FactsByName, location: Location, book: AddressBook) -> list[StyledLine]:
    ownership = facts.get(FactName.OWNERSHIP)
    if ownership and ownership.state == KnownFact(OwnershipSetting(ObjectOwnership.BUCKET_OWNER_ENFORCED)):
        return [[("ACLs off", Tone.STRONG), (" (BucketOwnerEnforced)", Tone.MUTED)]]
    fact = facts.get(FactName.BUCKET_GRANTS if location.is_prefix else FactName.GRANTS)
    state = fact.state if fact else None
    if not isinstance(state, KnownFact) or not isinstance(state.value, Grants):
        return [_unknown(fact)]
    grants = state.value.grants
    if not grants:
        return [[("none", Tone.MUTED)]]
    shown = [_first_grants(state.value, count, book) for count in range(min(len(grants), _MOST), 0, -1)]
    return [*shown, [(counted(len(grants), "grant"), Tone.PLAIN)]]


_MOST = 5


def _first_grants(acl: Grants, count: int, book: AddressBook) -> StyledLine:
    line: StyledLine = []
    for grant in acl.grants[:count]:
        line += [*(DOT if line else []), *grant_words(grant, book)]
    more = len(acl.grants) - count
    return [*line, (f" and {counted(more, 'other')}", Tone.MUTED)] if more else line


def _endpoint(facts: FactsByName, width: int | None) -> list[StyledLine]:
    fact, path = facts.get(FactName.ENDPOINT), facts.get(FactName.NETWORK_PATH)
    state, passed = fact.state if fact else None, path.state if path else None
    if not isinstance(state, KnownFact) or not isinstance(state.value, EffectiveEndpoint):
        return [_unknown(fact)]
    known = passed.value if isinstance(passed, KnownFact) and isinstance(passed.value, NetworkPath) else None
    return endpoint_lines(state.value, width, known)


def endpoint_lines(endpoint: EffectiveEndpoint, width: int | None, path: NetworkPath | None = None) -> list[StyledLine]:
    """URL, address and reason: from the full text to the address with as much of the URL as fits."""
    address = bounded(endpoint.address or "not connected yet")
    reach = bounded(path_words(path)) if path and path.kind in _PASSED else REACHES[endpoint.reach]
    words = [reach, f"from {endpoint.source.value}"]
    whole = [_way(bounded(endpoint.url), address, words[:count]) for count in (2, 1, 0)]
    room = max(8, (width or 0) - cells(f" → {address}"))
    return [*whole, _way(cut_middle(bounded(endpoint.url).partition("://")[2], room), address, [])]


def _way(url: str, address: str, words: list[str]) -> StyledLine:
    why: StyledLine = [(f" · {' · '.join(words)}", Tone.MUTED)] if words else []
    return [(url, Tone.PLAIN), (f" → {address}", Tone.STRONG), *why]

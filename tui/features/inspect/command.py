"""``xs3-tui inspect``: every fact about an object or bucket, and the findings."""

from __future__ import annotations

from contextlib import aclosing
from itertools import zip_longest

import click
import msgspec

from tui.cli.exits import refuse_if, say_json
from tui.cli.identity_options import Typed, identity_options
from tui.cli.json_output import json_option
from tui.cli.parameter_types import ENDPOINT, PROFILE, S3_URI
from tui.cli.running import address_book, connected, connected_other, with_engine
from tui.core.facts import (
    SECTIONS,
    DeniedFact,
    Fact,
    FactName,
    FactSection,
    FactValue,
    Finding,
    Grants,
    KnownFact,
    OwnedBy,
)
from tui.core.identity import AddressBook, Owner
from tui.core.location import Location
from tui.core.problem import Exit, ProblemError
from tui.features.inspect.words import summary
from tui.link.session import EngineAccess
from tui.messages.inspect_requests import Inspect
from tui.messages.listing_requests import ListObjects
from tui.text.fact_lines import shown_in, source_of, value_lines
from tui.text.format import plain, visible

NOTHING_THERE = ("no-object", "no-bucket")


class InspectedJson(msgspec.Struct, frozen=True):
    """All that is known about a bucket or an object."""

    uri: str
    findings: list[Finding]
    facts: list[Fact]


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@click.option("--other", type=PROFILE, help="Second identity, used where the first is denied access.")
@click.option("--other-endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL of the second identity.")
@click.option(
    "--section",
    "sections",
    type=click.Choice([each.value for each in FactSection]),
    multiple=True,
    help="Only the facts of this section. Repeatable.",
)
@json_option(InspectedJson, help="Print one JSON object with all facts and findings.")
@with_engine
async def inspect(engine: EngineAccess, typed: Typed) -> Exit:
    """Show who owns S3_URI and who can access it.

    Prints the owner, grants and endpoint, then findings, then all facts by section. Each fact names the operation and
    the identity it came from.
    """
    location = typed.location
    refuse_if(not location.bucket, "name a bucket or an object: s3://bucket/key")
    sections = tuple(FactSection(each) for each in typed.sections) or tuple(FactSection)
    connection = await connected(engine, typed)
    other = await connected_other(engine, typed)
    facts: dict[FactName, Fact] = {}
    findings: list[Finding] = []
    async for update in engine.follow(Inspect(connection, location, other, sections, fresh=True)):
        facts |= {fact.name: fact for fact in update.facts}
        findings = findings if update.findings is None else update.findings
    book = await address_book(engine)
    if typed.as_json:
        shown = [facts[name] for each in sections for name in SECTIONS[each] if name in facts]
        say_json(InspectedJson(location.uri, findings, [with_names(fact, book) for fact in shown]))
    else:
        _say_first(book, location, facts, findings)
        for each in sections:
            _say_section(book, each, facts)
    ended = _exit(list(facts.values()), findings)
    return ended or await _prefix(engine, connection, location)


async def _prefix(engine: EngineAccess, connection: str, location: Location) -> Exit:
    """NOT_FOUND if no key begins with the prefix; DONE if listing is denied."""
    if not location.in_s3 or not location.key or not location.is_prefix:
        return Exit.DONE
    try:
        async with aclosing(engine.follow(ListObjects(connection, location))) as pages:
            async for page in pages:
                if page.prefixes or page.names:
                    return Exit.DONE
    except ProblemError:
        return Exit.DONE  # the facts show the denial
    click.echo(visible(f"nothing found at {location.uri}"), err=True)
    return Exit.NOT_FOUND


def _exit(facts: list[Fact], findings: list[Finding]) -> Exit:
    """NOT_FOUND if a finding or the disk says so; DENIED if every fact is denied."""
    if facts and all(fact.name is FactName.PATH for fact in facts):
        return Exit.NOT_FOUND  # an existing local file has more facts than its path
    if any(finding.rule in NOTHING_THERE for finding in findings):
        return Exit.NOT_FOUND
    return Exit.DENIED if facts and all(isinstance(fact.state, DeniedFact) for fact in facts) else Exit.DONE


def with_names(fact: Fact, book: AddressBook) -> Fact:
    match fact.state:
        case KnownFact(value=OwnedBy(owner=owner)):
            value: FactValue = OwnedBy(_named(owner, book))
        case KnownFact(value=Grants(grants=grants)):
            value = Grants([msgspec.structs.replace(one, grantee=_named(one.grantee, book)) for one in grants])
        case _:
            return fact
    return msgspec.structs.replace(fact, state=KnownFact(value))


def _named(owner: Owner, book: AddressBook) -> Owner:
    entry = book.entries.get(owner.id)
    known = (entry.label or entry.account) if entry else ""
    return Owner(owner.id, known or owner.name)


def _say_first(book: AddressBook, location: Location, facts: dict[FactName, Fact], findings: list[Finding]) -> None:
    click.echo(visible(location.uri))
    for label, line in summary(facts, location, book):
        click.echo(f"{label:>14}  {plain(line)}")
    for finding in findings:
        click.echo(f"{finding.severity.value:>14}  {visible(finding.sentence)}")
        if finding.remedy:
            for step, mark in zip_longest(finding.remedy.split("\n"), "→", fillvalue=" "):
                click.echo(f"{'':14}  {mark} {visible(step)}")


def _say_section(book: AddressBook, section: FactSection, facts: dict[FactName, Fact]) -> None:
    shown = [facts[name] for name in shown_in(section, facts)]
    if shown:
        click.echo(section.value.capitalize())
    for fact in shown:
        lines = [plain(line) for line in value_lines(fact, book)]
        click.echo(f"{fact.name.value:>14}  {lines[0]}  ({visible(source_of(fact))})")
        for line in lines[1:]:
            click.echo(f"{'':14}  {line}")

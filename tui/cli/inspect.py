"""``xs3-tui inspect``: every fact about an object or bucket, and what follows."""

from __future__ import annotations

from contextlib import aclosing
from functools import partial
from itertools import zip_longest
from typing import Unpack

import click

from tui.cli.exits import Exit
from tui.cli.identities import TypedIdentity, identity, identity_options, settings, typed_identity
from tui.cli.parameters import ENDPOINT, PROFILE, S3_URI
from tui.cli.problems import say_json
from tui.cli.running import connect, run_verb
from tui.model.facts import Denied, Fact, FactName, Finding
from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.protocol.messages import Inspect, WatchAddresses
from tui.protocol.session import EngineAccess
from tui.ui.format import visible

NOTHING_THERE = ("no-object", "no-bucket")
"""The findings that say so."""


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@identity_options
@click.option("--other", type=PROFILE, help="A second identity, asked where the first is denied.")
@click.option("--other-endpoint", type=ENDPOINT, metavar="URL", help="The second identity's endpoint.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object with all facts and findings.")
def inspect(
    location: Location,
    other: str | None,
    other_endpoint: str | None,
    as_json: bool,
    **typed: Unpack[TypedIdentity],
) -> None:
    """Say who owns S3_URI, what its ACL and policy grant, which endpoint answers, and what follows."""
    if not location.bucket:
        raise click.UsageError("name a bucket or an object: s3://bucket/key")
    mine = typed_identity(location, typed)
    second = identity(other, other_endpoint) if other or other_endpoint else None
    run_verb(partial(_inspect, location=location, mine=mine, second=second, as_json=as_json), as_json=as_json)


async def _inspect(
    engine: EngineAccess, *, location: Location, mine: IdentitySpec, second: IdentitySpec | None, as_json: bool
) -> Exit:
    identity = await connect(engine, mine)
    other = (await connect(engine, second)).connection if second else None
    facts: dict[FactName, Fact] = {}
    findings: list[Finding] = []
    async for update in engine.follow(Inspect(identity.connection, location, other)):
        facts[update.fact.name], findings = update.fact, update.findings
    ordered = [facts[name] for name in FactName if name in facts]
    if as_json:
        say_json({"uri": location.uri, "findings": findings, "facts": ordered})
    else:
        await _say(engine, location, ordered, findings)
    return _exit(ordered, findings)


def _exit(facts: list[Fact], findings: list[Finding]) -> Exit:
    """Not found, if a finding says so, or the disk; denied, if nothing at all may be known."""
    if facts and all(fact.name is FactName.PATH for fact in facts):
        return Exit.NOT_FOUND  # of a local file that is there, more is known than its path
    if any(finding.rule in NOTHING_THERE for finding in findings):
        return Exit.NOT_FOUND
    return Exit.DENIED if facts and all(isinstance(fact.state, Denied) for fact in facts) else Exit.DONE


async def _say(engine: EngineAccess, location: Location, facts: list[Fact], findings: list[Finding]) -> None:
    from tui.ui.widgets.facts import value_lines  # loads Textual, which --json does not need

    async with aclosing(engine.follow(WatchAddresses())) as books:
        book = settings().name_accounts(await anext(books))
    click.echo(visible(location.uri))
    for finding in findings:
        click.echo(f"{finding.severity.value:>14}  {visible(finding.sentence)}")
        if finding.remedy:
            for step, mark in zip_longest(finding.remedy.split("\n"), "→", fillvalue=" "):
                click.echo(f"{'':14}  {mark} {visible(step)}")
    for fact in facts:
        lines = [line.plain for line in value_lines(fact, book, with_keys=False)]
        source = visible(f"{fact.operation} as {fact.identity}")
        click.echo(f"{fact.name.value:>14}  {lines[0]}  ({source})")
        for line in lines[1:]:
            click.echo(f"{'':14}  {line}")

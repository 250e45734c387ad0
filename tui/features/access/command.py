"""``xs3-tui access``: grant another identity access to a bucket, test it, and revoke it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from contextlib import aclosing, suppress

import click
from msgspec import Struct

from tui.cli.change_lines import DRY_RUN, YES, agreed, applied_line, require_bucket, say_applied, say_changes
from tui.cli.command_identity import identity
from tui.cli.exits import refuse_if, say_json
from tui.cli.identity_options import Typed, typed_identity
from tui.cli.json_output import AppliedJson, json_option
from tui.cli.parameter_types import CHANGE
from tui.cli.running import connect, with_engine
from tui.core.changes import AppliedChange, ChangeLog, PlannedChange
from tui.core.naming import counted
from tui.core.problem import Exit, Problem, ProblemError
from tui.features.access import values
from tui.features.access.plans_command import (
    FORMAT,
    SAVE,
    carry_out,
    conditions,
    grant_options,
    hand_over,
    plan_options,
)
from tui.features.access.role_command import batch
from tui.features.access.words import probe_line, too_open
from tui.link.session import EngineAccess
from tui.messages.document_requests import ListChanges
from tui.saved.taking_back import UndoPart, plan_undo, take_back
from tui.text.document_lines import document_lines
from tui.text.format import visible

PATIENCE = 60.0
"""Seconds within which a change must take effect (IAM user guide, "Changes that I make are not always immediately
visible")."""


class ProbeJson(Struct, frozen=True):
    """A request that was tried, and whether its answer is the one that the grant calls for."""

    probe: values.ProbeResult
    agrees: bool


class LoggedJson(Struct, frozen=True):
    """A change that was made."""

    applied: AppliedChange
    unit: str
    """The first of the changes that were made together."""
    undone_by: str
    """The change that undid it; empty if none did."""


class StaysJson(Struct, frozen=True):
    """A change that could not be undone."""

    stays: AppliedChange
    problem: Problem | None


async def tested(
    engine: EngineAccess, order: values.GrantOrder, patience: float, *, as_json: bool
) -> list[values.ProbeResult]:
    results: list[values.ProbeResult] = []
    async with aclosing(engine.follow(values.TestAccess(order, patience))) as answers:
        async for result in answers:
            results.append(result)
            if as_json:
                say_json(ProbeJson(result, result.agrees))
            else:
                click.echo(visible(probe_line(result)))
    return results


def exit_of(results: Sequence[values.ProbeResult]) -> Exit:
    return Exit.DONE if all(each.agrees for each in results) else Exit.SOME_FAILED


class GrantTest:
    """Compares the allowed requests before and after a grant."""

    def __init__(self, engine: EngineAccess, order: values.GrantOrder, *, as_json: bool) -> None:
        self._engine, self._order, self._as_json = engine, order, as_json
        self._before: list[values.ProbeResult] = []

    async def beforehand(self) -> None:
        """Find requests that are allowed but should be denied. A role that does not exist yet allows nothing."""
        with suppress(ProblemError):
            async with aclosing(self._engine.follow(values.TestAccess(self._order, before=True))) as answers:
                self._before = [result async for result in answers]

    async def afterwards(self, made: list[AppliedChange]) -> Exit:
        """Test the grant; if it allows too much, undo `made` and raise `ProblemError`."""
        results = await tested(self._engine, self._order, PATIENCE, as_json=self._as_json)
        too_much = values.opened(self._order, self._before, results)
        if too_much and made:
            parts = await plan_undo(self._engine, made[::-1])
            made.clear()
            stays = await take_back(self._engine, parts, functools.partial(say_applied, as_json=self._as_json))
            left = [f"{each.applied.ref.title} {each.stays} (change {each.applied.id})" for each in stays]
            raise ProblemError(too_open(too_much, left))
        return exit_of(results)


@click.command()
@click.argument("change", type=CHANGE, default="")
@YES
@DRY_RUN
@json_option(PlannedChange, AppliedJson, StaysJson)
@with_engine
async def undo(engine: EngineAccess, typed: Typed) -> Exit:
    """Undo a grant, or another change of a policy, ACL or setting: the latest one, or CHANGE of 'access log'.

    Changes that were made together are undone together. To undo an undo, name its CHANGE.
    """
    log = ChangeLog((await engine.ask(ListChanges())).changes)
    wanted = log.to_take_back(typed.change)
    parts = await plan_undo(engine, wanted)
    if len(parts) == 1 and parts[0].problem:
        raise ProblemError(parts[0].problem)
    changes = [each.change for each in parts if each.change]
    if not typed.as_json:
        _say_together(log, wanted)
        say_changes(changes)
    elif typed.dry_run or not typed.yes:
        for change in changes:
            say_json(change)
    stays = [each for each in parts if each.problem]
    _say_stays(stays, as_json=typed.as_json)
    if not changes or typed.dry_run:
        _raise_first(stays)
        return Exit.DONE
    question = f"undo these {counted(len(changes), 'change')}?" if len(changes) > 1 else "apply?"
    if any(each.is_needed for each in changes) and not await agreed(typed.yes, question):
        return Exit.SOME_FAILED
    say = functools.partial(say_applied, as_json=typed.as_json)
    left = await take_back(engine, [each for each in parts if each.change], say)
    _say_stays(left, as_json=typed.as_json)
    _raise_first([*left, *stays])
    return Exit.DONE


@click.command()
@json_option(LoggedJson)
@with_engine
async def log(engine: EngineAccess, typed: Typed) -> Exit:
    """List the changes of policies, ACLs and settings, the latest first, with those made together and those undone."""
    log = ChangeLog((await engine.ask(ListChanges())).changes)
    for each in log.changes:
        undone = log.undone_by.get(each.id, "")
        if typed.as_json:
            say_json(LoggedJson(each, each.unit, undone))
            continue
        together = log.together(each)
        part = f" · part {len(together) - together.index(each)} of {len(together)}, made together"
        notes = (
            f"{part} from {each.unit} on" if len(together) > 1 else "",
            f" · undone by {undone}" if undone else "",
            " · interrupted: perhaps not made" if each.unsure else "",
        )
        click.echo(visible(applied_line(each) + "".join(notes)))
    return Exit.DONE


def _say_together(log: ChangeLog, wanted: Sequence[AppliedChange]) -> None:
    if len(together := log.together(wanted[0])) > 1:
        undone = f"; {len(together) - len(wanted)} undone already" if len(together) > len(wanted) else ""
        ids = ", ".join(each.id for each in reversed(together))
        click.echo(visible(f"undoing {counted(len(together), 'change')} that were made together: {ids}{undone}"))


def _say_stays(parts: Sequence[UndoPart], *, as_json: bool) -> None:
    for each in parts:
        if as_json:
            say_json(StaysJson(each.applied, each.problem))
        elif each.problem:
            words = f"✗ {each.stays}: {each.applied.ref.title} (change {each.applied.id}): {each.problem.sentence()}"
            click.echo(visible(words), err=True)


def _raise_first(parts: Sequence[UndoPart]) -> None:
    for each in parts:
        if each.problem:
            raise ProblemError(each.problem)


@click.group()
def access() -> None:
    """Grant another identity access to a bucket, test it, revoke it."""


@access.command()
@grant_options
@plan_options
@click.option("--no-test", is_flag=True, help="Do not test the access afterwards.")
@FORMAT
@SAVE
@json_option(values.AccessPlan, AppliedJson, ProbeJson)
@with_engine
async def grant(engine: EngineAccess, typed: Typed) -> Exit:
    """Grant another identity access to a bucket or prefix.

    Prints each policy or ACL that has to change: account, kind, resource and difference. On a terminal it asks before
    it applies the changes; without a terminal it exits with 2 unless you add --yes. Then it tests that the granted
    requests are allowed and all others still denied.
    """
    order = await grant_order(engine, typed)
    plan = await engine.ask(values.PlanGrant(order))
    require_bucket(plan.changes)
    if hand_over(plan, typed):
        return Exit.DONE
    if typed.no_test:
        return await carry_out(engine, plan, typed)
    test = GrantTest(engine, order, as_json=typed.as_json)
    return await carry_out(engine, plan, typed, test.afterwards, test.beforehand)


@access.command()
@grant_options
@plan_options
@json_option(values.AccessPlan, AppliedJson)
@with_engine
async def revoke(engine: EngineAccess, typed: Typed) -> Exit:
    """Revoke what 'access grant' with the same options has granted."""
    plan = await engine.ask(values.PlanRevoke(await grant_order(engine, typed)))
    require_bucket(plan.changes)
    return await carry_out(engine, plan, typed)


@access.command()
@grant_options
@json_option(values.AccessPlan)
@with_engine
async def show(engine: EngineAccess, typed: Typed) -> Exit:
    """Show the current policies and ACLs of --way, and whether they already contain the grant."""
    plan = await engine.ask(values.PlanGrant(await grant_order(engine, typed)))
    require_bucket(plan.changes)
    if typed.as_json:
        say_json(plan)
        return Exit.DONE
    click.echo(visible(f"access for {plan.grantee}"))
    for change in plan.changes:
        for line in document_lines(change):
            click.echo(visible(line))
    return Exit.DONE


@access.command()
@grant_options
@click.option("--wait", type=click.FloatRange(0, 600), default=0.0, help="Keep trying for this many seconds.")
@json_option(ProbeJson)
@with_engine
async def test(engine: EngineAccess, typed: Typed) -> Exit:
    """Test, as the other identity, what a grant allows and what must stay denied; changes nothing."""
    order = await grant_order(engine, typed)
    return exit_of(await tested(engine, order, typed.wait, as_json=typed.as_json))


access.add_command(batch)
access.add_command(undo)
access.add_command(log)


async def grant_order(engine: EngineAccess, typed: Typed) -> values.GrantOrder:
    location = typed.location
    refuse_if(not location.in_s3, "name a bucket or prefix: s3://bucket/prefix/")
    spec = functools.partial(identity, endpoint=typed.other_endpoint, read_only=typed.read_only)
    owner = await connect(engine, typed_identity(typed, location))
    other = await connect(engine, spec(typed.other))
    applier = (await connect(engine, spec(typed.applier))).connection if typed.applier else ""
    return values.GrantOrder(
        way=values.GrantMethod(typed.way),
        allow=values.Allow(typed.allow),
        location=location,
        owner=owner.connection,
        other=other.connection,
        conditions=await conditions(engine, typed, location.bucket, other, owner),
        applier=applier,
        principal=typed.principal,
        whole_account=typed.whole_account,
        role=typed.role_name,
        external_id=typed.required_id,
        session_name=typed.session_name,
        mfa=typed.mfa,
        kms_keys=list(typed.kms_key),
    )

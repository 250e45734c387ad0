"""The test of a grant on the command line; a grant that has opened more than it is for is taken back."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from contextlib import aclosing, suppress

import click

from tui.cli.change_lines import say_applied
from tui.cli.exits import say_json
from tui.core.changes import AppliedChange
from tui.core.problem import Exit, ProblemError
from tui.link.session import EngineAccess
from tui.model.access.grants import GrantOrder, ProbeResult, opened
from tui.protocol.messages.access import TestAccess
from tui.saved.taking_back import plan_undo, take_back
from tui.text.changes.probes import probe_line, too_open
from tui.text.format import visible

PATIENCE = 60.0
"""Seconds that a change is given to take effect before its proof counts as failed (IAM user guide, "Changes that I make
are not always immediately visible")."""


async def tested(engine: EngineAccess, order: GrantOrder, patience: float, *, as_json: bool) -> list[ProbeResult]:
    """Try it, and print each request."""
    results: list[ProbeResult] = []
    async with aclosing(engine.follow(TestAccess(order, patience))) as answers:
        async for result in answers:
            results.append(result)
            if as_json:
                say_json({"probe": result, "agrees": result.agrees})
            else:
                click.echo(visible(probe_line(result)))
    return results


def exit_of(results: Sequence[ProbeResult]) -> Exit:
    """Whether all is as it was granted."""
    return Exit.DONE if all(each.agrees for each in results) else Exit.SOME_FAILED


class GrantTest:
    """What is open before a grant is made, and afterwards."""

    def __init__(self, engine: EngineAccess, order: GrantOrder, *, as_json: bool) -> None:
        self._engine, self._order, self._as_json = engine, order, as_json
        self._before: list[ProbeResult] = []

    async def beforehand(self) -> None:
        """Find out what is open that must stay refused; a role that is not there yet opens nothing."""
        with suppress(ProblemError):
            async with aclosing(self._engine.follow(TestAccess(self._order, before=True))) as answers:
                self._before = [result async for result in answers]

    async def afterwards(self, made: list[AppliedChange]) -> Exit:
        """Test it; take back what was `made` if it has opened more than it is for, and raise a problem that says so."""
        results = await tested(self._engine, self._order, PATIENCE, as_json=self._as_json)
        too_much = opened(self._order, self._before, results)
        if too_much and made:
            parts = await plan_undo(self._engine, made[::-1])
            made.clear()
            stays = await take_back(self._engine, parts, functools.partial(say_applied, as_json=self._as_json))
            left = [f"{each.applied.ref.title} {each.stays} (change {each.applied.id})" for each in stays]
            raise ProblemError(too_open(too_much, left))
        return exit_of(results)

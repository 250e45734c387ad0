"""Changes are taken back although the engine is lost on the way, and nothing is said that is not known."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from msgspec.structs import replace

from tui.model.change import AppliedChange, Change, DocumentKind, DocumentRef
from tui.model.location import Location
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.protocol.client import EngineLostError
from tui.protocol.messages.changes import ApplyChange, PlanUndo
from tui.protocol.taking_back import UndoPart, take_back

REF = DocumentRef(DocumentKind.BUCKET_TAGS, Location("b"))
MADE = AppliedChange("c1", 1.0, "alice", REF, before="old", after="new")
PART = UndoPart(MADE, Change(REF, before="new", after="old"))


class Engines:
    """One after the other: each of the first `lost` writes the document, and is lost before it says so."""

    def __init__(self, lost: int, *, writes: bool = True) -> None:
        self.document = "new"
        self.written = 0
        self._lost, self._writes = lost, writes

    async def ask(self, request: Any) -> Any:
        """As `EngineAccess`."""
        if isinstance(request, PlanUndo):
            return Change(REF, before=self.document, after="old")
        assert isinstance(request, ApplyChange)
        self._lost -= 1
        if self.document != request.change.after and (self._lost < 0 or self._writes):
            self.document = request.change.after or ""
            self.written += 1
        if self._lost >= 0:
            raise EngineLostError
        return replace(MADE, id="c2", before=request.change.before, after=request.change.after, undoes=request.undoes)

    def follow(self, feed: Any) -> AsyncGenerator[Any, None]:
        """Nothing is followed."""
        raise AssertionError(f"nobody follows {feed}")

    async def other_has_ended(self) -> None:
        """There is no other one."""


async def taken_back(engine: Any) -> tuple[list[UndoPart], list[str]]:
    """The parts that stay, and what was undone."""
    done = list[AppliedChange]()
    return await take_back(engine, [PART], done.append), [each.undoes for each in done]


async def test_an_engine_that_is_lost_when_it_had_written() -> None:
    engines = Engines(1)
    assert await taken_back(engines) == ([], ["c1"])
    assert (engines.document, engines.written) == ("old", 1)


async def test_an_engine_that_is_lost_before_it_wrote() -> None:
    engines = Engines(1, writes=False)
    assert await taken_back(engines) == ([], ["c1"])
    assert (engines.document, engines.written) == ("old", 1)


async def test_two_engines_that_are_lost() -> None:
    """It is not said to stay: it does not."""
    [part], done = await taken_back(Engines(2))
    assert (part.stays, done) == ("perhaps stays", [])


async def test_a_change_that_is_refused_stays() -> None:
    class Refuses(Engines):
        async def ask(self, _request: Any) -> Any:
            raise ProblemError(Problem(kind=ProblemKind.DENIED, title="denied"))

    [part], _ = await taken_back(Refuses(0))
    assert part.stays == "stays"

"""A defect of the engine fails the call that met it, and nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tui.engine.server import ClientConnection
from tui.engine.service import Service
from tui.model.problem import ProblemKind
from tui.protocol.frames import Answer, Call, Failed, frame, read_to_screen
from tui.protocol.messages.base import Request
from tui.protocol.messages.greeting import Hello, Stay
from tui.protocol.paths import log_file


class Defective(Service):
    """A service that fails at every request but a greeting, as no programmer meant it."""

    def __init__(self) -> None:
        super().__init__(lambda: None)

    async def answer(self, request: Request[Any]) -> object:
        """What `Service` answers to a greeting."""
        if isinstance(request, Hello):
            return await super().answer(request)
        raise KeyError("a defect")


async def test_a_defect_is_reported_as_one_and_the_next_call_is_answered(surroundings: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ClientConnection(Defective(), reader, writer).serve()

    socket = surroundings / "socket"
    async with await asyncio.start_unix_server(serve, str(socket)):
        reader, writer = await asyncio.open_unix_connection(str(socket))
        calls = [Call(1, Hello()), Call(2, Stay(0)), Call(3, Hello())]
        answers = []
        for call in calls:
            writer.write(frame(call))
            answers.append(await asyncio.wait_for(read_to_screen(reader), 30))
        writer.close()
        await writer.wait_closed()
    first, failed, last = answers
    assert isinstance(first, Answer)
    assert isinstance(failed, Failed)
    problem = failed.problem
    assert (problem.kind, problem.operation) == (ProblemKind.ENGINE, "Stay")
    assert problem.title == "internal error in the engine"
    assert problem.remedy == f"the details are in {log_file()}"
    assert isinstance(last, Answer)

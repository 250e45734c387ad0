"""A worker in a child process of the engine: ``python -m tui.features.cluster.local_worker``.

It ends with its socket to the engine, and with the engine.
"""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import socket

from tui.reader.confinement import end_with_parent, gain_no_privileges, limit

_SOCKET = 3
_RARELY = (20_000, 20, 100)
"""As for the engine (see `tui.engine.__main__`)."""


async def _serve(to_engine: socket.socket) -> None:
    from msgspec import Raw

    from tui.features.cluster.client import client_messages
    from tui.features.cluster.worker import Sessions
    from tui.link.frames import AnswerFrame
    from tui.transfers.limits import TransferLimits

    limits = TransferLimits(objects=128, streams=8, memory=16 << 20)
    sessions = Sessions(limits, known=True)
    ranges = asyncio.Queue[client_messages.BeginRange]()
    reader, writer = await asyncio.open_connection(sock=to_engine)

    async def one_by_one() -> None:
        while True:
            begun = await ranges.get()
            await sessions.carry_out(begun.transfer, begun.number)

    async def answer(call: client_messages.ClientCall, letter: bytes) -> None:
        report = await sessions.exchange(letter)
        writer.write(client_messages.frame_of(AnswerFrame(call.id, Raw(client_messages.pack(report)))))

    tasks = [asyncio.create_task(one_by_one())]
    gc.freeze()
    gc.enable()
    gc.set_threshold(*_RARELY)
    while (call := await client_messages.read_to_client(reader)) is not None:
        if isinstance(call, client_messages.ClientCall) and isinstance(call.request, client_messages.BeginRange):
            ranges.put_nowait(call.request)
        elif isinstance(call, client_messages.ClientCall) and isinstance(call.request, client_messages.SendLetter):
            tasks[1:] = [asyncio.create_task(answer(call, call.request.letter))]  # the engine sends one at a time


def main() -> None:
    gc.disable()  # collections during the imports would find nothing
    os.chdir("/")
    limit(resource.RLIMIT_CORE, 0)
    gain_no_privileges()
    end_with_parent()
    import uvloop

    try:
        uvloop.run(_serve(socket.socket(fileno=_SOCKET)))
    finally:
        os._exit(0)  # nothing is to be tidied up: what is under way belongs to the engine now


if __name__ == "__main__":
    main()

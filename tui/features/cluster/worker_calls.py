"""The functions that Dask calls in a worker. Their imports happen there: the client only names the functions."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

HANDLER = "xs3_tui_talk"
"""The name of the worker's letter handler in Dask."""


def copy_range(transfer: str, run: str, number: int) -> None:  # noqa: ARG001  # the run makes the task's key another
    """The task for one range of a transfer. Letters tell what to do, not the arguments."""
    from tui.features.cluster.worker import station

    station().carry_out(transfer, number).result()


def install(dask_worker: Any) -> None:
    from tui.features.cluster.worker import answer_letter

    dask_worker.handlers.setdefault(HANDLER, answer_letter)


def described(**_: Any) -> dict[str, Any]:
    """This process: its program, the build of its messages, and the time by its clock."""
    from tui import __version__
    from tui.features.cluster.worker_messages import VERSION

    return {"program": __version__, "build": VERSION, "clock": time.time()}


async def look_around(connections: Sequence[str], endpoints: Sequence[str]) -> dict[str, Any]:
    from tui.features.cluster import worker_identities as looking

    return await looking.look_around(connections, endpoints)

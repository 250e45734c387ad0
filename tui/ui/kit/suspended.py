"""Work for which the terminal is given away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from textual.app import App

Result = TypeVar("Result")


def while_suspended(app: App[object], work: Callable[[], Result]) -> Result:
    """What `work` returns or raises, once the terminal is the app's again. Raises `SuspendNotSupported`.

    Textual does not take the terminal back when the block of ``App.suspend`` raises.
    """
    done: list[Result] = []
    failure: Exception | None = None
    with app.suspend():
        try:
            done.append(work())
        except Exception as error:  # noqa: BLE001  # reason: raised again below
            failure = error
    if failure is not None:
        raise failure
    return done[0]

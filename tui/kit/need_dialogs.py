"""What an identity needs of the user, asked for where it turned out: a code, a sign-in, a secret."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.widget import Widget

from tui.core.problem import Need, Problem
from tui.kit.dialog import Dialog
from tui.link.session import EngineAccess


def need_dialog(engine: EngineAccess, problem: Problem, clock: Callable[[], float] = time.time) -> Dialog[bool] | None:
    """The dialog that gives the engine what `problem` needs, and then answers True; None: the user can give nothing."""
    if not need_words(problem):
        return None
    match problem.needs:
        case Need.MFA_CODE:
            from tui.kit.sign_in_screens import CodeScreen

            return CodeScreen(engine, problem)
        case Need.SIGN_IN:
            from tui.kit.sign_in_screens import SignInScreen

            return SignInScreen(engine, problem, clock)
        case _:
            from tui.kit.sign_in_screens import SecretScreen

            return SecretScreen(engine, problem)


def ask_for(
    asker: Widget,
    engine: EngineAccess,
    problem: Problem,
    answered: Callable[[bool], None],
    clock: Callable[[], float] = time.time,
) -> bool:
    """Open the dialog on top, and call `answered` with whether the need was met. False: there is nothing to ask for."""
    dialog = need_dialog(engine, problem, clock)
    if dialog is None:
        return False
    asker.app.push_screen(dialog, lambda met: answered(met is True))
    return True


WORDS = {Need.MFA_CODE: "enter the code", Need.SIGN_IN: "sign in", Need.KEYS: "enter the secret"}


def need_words(problem: Problem) -> str:
    """``sign in``, ``enter the code``; empty if nothing that the user can give would help."""
    return WORDS[problem.needs] if problem.needs and problem.connection else ""
